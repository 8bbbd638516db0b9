"""Setting up the floor: queues, skills, who serves what, abilities, presence choices.

For administrators; every change is audited. Not for the running of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from sqlalchemy import delete, select

from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.routing import presence, roster, skill_uses
from helpdesk.routing.events import FloorChanged
from helpdesk.routing.floor import HOUSE_PRESENCES
from helpdesk.routing.models import AgentState, PresenceChoice, Queue, QueueMember, Skill, WorkItem
from helpdesk.routing.strategies import STRATEGIES, strategy_named

TRIGGERS = ("estimated_wait", "queue_length", "age", "nobody_signed_in")
_CODE = re.compile(r"[a-z][a-z0-9_]{0,38}")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,38}")
CHANNELS = ("chat", "call", "sms", "form", "email", "callback", "ticket")
QUEUE_FIELDS = frozenset(
    {
        "name",
        "slug",
        "strategy",
        "weights",
        "priority_head_start_s",
        "max_value_head_start_s",
        "preferred_head_start_s",
        "target_s",
        "target_percent",
        "skills",
        "relaxation",
        "overflow",
        "offer_s",
        "wrap_up_s",
        "outcomes",
        "calendar_id",
        "closed_text",
        "callback_instead",
        "message_instead",
        "is_active",
    }
)
_RANGES = {
    "priority_head_start_s": (0, 86_400),
    "max_value_head_start_s": (0, 60),
    "preferred_head_start_s": (0, 600),
    "target_s": (1, 86_400),
    "target_percent": (1, 100),
}


def create_queue(work: Work, *, name: str, slug: str | None = None, **fields: Any) -> Queue:
    """A new line of work; `slug` is what programs name it by (made from the name if not given)."""
    _only_admins(work)
    values = _checked(work, {"name": name, "slug": slug or slug_of(name), **fields})
    _unique(work, values["name"], values["slug"], None)
    queue = Queue(id=new_id(), version=1, **values)
    work.session.add(queue)
    work.session.flush()
    work.audit("queue.created", "queue", queue.id, name=queue.name)
    _changed(work, "queue", queue.id)
    return queue


def change_queue(work: Work, queue_id: str, *, version: int | None = None, **changes: Any) -> Queue:
    """Change fields of QUEUE_FIELDS; Conflict when `version` is not the present one."""
    _only_admins(work)
    queue = get_queue(work, queue_id)
    if version is not None and version != queue.version:
        raise Conflict("Somebody changed this queue meanwhile. Load it again.", code="stale")
    values = _checked(work, changes, queue)
    _unique(work, values.get("name"), values.get("slug"), queue.id)
    before = {key: getattr(queue, key) for key in values if getattr(queue, key) != values[key]}
    if not before:
        return queue
    if values.get("is_active") is False and _waiting_in(work, queue.id):
        raise Conflict(
            "Customers are waiting in this queue. Let it empty or move them first.", code="in_use"
        )
    for key in before:
        setattr(queue, key, values[key])
    queue.version += 1
    work.audit(
        "queue.changed", "queue", queue.id, before=before, after={k: values[k] for k in before}
    )
    _changed(work, "queue", queue.id)
    return queue


def get_queue(work: Work, queue_id: str) -> Queue:
    queue = work.session.get(Queue, queue_id)
    if queue is None:
        raise NotFound("This queue does not exist.")
    return queue


def set_members(work: Work, queue_id: str, user_ids: Collection[str]) -> None:
    """Who serves the queue; people new to the desk get the house's capacity."""
    _only_admins(work)
    queue = get_queue(work, queue_id)
    wanted = set(user_ids)
    have = set(
        work.session.scalars(select(QueueMember.user_id).where(QueueMember.queue_id == queue_id))
    )
    for user_id in sorted(wanted - have):
        presence.ensure_agent(work, user_id)
        work.session.add(QueueMember(queue_id=queue_id, user_id=user_id))
    gone = have - wanted
    if gone:
        work.session.execute(
            delete(QueueMember).where(
                QueueMember.queue_id == queue_id, QueueMember.user_id.in_(gone)
            )
        )
    if wanted != have:
        work.session.flush()
        work.audit(
            "queue.members_changed",
            "queue",
            queue.id,
            added=sorted(wanted - have),
            removed=sorted(gone),
        )
        _changed(work, "queue", queue.id)


def set_queues_of(work: Work, user_id: str, queue_ids: Collection[str]) -> None:
    """The same from the agent's side: which queues this person serves."""
    _only_admins(work)
    presence.ensure_agent(work, user_id)
    have = set(
        work.session.scalars(select(QueueMember.queue_id).where(QueueMember.user_id == user_id))
    )
    wanted = set(queue_ids)
    known = set(work.session.scalars(select(Queue.id).where(Queue.id.in_(wanted))))
    for queue_id in sorted((wanted & known) - have):
        work.session.add(QueueMember(queue_id=queue_id, user_id=user_id))
    gone = have - wanted
    if gone:
        work.session.execute(
            delete(QueueMember).where(
                QueueMember.user_id == user_id, QueueMember.queue_id.in_(gone)
            )
        )
    work.session.flush()
    if wanted != have:
        work.audit("agent.queues_changed", "user", user_id, queues=sorted(wanted & known))
        _changed(work, "agent", user_id)


