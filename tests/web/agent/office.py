"""A small service desk for tests, furnished through the services: people, queues, customers.

Usable in this process's database and, with `inside(server)`, in a running installation's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from helpdesk.channels import canned, service, sites, visitors
from helpdesk.channels.models import Visitor, WidgetSite
from helpdesk.core import db, secrets
from helpdesk.core.actors import Actor, system
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, observe
from helpdesk.customers import custom_fields
from helpdesk.customers import service as customers
from helpdesk.identity import service as identity
from helpdesk.identity import sessions
from helpdesk.routing import presence, setup
from helpdesk.workflows import chat, desk
from tests.real.server import Installation

SETUP = system("setup")


@dataclass
class Office:
    people: dict[str, str] = field(default_factory=dict)
    heating: str = ""
    billing: str = ""
    site: str = ""

    def actor(self, name: str) -> Actor:
        role = {"root": "admin", "boss": "supervisor"}.get(name, "agent")
        return Actor("user", self.people[name], role=role)  # type: ignore[arg-type]


PEOPLE = (
    ("root", "Rauni Oja", "admin"),
    ("boss", "Ben Koch", "supervisor"),
    ("salla", "Salla Niemi", "agent"),
    ("olu", "Olu Adeyemi", "agent"),
    ("nadia", "Nadia Haddad", "agent"),
)


def furnish() -> Office:
    """People, two queues, a chat site, canned replies, a custom field; nobody is available yet."""
    office = Office()
    with begin(SETUP) as work:
        for key, name, role in PEOPLE:
            user = identity.create_user(work, email=f"{key}@example.org", name=name, role=role)
            office.people[key] = user.id
            presence.ensure_agent(work, user.id)
        skill = setup.create_skill(work, "Finnish")
        heating = setup.create_queue(work, name="Heating", target_s=60)
        billing = setup.create_queue(
            work, name="Billing", outcomes=[{"code": "refund", "label": "Refund agreed"}]
        )
        agents = [office.people[key] for key in ("salla", "olu", "nadia", "boss")]
        setup.set_members(work, heating.id, agents)
        setup.set_members(work, billing.id, agents)
        setup.set_skills(work, office.people["salla"], {skill.id: 4})
        site, _ = sites.create_site(work, name="Shop", queue_id=heating.id, is_default=True)
        office.heating, office.billing, office.site = heating.id, billing.id, site.id
        for shortcut, title, text in (
            ("hello", "Greeting", "Hello {name}, this is {agent}. How can I help?"),
            ("pressure", "Water pressure", "Please open the blue valve until the dial says 1.2."),
            ("braces", "Odd signs", "{{7*7}} ${7*7} {0.__class__} %s%n {% import os %} {name}"),
        ):
            canned.create_reply(work, shortcut=shortcut, title=title, text=text)
        custom_fields.add_custom_field(
            work, subject="customer", key="boiler", label="Boiler", kind="text"
        )
    return office


def make_available(office: Office, *names: str) -> None:
    """As if each had the desk open somewhere and had chosen to be available."""
    for name in names:
        with begin(office.actor(name)) as work:
            desk.connect(work, f"sid-{name}-{new_id()[:13]}", "test")
            desk.set_presence(work, "available")


def writes(
    office: Office, text: str, *, name: str = "Aino Virtanen", email: str = "", queue: str = ""
) -> chat.Started:
    """A visitor opens a chat."""
    with begin(system("test")) as work:
        site = work.session.get_one(WidgetSite, office.site)
        return chat.start(
            work, site, None, text=text, name=name, email=email or None, queue=queue or None
        )


def says(started: chat.Started, text: str) -> None:
    with begin(system("test")) as work:
        visitor = work.session.get_one(Visitor, started.visitor_id)
        actor = visitors.actor_for(visitor)
    with begin(actor) as work:
        chat.say(work, started.conversation_id, text=text, client_msg_id=None)


def take(office: Office, name: str, started: chat.Started) -> None:
    """The agent accepts the offer that the router made them."""
    actor = office.actor(name)
    with begin(actor) as work:
        lying = desk.desk_work(work, actor.id)
        for offer in lying["offers"]:
            if offer.work_item_id == started.work_item_id:
                desk.accept_offer(work, offer.id)
                return
    raise AssertionError(f"{name} has no offer for this chat")


def answers(
    office: Office, name: str, started: chat.Started, text: str, *, public: bool = True
) -> None:
    with begin(office.actor(name)) as work:
        desk.send_message(
            work, started.conversation_id, text=text, public=public, client_msg_id=new_id()
        )


def customer_of(started: chat.Started) -> str:
    with begin(system("test")) as work:
        return service.get_conversation(work, started.conversation_id).customer_id


def add_customer(office: Office, name: str, **facts: object) -> str:
    with begin(office.actor("salla")) as work:
        return customers.create_customer(work, name=name, **facts).id  # type: ignore[arg-type]


@contextmanager
def inside(server: Installation) -> Iterator[None]:
    """Work in the database of a running installation; its relay announces what is written here."""
    from helpdesk.customers import timeline

    secrets.configure(server.secret_key)
    observe(timeline.observe)
    before = db._current if hasattr(db, "_current") else None
    db.use(server.database)
    try:
        yield
    finally:
        db.use(before)


def at_once(office: Office, *names: str) -> None:
    """These people have chosen that their replies go out without waiting."""
    for name in names:
        with begin(office.actor(name)) as work:
            identity.change_profile(work, office.people[name], undo_s=0)


def session_cookie(user_id: str) -> str:
    """The cookie of a browser that has signed in as this person."""
    with begin(SETUP) as work:
        opened = sessions.open_session(
            work, user_id, stage="full", address="127.0.0.1", agent="Chromium"
        )
    return opened.token
