"""A queue's rules as a form and back: pure, but for the words of what can't be taken.

A relaxation step of the database may do several things at once; on the form each is a line of its
own, and lines of one age become one step again. Not for what a queue may hold (`routing.setup`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from helpdesk.core.errors import Invalid
from helpdesk.routing.models import Queue
from helpdesk.web.admin import forms
from helpdesk.web.admin.forms import Shape, Values

SECONDS = {
    "priority_head_start_s": "This queue before others",
    "max_value_head_start_s": "Head start by customer",
    "preferred_head_start_s": "Time for the known agent",
}
SHAPE = Shape(
    texts=(
        "name", "slug", "strategy", "weight_idle", "weight_load", "weight_today", "weight_skill",
        *SECONDS, "target_s", "target_percent", "calendar_id", "closed_text",
    ),
    lists=("members", "instead"),
    levels=("need",),
    maps=("offer", "wrap"),
    rows={
        "step": ("after", "act", "skill", "level", "queue"),
        "rule": ("when", "over", "to"),
        "outcome": ("code", "label"),
    },
)  # fmt: skip
LABELS = {
    "name": "Name", "slug": "Short name", "strategy": "Who is asked first", "need": "Skills",
    **SECONDS, "target_s": "Target", "target_percent": "Share in target", "calendar_id": "Hours",
    "closed_text": "Text when closed", "instead": "Callers in line may choose",
    "members": "People", "offer": "Time to accept",
    "wrap": "Wrap-up", "step": "While somebody waits", "rule": "Overflow", "outcome": "Outcomes",
    "weight_idle": "Weight of idle time", "weight_load": "Weight of load",
    "weight_today": "Weight of work done today", "weight_skill": "Weight of skill",
}  # fmt: skip
BLANKS = {
    "step": {"after": "60", "act": "lower", "skill": "", "level": "1", "queue": ""},
    "rule": {"when": "estimated_wait", "over": "300", "to": ""},
    "outcome": {"code": "", "label": ""},
}
WEIGHTS = ("idle", "load", "today", "skill")
INSTEAD = {"callback": "Be called back, in their place", "message": "Leave a message"}
# Names of the database's fields, which its errors speak of, by where they stand on the form.
PLACES = {"relaxation": "step", "overflow": "rule", "outcomes": "outcome", "skills": "need",
          "offer_s": "offer", "wrap_up_s": "wrap", "weights": "strategy"}  # fmt: skip


def blank() -> Values:
    """The form of a queue that does not exist yet, with the house's usual figures."""
    return {
        "name": "", "slug": "", "strategy": "longest_idle", "weight_idle": "1",
        "weight_load": "0", "weight_today": "0", "weight_skill": "0",
        "priority_head_start_s": "0", "max_value_head_start_s": "10",
        "preferred_head_start_s": "15", "target_s": "60", "target_percent": "80",
        "calendar_id": "", "closed_text": "", "instead": list(INSTEAD), "members": [], "need": {},
        "offer": {}, "wrap": {},
        "step": [], "rule": [], "outcome": [],
    }  # fmt: skip


def values_of(queue: Queue, members: list[str]) -> Values:
    """The form as the stored queue fills it in."""
    weights = queue.weights or {}
    return blank() | {
        "name": queue.name,
        "slug": queue.slug,
        "strategy": queue.strategy,
        **{f"weight_{key}": _plain(weights.get(key, key == "idle")) for key in WEIGHTS},
        **{key: str(getattr(queue, key)) for key in (*SECONDS, "target_s", "target_percent")},
        "calendar_id": queue.calendar_id or "",
        "closed_text": queue.closed_text,
        "instead": [way for way in INSTEAD if getattr(queue, f"{way}_instead")],
        "members": sorted(members),
        "need": {skill: str(level) for skill, level in sorted(queue.skills.items())},
        "offer": {channel: str(s) for channel, s in sorted(queue.offer_s.items())},
        "wrap": {channel: str(s) for channel, s in sorted(queue.wrap_up_s.items())},
        "step": [line for step in queue.relaxation for line in _lines(step)],
        "rule": [
            {"when": rule["when"], "over": str(rule.get("over", 0)), "to": rule["to"]}
            for rule in queue.overflow
        ],
        "outcome": [{"code": one["code"], "label": one["label"]} for one in queue.outcomes],
    }


