"""Queues: the list, and one queue's rules with a preview of what they mean."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import Response
from sqlalchemy import select

from helpdesk.calendars import queries as calendars
from helpdesk.core.actors import DESK
from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.identity.models import User
from helpdesk.routing import queries, setup
from helpdesk.routing.assignments import WRAP_UP_S
from helpdesk.routing.models import Queue, QueueMember
from helpdesk.routing.offers import OFFER_S
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame, lookups, queue_form, queue_words
from helpdesk.web.admin.forms import Given, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.admin.people import CHANNELS
from helpdesk.web.doors import allow

HERE = "queues"


@door.get("/queues")
@allow("admin", "supervisor")
def queues_list() -> Response:
    with reading(doors.actor()) as work:
        rows = queries.queues(work)
        people = Counter(
            work.session.scalars(
                select(QueueMember.queue_id)
                .join(User, User.id == QueueMember.user_id)
                .where(User.is_active)
            )
        )
        hours = {row.id: row.name for row in calendars.list_calendars(work)}
        skills = {row.id: row.name for row in queries.skills(work)}
    strategies = {code: word for code, word, _ in queue_words.STRATEGIES}
    return show(
        "queues.html", HERE, rows=rows, people=people, hours=hours, skills=skills,
        strategies=strategies,
    )  # fmt: skip


@door.get("/queues/new")
@allow("admin")
def new_queue() -> Response:
    with reading(doors.actor()) as work:
        return _page(work, None, queue_form.blank())


@door.post("/queues/new")
@allow("admin")
def add_queue() -> Response:
    given = forms.read(queue_form.SHAPE)
    if given.do:
        return _rows_changed(None, given)
    try:
        facts = queue_form.facts_of(given.values)
        with begin(doors.actor()) as work:
            queue = setup.create_queue(work, slug=given.values["slug"] or None, **facts)
            setup.set_members(work, queue.id, _known_people(work, set(given.values["members"])))
            queue_id = queue.id
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            refused = _refused(error)
            return _page(work, None, given.values, error.status, given=given, **refused)
    return doors.go(f"/admin/queues/{queue_id}?note=added")


@door.get("/queues/<id:queue_id>")
@allow("admin", "supervisor")
def queue(queue_id: str) -> Response:
    with reading(doors.actor()) as work:
        found = setup.get_queue(work, queue_id)
        return _page(work, found, _values(work, found))


@door.post("/queues/<id:queue_id>")
@allow("admin")
def save_queue(queue_id: str) -> Response:
    given = forms.read(queue_form.SHAPE)
    if given.do:
        return _rows_changed(queue_id, given)
    try:
        with begin(doors.actor()) as work:
            _save(work, queue_id, given)
    except (Invalid, Conflict) as error:
        return _again(queue_id, given, error)
    return doors.go(f"/admin/queues/{queue_id}?note=saved")


@door.post("/queues/<id:queue_id>/deactivate")
@allow("admin")
def queue_deactivate(queue_id: str) -> Response:
    try:
        with begin(doors.actor()) as work:
            setup.change_queue(work, queue_id, is_active=False)
    except Conflict as error:
        with reading(doors.actor()) as work:
            found = setup.get_queue(work, queue_id)
            return _page(work, found, _values(work, found), 409, message=error.message)
    return doors.go(f"/admin/queues/{queue_id}?note=closed")


@door.post("/queues/<id:queue_id>/reactivate")
@allow("admin")
def queue_reactivate(queue_id: str) -> Response:
    with begin(doors.actor()) as work:
        setup.change_queue(work, queue_id, is_active=True)
    return doors.go(f"/admin/queues/{queue_id}?note=restored")


def _save(work: Work, queue_id: str, given: Given) -> None:
    form = given.values
    found = setup.get_queue(work, queue_id)
    if found.version != given.version:
        raise Conflict("Somebody changed this queue meanwhile.", code="stale")
    facts = queue_form.facts_of(form) | {"slug": form["slug"] or setup.slug_of(form["name"])}
    setup.change_queue(work, queue_id, version=given.version, **facts)
    now = set(queries.members(work, queue_id))
    wanted = lookups.changed_membership(now, given.was.get("members", []), form["members"])
    setup.set_members(work, queue_id, (now & wanted) | _known_people(work, wanted - now))


def _known_people(work: Work, user_ids: set[str]) -> set[str]:
    """Only people of the desk serve queues; whatever else a form names is left out."""
    known = select(User.id).where(User.role.in_(DESK), User.is_active)
    return set(work.session.scalars(known)) & user_ids


def _rows_changed(queue_id: str | None, given: Given) -> Response:
    """A line came or went, or the preview is wanted: nothing is stored."""
    values = forms.rearranged(given.values, given.do, queue_form.BLANKS)
    with reading(doors.actor()) as work:
        found = setup.get_queue(work, queue_id) if queue_id else None
        return _page(work, found, values, given=given)


def _again(queue_id: str, given: Given, error: HelpdeskError) -> Response:
    with reading(doors.actor()) as work:
        found = setup.get_queue(work, queue_id)
        if error.code != "stale":
            return _page(work, found, given.values, error.status, given=given, **_refused(error))
        now = _values(work, found)
        shown, change = frame.stale(work, "queue", queue_id, given, now, queue_form.LABELS)
        return _page(work, found, shown, 409, stale=change, dirty=True)


def _refused(error: HelpdeskError) -> dict[str, Any]:
    if isinstance(error, Invalid):
        return frame.refusal(Invalid(error.message, fields=queue_form.placed(error)))
    return frame.refusal(error)


def _page(
    work: Work,
    found: Queue | None,
    form: Values,
    status: int = 200,
    *,
    given: Given | None = None,
    **extra: Any,
) -> Response:
    stored = _values(work, found) if found else queue_form.blank()
    people = lookups.staff(work, desk_only=True)
    skills, hours = queries.skills(work), calendars.list_calendars(work)
    others = [row for row in queries.queues(work) if found is None or row.id != found.id]
    names = queue_words.Names(
        {row.id: row.name for row in skills},
        {row.id: row.name for row in others},
        {row.id: row.name for row in hours},
    )
    return show(
        "queue.html",
        HERE,
        status,
        queue=found,
        form=form,
        was=forms.as_was(given.was if given else stored),
        version=given.version if given else found.version if found else 0,
        people=people,
        skills=skills,
        hours=forms.choices(hours),
        others=forms.choices(others),
        strategies=queue_words.STRATEGIES,
        instead=list(queue_form.INSTEAD.items()),
        triggers_short=queue_words.TRIGGERS,
        offer_usual=OFFER_S,
        wrap_usual=WRAP_UP_S,
        channels=CHANNELS,
        preview=_preview(form, names),
        read_only=not frame.may_change(doors.reader().role),
        **{"dirty": given is not None, **extra},
    )


def _preview(form: Values, names: queue_words.Names) -> list[str]:
    try:
        facts = queue_form.facts_of(form)
    except Invalid:
        return []
    return queue_words.sentences(facts, len(form["members"]), names)


def _values(work: Work, found: Queue) -> Values:
    """Members who were deactivated are not on the form; they stay as they are."""
    serving = (
        select(QueueMember.user_id)
        .join(User, User.id == QueueMember.user_id)
        .where(QueueMember.queue_id == found.id, User.is_active)
    )
    return queue_form.values_of(found, list(work.session.scalars(serving)))
