"""Recording of calls: by queue whether, what callers hear, how long it is kept, who may listen."""

from __future__ import annotations

from typing import Any

from flask import Response

from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.recordings import rules, settings
from helpdesk.recordings.models import RecordingRule
from helpdesk.routing import queries, setup
from helpdesk.routing.models import Queue
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow

HERE = "recording"
KEPT = Shape(texts=("days",))
SHAPE = Shape(texts=("mode", "announcement", "keep_days", "listeners"), flags=("downloads",))
LABELS = {
    "mode": "Recording",
    "announcement": "What callers hear",
    "keep_days": "Days kept",
    "listeners": "Who may listen",
    "downloads": "Downloads by supervisors",
}
MODES = (
    ("never", "Never", "Calls of this queue are not recorded."),
    ("always", "Always", "Callers hear that they are recorded before they wait."),
    ("ask", "Ask each caller", "Only calls of callers who press 1 are recorded."),
)
LISTENERS = (
    ("supervisors", "Supervisors"),
    ("own", "Supervisors, and the agent who had the call"),
    ("desk", "Everybody who may see the call"),
)


@door.get("/recording")
@allow("admin")
def recording() -> Response:
    return _list()


@door.post("/recording")
@allow("admin")
def save_recording_days() -> Response:
    given = forms.read(KEPT)
    try:
        with begin(doors.actor()) as work:
            settings.set_usual_days(work, given.values["days"])
    except Invalid as error:
        return _list(error.status, days=given.values["days"], **frame.refusal(error))
    return doors.go("/admin/recording?note=saved")


@door.get("/recording/<id:queue_id>")
@allow("admin")
def recording_rule(queue_id: str) -> Response:
    with reading(doors.actor()) as work:
        queue, found = setup.get_queue(work, queue_id), settings.rule_of(work, queue_id)
        return _page(work, queue, found, _values(found))


@door.post("/recording/<id:queue_id>")
@allow("admin")
def save_recording_rule(queue_id: str) -> Response:
    given = forms.read(SHAPE)
    try:
        with begin(doors.actor()) as work:
            setup.get_queue(work, queue_id)
            settings.set_rule(work, queue_id, version=given.version, given=given.values)
    except (Invalid, Conflict) as error:
        return _again(queue_id, given, error)
    return doors.go("/admin/recording?note=saved")


def _list(status: int = 200, **extra: Any) -> Response:
    with reading(doors.actor()) as work:
        rows = queries.queues(work, active_only=True)
        own, usual = settings.all_rules(work), settings.usual_days(work)
    words = {code: word for code, word, _ in MODES}
    values: dict[str, Any] = {"rows": rows, "rules": own, "words": words, "days": str(usual)}
    return show("recording.html", HERE, status, **{**values, "usual": usual, **extra})


def _values(found: RecordingRule) -> Values:
    """Where nothing is set, the form begins with the words that most need."""
    return {
        "mode": found.mode,
        "announcement": found.announcement or rules.USUAL_ANNOUNCEMENT[found.mode],
        "keep_days": str(found.keep_days or ""),
        "listeners": found.listeners,
        "downloads": "1" if found.downloads else "",
    }


def _again(queue_id: str, given: Given, error: HelpdeskError) -> Response:
    with reading(doors.actor()) as work:
        queue, found = setup.get_queue(work, queue_id), settings.rule_of(work, queue_id)
        if error.code != "stale":
            refused = frame.refusal(error)
            return _page(work, queue, found, given.values, error.status, given=given, **refused)
        now = _values(found)
        shown, change = frame.stale(work, "queue", queue_id, given, now, LABELS)
        return _page(work, queue, found, shown, 409, stale=change, dirty=True)


def _page(
    work: Work,
    queue: Queue,
    found: RecordingRule,
    form: Values,
    status: int = 200,
    *,
    given: Given | None = None,
    **extra: Any,
) -> Response:
    return show(
        "recording_rule.html",
        HERE,
        status,
        queue=queue,
        form=form,
        was=forms.as_was(given.was if given else _values(found)),
        version=given.version if given else found.version,
        modes=MODES,
        listeners=LISTENERS,
        usual=settings.usual_days(work),
        announced=rules.ANNOUNCED,
        asked=rules.ASKED,
        **{"dirty": given is not None, **extra},
    )
