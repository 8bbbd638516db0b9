"""Writing on a matter, saying that it is solved, rating it: plain forms, each once in effect."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from flask import Response

from helpdesk.channels.service import LONGEST_MESSAGE
from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.surveys.service import LONGEST_COMMENT
from helpdesk.web import doors
from helpdesk.web.bodies import Body, form_body
from helpdesk.web.doors import allow
from helpdesk.web.portal import door, files, frame, matters
from helpdesk.web.portal.frame import Here
from helpdesk.web.widget.throttle import Allowance
from helpdesk.workflows import portal_reach, portal_writing
from helpdesk.workflows.portal_writing import Done

FormId = Annotated[str, msgspec.Meta(max_length=64)]
writes = Allowance(30, 600, "Many messages came from you just now. Wait some minutes.")


class Reply(Body, frozen=True):
    text: str = ""
    form_id: FormId = ""


class Solved(Body, frozen=True):
    form_id: FormId = ""


class Rating(Body, frozen=True):
    score: Annotated[str, msgspec.Meta(max_length=3)] = ""
    comment: str = ""


@door.post("/matters/<id:ticket_id>/words")
@allow("customer", uploads=True)
def write(ticket_id: str) -> Response:
    """What the customer adds; its files come with it in the same form."""
    form = form_body(Reply)
    at = _look(ticket_id)
    try:
        writes.spend(doors.actor().id)
        needed_words(at, form.text)
        with files.taken(at) as given, begin(doors.actor()) as work:
            reach = portal_reach.of(work)
            key = portal_writing.form_key(
                work, form.form_id, "words", ticket_id, form.text, *given.marks
            )
            done = portal_writing.once(
                work,
                key,
                lambda: portal_writing.write(
                    work, reach, ticket_id, text=form.text, files=given.rows
                ),
            )
            if not done.again:
                work.after_commit(given.keep)
    except HelpdeskError as error:
        return _again(ticket_id, error, text=form.text, form_id=form.form_id)
    return _go(done)


@door.post("/matters/<id:ticket_id>/solved")
@allow("customer")
def solved(ticket_id: str) -> Response:
    form = form_body(Solved)
    at = _look(ticket_id)
    with begin(doors.actor()) as work:
        reach = portal_reach.of(work)
        key = portal_writing.form_key(work, form.form_id, "solved", ticket_id)
        words = at.say("matter.solved_words")
        done = portal_writing.once(
            work, key, lambda: portal_writing.solved(work, reach, ticket_id, words=words)
        )
    return _go(done)


@door.post("/matters/<id:ticket_id>/rating")
@allow("customer")
def rate(ticket_id: str) -> Response:
    form = form_body(Rating)
    at = _look(ticket_id)
    score = int(form.score) if form.score.isascii() and form.score.isdigit() else None
    try:
        if len(form.comment) > LONGEST_COMMENT:
            raise Invalid(fields={"comment": at.say("form.long", most=f"{LONGEST_COMMENT:,}")})
        with begin(doors.actor()) as work:
            reach = portal_reach.of(work)
            portal_writing.rate(
                work, reach, ticket_id, score=score, comment=form.comment, language=at.say.language
            )
    except Conflict:
        pass  # sent twice, or asked elsewhere meanwhile: the first one counts
    except Invalid as error:
        wrong = {"score": at.say("matter.choose")} if "score" in error.fields else error.fields
        told = Invalid(fields=wrong)
        return _again(ticket_id, told, score=score, comment=form.comment)
    return doors.go(f"/portal/matters/{ticket_id}?note=rated")


def needed_words(at: Here, text: str, field: str = "text") -> None:
    if not text.strip():
        raise Invalid(fields={field: at.say("form.needed")})
    if len(text) > LONGEST_MESSAGE:
        raise Invalid(fields={field: at.say("form.long", most=f"{LONGEST_MESSAGE:,}")})


def _look(ticket_id: str) -> Here:
    """How to speak to the reader; NotFound unless the matter is theirs to see."""
    with reading(doors.actor()) as work:
        at = frame.mine(work)
        portal_reach.get(work, portal_reach.of(work), ticket_id)
        return at


def _go(done: Done) -> Response:
    note = "again" if done.again and done.what == "sent" else done.what
    return doors.go(f"/portal/matters/{done.ticket_id}?note={note}")


def _again(ticket_id: str, error: HelpdeskError, **brought: Any) -> Response:
    """The page with what could not be taken, as it was typed."""
    with reading(doors.actor()) as work:
        return _page_again(work, ticket_id, error, brought)


def _page_again(
    work: Work, ticket_id: str, error: HelpdeskError, brought: dict[str, Any]
) -> Response:
    at, reach = frame.mine(work), portal_reach.of(work)
    found = portal_reach.get(work, reach, ticket_id)
    if not found.is_own:
        raise error
    fields = dict(getattr(error, "fields", {}))
    message = "" if fields else at.say("new.many") if error.status == 429 else error.message
    return matters.page(
        work, at, reach, found, error.status, errors=fields, message=message, **brought
    )
