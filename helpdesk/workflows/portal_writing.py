"""What a customer does in the portal: write on a matter, open one, say that it is solved, rate it.

Words go into the own thread of a matter, never into one that came along from somebody else's. A
form that is sent twice has one effect. Not for reading (see `portal_matters`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from helpdesk.channels.attachments import Stored, add_loose
from helpdesk.channels.models import Attachment, Conversation
from helpdesk.consents.purposes import SURVEYS
from helpdesk.core.db import insert_if_absent
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.tables import IdempotentAnswer
from helpdesk.core.work import Work
from helpdesk.routing import service as routing
from helpdesk.surveys import service as surveys
from helpdesk.surveys import wording
from helpdesk.surveys.models import Survey
from helpdesk.tickets import history, links, types
from helpdesk.tickets.lifecycle import is_done
from helpdesk.tickets.models import TicketType
from helpdesk.workflows import cases, cases_flows, consenting, portal_reach
from helpdesk.workflows import cases_line as line
from helpdesk.workflows.portal_next import may_reopen
from helpdesk.workflows.portal_reach import Matter, Reach

Files = Sequence[tuple[Stored, str]]


@dataclass(frozen=True, slots=True)
class Done:
    """Where words stand now: `what` sent, reopened, follow_up or closed. `again`: sent twice."""

    ticket_id: str
    what: str = "sent"
    again: bool = False


def form_key(work: Work, form_id: str, *content: str) -> str:
    """What a form's one effect is kept under. Other words in the same form are another form."""
    told = "\n".join((work.actor.label, form_id, *content))
    return hashlib.sha256(f"portal\n{told}".encode("utf-8", "replace")).hexdigest()


def once(work: Work, key: str, run: Callable[[], Done]) -> Done:
    """Run, or answer what the same form led to before; of two at once the second waits."""
    row = {"key_hash": key, "request_hash": key, "status": 200, "body": "", "at": work.at}
    if insert_if_absent(work.session, IdempotentAnswer, row):
        done = run()
        work.session.get_one(IdempotentAnswer, key).body = f"{done.what} {done.ticket_id}"
        return done
    wanted = select(IdempotentAnswer.body).where(IdempotentAnswer.key_hash == key)
    what, _, ticket_id = (work.session.scalar(wanted) or "").partition(" ")
    if not ticket_id:
        raise Conflict("This was sent a moment ago. Look whether it is there.")
    return Done(ticket_id, what, again=True)


def write(work: Work, reach: Reach, ticket_id: str, *, text: str, files: Files = ()) -> Done:
    """The customer writes on their matter: it goes on, opens again, or another follows it."""
    matter = portal_reach.get(work, reach, ticket_id)
    _need_own(matter)
    stands, thread = matter.stands, _own_thread(work, matter)
    follows = is_done(stands.state) and not may_reopen(work, stands)
    elsewhere = stands.customer_id not in reach.own_ids and thread is None
    if elsewhere or (follows and stands.customer_id != reach.customer_id):
        return _apart(work, reach, matter, text, files)
    posted = cases.customer_wrote(
        work,
        stands.id,
        # An id that is nobody's: a new thread, rather than one of another customer.
        conversation_id=thread.id if thread is not None else "",
        text=text,
        channel="form",
        attachments=_kept(work, files),
    )
    if posted.followed_up:
        return Done(posted.ticket_id, "follow_up")
    return Done(matter.ticket.id, "reopened" if posted.reopened else "sent")


def solved(work: Work, reach: Reach, ticket_id: str, *, words: str) -> Done:
    """The customer says that nothing more is needed. Where the ticket's form still wants something
    of ours, or a return or complaint goes on, they only say so (`words`), and we close it later.
    """
    matter = portal_reach.get(work, reach, ticket_id)
    _need_own(matter)
    if matter.stands.customer_id not in reach.own_ids:
        return write(work, reach, ticket_id, text=words)
    if is_done(matter.stands.state):
        return Done(matter.ticket.id, "closed")
    try:
        line.set_state(work, matter.stands.id, "resolved", why="the customer says so")
    except (Invalid, cases_flows.GoesOn):
        return write(work, reach, ticket_id, text=words)
    return Done(matter.ticket.id, "closed")


