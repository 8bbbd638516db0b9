"""People for the tests of identity."""

from __future__ import annotations

import functools
from typing import Any

from helpdesk.core.actors import Actor, Role, system
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin
from helpdesk.identity import passwords, service

PASSWORD = "tortoise under the stairs"


@functools.cache
def password_hash() -> str:
    return passwords.hash_password(PASSWORD)


def add(role: str = "agent", *, password: bool = True, **facts: Any) -> str:
    """A person of staff with PASSWORD; the id."""
    with begin(system("test")) as work:
        given = {"email": f"{new_id()}@example.org", "name": "Ada Lovelace", **facts}
        hashed = password_hash() if password else None
        return service.create_user(work, role=role, password_hash=hashed, **given).id


def as_user(user_id: str, role: Role = "admin") -> Actor:
    return Actor("user", user_id, role=role, address="192.0.2.7")


def nobody(address: str = "192.0.2.7") -> Actor:
    return Actor("visitor", "nobody", address=address)
