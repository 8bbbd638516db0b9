"""Macros: made, changed, shared and removed; and what one would do to a ticket.

Anybody on the desk keeps their own; people of a team share with it, supervisors with all. Not for
carrying one out (see `workflows.cases_macros`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, or_, select

from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.identity.models import Team, User
from helpdesk.tickets import placeholders
from helpdesk.tickets.lifecycle import PRIORITIES, STATES
from helpdesk.tickets.models import Macro, Ticket
from helpdesk.tickets.permissions import require_desk
from helpdesk.tickets.tags import tag_names
from helpdesk.tickets.views import AUDIENCES

ME = "me"
LONGEST_REPLY = 8_000
MOST_OWN = 100
CHANGES = ("state", "priority", "queue_id", "assignee_id", "team_id", "type")


def macros_for(work: Work, *, inactive: bool = False) -> Sequence[Macro]:
    """What the reader may use: everybody's and their teams' first, then their own."""
    require_desk(work)
    wanted = select(Macro).where(_visible(work))
    if not inactive:
        wanted = wanted.where(Macro.is_active)
    order = (Macro.audience == "own", Macro.position, func.lower(Macro.name), Macro.id)
    return work.session.scalars(wanted.order_by(*order).limit(500)).all()


def every_macro(work: Work) -> Sequence[Macro]:
    """All that are shared, of all teams, for those who look after them; own ones stay private."""
    _require_supervisor(work)
    rows = select(Macro).where(or_(Macro.audience != "own", Macro.owner_id == work.actor.id))
    return work.session.scalars(rows.order_by(func.lower(Macro.name), Macro.id).limit(1000)).all()


def get_macro(work: Work, macro_id: str) -> Macro:
    """One that the reader may use or look after; NotFound otherwise."""
    require_desk(work)
    wanted = select(Macro).where(Macro.id == macro_id, _reachable(work))
    found = work.session.scalar(wanted) if is_id(macro_id) else None
    if found is None:
        raise NotFound("There is no such macro.")
    return found


def save_macro(work: Work, facts: Mapping[str, Any]) -> Macro:
    """A new macro out of `facts` (the fields of `facts_of`)."""
    require_desk(work)
    values = _checked(work, facts)
    own = select(func.count()).where(Macro.owner_id == work.actor.id)
    if not work.actor.is_supervisor and (work.session.scalar(own) or 0) >= MOST_OWN:
        raise Conflict(f"You have {MOST_OWN} macros already. Remove one first.", code="too_many")
    macro = Macro(
        id=new_id(), owner_id=work.actor.id, changed_at=work.at, version=1, position=0, **values
    )
    work.session.add(macro)
    work.session.flush()
    work.audit("macro.added", "macro", macro.id, **values)
    return macro


def change_macro(work: Work, macro_id: str, facts: Mapping[str, Any], *, version: int) -> Macro:
    """The whole macro anew; Conflict when somebody changed it since `version`."""
    macro = _changeable(work, macro_id, version)
    values = _checked(work, facts)
    before = {name: getattr(macro, name) for name in values if getattr(macro, name) != values[name]}
    if not before:
        return macro
    for name in before:
        setattr(macro, name, values[name])
    macro.version, macro.changed_at = macro.version + 1, work.at
    work.session.flush()
    after = {name: values[name] for name in before}
    work.audit("macro.changed", "macro", macro.id, before=before, after=after)
    return macro


def remove_macro(work: Work, macro_id: str, *, version: int) -> dict[str, Any]:
    """Remove it; answers what it was, so that it can be made again."""
    macro = _changeable(work, macro_id, version)
    was = facts_of(macro)
    work.session.delete(macro)
    work.session.flush()
    work.audit("macro.removed", "macro", macro_id, **was)
    return was


def may_change(work: Work, macro: Macro) -> bool:
    if work.actor.kind == "system" or macro.owner_id == work.actor.id:
        return True
    return macro.audience != "own" and work.actor.is_supervisor


def wanted_changes(macro: Macro, ticket: Ticket, actor_id: str) -> dict[str, Any]:
    """What `cases_line.change` is to do to this ticket; only what differs."""
    changes: dict[str, Any] = {}
    for name, value in macro.changes.items():
        meant = actor_id if name == "assignee_id" and value == ME else value
        if getattr(ticket, name) != meant:
            changes[name] = meant
    tags = [tag for tag in ticket.tags if tag not in macro.remove_tags]
    tags += [tag for tag in macro.add_tags if tag not in tags]
    if tags != ticket.tags:
        changes["tags"] = tags
    return changes


def facts_of(macro: Macro) -> dict[str, Any]:
    return {
        "name": macro.name,
        "description": macro.description,
        "audience": macro.audience,
        "team_id": macro.team_id,
        "changes": dict(macro.changes),
        "add_tags": list(macro.add_tags),
        "remove_tags": list(macro.remove_tags),
        "reply": macro.reply,
        "public": macro.public,
        "is_active": macro.is_active,
    }


def _visible(work: Work) -> Any:
    return or_(
        Macro.owner_id == work.actor.id,
        Macro.audience == "everybody",
        (Macro.audience == "team") & Macro.team_id.in_(sorted(work.actor.team_ids)),
    )


def _reachable(work: Work) -> Any:
    if work.actor.is_supervisor:
        return or_(_visible(work), Macro.audience != "own")
    return _visible(work)


def _require_supervisor(work: Work) -> None:
    if not (work.actor.kind == "system" or work.actor.is_supervisor):
        raise Forbidden("Only supervisors and administrators look after everybody's macros.")


def _changeable(work: Work, macro_id: str, version: int) -> Macro:
    macro = get_macro(work, macro_id)
    if not may_change(work, macro):
        raise Forbidden("Only its owner and supervisors change a shared macro.")
    work.session.refresh(macro, with_for_update=True)
    if macro.version != version:
        raise Conflict("Somebody changed this macro meanwhile. Load it again.", code="stale")
    return macro


def _checked(work: Work, facts: Mapping[str, Any]) -> dict[str, Any]:
    name = " ".join(str(facts.get("name", "")).split())
    description = " ".join(str(facts.get("description", "")).split())
    reply = str(facts.get("reply", "")).replace("\r\n", "\n")
    audience = facts.get("audience", "own")
    wrong: dict[str, str] = {}
    if not 1 <= len(name) <= 80 or not name.isprintable():
        wrong["name"] = "Give a name of up to 80 characters."
    if len(description) > 200 or not (description.isprintable() or not description):
        wrong["description"] = "Use at most 200 characters."
    if told := _reply_problem(reply):
        wrong["reply"] = told
    if refused := _audience_problem(work, audience, facts.get("team_id")):
        wrong[refused[0]] = refused[1]
    changes = {k: v for k, v in dict(facts.get("changes") or {}).items() if v not in (None, "")}
    wrong |= _changes_problems(work, changes)
    tags: dict[str, list[str]] = {}
    for which in ("add_tags", "remove_tags"):
        try:
            tags[which] = tag_names(list(facts.get(which) or ()))
        except Invalid as error:
            wrong[which] = next(iter(error.fields.values()), error.message)
    if not wrong and not (changes or reply.strip() or tags["add_tags"] or tags["remove_tags"]):
        wrong["changes"] = "Let it change, tag or say something."
    if wrong:
        raise Invalid(fields=wrong)
    return {
        "name": name,
        "description": description,
        "audience": audience,
        "team_id": facts.get("team_id") if audience == "team" else None,
        "changes": changes,
        **tags,
        "reply": reply if reply.strip() else "",
        "public": bool(facts.get("public", True)),
        "is_active": bool(facts.get("is_active", True)),
    }


def _reply_problem(reply: str) -> str | None:
    if len(reply) > LONGEST_REPLY:
        return f"Use at most {LONGEST_REPLY:,} characters."
    if "\0" in reply or any("\ud800" <= c <= "\udfff" for c in reply):
        return "This holds a character that can't be stored."
    return placeholders.problem(reply)


def _audience_problem(work: Work, audience: Any, team_id: Any) -> tuple[str, str] | None:
    boss = work.actor.kind == "system" or work.actor.is_supervisor
    if audience not in AUDIENCES:
        return "audience", f"Choose one of {', '.join(AUDIENCES)}."
    if audience == "everybody" and not boss:
        return "audience", "Supervisors share macros with everybody."
    if audience == "team":
        known = is_id(team_id) and work.session.get(Team, team_id) is not None
        if not known or not (boss or team_id in work.actor.team_ids):
            return "team_id", "Choose one of your teams."
    return None


def _changes_problems(work: Work, changes: Mapping[str, Any]) -> dict[str, str]:
    """Queues are checked by the workflow that knows them, when the macro is saved and used."""
    wrong: dict[str, str] = {}
    if unknown := set(changes) - set(CHANGES):
        wrong[min(unknown)] = "A macro can't change this."
    if changes.get("state", "open") not in STATES or changes.get("state") == "new":
        wrong["state"] = "Choose a state."
    if changes.get("priority", "low") not in PRIORITIES:
        wrong["priority"] = "Choose a priority."
    who = changes.get("assignee_id", ME)
    if who != ME:
        person = work.session.get(User, who) if is_id(who) else None
        if (
            person is None
            or not person.is_active
            or person.role not in ("agent", "supervisor", "admin")
        ):
            wrong["assignee_id"] = "Choose somebody who works on the desk."
    team = changes.get("team_id")
    if team is not None and not (is_id(team) and work.session.get(Team, team) is not None):
        wrong["changes.team_id"] = "There is no such team."
    return wrong
