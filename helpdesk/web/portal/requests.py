"""A new matter: its kind where there are several, one form of one column, and what happens next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from flask import Response, request

from helpdesk.channels import attachments
from helpdesk.core.errors import HelpdeskError, Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work, begin, reading
from helpdesk.tickets.models import TicketType
from helpdesk.tickets.service import LONGEST_SUBJECT
from helpdesk.web import doors
from helpdesk.web.bodies import Body, form_body, query_text
from helpdesk.web.doors import allow
from helpdesk.web.portal import door, files, frame, offers, request_about, showing
from helpdesk.web.portal.frame import Here
from helpdesk.web.portal.offers import OWN, OfferId
from helpdesk.web.portal.writing import FormId, needed_words, writes
from helpdesk.workflows import (
    articles_offered,
    mail_out,
    portal_matters,
    portal_owned,
    portal_reach,
    portal_writing,
)

OwnedId = Annotated[str, msgspec.Meta(max_length=36)]
NO_KIND = "other"


class Request(Body, frozen=True):
    subject: str = ""
    text: str = ""
    kind: Annotated[str, msgspec.Meta(max_length=40)] = ""
    form_id: FormId = ""
    order: OwnedId = ""
    asset: OwnedId = ""
    offer: OfferId = ""  # empty: nothing was put before them yet


@door.get("/requests/new")
@allow("customer")
def new_request() -> Response:
    """First its kind, where customers may choose among several; then the form of that kind."""
    with reading(doors.actor()) as work:
        at = frame.mine(work)
        order, asset = query_text("order"), query_text("asset")
        it = request_about.read(work, order, asset)
        kinds = portal_writing.request_types(work)
        asked = query_text("kind")
        chosen = next((one for one in kinds if one.key == asked), None)
        if not asked:
            chosen = request_about.kind_of(work, it, kinds)
        if kinds and chosen is None and asked != NO_KIND:
            told = request_about.shown(at, it)
            return frame.show("request_kind.html", at, kinds=kinds, about=told)
        form = Request(form_id=new_id(), order=order, asset=asset)
        return _form(work, at, chosen, form=form)


@door.post("/requests/new")
@allow("customer", uploads=True)
def send_request() -> Response:
    if request.form.get("again"):
        return _go_on()
    form = form_body(Request, but=OWN)
    own = {
        name.removeprefix(OWN): text.strip()
        for name, text in request.form.items()
        if name.startswith(OWN)
    }
    with reading(doors.actor()) as work:
        at = frame.mine(work)
        kinds = portal_writing.request_types(work)
        chosen = next((one for one in kinds if one.key == form.kind), None)
    try:
        writes.spend(doors.actor().id)
        _check(at, form)
        if (page := _offered_first(chosen, form, own)) is not None:
            return page
        with files.taken(at) as given, begin(doors.actor()) as work:
            reach = portal_reach.of(work)
            it = request_about.read(work, form.order, form.asset)
            named = (form.order, form.asset)
            content = (form.kind, form.subject, form.text, repr(sorted(own.items())), *named)
            key = portal_writing.form_key(work, form.form_id, *content, *given.marks)
            done = portal_writing.once(
                work,
                key,
                lambda: portal_writing.open_request(
                    work,
                    reach,
                    kind=chosen.key if chosen else None,
                    subject=form.subject,
                    text=form.text,
                    fields=_asked_for(work, chosen, own),
                    files=given.rows,
                    site_id=at.brand.site_id,
                    queue_id=at.brand.queue_id,
                ),
            )
            if not done.again:
                portal_owned.hang(work, done.ticket_id, it)
                offers.sent(work, at, form.offer, done.ticket_id)
                work.after_commit(given.keep)
    except NotFound:
        raise  # what it is about is another's
    except HelpdeskError as error:
        with reading(doors.actor()) as work:
            return _refused(work, chosen, form, own, error)
    return doors.go(f"/portal/requests/{done.ticket_id}/sent")


@door.get("/requests/<id:ticket_id>/sent")
@allow("customer")
def request_sent(ticket_id: str) -> Response:
    """The number, and what happens next."""
    with reading(doors.actor()) as work:
        at, reach = frame.mine(work), portal_reach.of(work)
        found = portal_reach.get(work, reach, ticket_id)
        line = portal_matters.line(work, found)
        address = mail_out.best_address(work, found.ticket.customer_id) if found.is_own else None
    step = showing.next_of(at.say, line.step)
    return frame.show("request_sent.html", at, line=line, next=step, address=address)


def _offered_first(kind: TicketType | None, form: Request, own: dict[str, str]) -> Response | None:
    """The page with what may answer it, once; never where chosen files would be lost by it."""
    if form.offer or _had_files():
        return None
    with reading(doors.actor()) as work:
        at = frame.mine(work)
        offered, place = offers.before_sending(work, at, form.subject, form.text)
        if not offered.hits:
            return None
        asked = msgspec.structs.replace(form, offer=offered.id)
        page = _form(work, at, kind, form=asked, own=own, **offers.shown(offered))
    articles_offered.note(offered, offers.who(at), place)
    return page


def _go_on() -> Response:
    """Back to the form as it was typed, for whoever needs help all the same."""
    given = offers.kept(request.form)
    own = {k.removeprefix(OWN): text for k, text in given.items() if k.startswith(OWN)}
    plain = {k: text for k, text in given.items() if not k.startswith(OWN)}
    offer = request.form.get("offer", "")[:40]
    offers.take_back(offer)
    with reading(doors.actor()) as work:
        at = frame.mine(work)
        kinds = portal_writing.request_types(work)
        chosen = next((one for one in kinds if one.key == plain.get("kind")), None)
        form = Request(
            subject=plain.get("subject", ""),
            text=plain.get("text", ""),
            kind=chosen.key if chosen else "",
            form_id=plain.get("form_id", "")[:64] or new_id(),
            order=plain.get("order", "")[:36],
            asset=plain.get("asset", "")[:36],
            offer=offer,
        )
        return _form(work, at, chosen, form=form, own=own)


def _had_files() -> bool:
    return any(one.filename for one in request.files.values())


def _check(at: Here, form: Request) -> None:
    wrong: dict[str, str] = {}
    if not form.subject:
        wrong["subject"] = at.say("form.needed")
    elif len(form.subject) > LONGEST_SUBJECT:
        wrong["subject"] = at.say("form.long", most=LONGEST_SUBJECT)
    try:
        needed_words(at, form.text)
    except Invalid as error:
        wrong |= error.fields
    if wrong:
        raise Invalid(fields=wrong)


def _asked_for(work: Work, kind: TicketType | None, given: Mapping[str, str]) -> dict[str, Any]:
    """The values of fields that the form asks; anything else was not on the page."""
    asked = {field.key for field, _ in portal_writing.request_fields(work, kind)}
    if unknown := set(given) - asked:
        raise Invalid(fields={f"{OWN}{min(unknown)[:40]}": "There is no such field."})
    return {key: text for key, text in given.items() if text}


def _refused(
    work: Work, kind: TicketType | None, form: Request, own: dict[str, str], error: HelpdeskError
) -> Response:
    at = frame.mine(work)
    fields = getattr(error, "fields", {})
    told = {
        name.replace("fields.", OWN): (at.say.told(text) if name.startswith("fields.") else text)
        for name, text in fields.items()
    }
    message = "" if told else at.say("new.many") if error.status == 429 else error.message
    return _form(work, at, kind, error.status, form=form, own=own, errors=told, message=message)


def _form(
    work: Work, at: Here, kind: TicketType | None, status: int = 200, *, form: Request, **extra: Any
) -> Response:
    values = {"own": {}, "offered": None, **extra}
    asked = portal_writing.request_fields(work, kind)
    choices = {
        field.key: [("", at.say("form.choose")), *((one, one) for one in field.choices)]
        for field, _ in asked
    }
    return frame.show(
        "request.html",
        at,
        status,
        form=form,
        about=request_about.shown(at, request_about.read(work, form.order, form.asset)),
        kind=kind,
        has_kinds=bool(portal_writing.request_types(work)),
        asked=asked,
        choices=choices,
        longest_subject=LONGEST_SUBJECT,
        most_files=attachments.MOST_PER_MESSAGE,
        most_size=at.say.size(doors.settings().max_upload),
        had_files=_had_files(),
        **values,
    )
