"""A running installation with a queue, two agents and a site, ready for a crowd."""

from __future__ import annotations

from dataclasses import dataclass

from helpdesk import wiring
from helpdesk.channels import sites
from helpdesk.core import db, secrets
from helpdesk.core.actors import system
from helpdesk.core.work import begin, observe, silence
from helpdesk.identity import service as people
from helpdesk.identity import tokens
from helpdesk.routing import setup
from tests.real.server import Installation

SETUP = system("setup")


@dataclass
class House:
    running: Installation
    site_key: str
    tokens: list[str]
    agents: list[str]
    queue_id: str


def open_house(running: Installation, *, agents: int = 2) -> House:
    """Made over the installation's own database, as an administrator would."""
    secrets.configure(running.secret_key)
    db.use(running.database)
    silence()
    for observer in wiring.observers():
        observe(observer)
    with begin(SETUP) as work:
        queue = setup.create_queue(work, name="Help")
        site, _ = sites.create_site(work, name="Shop", queue_id=queue.id)
        made = [
            people.create_user(work, email=f"a{n}@example.com", name=f"Agent {n}", role="agent")
            for n in range(agents)
        ]
        setup.set_members(work, queue.id, [user.id for user in made])
        keys = [tokens.create(work, user.id, "bot")[1] for user in made]
        house = House(running, site.key, keys, [user.id for user in made], queue.id)
    db.use(None)
    return house
