"""Sending something back: one form with what may go and what may not, and calling it off."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from flask import Response

from helpdesk.core.errors import HelpdeskError, Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work, begin, reading
from helpdesk.returns.service import REASONS, WISHES
from helpdesk.web import doors
from helpdesk.web.bodies import Body, form_body, numbers_of
from helpdesk.web.doors import allow
from helpdesk.web.portal import door, frame, owned_words
from helpdesk.web.portal.frame import Here
from helpdesk.web.portal.writing import FormId, needed_words, writes
from helpdesk.workflows import portal_reach, portal_returns, portal_writing
from helpdesk.workflows.returning import Offered

COUNT = "count-"


class Asked(Body, frozen=True):
    reason: Annotated[str, msgspec.Meta(max_length=20)] = ""
    wish: Annotated[str, msgspec.Meta(max_length=12)] = ""
    text: str = ""
    form_id: FormId = ""


class CalledOff(Body, frozen=True):
    form_id: FormId = ""


@door.get("/orders/<id:order_id>/return")
@allow("customer")
def return_form(order_id: str) -> Response:
    with reading(doors.actor()) as work:
        return _form(work, frame.mine(work), order_id)


@door.post("/orders/<id:order_id>/return")
@allow("customer")
def ask_for_return(order_id: str) -> Response:
    form = form_body(Asked, but=COUNT)
    counts = numbers_of(COUNT)
    with reading(doors.actor()) as work:
        at = frame.mine(work)
        portal_returns.form(work, portal_reach.of(work), order_id)
    try:
        writes.spend(doors.actor().id)
        needed_words(at, form.text)
        with begin(doors.actor()) as work:
            reach = portal_reach.of(work)
            content = (order_id, form.reason, form.wish, form.text, repr(sorted(counts.items())))
            key = portal_writing.form_key(work, form.form_id, "return", *content)
            done = portal_writing.once(
                work,
                key,
                lambda: portal_returns.ask(
                    work,
                    reach,
                    order_id,
                    quantities=counts,
                    reason=form.reason,
                    wish=form.wish,
                    text=form.text,
                    site_id=at.brand.site_id,
                    queue_id=at.brand.queue_id,
                ),
            )
    except NotFound:
        raise
    except HelpdeskError as error:
        with reading(doors.actor()) as work:
            return _form(work, frame.mine(work), order_id, error, form=form, counts=counts)
    return doors.go(f"/portal/requests/{done.ticket_id}/sent")


@door.post("/matters/<id:ticket_id>/withdraw-return")
@allow("customer")
def withdraw_return(ticket_id: str) -> Response:
    form = form_body(CalledOff)
    with reading(doors.actor()) as work:
        at = frame.mine(work)
    with begin(doors.actor()) as work:
        reach = portal_reach.of(work)
        key = portal_writing.form_key(work, form.form_id, "withdraw", ticket_id)
        words = at.say("return.withdraw_words")
        portal_writing.once(
            work, key, lambda: portal_returns.withdraw(work, reach, ticket_id, words=words)
        )
    return doors.go(f"/portal/matters/{ticket_id}?note=withdrawn")


def refusal(at: Here, one: Offered) -> str:
    """Why something can't come back, and what is still possible."""
    answer = one.answer
    until = owned_words.day(at.say, answer.until) if answer.until else ""
    told = at.say(f"return.no.{answer.code}", day=until)
    covered = owned_words.day(at.say, answer.covered_until) if answer.covered_until else ""
    return f"{told} {at.say(f'return.instead.{answer.instead}', day=covered)}"


def _form(
    work: Work,
    at: Here,
    order_id: str,
    error: HelpdeskError | None = None,
    *,
    form: Asked | None = None,
    counts: dict[str, int] | None = None,
) -> Response:
    found, lines = portal_returns.form(work, portal_reach.of(work), order_id)
    able = [
        (one, at.say("return.until", day=owned_words.day(at.say, one.answer.until)))
        for one in lines
        if one.answer.is_yes and one.answer.until is not None
    ]
    values: dict[str, Any] = {
        "order": found.order,
        "able": able,
        "unable": [(one, refusal(at, one)) for one in lines if not one.answer.is_yes],
        "form": form or Asked(form_id=new_id()),
        "counts": counts or {},
        "reasons": [("", at.say("form.choose"))]
        + [(one, at.say(f"return.reason.{one}")) for one in REASONS],
        "wishes": [(one, at.say(f"return.wish.{one}")) for one in WISHES],
    }
    if error is None:
        return frame.show("return.html", at, area="owned", **values)
    fields = dict(error.fields) if isinstance(error, Invalid) else {}
    known = {"items": "return.choose", "reason": "form.needed", "wish": "form.needed"}
    told = {name: at.say(known[name]) if name in known else text for name, text in fields.items()}
    message = "" if told else at.say("new.many") if error.status == 429 else error.message
    return frame.show(
        "return.html", at, error.status, area="owned", errors=told, message=message, **values
    )
