"""The stored explanation of a wait in plain words.

Pure: a story in, lines out. What the router decided and why is in `helpdesk.routing`; here it is
only said so that somebody who has never seen a rule understands it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from helpdesk.routing.queries import Story
from helpdesk.web.presenting import duration, left_hands

STRATEGIES = {
    "longest_idle": (
        "longest idle",
        "Who has had nothing to do for the longest time gets the work.",
    ),
    "least_occupied": (
        "least occupied",
        "Load = slots in use / slots. The lowest load gets the work.",
    ),
    "fewest_today": (
        "fewest today",
        "Who has taken the fewest pieces of work today gets this one.",
    ),
    "best_skill": (
        "best skills",
        "Skill points = levels above what is asked, added up. Most points win.",
    ),
    "weighted": ("the queue's weights", "Each figure times the queue's weight for it, added up."),
    "by_name": ("name", "A colleague handed it over, or a supervisor took it."),
}
REASONS = {
    "wrong_queue": ("not in this queue", "not in this queue"),
    "missing_skill": ("lacks a skill", "lack a skill"),
    "offline": ("is offline", "are offline"),
    "disconnected": ("has no desk open", "have no desk open"),
    "not_responding": ("did not answer lately", "did not answer lately"),
    "presence": ("is on a break or in training", "are on a break or in training"),
    "no_slot": ("is busy", "are busy"),
    "declined_earlier": ("was asked before", "were asked before"),
    "reserved_for_preferred": (
        "waits for somebody who knows the customer",
        "wait for somebody who knows the customer",
    ),
}
TRANSFER = {
    "transferred": "Handed over",
    "taken_over": "Taken over by a colleague",
    "agent_lost": "The agent's connection was lost, so it went before all others",
    "overflow": "Moved on by the queue's overflow rule",
}
ENDINGS = {
    "no_answer": "did not answer in time",
    "browser_gone": "lost the connection",
    "stepped_away": "stepped away",
    "left_the_desk": "left the desk",
    "customer_left": "the customer left",
    "in_a_call": "took a call",
    "declined": "declined",
}


@dataclass(frozen=True, slots=True)
class Person:
    """One who could take it, with the figures that ordered them. `formula` is for the tooltip."""

    name: str
    chosen: bool
    figures: str
    formula: str


@dataclass(frozen=True, slots=True)
class Line:
    at: datetime
    after_s: int
    icon: str
    tone: str
    title: str
    text: str = ""
    candidates: Sequence[Person] = ()
    skipped: Sequence[str] = ()
    counts: str = ""
    score: str = ""
    score_formula: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """The whole story: one sentence that answers the question, then line by line."""

    answer: str
    lines: list[Line] = field(default_factory=list)


def tell(story: Story) -> Told:
    lines = [line for note in story.notes if (line := _line(story, note)) is not None]
    return Told(_answer(story), lines)


def _answer(story: Story) -> str:
    waited = duration(story.waited_s)
    asked = [o for o in story.offers.values() if o.state in ("declined", "expired")]
    blocked = _main_reason(story)
    state = story.item.state
    if state == "left":
        start = f"The customer left after waiting {waited}."
    elif state in ("waiting", "offered"):
        start = f"The customer has been waiting for {waited}."
    else:
        start = f"The customer waited {waited}."
    parts = [start]
    if blocked:
        parts.append(f"Nobody could take it at first: {blocked}.")
    if asked:
        count = len(asked)
        parts.append(f"{count} {'offer was' if count == 1 else 'offers were'} declined or ran out.")
    moved = sum(note.kind in ("moved", "returned") for note in story.notes)
    if moved:
        parts.append(f"It went back to the line {'once' if moved == 1 else f'{moved} times'}.")
    if len(parts) == 1 and state not in ("left", "waiting"):
        parts.append("Somebody who fits was found at once.")
    return " ".join(parts)


def _main_reason(story: Story) -> str:
    """What stood in the way before the first offer; what came after a hand-over is not "first"."""
    first = next((n for n in story.notes if n.kind in ("nobody", "offered")), None)
    if first is None or first.kind == "offered":
        return ""
    return _counts(first.details.get("skipped_counts", {}))


def _line(story: Story, note: Any) -> Line | None:
    make = _LINES.get(note.kind)
    if make is None:
        return None
    values = make(story, note)
    since = round((note.at - story.item.waiting_since).total_seconds())
    return Line(at=note.at, after_s=max(0, since), **values)


def _who(story: Story, note: Any) -> str:
    return story.people.get(note.agent_id or "", "An agent")


def _queue_name(story: Story, queue_id: Any) -> str:
    return story.queues.get(str(queue_id), "another queue")


def _queued(story: Story, note: Any) -> dict[str, Any]:
    head_start = note.details.get("head_start_s", 0)
    text = f"With a head start of {duration(head_start)}." if head_start else ""
    return {
        "icon": "log-in",
        "tone": "quiet",
        "title": f"Entered {_queue_name(story, note.details.get('queue_id'))}",
        "text": text,
    }


def _nobody(story: Story, note: Any) -> dict[str, Any]:
    return {
        "icon": "hourglass",
        "tone": "warning",
        "title": "Nobody who fits was free",
        "text": _rule(story, note.details),
        "counts": _counts(note.details.get("skipped_counts", {})),
        "skipped": _skipped(story, note.details),
        **_score(note.details),
    }


def _offered(story: Story, note: Any) -> dict[str, Any]:
    offer = story.offers.get(note.details.get("offer_id", ""))
    why: Mapping[str, Any] = offer.why if offer else {}
    strategy, formula = STRATEGIES.get(why.get("strategy", ""), ("the queue's rule", ""))
    total = int(why.get("candidates_total", 0))
    text = f"Chosen by {strategy} among {total} who fit." if why else ""
    if total == 1:
        text = "The only one who fitted."
    if why.get("reserved"):
        text = "Has a head start: knows this customer."
    return {
        "icon": "bell-ring",
        "tone": "info",
        "title": f"Offered to {_who(story, note)}",
        "text": " ".join(part for part in (text, _rule(story, why)) if part),
        "candidates": _candidates(story, why, note.agent_id, formula),
        "counts": _counts(why.get("skipped_counts", {})),
        "skipped": _skipped(story, why),
        **_score(why),
    }


def _ended(word: str, icon: str) -> Any:
    def make(story: Story, note: Any) -> dict[str, Any]:
        reason = str(note.details.get("reason", ""))
        said = ENDINGS.get(reason, reason.replace("_", " "))
        shown = said if said and reason != word else ""
        return {
            "icon": icon,
            "tone": "warning",
            "title": f"{_who(story, note)}: {_OFFER_WORDS[word]}",
            "text": f"{shown[:1].upper()}{shown[1:]}." if shown else "",
        }

    return make


_OFFER_WORDS = {
    "declined": "declined",
    "expired": "the offer ran out",
    "withdrawn": "the offer was withdrawn",
}


def _accepted(story: Story, note: Any) -> dict[str, Any]:
    return {"icon": "user-check", "tone": "success", "title": f"{_who(story, note)} took it"}


def _returned(story: Story, note: Any) -> dict[str, Any]:
    why = str(note.details.get("why", ""))
    return {
        "icon": "rotate-ccw",
        "tone": "warning",
        "title": f"Back in line in {_queue_name(story, note.details.get('queue_id'))}",
        "text": f"{TRANSFER.get(why, why.replace('_', ' '))}. The age of the wait was kept.",
    }


def _moved(story: Story, note: Any) -> dict[str, Any]:
    why = str(note.details.get("why", ""))
    return {
        "icon": "arrow-left-right",
        "tone": "info",
        "title": f"Moved to {_queue_name(story, note.details.get('queue_id'))}",
        "text": f"{TRANSFER.get(why, 'Because of ' + why.replace('_', ' '))}.",
    }


def _left(story: Story, note: Any) -> dict[str, Any]:
    return {"icon": "log-out", "tone": "danger", "title": "The customer left"}


def _contact_ended(story: Story, note: Any) -> dict[str, Any]:
    return {"icon": "circle-check", "tone": "quiet", "title": "The contact ended"}


def _finished(story: Story, note: Any) -> dict[str, Any]:
    outcome, released = note.details.get("outcome"), note.details.get("released")
    said = str(outcome).replace("_", " ").capitalize() if outcome else left_hands(released)
    return {
        "icon": "clipboard-check",
        "tone": "quiet",
        "title": f"{_who(story, note)} was done with it",
        "text": f"{said}." if said else "",
    }


def _rule(story: Story, why: Mapping[str, Any]) -> str:
    step = int(why.get("rule_step", 0) or 0)
    skills = (why.get("asked") or {}).get("skills") or {}
    asked = ", ".join(f"{story.skills.get(k, 'a skill')} {v}" for k, v in skills.items())
    parts = []
    if step:
        parts.append(f"After {step} relaxation {'step' if step == 1 else 'steps'} of the queue.")
    if asked:
        parts.append(f"Asked: {asked}.")
    return " ".join(parts)


def _score(why: Mapping[str, Any]) -> dict[str, str]:
    if "score" not in why:
        return {}
    return {
        "score": f"{float(why['score']):.0f}",
        "score_formula": "Score = head start + seconds waited. The highest score is served first.",
    }


def _candidates(
    story: Story, why: Mapping[str, Any], chosen: str | None, formula: str
) -> list[Person]:
    return [
        Person(
            name=story.people.get(one["agent"], "A colleague"),
            chosen=one["agent"] == chosen,
            figures=(
                f"idle {duration(one['idle_s'])} · load {one['load']:.0%} · "
                f"{one['handled_today']} today · {one['skill_points']} skill points"
            ),
            formula=f"{formula} Rank {_rank(one['rank'])}; the lowest is asked.",
        )
        for one in why.get("candidates", ())
    ]


def _rank(rank: Sequence[Any]) -> str:
    """The figures that ordered the candidates; the id, which only breaks ties, is left out."""
    return ", ".join(f"{part:g}" for part in rank if isinstance(part, int | float))


def _skipped(story: Story, why: Mapping[str, Any]) -> list[str]:
    return [
        f"{story.people.get(one['agent'], 'A colleague')} {_reason(story, one)}"
        for one in why.get("skipped", ())
    ]


def _reason(story: Story, one: Mapping[str, Any]) -> str:
    word = REASONS.get(one["reason"], (str(one["reason"]).replace("_", " "), ""))[0]
    detail = str(one.get("detail") or "")
    if one["reason"] == "missing_skill" and detail:
        skill, _, level = detail.partition(" ")
        name = story.skills.get(skill, story.skills.get(detail, "a skill"))
        return f"lacks {name} {level}".strip()
    return word


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(
        f"{count} {REASONS.get(reason, (reason, reason))[0 if count == 1 else 1]}"
        for reason, count in sorted(counts.items(), key=lambda pair: -pair[1])
    )


_LINES: dict[str, Any] = {
    "queued": _queued,
    "nobody": _nobody,
    "offered": _offered,
    "declined": _ended("declined", "x"),
    "expired": _ended("expired", "timer"),
    "withdrawn": _ended("withdrawn", "undo-2"),
    "accepted": _accepted,
    "returned": _returned,
    "moved": _moved,
    "left": _left,
    "contact_ended": _contact_ended,
    "finished": _finished,
}