def create_skill(work: Work, name: str) -> Skill:
    _only_admins(work)
    clean = _name(name, 60)
    if work.session.scalar(select(Skill.id).where(Skill.name == clean)):
        raise Invalid(fields={"name": "There is a skill of that name."})
    skill = Skill(id=new_id(), name=clean, version=1)
    work.session.add(skill)
    work.session.flush()
    work.audit("skill.created", "skill", skill.id, name=clean)
    return skill


def rename_skill(work: Work, skill_id: str, name: str) -> Skill:
    _only_admins(work)
    skill, clean = _skill(work, skill_id), _name(name, 60)
    taken = work.session.scalar(select(Skill.id).where(Skill.name == clean, Skill.id != skill_id))
    if taken:
        raise Invalid(fields={"name": "There is a skill of that name."})
    before, skill.name = skill.name, clean
    skill.version += 1
    work.audit("skill.renamed", "skill", skill_id, before=before, after=clean)
    return skill


def remove_skill(work: Work, skill_id: str) -> None:
    """Remove a skill that no queue asks for; agents lose it."""
    _only_admins(work)
    skill = _skill(work, skill_id)
    asking = [q.name for q in work.session.scalars(select(Queue)) if skill_id in _skills_named(q)]
    if asking:
        raise Conflict(f"These queues ask for this skill: {', '.join(asking)}.", code="in_use")
    skill_uses.require_unused(work, skill_id)
    for state in work.session.scalars(select(AgentState)):
        if skill_id in state.skills:
            state.skills = {k: v for k, v in state.skills.items() if k != skill_id}
    work.session.delete(skill)
    work.audit("skill.removed", "skill", skill_id, name=skill.name)
    _changed(work, "skill", skill_id)


def set_skills(work: Work, user_id: str, skills: dict[str, int]) -> None:
    """What a person can do, each skill with a level from 1 to 5 (0 takes it away)."""
    _only_admins(work)
    state = presence.ensure_agent(work, user_id)
    known = set(work.session.scalars(select(Skill.id)))
    kept = {key: _level(level) for key, level in skills.items() if level and key in known}
    if kept == state.skills:
        return
    before, state.skills = state.skills, kept
    state.version += 1
    work.audit("agent.skills_changed", "user", user_id, before=before, after=kept)
    _changed(work, "agent", user_id)


def set_capacity(work: Work, user_id: str, capacity: dict[str, int]) -> None:
    """How much of each channel a person takes at once."""
    _only_admins(work)
    unknown = set(capacity) - set(CHANNELS)
    if unknown:
        raise Invalid(fields=dict.fromkeys(unknown, "There is no such channel."))
    state = presence.ensure_agent(work, user_id)
    before = dict(state.capacity)
    presence.set_capacity(work, user_id, capacity)
    work.audit("agent.capacity_changed", "user", user_id, before=before, after=state.capacity)
    _changed(work, "agent", user_id)


def set_presence_choices(work: Work, choices: list[dict[str, Any]]) -> None:
    """The installation's own states beside the house's four: [{"code", "label", "counts_as"}]."""
    _only_admins(work)
    rows = []
    for position, choice in enumerate(choices):
        code, label = str(choice.get("code", "")), _name(str(choice.get("label", "")), 60)
        if not _CODE.fullmatch(code) or len(code) > 30:
            raise Invalid(fields={"code": "Use up to 30 lower-case letters, digits and _."})
        counts_as = str(choice.get("counts_as", ""))
        if counts_as not in HOUSE_PRESENCES:
            raise Invalid(fields={"counts_as": "Choose available, break, training or offline."})
        if code in HOUSE_PRESENCES:
            counts_as = code
        rows.append(PresenceChoice(code=code, label=label, counts_as=counts_as, position=position))
    if len({row.code for row in rows}) != len(rows):
        raise Invalid(fields={"code": "Each state needs a code of its own."})
    work.session.execute(delete(PresenceChoice))
    work.session.add_all(rows)
    work.audit("presence.choices_changed", "presence", None, codes=[row.code for row in rows])
    _changed(work, "presence", None)


def queues_using_calendar(work: Work, calendar_id: str) -> str | None:
    """The queues that keep these hours, in words; None when none does."""
    named = select(Queue.name).where(Queue.calendar_id == calendar_id).order_by(Queue.name)
    names = list(work.session.scalars(named))
    return f"the queues {', '.join(names)}" if names else None


