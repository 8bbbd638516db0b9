"""Call flows: the list, the editor with its outline, versions and publishing, trying one out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, request

from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.ivr import differing, kinds, outline, queries, service, starting
from helpdesk.ivr.checking import Known, problems
from helpdesk.ivr.flow import LANGUAGES, Flow, read
from helpdesk.ivr.models import IvrFlow, IvrVersion
from helpdesk.web import doors
from helpdesk.web.admin import door, flow_form, flow_trial, forms, frame
from helpdesk.web.admin.forms import Given, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow
from helpdesk.workflows import call_flows, first_run

HERE = "flows"
SHOWN = 20


@door.get("/flows")
@allow("admin")
def flows_list() -> Response:
    return _list()


@door.post("/flows/new")
@allow("admin")
def add_flow() -> Response:
    """A flow to begin with, whole already, that nobody meets before it is published."""
    with begin(doors.actor()) as work:
        known = call_flows.known(work)
        zone = doors.reader().timezone
        queue_id, hours = next(iter(known.queues), ""), next(iter(known.calendars), None)
        content = starting.first_flow(first_run.company(work), queue_id, hours, zone)
        flow_id = service.add_flow(work, name="New call flow", content=content).id
    return doors.go(f"/admin/flows/{flow_id}?note=added")


@door.get("/flows/<id:flow_id>")
@allow("admin")
def flow(flow_id: str) -> Response:
    with reading(doors.actor()) as work:
        row = service.get_flow(work, flow_id)
        return _page(work, row, _values(row))


@door.post("/flows/<id:flow_id>")
@allow("admin")
def save_flow(flow_id: str) -> Response:
    given = forms.read(flow_form.SHAPE)
    if given.do:
        return _rows_changed(flow_id, given)
    content = flow_form.content_of(given.values)
    try:
        with begin(doors.actor()) as work:
            service.save_draft(
                work, flow_id, name=given.values["name"], content=content, version=given.version
            )
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            row = service.get_flow(work, flow_id)
            if error.code != "stale":
                refused = frame.refusal(error)
                return _page(work, row, given.values, error.status, given=given, **refused)
            shown, change = frame.stale(
                work, "call_flow", flow_id, given, _values(row), flow_form.LABELS
            )
            return _page(work, row, shown, 409, stale=change, dirty=True)
    return doors.go(f"/admin/flows/{flow_id}?note=saved")


@door.post("/flows/<id:flow_id>/publish")
@allow("admin")
def publish_flow(flow_id: str) -> Response:
    version = forms.whole(request.form.get("version", ""), 0)
    try:
        with begin(doors.actor()) as work:
            known = call_flows.known(work)
            note = request.form.get("note", "")
            service.publish(work, flow_id, known, note=note, version=version)
    except (Invalid, Conflict) as error:
        return _refused(flow_id, error)
    return doors.go(f"/admin/flows/{flow_id}?note=published")


@door.post("/flows/<id:flow_id>/versions/<int:number>/live")
@allow("admin")
def make_flow_live(flow_id: str, number: int) -> Response:
    with begin(doors.actor()) as work:
        service.make_live(work, flow_id, number)
    return doors.go(f"/admin/flows/{flow_id}?note=live")


@door.post("/flows/<id:flow_id>/versions/<int:number>/draft")
@allow("admin")
def take_flow_as_draft(flow_id: str, number: int) -> Response:
    with begin(doors.actor()) as work:
        service.take_as_draft(work, flow_id, number)
    return doors.go(f"/admin/flows/{flow_id}?note=draft")


@door.post("/flows/<id:flow_id>/remove")
@allow("admin")
def remove_flow(flow_id: str) -> Response:
    """Answers the list with the way back."""
    try:
        with begin(doors.actor()) as work:
            row = service.remove(work, flow_id)
            removed = (row.id, row.name)
    except Conflict as error:
        return _list(error.status, message=error.message)
    return _list(removed=removed)


@door.post("/flows/<id:flow_id>/restore")
@allow("admin")
def restore_flow(flow_id: str) -> Response:
    with begin(doors.actor()) as work:
        service.restore(work, flow_id)
    return doors.go("/admin/flows?note=restored")


@door.post("/flows/<id:flow_id>/try")
@allow("admin")
def try_flow(flow_id: str) -> dict[str, Any]:
    """One turn of a pretended call through the form as it stands, saved or not."""
    values = forms.read(flow_form.TRYING).values
    with reading(doors.actor()) as work:
        service.get_flow(work, flow_id)
        return flow_trial.turn(work, flow_form.flow_of(values), values)


def _list(status: int = 200, **extra: Any) -> Response:
    with reading(doors.actor()) as work:
        rows = queries.list_flows(work)
        known = call_flows.known(work)
        lines = [(row, len(problems(read(row.draft), known))) for row in rows]
        counts = queries.calls_in_a_week(work)
        live, numbers = queries.live_flows(work), call_flows.numbers_by_flow(work)
        unpublished = {row.id for row in rows if live.get(row.id) != read(row.draft)}
    values: dict[str, Any] = {"lines": lines, "counts": counts, "numbers": numbers}
    values |= {"unpublished": unpublished, "removed": None}
    return show("flows.html", HERE, status, **{**values, **extra})


def _is_ahead(work: Work, row: IvrFlow) -> bool:
    """Whether the draft says something else than callers meet."""
    live = queries.flow_of(work, row.id, row.live_version) if row.live_version else None
    return live is None or live != read(row.draft)


def _refused(flow_id: str, error: HelpdeskError) -> Response:
    with reading(doors.actor()) as work:
        row = service.get_flow(work, flow_id)
        return _page(work, row, _values(row), error.status, message=error.message)


def _rows_changed(flow_id: str, given: Given) -> Response:
    form = flow_form.changed(given.values, given.do)
    with reading(doors.actor()) as work:
        return _page(work, service.get_flow(work, flow_id), form, given=given)


def _values(row: IvrFlow) -> Values:
    return flow_form.values_of(row.name, read(row.draft))


def _page(
    work: Work,
    row: IvrFlow,
    form: Values,
    status: int = 200,
    *,
    given: Given | None = None,
    **extra: Any,
) -> Response:
    known = call_flows.known(work)
    drawn = flow_form.flow_of(form)
    found = problems(drawn, known)
    versions = queries.versions_of(work, row.id, most=SHOWN + 1)
    values = {
        "row": row,
        "form": form,
        "was": forms.as_was(given.was if given else _values(row)),
        "version": given.version if given else row.version,
        "known": known,
        "shapes": flow_form,
        "kinds": kinds,
        "languages": list(LANGUAGES.items()),
        "zones": [(zone, zone.replace("_", " ")) for zone in sorted(known.zones)],
        "errors": {} if given else flow_form.errors_of(found, form),
        "problems": len(found),
        "summary": [] if given else flow_form.summary_of(found, form),
        "stop": outline.outline(drawn),
        "asks_about": {one for one in kinds.ASKS if drawn.asks_about(one)},
        "looks_up": bool(drawn.uses("lookup")),
        "versions": versions[:SHOWN],
        "changes": _changes(versions, known),
        "ahead": _is_ahead(work, row),
        "who": frame.actor_names(work, [one.actor for one in versions]),
        "dirty": given is not None,
    }
    return show("flow.html", HERE, status, **{**values, **extra})


def _changes(versions: Sequence[IvrVersion], known: Known) -> dict[int, list[str]]:
    """By version, what it changed against the one before."""
    flows: dict[int, Flow] = {one.number: read(one.content) for one in versions}
    found: dict[int, list[str]] = {}
    for number, one in flows.items():
        if number - 1 in flows:
            found[number] = differing.differences(flows[number - 1], one, known)
    return found
