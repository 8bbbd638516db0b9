"""Matters as their customer sees them: lists, one matter with its words, chats, files."""

from __future__ import annotations

from typing import Any, Literal, cast

from flask import Response

from helpdesk.channels import attachments, content_types
from helpdesk.channels.models import UNREAD, Conversation
from helpdesk.core.errors import NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work, reading
from helpdesk.surveys import wording
from helpdesk.surveys.models import Survey
from helpdesk.surveys.scales import SCALES
from helpdesk.tickets.lifecycle import is_done
from helpdesk.web import doors, handing_out
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow
from helpdesk.web.portal import complaints, door, frame, showing, visits
from helpdesk.web.portal.frame import Here
from helpdesk.workflows import (
    portal_complaints,
    portal_matters,
    portal_next,
    portal_owned,
    portal_reach,
    portal_returns,
    portal_visits,
    portal_writing,
)
from helpdesk.workflows.portal_matters import Whose

STEPS = ("open", "done")


@door.get("/matters")
@allow("customer")
def matters() -> Response:
    """All own matters, open or done, or the conversations that belong to none."""
    if query_text("show") == "talks":
        return _talks()
    return _list("matters.html", "matters", "own")


@door.get("/organisation")
@allow("customer", hidden=True)
def organisation() -> Response:
    """What the people of one's organisation have with us, for its contact."""
    return _list("organisation.html", "organisation", "organisation")


@door.get("/household/matters")
@allow("customer", hidden=True)
def household_matters() -> Response:
    """What the others of one's household have with us, for who sees all of it."""
    return _list("household_matters.html", "matters", "household")


@door.get("/matters/<id:ticket_id>")
@allow("customer")
def matter(ticket_id: str) -> Response:
    with reading(doors.actor()) as work:
        at, reach = frame.mine(work), portal_reach.of(work)
        found = portal_reach.get(work, reach, ticket_id)
        if found.ticket.id != ticket_id:
            return doors.go(f"/portal/matters/{found.ticket.id}")
        return page(work, at, reach, found)


def page(
    work: Work,
    at: Here,
    reach: portal_reach.Reach,
    found: portal_reach.Matter,
    status: int = 200,
    **extra: Any,
) -> Response:
    """The page of one matter; `extra` is what a form on it brought that could not be taken."""
    stands = found.stands
    line = portal_matters.line(work, found)
    survey = portal_writing.survey_of(work, reach, found)
    values: dict[str, Any] = {
        "text": "",
        "score": None,
        "comment": "",
        "form_id": new_id(),
        **extra,
    }
    return frame.show(
        "matter.html",
        at,
        status,
        area="organisation" if found.relation == "organisation" else "matters",
        matter=found,
        line=line,
        next=showing.next_of(at.say, line.step),
        said=portal_matters.said(work, reach, found, cursor=query_text("earlier") or None),
        is_done=is_done(stands.state),
        reopens=portal_next.may_reopen(work, stands),
        facts=portal_matters.facts(work, found.ticket),
        survey=_asked(at, survey),
        complaint=complaints.shown(at, portal_complaints.of_matter(work, found)),
        back=portal_returns.of_matter(work, found),
        about=portal_owned.of_matter(work, reach, found),
        visits=_visits(work, at, found),
        most_files=attachments.MOST_PER_MESSAGE,
        most_size=at.say.size(doors.settings().max_upload),
        **values,
    )


@door.get("/talks/<id:conversation_id>")
@allow("customer")
def talk(conversation_id: str) -> Response:
    """A chat or call of theirs; one that belongs to a matter stands there."""
    with reading(doors.actor()) as work:
        at, reach = frame.mine(work), portal_reach.of(work)
        cursor = query_text("earlier") or None
        found, said = portal_matters.talk(work, reach, conversation_id, cursor=cursor)
        if found.ticket_id is not None:
            return doors.go(f"/portal/matters/{found.ticket_id}")
        return frame.show(
            "talk.html", at, area="matters", title=talk_title(at, found), said=said, talk=found
        )


@door.get("/files/<id:attachment_id>")
@allow("customer")
def file(attachment_id: str) -> Response:
    """A file of words that the reader may see; only ever to save."""
    with reading(doors.actor()) as work:
        found = portal_matters.file_of(work, portal_reach.of(work), attachment_id)
        name, kind, size = found.name, found.type, found.size
    store = attachments.FolderStore(doors.settings().data / "attachments")
    stream = store.open(attachment_id)
    return handing_out.file(stream, size=size, name=name, kind=content_types.served_type(kind))


def talk_title(at: Here, found: Conversation) -> str:
    kind = "call" if found.channel in UNREAD else "chat" if found.channel == "chat" else "text"
    return at.say("talk.title", kind=at.say(f"talk.{kind}"), at=at.say.when(found.opened_at))


def _visits(work: Work, at: Here, found: portal_reach.Matter) -> list[visits.Shown]:
    """Of the reader's own matter, what is to come first."""
    rows = portal_visits.of_matter(work, found) if at.visited else []
    return [visits.shown(at.say, one) for one in rows[:3]]


def _list(template: str, area: str, of: Whose) -> Response:
    which = query_text("show")
    chosen = cast("Literal['open', 'done']", which if which in STEPS else "open")
    with reading(doors.actor()) as work:
        at, reach = frame.mine(work), portal_reach.of(work)
        name = ""
        if of == "household" and not reach.household:
            raise NotFound(portal_reach.ABSENT)
        if of == "organisation":
            name = portal_matters.organisation_name(work, reach)
        found = portal_matters.page(
            work,
            reach,
            chosen,
            of=of,
            cursor=query_text("after") or None,
        )
    return frame.show(
        template,
        at,
        area=area,
        show=chosen,
        name=name,
        lines=showing.with_steps(at.say, found.items),
        next_cursor=found.next_cursor,
        is_first=not query_text("after"),
        has_household=bool(reach.household),
        talks=[],
    )


def _talks() -> Response:
    with reading(doors.actor()) as work:
        at, reach = frame.mine(work), portal_reach.of(work)
        found = portal_matters.talks(work, reach, cursor=query_text("after") or None)
        rows = [(one.id, talk_title(at, one), one.reason) for one in found.items]
    return frame.show(
        "matters.html",
        at,
        area="matters",
        show="talks",
        name="",
        lines=[],
        has_household=False,
        talks=rows,
        next_cursor=found.next_cursor,
        is_first=not query_text("after"),
    )


def _asked(at: Here, survey: Survey | None) -> dict[str, Any] | None:
    """The question about a matter, or what was answered."""
    if survey is None:
        return None
    words = wording.words(survey.kind, at.say.language, survey.question)
    answered = survey.score if survey.state == "answered" else None
    return {"scale": SCALES[survey.kind], "words": words, "answered": answered}
