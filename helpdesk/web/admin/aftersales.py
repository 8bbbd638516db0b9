"""How long returns and complaints may take, by whose hours, where they go, and who is told."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy import select

from helpdesk.calendars import queries as calendars
from helpdesk.complaints import settings as complaints
from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.identity.models import Team
from helpdesk.returns import settings as returns
from helpdesk.returns.steps import DEFAULTS
from helpdesk.routing import queries as routing
from helpdesk.tickets import types
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame
from helpdesk.web.admin.forms import Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow

HERE = "aftersales"
_TEAMS = select(Team.id, Team.name).order_by(Team.name).limit(500)
_PLACES = ("calendar_id", "queue_id", "type")
RETURNS = Shape(texts=(*DEFAULTS, *_PLACES))
COMPLAINTS = Shape(texts=(*complaints.DEFAULTS, "role", "team_id", *_PLACES))


@door.get("/returns-and-complaints")
@allow("admin")
def aftersales() -> Response:
    with reading(doors.actor()) as work:
        return _page(work)


@door.post("/returns-and-complaints/returns")
@allow("admin")
def save_returns() -> Response:
    values = forms.read(RETURNS).values
    try:
        with begin(doors.actor()) as work:
            _check_places(work, values)
            returns.put(work, _read(values, DEFAULTS))
    except Invalid as error:
        with reading(doors.actor()) as work:
            return _page(work, error.status, of_returns=values, **frame.refusal(error))
    return doors.go("/admin/returns-and-complaints?note=saved")


@door.post("/returns-and-complaints/complaints")
@allow("admin")
def save_complaints() -> Response:
    values = forms.read(COMPLAINTS).values
    try:
        with begin(doors.actor()) as work:
            _check_places(work, values)
            complaints.put(work, _read(values, complaints.DEFAULTS))
    except Invalid as error:
        with reading(doors.actor()) as work:
            return _page(work, error.status, of_complaints=values, **frame.refusal(error))
    return doors.go("/admin/returns-and-complaints?note=saved")


def _read(values: Values, numbers: Any) -> dict[str, Any]:
    wrong: dict[str, str] = {}
    found = {name: forms.number(values, name, wrong) for name in numbers}
    if wrong:
        raise Invalid(fields=wrong)
    return {**values, **found}


def _check_places(work: Work, values: Values) -> None:
    known = _choices(work)
    wrong = {
        name: "Choose one of these."
        for name in (*_PLACES, "team_id")
        if values.get(name) and values[name] not in {id_ for id_, _ in known[name]}
    }
    if wrong:
        raise Invalid(fields=wrong)


def _choices(work: Work) -> dict[str, list[tuple[str, str]]]:
    return {
        "calendar_id": [(row.id, row.name) for row in calendars.list_calendars(work)],
        "queue_id": [(row.id, row.name) for row in routing.queues(work, active_only=True)],
        "type": [(row.key, row.name) for row in types.list_types(work)],
        "team_id": [(row.id, row.name) for row in work.session.execute(_TEAMS)],
    }


def _page(
    work: Work,
    status: int = 200,
    *,
    of_returns: Values | None = None,
    of_complaints: Values | None = None,
    **extra: Any,
) -> Response:
    now, said = returns.get(work), complaints.get(work)
    places = {name: getattr(now, name) for name in _PLACES}
    return show(
        "aftersales.html",
        HERE,
        status,
        of_returns=of_returns or {**{k: str(v) for k, v in now.targets.items()}, **places},
        of_complaints=of_complaints
        or {name: str(getattr(said, name)) for name in COMPLAINTS.texts},
        choices=_choices(work),
        **extra,
    )
