"""A small floor for tests: people, a queue and a site, made through the services."""

from __future__ import annotations

from dataclasses import dataclass

from helpdesk.channels import sites
from helpdesk.core.actors import Actor, system
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work, begin
from helpdesk.identity.models import User
from helpdesk.routing import presence, setup
from helpdesk.routing.models import Queue
from helpdesk.workflows import chat, desk

SETUP = system("setup")


@dataclass(frozen=True)
class Floor:
    queue_id: str
    site_id: str
    agents: list[Actor]

    @property
    def anna(self) -> Actor:
        return self.agents[0]

    @property
    def ben(self) -> Actor:
        return self.agents[1]


def add_person(work: Work, name: str, role: str = "agent") -> Actor:
    user = User(
        id=new_id(),
        email=f"{name.lower()}-{new_id()[-6:]}@example.com",
        name=name,
        public_name=name.split()[0],
        role=role,
        is_active=True,
        created_at=work.at,
    )
    work.session.add(user)
    work.session.flush()
    return Actor("user", user.id, role=role)  # type: ignore[arg-type]


def make_floor(*names: str, **queue: object) -> Floor:
    """A queue "Help" served by the people named, none of them present yet."""
    with begin(SETUP) as work:
        line: Queue = setup.create_queue(work, name="Help", **queue)  # type: ignore[arg-type]
        agents = [add_person(work, name) for name in names or ("Anna", "Ben")]
        setup.set_members(work, line.id, [a.id for a in agents])
        site, _ = sites.create_site(
            work, name="Shop", queue_id=line.id, allowed_origins=["https://shop.example"]
        )
        return Floor(line.id, site.id, agents)


def come_in(agent: Actor, sid: str | None = None) -> str:
    """The agent opens a desk and is available; answers the socket's id."""
    sid = sid or f"sid-{new_id()}"
    with begin(agent) as work:
        desk.connect(work, sid, "test-process")
        desk.set_presence(work, "available")
    return sid


def start_chat(floor: Floor, text: str = "Hello", **given: object) -> chat.Started:
    with begin(Actor("visitor", "new")) as work:
        site = chat.site_by_id(work, floor.site_id)
        return chat.start(work, site, None, text=text, **given)  # type: ignore[arg-type]


def offer_of(work: Work, agent: Actor) -> str | None:
    offers = desk.desk_work(work, agent.id)["offers"]
    return offers[0].id if offers else None


__all__ = [
    "SETUP",
    "Floor",
    "add_person",
    "come_in",
    "make_floor",
    "offer_of",
    "presence",
    "start_chat",
]