def facts_of(form: Values) -> dict[str, Any]:
    """What the form asks to store; Invalid says beside each field what can't be read."""
    wrong: dict[str, str] = {}
    facts: dict[str, Any] = {
        key: form[key] for key in ("name", "strategy", "closed_text", "calendar_id")
    }
    facts |= {f"{way}_instead": way in form["instead"] for way in INSTEAD}
    for key in (*SECONDS, "target_s", "target_percent"):
        facts[key] = forms.number(form, key, wrong)
    facts["skills"] = {s: forms.number(form["need"], s, wrong, key="need") for s in form["need"]}
    facts["offer_s"] = {
        c: forms.number(form["offer"], c, wrong, key="offer") for c in form["offer"]
    }
    facts["wrap_up_s"] = {c: forms.number(form["wrap"], c, wrong, key="wrap") for c in form["wrap"]}
    facts["weights"] = _weights(form, wrong)
    facts["relaxation"] = _steps(form["step"], wrong)
    facts["overflow"] = _rules(form["rule"], wrong)
    facts["outcomes"] = _outcomes(form["outcome"], wrong)
    if wrong:
        raise Invalid(fields=wrong)
    return facts


def placed(error: Invalid) -> dict[str, str]:
    """The fields of an error of the service by their places on the form."""
    return {PLACES.get(name, name): words for name, words in error.fields.items()}


def _weights(form: Values, wrong: dict[str, str]) -> dict[str, float]:
    if form["strategy"] != "weighted":
        return {}
    weights = {}
    for key in WEIGHTS:
        try:
            weights[key] = float(form[f"weight_{key}"] or 0)
        except ValueError:
            weights[key] = -1.0
        if not 0 <= weights[key] <= 1000:
            wrong[f"weight_{key}"] = "Use a number from 0 to 1,000."
    return weights


def _steps(rows: list[dict[str, str]], wrong: dict[str, str]) -> list[dict[str, Any]]:
    steps: dict[int, dict[str, Any]] = {}
    for place, row in enumerate(rows):
        after = forms.number(row, "after", wrong, key=f"step-{place}")
        step = steps.setdefault(
            after, {"after_s": after, "drop": [], "lower": {}, "add_queues": []}
        )
        if row["act"] == "add":
            if not row["queue"]:
                wrong[f"step-{place}"] = "Choose the queue whose people may help."
            step["add_queues"].append(row["queue"])
        elif not row["skill"]:
            wrong[f"step-{place}"] = "Choose the skill."
        elif row["act"] == "drop":
            step["drop"].append(row["skill"])
        else:
            level = forms.number(row, "level", wrong, key=f"step-{place}")
            step["lower"][row["skill"]] = level
    return [steps[after] for after in sorted(steps)]


def _rules(rows: list[dict[str, str]], wrong: dict[str, str]) -> list[dict[str, Any]]:
    rules = []
    for place, row in enumerate(rows):
        over = 0
        if row["when"] != "nobody_signed_in":
            over = forms.number(row, "over", wrong, key=f"rule-{place}")
        if not row["to"]:
            wrong[f"rule-{place}"] = "Choose where it goes."
        rules.append({"when": row["when"], "over": over, "to": row["to"]})
    return rules


def _outcomes(rows: list[dict[str, str]], wrong: dict[str, str]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for place, row in enumerate(rows):
        if not row["label"] and not row["code"]:
            continue
        code = row["code"] or code_of(row["label"])
        if code in {one["code"] for one in found} | {"resolved", "follow_up", "no_answer"}:
            wrong[f"outcome-{place}"] = "There is an outcome with this code already."
        found.append({"code": code, "label": row["label"]})
    return found


def code_of(label: str) -> str:
    """A code for programs from the words for people."""
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in label.lower()).split()
    return "_".join(words).lstrip("0123456789_")[:39] or "outcome"


def _lines(step: Mapping[str, Any]) -> list[dict[str, str]]:
    base = {"after": str(step["after_s"]), "skill": "", "level": "1", "queue": ""}
    lines = [base | {"act": "drop", "skill": skill} for skill in step.get("drop", ())]
    lines += [
        base | {"act": "lower", "skill": skill, "level": str(level)}
        for skill, level in step.get("lower", {}).items()
    ]
    return lines + [base | {"act": "add", "queue": q} for q in step.get("add_queues", ())]


def _plain(weight: Any) -> str:
    return f"{float(weight):g}"
