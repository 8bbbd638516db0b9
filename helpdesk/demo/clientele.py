"""The customers of the demo company: households and small firms, some of them on record twice.

Made through the customer services as an import, a colleague or the portal would make them. Not for
their chats (see `past`).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from helpdesk.channels import visitors
from helpdesk.core.actors import Actor
from helpdesk.customers import organisations, points, service, suggestions
from helpdesk.customers.models import Customer
from helpdesk.demo.company import TAGS, TARIFFS, House
from helpdesk.demo.history_work import DEMO, HistoryWork
from helpdesk.demo.names import People, Person
from helpdesk.identity import service as identity

ORGANISATIONS = (
    ("Bäckerei Holm", "baeckerei-holm.example", 4),
    ("Hausverwaltung Deichblick", "deichblick.example", 31),
    ("Fahrradwerk Nord", "fahrradwerk.example", 2),
    ("Praxis am Markt", "praxis-am-markt.example", 1),
    ("Hotel Seestern", "hotel-seestern.example", 2),
    ("Werft Jansen & Töchter", "werft-jansen.example", 3),
    ("Kita Sonnenblume", "kita-sonnenblume.example", 1),
    ("Grünhof Gemüse", "gruenhof.example", 5),
)
OWNERS = ("Sofia Rossi", "Emre Yildiz", "Malte Petersen")
TWICE = 7


@dataclass(slots=True)
class Client:
    """A customer as the history knows them; `visitor_id` once their browser has chatted. Who never
    said a name (`is_named`) writes no mail either.
    """

    customer_id: str
    person: Person
    visitor_id: str = ""
    in_chat: bool = False
    is_named: bool = True

    @property
    def actor(self) -> Actor:
        return Actor("visitor", self.visitor_id or "new", customer_id=self.customer_id)


class Clientele:
    """Customers in the order in which they came; `known` are those there by now."""

    def __init__(self, work: HistoryWork, house: House, rng: random.Random) -> None:
        self.work, self.house, self.rng = work, house, rng
        self.people = People(rng)
        self.known: list[Client] = []
        self._firms: list[tuple[str, str]] = []
        self._twins: list[Person] = []

    def found_organisations(self) -> None:
        for name, domain, sites in ORGANISATIONS:
            firm = organisations.create_organisation(
                self.work, name=name, domains=[domain], custom={"sites": sites}
            )
            self._firms.append((firm.id, domain))

    def arrive(self) -> Client:
        """One more customer, now, as the import of the old system or a colleague enters them."""
        rng = self.rng
        firm = rng.choice(self._firms) if rng.random() < 0.14 else ("", "")
        person = self.people.next(firm[1])
        number = f"NL-{rng.randrange(100_000, 999_999)}"
        customer = service.create_customer(
            self.work,
            name=person.name,
            contact_points=[("email", person.email), ("phone", person.phone)],
            tags=rng.sample(TAGS, rng.choices((0, 1, 2), (60, 28, 12))[0]),
            source="import" if rng.random() < 0.8 else "staff",
            organisation_id=firm[0] or None,
            owner_id=self.house.people[rng.choice(OWNERS)].id if rng.random() < 0.1 else None,
            language=person.country.language,
            timezone=person.country.timezone,
            custom=self._custom(number),
        )
        if rng.random() < 0.55:  # has an account on the web site, which vouches for them
            for kind, text in (("external", number), ("phone", person.phone)):
                points.put(self.work, customer, points.read(self.work, kind, text), proved=True)
        client = Client(customer.id, person)
        self.known.append(client)
        if len(self._twins) < TWICE and rng.random() < 0.12:
            self._twins.append(person)
        return client

    def arrive_again(self) -> None:
        """Somebody of those on record is entered a second time, a little differently."""
        if not self._twins:
            return
        person, rng = self._twins.pop(0), self.rng
        name, given = rng.choice(
            (
                (f"{person.first[0]}. {person.last}", [("phone", person.phone.replace(" ", ""))]),
                (person.name.upper(), [("email", person.email.upper())]),
                (person.name, [("phone", person.phone), ("email", self.people.next().email)]),
            )
        )
        customer = service.create_customer(self.work, name=name, contact_points=given)
        suggestions.renew(self.work, [customer.id], by_name=True)

    def portal_customer(self, name: str, password_hash: str, *, firm: str | None = None) -> str:
        """A customer who signs in to the portal, with `firm` as its contact; the account's id."""
        first, last = name.split()
        email = f"{first}.{last}@post.example".lower()
        number = f"NL-{self.rng.randrange(100_000, 999_999)}"
        customer = service.create_customer(
            self.work, name=name, source="portal", language="en", timezone="Europe/Berlin",
            custom=self._custom(number), organisation_id=firm,
        )  # fmt: skip
        if firm is not None:  # the one who reads what colleagues have open
            customer.sees_organisation = True
        for kind, text in (("external", number), ("email", email)):
            points.put(self.work, customer, points.read(self.work, kind, text), proved=True)
        user = identity.create_user(
            self.work, email=email, name=name, role="customer", customer_id=customer.id,
            password_hash=password_hash, timezone="Europe/Berlin",
        )  # fmt: skip
        self.known.append(
            Client(customer.id, Person(first, last, email, "", self.people.next().country))
        )
        return user.id

    @property
    def biggest_firm(self) -> str:
        """The organisation with the most to look after."""
        return self._firms[1][0]

    def browser_of(self, client: Client) -> str:
        """The visitor that this customer's browser is; made when it chats for the first time."""
        if not client.visitor_id:
            visitor, _ = visitors.new_visitor(self.work, self.house.site_id, client.customer_id)
            self.work.session.flush()
            client.visitor_id = visitor.id
        return client.visitor_id

    def favour(self) -> None:
        """A few customers whose business is worth a small head start."""
        for client in self.rng.sample(self.known, 6):
            customer = self.work.session.get_one(Customer, client.customer_id)
            self.work.act_as(self.house.people["Malte Petersen"])
            service.change_customer(
                self.work, customer.id, version=customer.version,
                changes={"value_head_start_s": self.rng.choice((5, 10))},
            )  # fmt: skip
            service.add_tag(self.work, customer.id, "vip")
        self.work.act_as(DEMO)

    def _custom(self, number: str) -> dict[str, object]:
        rng = self.rng
        since = self.work.at - timedelta(days=rng.randrange(5, 2600))
        return {
            "customer_number": number,
            "tariff": rng.choice(TARIFFS),
            "meter": f"1NLE{rng.randrange(10_000_000, 99_999_999)}",
            "since": since.date().isoformat(),
            "paper_bill": rng.random() < 0.2,
        }


def arrival_times(rng: random.Random, start: datetime, end: datetime, count: int) -> list[datetime]:
    """When `count` customers came, in order: most at the import in the beginning."""
    imported = [start + timedelta(hours=3, seconds=2 * n) for n in range(count * 3 // 5)]
    span = (end - start).total_seconds()
    later = sorted(
        start + timedelta(days=1, seconds=rng.random() * (span - 90_000))
        for _ in range(count - len(imported))
    )
    return imported + later
