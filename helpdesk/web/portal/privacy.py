"""The privacy page: what may be sent, what is kept, and the ways to get, correct and erase it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, request

from helpdesk.consents import purposes, service
from helpdesk.core.errors import Conflict, NotFound
from helpdesk.core.work import Work, begin, reading
from helpdesk.mail import ways
from helpdesk.privacy import copies, erasures, notices, settings
from helpdesk.web import doors, handing_out
from helpdesk.web.doors import allow
from helpdesk.web.portal import door, frame
from helpdesk.web.portal.frame import Here
from helpdesk.web.portal.writing import writes
from helpdesk.workflows import copying, erasing_asked, erasing_plan, portal_choices, portal_reach

TO = "/portal/privacy"
SHOWN = 50
LOOK = {
    "profile": "/portal/profile", "addresses": "/portal/profile#points-title",
    "matters": "/portal/matters", "talks": "/portal/matters", "account": "/account/sessions",
    "consents": "#choices-title", "orders": "/portal/owned", "things": "/portal/owned",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Past:
    """One line of the history, in the reader's words."""

    what: str
    how: str
    at: datetime


@door.get("/privacy")
@allow("customer")
def privacy() -> Response:
    with reading(doors.actor()) as work:
        at = frame.mine(work)
        customer = at.signed_in
        return frame.show(
            "privacy.html",
            at,
            area="privacy",
            choices=portal_choices.choices(work, customer.id),
            stops=portal_choices.stops(work, customer.id),
            history=_history(work, at),
            stored=_stored(work, customer.id),
            copy=copies.latest(work, customer.id, work.actor.id),
            rules=settings.of(work),
            erasure=erasures.open_of(work, customer.id),
            **_notice(work, at),
        )


@door.post("/privacy/choices")
@allow("customer")
def save_choices() -> Response:
    """Ticked boxes are on; only those that stood on the page are looked at."""
    writes.spend(doors.actor().id)
    ticked, shown = request.form.getlist("on")[:400], request.form.getlist("shown")[:400]
    with begin(doors.actor()) as work:
        portal_choices.choose(work, frame.mine(work).signed_in.id, set(ticked), set(shown))
    return doors.go(f"{TO}?note=chosen")


@door.post("/privacy/copy")
@allow("customer")
def ask_copy() -> Response:
    writes.spend(doors.actor().id)
    with begin(doors.actor()) as work:
        at = frame.mine(work)
        copies.ask(work, at.signed_in.id, at.say.language)
    return doors.go(f"{TO}?note=export_asked#copy")


@door.get("/privacy/copy/<id:copy_id>")
@allow("customer")
def fetch_copy(copy_id: str) -> Response:
    """For whoever asked for it alone, while it lies there."""
    with begin(doors.actor()) as work:
        row = copies.get_ready(work, copy_id)
        work.audit("customer.copy_fetched", "customer", row.customer_id, copy_id=row.id)
    try:
        stream = copying.path_of(row.id).open("rb")
    except FileNotFoundError as error:
        raise NotFound() from error
    return handing_out.file(stream, size=row.size, name="my-data.zip", kind="application/zip")


@door.get("/privacy/erase")
@allow("customer")
def erase_page() -> Response:
    """The dry run."""
    with reading(doors.actor()) as work:
        return _erase(work, frame.mine(work))


@door.post("/privacy/erase")
@allow("customer")
def ask_erasure() -> Response:
    """A mail to the address that they sign in with."""
    writes.spend(doors.actor().id)
    try:
        with begin(doors.actor()) as work:
            at = frame.mine(work)
            erasing_asked.by_mail(
                work, at.signed_in.id, doors.reader().email, source="portal",
                language=at.say.language,
            )  # fmt: skip
    except Conflict as error:
        with reading(doors.actor()) as work:
            return _erase(work, frame.mine(work), error.status)
    return doors.go(f"{TO}/erase?note=erase_asked")


@door.post("/privacy/erase/stop")
@allow("customer")
def stop_erasure() -> Response:
    with begin(doors.actor()) as work:
        erasures.stop(work, frame.mine(work).signed_in.id)
    return doors.go(f"{TO}?note=erase_stopped")


@door.get("/erase/<token>")
@allow("public", cookies=False)
def erase_link(token: str) -> Response:
    """Looking confirms nothing: programs open links in mails ahead of people."""
    with reading(doors.actor()) as work:
        return _link(work, token)


@door.post("/erase/<token>")
@allow("public", cookies=False)
def confirm_erasure(token: str) -> Response:
    with begin(doors.actor()) as work:
        try:
            due_at = erasures.confirm(work, erasures.by_token(work, token, lock=True))
        except NotFound:
            return _link(work, token)
        return _link(work, token, due_at)


def _link(work: Work, token: str, due_at: datetime | None = None) -> Response:
    at = frame.here(work)
    try:
        erasures.by_token(work, token)
        step, status = "done" if due_at else "ask", 200
    except NotFound:
        step, status = "gone", 410
    response = frame.show(
        "erase_link.html", at, status, step=step, due_at=due_at, rules=settings.of(work)
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _erase(work: Work, at: Here, status: int = 200) -> Response:
    by_mail = ways.can_send(work)
    return frame.show(
        "erase.html",
        at,
        status,
        area="privacy",
        plan=erasing_plan.of(work, at.signed_in.id, reach=portal_reach.of(work)),
        erasure=erasures.open_of(work, at.signed_in.id),
        rules=settings.of(work),
        by_mail=by_mail,
        own_email=doors.reader().email,
    )


def _stored(work: Work, customer_id: str) -> Sequence[tuple[str, int, str]]:
    """Kind, how many, and where to look at them."""
    found = erasing_plan.counts(work, customer_id)
    return [(kind, number, LOOK.get(kind, "")) for kind, number in found.items() if number]


def _notice(work: Work, at: Here) -> dict[str, Any]:
    row = notices.current(work)
    text, language = notices.text(row, at.say.language) if row else ("", "")
    return {"notice": row if text else None, "notice_text": text, "notice_language": language}


def _history(work: Work, at: Here) -> Sequence[Past]:
    say, named = at.say, {one.key: one.name(at.say.language) for one in purposes.every(work)}
    rows = service.history(work, [at.signed_in.id], limit=SHOWN).items
    found = []
    for row in rows:
        name = named.get(row.purpose, row.purpose)
        how = [say(f"privacy.channel.{row.channel}"), say(f"privacy.source.{row.source}")]
        if row.address:
            how.append(say("privacy.only_for", address=row.address))
        number = row.text_number  # 0 is the wording that the program came with
        how.append(say("privacy.version", number=number) if number else say("privacy.version_0"))
        found.append(Past(say(f"privacy.said.{row.state}", name=name), ", ".join(how), row.at))
    return found