def request_types(work: Work) -> list[TicketType]:
    """The kinds of matters that customers may choose themselves."""
    return [one for one in types.list_types(work) if one.in_portal]


def request_fields(work: Work, kind: TicketType | None) -> list[tuple[Any, bool]]:
    """What the form of a kind asks a customer: (field, whether it is needed)."""
    if kind is None:
        return []
    known = {one.key: one for one in types.fields_of(work, kind.key)}
    return [
        (known[entry["key"]], entry.get("needed") == "to_open")
        for entry in kind.form
        if entry["key"] in known
        and (entry.get("shown_to_customer") or entry.get("needed") == "to_open")
    ]


def open_request(
    work: Work,
    reach: Reach,
    *,
    kind: str | None,
    subject: str,
    text: str,
    fields: Mapping[str, Any],
    files: Files = (),
    site_id: str | None = None,
    queue_id: str | None = None,
) -> Done:
    """A new matter in the queue of the site, as its web form would make it."""
    opened = cases.open_case(
        work,
        customer_id=reach.customer_id,
        subject=subject,
        body=text,
        channel="form",
        queue=routing.prefer_queue(work, None, queue_id).id,
        type=kind,
        fields=fields,
        attachments=_kept(work, files),
        site_id=site_id,
    )
    return Done(opened.ticket.id)


def survey_of(work: Work, reach: Reach, matter: Matter) -> Survey | None:
    """What is asked, or was answered, about this matter; None where nothing is to be asked."""
    if not matter.is_own or matter.stands.customer_id not in reach.own_ids:
        return None
    survey = work.session.scalar(
        select(Survey)
        .where(Survey.ticket_id == matter.stands.id, Survey.customer_id.in_(reach.own_ids))
        .order_by(Survey.id.desc())
        .limit(1)
    )
    if survey is None or survey.state == "answered":
        return survey
    if not is_done(matter.stands.state) or survey.resolved_at != matter.stands.resolved_at:
        return None
    if survey.state == "planned":
        asked = surveys.was_asked(work, reach.customer_id)
        return None if asked or consenting.wants_none(work, SURVEYS, reach.customer_id) else survey
    return survey if surveys.is_open(survey, work.at) else None


def rate(
    work: Work, reach: Reach, ticket_id: str, *, score: int | None, comment: str, language: str
) -> None:
    """The customer's answer; Conflict (`answered`) the second time."""
    matter = portal_reach.get(work, reach, ticket_id)
    survey = survey_of(work, reach, matter)
    if survey is None:
        raise NotFound(portal_reach.ABSENT)
    if survey.state == "planned":
        surveys.ask_on_page(work, survey, language=wording.short(language))
    surveys.take_answer(work, survey, score=score, comment=comment)
    details = {"survey_id": survey.id, "scale": survey.kind, "score": survey.score}
    history.note(work, matter.stands.id, "survey_answered", details=details)


def _apart(work: Work, reach: Reach, matter: Matter, text: str, files: Files) -> Done:
    """The ticket hangs on another record: what follows it is a matter of the customer's own."""
    opened = cases.open_case(
        work,
        customer_id=reach.customer_id,
        subject=matter.ticket.subject,
        body=text,
        channel="form",
        queue=matter.ticket.queue_id,
        attachments=_kept(work, files),
    )
    links.link(work, opened.ticket, matter.stands, "follow_up_of")
    return Done(opened.ticket.id, "follow_up")


def _own_thread(work: Work, matter: Matter) -> Conversation | None:
    return work.session.scalar(
        portal_reach.threads(matter)
        .where(Conversation.channel.in_(line.THREADS), Conversation.state != "ended")
        .order_by(Conversation.last_message_at.desc(), Conversation.id.desc())
        .limit(1)
    )


def _need_own(matter: Matter) -> None:
    if not matter.is_own:
        raise NotFound(portal_reach.ABSENT)


def _kept(work: Work, files: Files) -> list[Attachment]:
    return [add_loose(work, stored, name=name, uploaded_by="visitor") for stored, name in files]
