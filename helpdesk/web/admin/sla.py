"""Service levels: the list in its order, one level with its targets, and the recomputation."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from sqlalchemy import select

from helpdesk.calendars import queries as calendars
from helpdesk.clocks import choosing, queries, recompute, setup
from helpdesk.clocks.models import PolicyRow
from helpdesk.clocks.policies import PRIORITIES, Condition, Policy, conditions_from_list
from helpdesk.clocks.terms import BOOKED, PAUSES
from helpdesk.core.errors import Conflict, HelpdeskError, Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work, begin, reading
from helpdesk.web import doors, sla_words
from helpdesk.web.admin import door, forms, frame, sla_form
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow

HERE = "sla"
ORDER = Shape(texts=("ids", "moved"))
NOTHING = Shape()


@door.get("/sla")
@allow("admin")
def sla_list() -> Response:
    return _list()


@door.post("/sla/order")
@allow("admin")
def order_sla() -> Response:
    """The whole list in its new order, from a drag or from a button beside a row."""
    given = forms.read(ORDER).values
    try:
        with begin(doors.actor()) as work:
            setup.reorder(work, [one for one in given["ids"].split(",") if one])
    except Conflict as error:
        return _list(error.status, message=error.message)
    return doors.go(doors.with_query("/admin/sla", moved=given["moved"][:36]))


@door.post("/sla/recompute")
@allow("admin")
def recompute_sla() -> Response:
    """Work out every open deadline anew; nothing that was booked changes."""
    forms.read(NOTHING)
    with begin(doors.actor()) as work:
        recompute.start(work, "an administrator asked for it")
        work.audit("sla.recomputed", "sla_policy")
    return doors.go("/admin/sla")


@door.get("/sla/progress")
@allow("admin")
def sla_progress() -> Response:
    """The line that says how far the recomputation has come; asked for again while it runs."""
    with reading(doors.actor()) as work:
        return doors.fragment("admin/_sla_progress.html", run=recompute.latest(work))


@door.get("/sla/new")
@allow("admin")
def new_sla() -> Response:
    with reading(doors.actor()) as work:
        return _page(work, None, sla_form.blank())


@door.post("/sla/new")
@allow("admin")
def add_sla() -> Response:
    given = forms.read(sla_form.SHAPE)
    if given.do:
        return _redrawn(None, given)
    try:
        with begin(doors.actor()) as work:
            setup.create_policy(work, **sla_form.facts_of(work, given.values))
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            refused = _refused(error)
            return _page(work, None, given.values, error.status, given=given, **refused)
    return doors.go("/admin/sla?note=added")


@door.get("/sla/<id:policy_id>")
@allow("admin")
def sla(policy_id: str) -> Response:
    with reading(doors.actor()) as work:
        found = _get(work, policy_id)
        return _page(work, found, _values(work, found))


@door.post("/sla/<id:policy_id>")
@allow("admin")
def save_sla(policy_id: str) -> Response:
    given = forms.read(sla_form.SHAPE)
    if given.do:
        return _redrawn(policy_id, given)
    try:
        with begin(doors.actor()) as work:
            _get(work, policy_id)
            facts = sla_form.facts_of(work, given.values)
            setup.change_policy(work, policy_id, version=given.version, **facts)
    except (Invalid, Conflict) as error:
        return _again(policy_id, given, error)
    return doors.go("/admin/sla?note=saved")


@door.post("/sla/<id:policy_id>/remove")
@allow("admin")
def remove_sla(policy_id: str) -> Response:
    """Answers the list with the way back: the same level made anew, at the end."""
    forms.read(NOTHING)
    with begin(doors.actor()) as work:
        found = _get(work, policy_id)
        was = _values(work, found)
        setup.remove_policy(work, policy_id, version=found.version)
    return _list(removed=was, way_back=_flat(was))


def _list(status: int = 200, **extra: Any) -> Response:
    with reading(doors.actor()) as work:
        rows = _rows(work)
        names = sla_words.names_of(work, _all_conditions(rows))
        hours = {row.id: row.name for row in calendars.list_calendars(work)}
        run = recompute.latest(work)
    ids = [row.id for row in rows]
    lines = [
        {
            "row": row,
            "conditions": [
                sla_words.condition_text(one, names) for one in conditions_from_list(row.conditions)
            ],
            "up": forms.swapped(ids, place, place - 1),
            "down": forms.swapped(ids, place, place + 1),
        }
        for place, row in enumerate(rows)
    ]
    values = {
        "lines": lines, "hours": hours, "run": run, "words": sla_words, "booked": BOOKED,
        "priorities": PRIORITIES[::-1], "moved": request.args.get("moved", ""),
        "removed": None, "way_back": [],
    }  # fmt: skip
    return show("sla.html", HERE, status, **{**values, **extra})


def _redrawn(policy_id: str | None, given: Given) -> Response:
    """A condition came or went, or the preview is wanted: nothing is stored."""
    values = forms.rearranged(given.values, given.do, sla_form.BLANKS)
    with reading(doors.actor()) as work:
        found = _get(work, policy_id) if policy_id else None
        return _page(work, found, values, given=given)


def _again(policy_id: str, given: Given, error: HelpdeskError) -> Response:
    with reading(doors.actor()) as work:
        found = _get(work, policy_id)
        if error.code != "stale":
            refused = _refused(error)
            return _page(work, found, given.values, error.status, given=given, **refused)
        now = _values(work, found)
        shown, change = frame.stale(work, "sla_policy", policy_id, given, now, sla_form.LABELS)
        return _page(work, found, shown, 409, stale=change, dirty=True)


def _refused(error: HelpdeskError) -> dict[str, Any]:
    if isinstance(error, Invalid):
        return frame.refusal(Invalid(error.message, fields=sla_form.placed(error)))
    return frame.refusal(error)


def _page(
    work: Work,
    found: PolicyRow | None,
    form: Values,
    status: int = 200,
    *,
    given: Given | None = None,
    **extra: Any,
) -> Response:
    stored = _values(work, found) if found else sla_form.blank()
    hours = calendars.list_calendars(work)
    drafted = sla_form.draft(work, form, found.id if found else new_id())
    names = sla_words.names_of(work, drafted.conditions if drafted else ())
    calendar_names = {row.id: row.name for row in hours}
    preview = _preview(work, drafted, bool(form["is_active"]), names, calendar_names)
    return show(
        "sla_policy.html",
        HERE,
        status,
        policy=found,
        form=form,
        was=forms.as_was(given.was if given else stored),
        version=given.version if given else found.version if found else 0,
        hours=forms.choices(hours),
        subjects=sla_form.subjects(names),
        operators=list(sla_words.OPERATORS.items()),
        names=names,
        picks=sla_form.picks,
        gaps=sla_form.gaps(form["target"]),
        words=sla_words,
        booked=BOOKED,
        priorities=PRIORITIES[::-1],
        pauses=[(key, sla_words.PAUSES[key]) for key in PAUSES],
        preview=preview,
        **{"dirty": given is not None, **extra},
    )


def _preview(
    work: Work,
    drafted: Policy | None,
    active: bool,
    names: sla_words.Names,
    hours: dict[str, str],
) -> list[str]:
    if drafted is None:
        return []
    policies = [choosing.as_policy(row) for row in _rows(work) if row.is_active]
    places = [one.id for one in policies]
    if active and drafted.id in places:
        policies[places.index(drafted.id)] = drafted
    elif active:
        policies.append(drafted)
    else:
        policies = [one for one in policies if one.id != drafted.id]
    told = sla_form.sentences(drafted, names, hours, queries.reach_of(work, policies, drafted.id))
    return told if active else ["It is switched off, so no ticket gets it.", *told]


def _rows(work: Work) -> list[PolicyRow]:
    rows = select(PolicyRow).order_by(PolicyRow.position, PolicyRow.id)
    return list(work.session.scalars(rows))


def _all_conditions(rows: list[PolicyRow]) -> list[Condition]:
    return [one for row in rows for one in conditions_from_list(row.conditions)]


def _get(work: Work, policy_id: str) -> PolicyRow:
    found = work.session.get(PolicyRow, policy_id)
    if found is None:
        raise NotFound()
    return found


def _values(work: Work, row: PolicyRow) -> Values:
    names = sla_words.names_of(work, conditions_from_list(row.conditions))
    return sla_form.values_of(row, names)


def _flat(values: Values) -> list[tuple[str, str]]:
    """A form as plain pairs, as a browser would send it."""
    pairs: list[tuple[str, str]] = []
    for name, value in values.items():
        if isinstance(value, dict):
            pairs += [(f"{name}-{key}", text) for key, text in value.items()]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            pairs += [
                (f"{name}-{place}-{key}", text)
                for place, row in enumerate(value)
                for key, text in row.items()
            ]
        elif isinstance(value, list):
            pairs += [(name, text) for text in value]
        elif value:
            pairs.append((name, value))
    return pairs
