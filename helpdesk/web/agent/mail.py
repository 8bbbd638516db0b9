"""A mail as it came: its words, its formatted text in a frame that can do nothing, and its bytes.

Pictures from elsewhere are fetched only when the reader asks for them on this page. Not for the
conversation that it belongs to (see `conversations`).
"""

from __future__ import annotations

import base64
from html import escape
from typing import Any
from urllib.parse import urlsplit

from flask import Response, request
from markupsafe import Markup
from sqlalchemy import select

from helpdesk.channels import content_types
from helpdesk.channels.attachments import FolderStore, linked
from helpdesk.channels.models import Attachment, Message
from helpdesk.core.errors import NotFound
from helpdesk.core.work import Work, reading
from helpdesk.mail import queries
from helpdesk.mail.models import MailBody
from helpdesk.mail.raw import RawStore
from helpdesk.mail.sanitising import INLINE, REMOTE
from helpdesk.tickets import queries as tickets
from helpdesk.web import doors, handing_out
from helpdesk.web.agent import door
from helpdesk.web.doors import allow

MOST_INLINE = 1024 * 1024
MOST_INLINE_ALL = 8 * 1024 * 1024
NOTHING = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
OUTCOMES = {
    "ticket": "It opened a case.",
    "reply": "It is part of a case.",
    "attached": "It was added to a case as a note.",
    "quarantine": "It is in quarantine.",
    "dropped": "An administrator has put it aside.",
}


@door.get("/mails/<id:mail_id>")
@allow("agent", "supervisor", "admin")
def mail(mail_id: str) -> Response:
    with reading(doors.actor()) as work:
        row, body = queries.get_mail(work, mail_id)
        ticket = tickets.find_ticket(work, row.ticket_id) if row.ticket_id else None
        files = _files(work, row.conversation_id, row.seq)
    hosts = sorted({urlsplit(url).hostname or "" for url in (body.remote if body else [])} - {""})
    return doors.page(
        "agent/mail.html",
        mail=row,
        body=body,
        people=_people(body),
        number=ticket.number if ticket else None,
        files=files,
        hosts=hosts,
        with_pictures=_wants_pictures(),
        outcome=OUTCOMES.get(row.outcome, "It waits to be read."),
    )


@door.get("/mails/<id:mail_id>/shown")
@allow("agent", "supervisor", "admin")
def mail_shown(mail_id: str) -> Response:
    """The formatted text alone, for the frame; sandboxed by its own header too."""
    with reading(doors.actor()) as work:
        _, body = queries.get_mail(work, mail_id)
        if body is None or not body.html:
            raise NotFound()
        pictures = _pictures(work, body)
    shown = _filled(body, pictures, remote=_wants_pictures())
    response = Response(_DOCUMENT.format(shown), mimetype="text/html")
    sources = "data: https: http:" if _wants_pictures() else "data:"
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; img-src {sources}; style-src 'unsafe-inline'; form-action 'none'; "
        "base-uri 'none'; frame-ancestors 'self'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    )
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@door.get("/mails/<id:mail_id>/raw")
@allow("agent", "supervisor", "admin")
def mail_raw(mail_id: str) -> Response:
    """The mail's bytes to save, as they came."""
    with reading(doors.actor()) as work:
        row, _ = queries.get_mail(work, mail_id)
        name, size, sha256 = f"{row.subject or 'mail'}.eml", row.size, row.sha256
    stream = RawStore(doors.settings().data / "mail").open(sha256)
    return handing_out.file(stream, size=size, name=name)


def _wants_pictures() -> bool:
    return request.args.get("pictures") == "1"


def _files(work: Work, conversation_id: str | None, seq: int | None) -> list[dict[str, Any]]:
    if conversation_id is None or seq is None:
        return []
    message = work.session.scalar(
        select(Message).where(Message.conversation_id == conversation_id, Message.seq == seq)
    )
    return linked(message.attachments, work.actor.label) if message else []


def _people(body: MailBody | None) -> list[tuple[str, str]]:
    """From, to and the rest, as the mail writes them."""
    if body is None:
        return []
    told = [("From", body.headers["from_raw"])]
    for name, label in (("to", "To"), ("cc", "Copy to"), ("reply_to", "Answers to"),
                        ("sender", "Sent by")):  # fmt: skip
        boxes = [f"{n} <{a}>" if n else a for n, a in body.headers[name]]
        told.append((label, ", ".join(boxes[:20]) + (" and more" if len(boxes) > 20 else "")))
    return [(label, text) for label, text in told if text]


def _pictures(work: Work, body: MailBody) -> list[str]:
    """Each picture that lies in the mail as an address that needs no fetching."""
    store = FolderStore(doors.settings().data / "attachments")
    found, total = [], 0
    for attachment_id in body.inline:
        row = work.session.get(Attachment, attachment_id) if attachment_id else None
        fits = row is not None and row.erased_at is None and row.type in content_types.PICTURES
        if row is None or not fits or row.size > MOST_INLINE or total > MOST_INLINE_ALL:
            found.append(NOTHING)
            continue
        total += row.size
        with store.open(row.id) as stream:
            data = base64.b64encode(stream.read()).decode("ascii")
        found.append(f"data:{row.type};base64,{data}")
    return found


def _filled(body: MailBody, inline: list[str], *, remote: bool) -> Markup:
    """The sanitised text with its numbered pictures put in."""
    text = body.html
    # From the highest number down, so that 1 is not found inside 12.
    for number in range(len(inline) - 1, -1, -1):
        text = text.replace(f'src="{INLINE}{number}"', f'src="{inline[number]}"')
    for number in range(len(body.remote) - 1, -1, -1):
        url = escape(body.remote[number], quote=True) if remote else NOTHING
        text = text.replace(f'src="{REMOTE}{number}"', f'src="{url}"')
    return Markup(text)  # noqa: S704  sanitised when it came in, and framed without any right


_DOCUMENT = (
    '<!doctype html><html><head><meta charset="utf-8"><title>Mail</title>'
    "<style>body{{margin:12px;font:15px/1.5 system-ui,sans-serif;color:#1b1f24;background:#fff;"
    "overflow-wrap:anywhere}}img{{max-width:100%;height:auto}}table{{max-width:100%}}"
    "blockquote{{margin:0 0 0 8px;padding-left:8px;border-left:2px solid #c8ccd2}}</style>"
    "</head><body>{}</body></html>"
)
