"""Who may find what: the scopes of documents, and what a reader may read of them.

A search takes its reader as an argument and looks nowhere else. Not for opening what was found:
that is asked again by the subject's own door.
"""

from __future__ import annotations

from dataclasses import dataclass

from helpdesk.core.actors import Actor
from helpdesk.core.errors import NotFound
from helpdesk.core.work import Work

PUBLIC = "public"
SIGNED_IN = "signed_in"
SHARED = "shared"
INTERNAL = "internal"
SCOPES = (PUBLIC, SIGNED_IN, SHARED, INTERNAL)


@dataclass(frozen=True, slots=True)
class Reader:
    """`scopes` may be read whoever they are about; of `own` also what is shared with them.

    `queues`: only what lies in these, or is `person`'s; None: wherever it lies.
    """

    scopes: frozenset[str]
    own: str | None = None
    queues: frozenset[str] | None = None
    person: str = ""

    @property
    def reads_all(self) -> bool:
        return self.scopes >= frozenset(SCOPES)


def reader_of(actor: Actor) -> Reader:
    """The desk reads everything; a customer what is shared with them and what is published."""
    if actor.kind == "system" or actor.on_desk:
        return Reader(frozenset(SCOPES), queues=actor.queue_ids, person=actor.id)
    if actor.is_staff:
        return Reader(frozenset({PUBLIC, SIGNED_IN}))
    if actor.role == "customer" and actor.customer_id:
        return Reader(frozenset({PUBLIC, SIGNED_IN}), actor.customer_id)
    return Reader(frozenset({PUBLIC}))


def require_admin(work: Work) -> None:
    """Who may say what words mean; NotFound for everybody else."""
    if not (work.actor.kind == "system" or work.actor.is_admin):
        raise NotFound


def require_desk(work: Work) -> None:
    """NotFound for everybody who does not work at the desk."""
    if not (work.actor.kind == "system" or work.actor.on_desk):
        raise NotFound