def slug_of(name: str) -> str:
    """A short name for programs, made from the one for people."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:38].strip("-")
    return slug or "queue"


def _changed(work: Work, subject: str, changed_id: str | None) -> None:
    roster.forget(work)
    work.emit(FloorChanged(subject=subject, changed_id=changed_id))


def _checked(work: Work, given: dict[str, Any], queue: Queue | None = None) -> dict[str, Any]:
    unknown = set(given) - QUEUE_FIELDS
    if unknown:
        raise Invalid(fields=dict.fromkeys(sorted(unknown), "A queue has no such field."))
    values: dict[str, Any] = {}
    for key, value in given.items():
        try:
            values[key] = _field(work, key, value)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise Invalid(fields={key: str(error) or "This cannot be used."}) from error
    strategy = values.get("strategy", queue.strategy if queue else "longest_idle")
    weights = values.get("weights", queue.weights if queue else {})
    try:
        strategy_named(strategy, **(weights if strategy == "weighted" else {}))
    except (TypeError, ValueError) as error:
        raise Invalid(fields={"weights": str(error)}) from error
    if strategy != "weighted" and "strategy" in values:
        values["weights"] = {}
    return values


def _field(work: Work, key: str, value: Any) -> Any:
    if key == "name":
        return _name(str(value), 80)
    if key == "slug":
        if not _SLUG.fullmatch(str(value)):
            raise ValueError("Use lower-case letters, digits and hyphens, at most 39.")
        return value
    if key == "strategy":
        if value not in STRATEGIES and value != "weighted":
            raise ValueError("Choose one of the strategies.")
        return value
    if key in _RANGES:
        low, high = _RANGES[key]
        if not low <= int(value) <= high:
            raise ValueError(f"Use a number from {low} to {high}.")
        return int(value)
    if key == "skills":
        return {skill: _level(level) for skill, level in dict(value).items() if level}
    if key == "relaxation":
        return [_step(step) for step in value]
    if key == "overflow":
        return [_rule(work, rule) for rule in value]
    if key in ("offer_s", "wrap_up_s"):
        low = 5 if key == "offer_s" else 0
        return {c: _seconds(s, low) for c, s in dict(value).items() if c in CHANNELS}
    if key == "outcomes":
        return [_outcome(one) for one in value]
    if key == "weights":
        return {k: float(v) for k, v in dict(value).items()}
    if key == "closed_text":
        return str(value)[:300]
    if key in ("is_active", "callback_instead", "message_instead"):
        return bool(value)
    return value or None


def _step(step: dict[str, Any]) -> dict[str, Any]:
    after = int(step["after_s"])
    if not 1 <= after <= 86_400:
        raise ValueError("A step begins after 1 to 86,400 seconds.")
    return {
        "after_s": after,
        "drop": [str(s) for s in step.get("drop", ())],
        "lower": {str(s): _level(level) for s, level in dict(step.get("lower", {})).items()},
        "add_queues": [str(q) for q in step.get("add_queues", ())],
    }


def _rule(work: Work, rule: dict[str, Any]) -> dict[str, Any]:
    if rule["when"] not in TRIGGERS:
        raise ValueError("Choose what the rule looks at.")
    target = get_queue(work, str(rule["to"]))
    return {"when": rule["when"], "over": int(rule.get("over") or 0), "to": target.id}


def _outcome(one: dict[str, Any]) -> dict[str, str]:
    code = str(one["code"])
    if not _CODE.fullmatch(code):
        raise ValueError("An outcome's code has lower-case letters, digits and _.")
    return {"code": code, "label": _name(str(one["label"]), 60)}


def _seconds(value: Any, low: int) -> int:
    if not low <= int(value) <= 3_600:
        raise ValueError(f"Use {low} to 3,600 seconds.")
    return int(value)


def _level(value: Any) -> int:
    if isinstance(value, bool) or not 1 <= int(value) <= 5:
        raise ValueError("Levels go from 1 to 5.")
    return int(value)


def _name(text: str, most: int) -> str:
    clean = " ".join(text.replace("\0", "").split())
    if not 1 <= len(clean) <= most:
        raise Invalid(fields={"name": f"Give a name of up to {most} characters."})
    return clean


def _unique(work: Work, name: str | None, slug: str | None, own_id: str | None) -> None:
    for field, column, value in (("name", Queue.name, name), ("slug", Queue.slug, slug)):
        if value is None:
            continue
        taken = work.session.scalar(select(Queue.id).where(column == value))
        if taken is not None and taken != own_id:
            raise Invalid(fields={field: "Another queue has this already."})


def _skills_named(queue: Queue) -> set[str]:
    named = set(queue.skills)
    for step in queue.relaxation:
        named |= set(step.get("drop", ())) | set(step.get("lower", {}))
    return named


def _waiting_in(work: Work, queue_id: str) -> bool:
    waiting = select(WorkItem.id).where(
        WorkItem.queue_id == queue_id, WorkItem.state.in_(("waiting", "offered"))
    )
    return work.session.scalar(waiting.limit(1)) is not None


def _skill(work: Work, skill_id: str) -> Skill:
    skill = work.session.get(Skill, skill_id)
    if skill is None:
        raise NotFound("This skill does not exist.")
    return skill


def _only_admins(work: Work) -> None:
    if not (work.actor.is_admin or work.actor.kind == "system"):
        raise Forbidden("Only administrators set up the floor.")
