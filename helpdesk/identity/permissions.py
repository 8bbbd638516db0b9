"""Who may do what to people, teams and their keys: predicates over the actor."""

from __future__ import annotations

from helpdesk.core.actors import Actor
from helpdesk.core.errors import Forbidden


def may_administer(actor: Actor) -> bool:
    """Add, change and deactivate people; make teams. Setup and demo act as the program itself."""
    return actor.kind == "system" or (actor.kind == "user" and actor.is_admin)


def may_see_people(actor: Actor) -> bool:
    return actor.kind == "system" or (actor.kind == "user" and actor.on_desk)


def may_act_for(actor: Actor, user_id: str) -> bool:
    """Change what belongs to one person: the person, or who administers."""
    return may_administer(actor) or (actor.kind == "user" and actor.id == user_id)


def may_make_token_for(actor: Actor, user_id: str) -> bool:
    """A token is the person: nobody makes one for somebody else, except on the command line."""
    return actor.kind == "system" or (actor.kind == "user" and actor.id == user_id)


def require(allowed: bool) -> None:
    if not allowed:
        raise Forbidden("Your role does not allow this. Ask an administrator.")
