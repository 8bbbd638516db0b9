"""Nordlicht Energie, an invented supplier of electricity, heat pumps, chargers and fibre.

People, teams, skills, queues with their rules, hours, the chat on the web site, canned replies,
macros, tags and fields: what an administrator would have set up. Not for customers (`clientele`)
nor for what happened (`past`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from helpdesk.calendars import service as calendars
from helpdesk.channels import canned, sites
from helpdesk.clocks import setup as levels
from helpdesk.clocks.policies import Condition
from helpdesk.core import stored_settings
from helpdesk.core.actors import Actor, Role
from helpdesk.customers import custom_fields
from helpdesk.demo import line, macros, post
from helpdesk.demo.history_work import HistoryWork
from helpdesk.identity import service as identity
from helpdesk.identity import teams
from helpdesk.routing import setup
from helpdesk.surveys import setup as surveys
from helpdesk.tickets import queue_rules, types
from helpdesk.tickets.lifecycle import ReopenRule

NAME = "Nordlicht Energie"
ZONE = "Europe/Berlin"
DOMAIN = "nordlicht.example"
SITE_URL = "https://www.nordlicht.example"
ORIGINS = (SITE_URL, "https://*.nordlicht.example")


@dataclass(frozen=True, slots=True)
class Member:
    """`skills` by name with level; `queues` by slug; `chats` at once."""

    name: str
    role: Role
    team: str = ""
    skills: Mapping[str, int] = field(default_factory=dict)
    queues: tuple[str, ...] = ()
    chats: int = 3
    signs_in: bool = False


_ALL = ("general", "billing", "technical-help", "contracts")
_E, _D, _B, _H, _C, _R = "English", "German", "Billing", "Heat pumps", "EV chargers", "Retention"

# fmt: off
STAFF = (
    Member("Katrin Albers", "admin", "Service", {_E: 4, _D: 5}, ("general",), signs_in=True),
    Member("Malte Petersen", "supervisor", "Service", {_E: 4, _D: 5, _B: 3}, ("general",),
           signs_in=True),
    Member("Lena Brandt", "agent", "Service", {_E: 5, _D: 5, _B: 4, _H: 3, _C: 3, _R: 3}, _ALL,
           4, signs_in=True),
    Member("Jonas Meyer", "agent", "Technical", {_E: 4, _D: 5, _H: 5, _C: 2},
           ("general", "technical-help"), signs_in=True),
    Member("Aylin Demir", "agent", "Service", {_E: 5, _D: 4, _B: 5, _R: 2},
           ("general", "billing", "contracts"), signs_in=True),
    Member("Tom Fischer", "agent", "Technical", {_E: 3, _D: 5, _H: 2, _C: 5},
           ("general", "technical-help"), signs_in=True),
    Member("Sofia Rossi", "agent", "Sales", {_E: 5, _D: 3, _R: 5, _B: 2},
           ("general", "contracts", "billing"), signs_in=True),
    Member("Emre Yildiz", "agent", "Service", {_E: 4, _D: 5, _B: 3},
           ("general", "billing"), signs_in=True),
    Member("Hanna Krüger", "agent", "Service", {_E: 4, _D: 5, _B: 4, _R: 2, _C: 2}, _ALL),
    Member("Paul Nowak", "agent", "Technical", {_E: 4, _D: 4, _H: 4, _C: 4, _B: 2}, _ALL),
    Member("Mia Schulz", "agent", "Service", {_E: 3, _D: 5, _B: 3}, ("general", "billing"), 2),
    Member("Oskar Lindqvist", "agent", "Sales", {_E: 5, _D: 3, _R: 4},
           ("general", "contracts"), 2),
    Member("Nadia Haddad", "agent", "Service", {_E: 5, _D: 4, _B: 2}, ("general", "billing"), 2),
    Member("Felix Wagner", "agent", "Technical", {_E: 3, _D: 5, _H: 3, _C: 3},
           ("general", "technical-help"), 2),
    Member("Clara Duarte", "agent", "Sales", {_E: 4, _D: 4, _R: 3}, ("general", "contracts"), 2),
    Member("Ben Okafor", "agent", "Technical", {_E: 5, _D: 2, _C: 4, _H: 1},
           ("general", "technical-help"), 2),
    Member("Björn Hansen", "technician", "Field", signs_in=True),
    Member("Derya Kaya", "technician", "Field", signs_in=True),
)
# fmt: on

HOLIDAYS = {
    "2026-01-01": "New Year",
    "2026-04-03": "Good Friday",
    "2026-04-06": "Easter Monday",
    "2026-05-01": "Labour Day",
    "2026-05-14": "Ascension Day",
    "2026-05-25": "Whit Monday",
    "2026-10-03": "German Unity Day",
    "2026-10-31": "Reformation Day",
    "2026-12-25": "Christmas Day",
    "2026-12-26": "Second day of Christmas",
    "2027-01-01": "New Year",
    "2027-03-26": "Good Friday",
    "2027-03-29": "Easter Monday",
    "2027-05-01": "Labour Day",
}

TAGS = ("electric car", "heat pump", "solar roof", "smart meter", "tenant", "landlord", "vip",
        "hard of hearing", "pays in parts")  # fmt: skip
DEVICES = ("Heat pump", "Wallbox", "Meter", "Router", "Something else")
TARIFFS = ("Küste", "Brise", "Brise Heat", "Fibre 250", "Fibre 500")


@dataclass(slots=True)
class House:
    """Who and what is there, by the names used above."""

    people: dict[str, Actor] = field(default_factory=dict)
    queues: dict[str, str] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    teams: dict[str, str] = field(default_factory=dict)
    site_id: str = ""
    hours_id: str = ""

    def agents(self) -> list[str]:
        return [m.name for m in STAFF if m.role == "agent"]


def email_of(name: str) -> str:
    first, last = name.lower().split()
    for letter, instead in (("ü", "ue"), ("ö", "oe"), ("ä", "ae")):
        first, last = first.replace(letter, instead), last.replace(letter, instead)
    return f"{first}.{last}@{DOMAIN}"


def found(work: HistoryWork, hashes: Mapping[str, str], own_origin: str) -> House:
    """Set the company up; `hashes` are of the passwords of those who sign in, by name."""
    house = House(members={m.name: m for m in STAFF})
    stored_settings.put(work, "installation", {"company": NAME})
    stored_settings.put(work, "customers", {"phone_region": "DE"})
    _people(work, house, hashes)
    skills = {name: setup.create_skill(work, name).id for name in (_E, _D, _B, _H, _C, _R)}
    _queues(work, house, skills)
    _abilities(work, house, skills)
    setup.set_presence_choices(
        work,
        [
            {"code": "available", "label": "Available", "counts_as": "available"},
            {"code": "break", "label": "Break", "counts_as": "break"},
            {"code": "training", "label": "Training", "counts_as": "training"},
            {"code": "back_office", "label": "Back office", "counts_as": "training"},
            {"code": "offline", "label": "Offline", "counts_as": "offline"},
        ],
    )
    _site(work, house, own_origin)
    for shortcut, title, text, team in CANNED:
        canned.create_reply(
            work, shortcut=shortcut, title=title, text=text, team_id=house.teams.get(team)
        )
    bosses = [member.name for member in STAFF if member.role == "supervisor"]
    macros.write(work, house.people[bosses[0]])
    for subject, key, label, kind, choices in FIELDS:
        custom_fields.add_custom_field(
            work, subject=subject, key=key, label=label, kind=kind, choices=choices
        )
    _cases(work, house)
    post.open_mailbox(work, DOMAIN, NAME, house.queues["general"])
    line.lay(work, house.queues, house.hours_id, ZONE)
    return house


def _cases(work: HistoryWork, house: House) -> None:
    """What kinds of cases there are, what becomes of done ones, and what customers are asked."""
    for key, name, description, form in TYPES:
        types.add_type(work, key=key, name=name, description=description, form=form, in_portal=True)
    queue_rules.set_rule(work, house.queues["billing"], ReopenRule("within", 30, 60))
    asked: dict[str, Any] = {
        "name": "After we helped",
        "kind": "csat",
        "question": "",
        "queue_ids": [],
    }
    asked |= {"brand_id": None, "delay_s": 3_600, "valid_days": 30}
    surveys.switch(work, surveys.add_plan(work, asked).id, True)


def _people(work: HistoryWork, house: House, hashes: Mapping[str, str]) -> None:
    for name in ("Service", "Technical", "Sales", "Field"):
        house.teams[name] = teams.create_team(work, name).id
    for member in STAFF:
        user = identity.create_user(
            work,
            email=email_of(member.name),
            name=member.name,
            role=member.role,
            password_hash=hashes.get(member.name),
            timezone=ZONE,
            team_ids=[house.teams[member.team]],
        )
        team_ids = frozenset({house.teams[member.team]})
        house.people[member.name] = Actor("user", user.id, role=member.role, team_ids=team_ids)


def _queues(work: HistoryWork, house: House, skills: Mapping[str, str]) -> None:
    plan: dict[str, Any] = {
        "zone": ZONE,
        "weekly": {
            **{d: [["08:00", "18:00"]] for d in ("mon", "tue", "wed", "thu")},
            "fri": [["08:00", "16:00"]],
        },
        "exceptions": {**{day: [] for day in HOLIDAYS}, "2026-12-24": [["08:00", "12:00"]]},
        "names": {**HOLIDAYS, "2026-12-24": "Christmas Eve"},
    }
    hours = calendars.create_calendar(work, name="Office hours", plan=plan)
    house.hours_id = hours.id
    shape: dict[str, dict[str, Any]] = {
        "General": {"target_s": 60, "skills": {skills[_E]: 2}},
        "Billing": {
            "target_s": 60,
            "skills": {skills[_B]: 3},
            "relaxation": [
                {"after_s": 30, "lower": {skills[_B]: 2}},
                {"after_s": 90, "drop": [skills[_B]]},
            ],
            "outcomes": [
                {"code": "refund", "label": "Money sent back"},
                {"code": "plan", "label": "Payment in parts"},
            ],
        },
        "Technical help": {
            "target_s": 45,
            "priority_head_start_s": 30,
            "strategy": "best_skill",
            "skills": {skills[_H]: 3},
            "relaxation": [
                {"after_s": 20, "lower": {skills[_H]: 2}},
                {"after_s": 60, "drop": [skills[_H]], "add_queues": []},
            ],
            "outcomes": [{"code": "visit", "label": "Technician booked"}],
        },
        "Contracts": {
            "target_s": 90,
            "skills": {skills[_R]: 2},
            "calendar_id": hours.id,
            "closed_text": (
                "Our sales team is here Monday to Thursday 8 to 18 and Friday 8 to 16. Your "
                "message is saved; somebody else may answer earlier."
            ),
            "wrap_up_s": {"chat": 120},
            "outcomes": [
                {"code": "offer", "label": "Offer sent"},
                {"code": "kept", "label": "Customer stays"},
                {"code": "cancelled", "label": "Contract ended"},
            ],
        },
    }
    for name, fields in shape.items():
        queue = setup.create_queue(work, name=name, **fields)
        house.queues[queue.slug] = queue.id
    general = house.queues["general"]
    overflows = {
        "billing": [{"when": "queue_length", "over": 6, "to": general}],
        "technical-help": [{"when": "age", "over": 180, "to": general}],
        "contracts": [{"when": "nobody_signed_in", "over": 0, "to": general}],
    }
    for slug, rules in overflows.items():
        setup.change_queue(work, house.queues[slug], overflow=rules)
    _service_levels(work, hours.id)


def _service_levels(work: HistoryWork, calendar_id: str) -> None:
    """What customers were promised: power cuts around the clock, the rest in office hours."""
    levels.create_policy(
        work,
        name="Power cuts",
        description="Answered at any hour.",
        conditions=[Condition("tags", "any_of", ("outage",))],
        targets={
            "first_response": _targets(low=2, normal=1, high=1, urgent=0.5),
            "next_response": _targets(low=2, normal=1, high=1, urgent=0.5),
            "resolution": _targets(low=24, normal=12, high=8, urgent=8),
        },
    )
    levels.create_policy(
        work,
        name="Everybody",
        description="Two hours to the first answer and two working days to the end.",
        targets={
            "first_response": _targets(low=8, normal=2, high=1, urgent=0.5),
            "next_response": _targets(low=8, normal=4, high=2, urgent=1),
            "resolution": _targets(low=40, normal=20, high=10, urgent=5),
        },
        calendar_id=calendar_id,
    )


def _targets(**hours: float) -> dict[str, int]:
    """Hours by priority as seconds: one for each, so that no change of priority ends a deadline."""
    return {priority: int(one * 3600) for priority, one in hours.items()}


def _abilities(work: HistoryWork, house: House, skills: Mapping[str, str]) -> None:
    for slug, queue_id in house.queues.items():
        members = [m.name for m in STAFF if slug in m.queues]
        setup.set_members(work, queue_id, [house.people[name].id for name in members])
    for member in STAFF:
        if member.queues:
            user_id = house.people[member.name].id
            setup.set_skills(work, user_id, {skills[s]: n for s, n in member.skills.items()})
            slots = {"chat": member.chats, "email": 1, "form": 2}
            if member.signs_in:  # simulated colleagues only chat
                slots |= {"ticket": 1, "call": 1, "sms": 2}
            setup.set_capacity(work, user_id, slots)


def _site(work: HistoryWork, house: House, own_origin: str) -> None:
    # The secret that signs identities is sealed in the database; Admin can make a fresh one.
    site, _ = sites.create_site(
        work,
        name="Nordlicht Energie",
        queue_id=house.queues["general"],
        allowed_origins=[*ORIGINS, own_origin],
        colour="#0f6b6b",
        greeting="Moin! Ask us about electricity, heat pumps, chargers or fibre.",
        offline_text="Nobody is at the desk right now. Leave a message and we answer by e-mail.",
        pre_chat=[
            {"key": "name", "label": "Your name", "kind": "text", "required": False},
            {"key": "email", "label": "E-mail", "kind": "email", "required": False},
            {
                "key": "queue",
                "label": "What is it about?",
                "kind": "choice",
                "required": False,
                "choices": ["Billing", "Technical help", "Contracts", "Something else"],
            },
        ],
        is_default=True,
    )
    house.site_id = site.id


FIELDS: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("customer", "customer_number", "Customer number", "text", ()),
    ("customer", "tariff", "Tariff", "choice", TARIFFS),
    ("customer", "meter", "Meter", "text", ()),
    ("customer", "since", "Customer since", "date", ()),
    ("customer", "paper_bill", "Bill on paper", "switch", ()),
    ("organisation", "sites", "Number of sites", "number", ()),
    ("ticket", "device", "Device", "choice", DEVICES),
    ("ticket", "fault_code", "Code on the display", "text", ()),
    ("ticket", "bill", "Number of the bill", "text", ()),
    ("ticket", "cause", "What it was", "text", ()),
)

TYPES: tuple[tuple[str, str, str, list[dict[str, Any]]], ...] = (
    (
        "fault",
        "Fault",
        "Something does not work.",
        [
            {"key": "device", "needed": "never", "shown_to_customer": True},
            {"key": "fault_code"},
            {"key": "cause"},
        ],
    ),
    (
        "bill",
        "Bill",
        "A bill, a payment or a reading.",
        [{"key": "bill", "shown_to_customer": True}, {"key": "cause"}],
    ),
    ("request", "Request", "A question, a wish or a change.", [{"key": "cause"}]),
)

CANNED = (
    ("hello", "Greeting", "Hello {name}, this is {agent}. How can I help?", ""),
    ("moment", "One moment", "One moment please, I am looking it up.", ""),
    ("number", "Ask for the customer number",
     "Could you tell me your customer number? It is on each letter, like NL-123456.",
     ""),
    ("still", "Still there?", "Are you still there, {name}? I keep the chat open for a while.", ""),
    ("bye", "Goodbye", "Thank you for writing, {name}. Have a good day.", ""),
    ("bank", "No bank details in the chat",
     ("Please don't write bank details in the chat. In the portal, under Payments, you can change "
      "them yourself."), ""),
    ("reading", "How to read the meter",
     ("The reading is the number on the display without the digits behind the comma. A photo is "
      "fine too."), ""),
    ("outage", "Power cut",
     ("The grid operator knows about the outage and is working on it. Their page shows when the "
      "power is expected back."), ""),
    ("plan", "Payment in parts",
     ("We can split the amount into up to six parts, at no extra cost. Which day of the month "
      "suits you?"), "Service"),
    ("restart", "Restart the charger",
     ("Please switch off the charger's fuse for 30 seconds, then on again. The light turns blue, "
      "then green."), "Technical"),
    ("curve", "Heating curve",
     ("Under Heating, Curve you can lower the value by 0.1. Please leave it for two days before "
      "you change it again."), "Technical"),
    ("brise", "The tariff Brise",
     ("Brise follows the market price by the hour. It suits smart meters, heat pumps and electric "
      "cars, and you can leave it within a month."), "Sales"),
)  # fmt: skip
