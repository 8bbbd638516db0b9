"""A complaint of a customer: one question, and what happens then and until when."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from flask import Response

from helpdesk.complaints import settings
from helpdesk.complaints.models import Complaint
from helpdesk.core.errors import HelpdeskError, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work, begin, reading
from helpdesk.web import doors
from helpdesk.web.bodies import Body, form_body, query_text
from helpdesk.web.doors import allow
from helpdesk.web.portal import door, frame
from helpdesk.web.portal.frame import Here
from helpdesk.web.portal.writing import FormId, needed_words, writes
from helpdesk.workflows import portal_complaints, portal_reach, portal_writing


class Complaining(Body, frozen=True):
    text: str = ""
    about: Annotated[str, msgspec.Meta(max_length=36)] = ""
    form_id: FormId = ""


@door.get("/complaints/new")
@allow("customer")
def complaint_form() -> Response:
    with reading(doors.actor()) as work:
        form = Complaining(about=query_text("about"), form_id=new_id())
        return _form(work, frame.mine(work), form)


@door.post("/complaints/new")
@allow("customer")
def complain() -> Response:
    form = form_body(Complaining)
    with reading(doors.actor()) as work:
        at = frame.mine(work)
        portal_complaints.about(work, portal_reach.of(work), form.about)
    try:
        writes.spend(doors.actor().id)
        needed_words(at, form.text)
        with begin(doors.actor()) as work:
            reach = portal_reach.of(work)
            key = portal_writing.form_key(work, form.form_id, "complaint", form.about, form.text)
            done = portal_writing.once(
                work,
                key,
                lambda: portal_complaints.open_one(
                    work,
                    reach,
                    text=form.text,
                    about_id=form.about,
                    site_id=at.brand.site_id,
                    queue_id=at.brand.queue_id,
                ),
            )
    except NotFound:
        raise
    except HelpdeskError as error:
        with reading(doors.actor()) as work:
            return _form(work, frame.mine(work), form, error)
    return doors.go(f"/portal/requests/{done.ticket_id}/sent")


def shown(at: Here, row: Complaint | None) -> dict[str, Any] | None:
    """How a complaint stands, for the page of its matter."""
    if row is None:
        return None
    return {
        "is_open": row.answered_at is None and row.withdrawn_at is None,
        "outcome": at.say(f"complaint.outcome.{row.outcome}") if row.outcome else "",
        "remedy": row.remedy,
        "escalated": at.say("complaint.escalated", role=row.escalated_to)
        if row.escalated_at and row.answered_at is None and row.withdrawn_at is None
        else "",
        "steps": [
            (at.say("complaint.step.opened"), at.say.when(row.opened_at), True),
            _step(at, "acknowledged", row.acknowledged_at, row.acknowledge_by),
            _step(at, "answered", row.answered_at, row.answer_by),
        ]
        if row.withdrawn_at is None
        else [],
    }


def _step(at: Here, name: str, done: Any, due: Any) -> tuple[str, str, bool]:
    word = at.say(f"complaint.step.{name}")
    when = at.say.when(done) if done else at.say("complaint.by", at=at.say.when(due))
    return word, when, done is not None


def _form(work: Work, at: Here, form: Complaining, error: HelpdeskError | None = None) -> Response:
    matter = portal_complaints.about(work, portal_reach.of(work), form.about)
    fields = dict(getattr(error, "fields", {}))
    message = ""
    if error is not None and not fields:
        message = at.say("new.many") if error.status == 429 else error.message
    return frame.show(
        "complaint.html",
        at,
        error.status if error is not None else 200,
        area="matters",
        form=form,
        matter=matter,
        given=settings.get(work),
        errors=fields,
        message=message,
    )
