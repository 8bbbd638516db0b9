"""Mails that could not be taken in, with the reason and the way to try again; and answers of ours
that did not arrive.
"""

from __future__ import annotations

from flask import Response, request

from helpdesk.core.work import begin, reading
from helpdesk.mail import outbox, queries, service
from helpdesk.web import doors
from helpdesk.web.admin import door
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow

HERE = "quarantine"


@door.get("/quarantine")
@allow("admin")
def quarantine() -> Response:
    with reading(doors.actor()) as work:
        page = queries.in_state(work, "quarantined", cursor=request.args.get("cursor"))
        waiting = queries.count_in_state(work, "waiting")
        unsent = queries.outgoing(work, ("failed", "bounced"), limit=50)
        queued = queries.outgoing(work, ("queued", "sending"), limit=50)
    older = f"/admin/quarantine?cursor={page.next_cursor}" if page.next_cursor else None
    return show(
        "mail_quarantine.html",
        HERE,
        rows=page.items,
        older=older,
        waiting=waiting,
        unsent=unsent,
        late=[mail for mail in queued if mail.attempts],
    )


@door.post("/quarantine/<id:mail_id>/retry")
@allow("admin")
def retry_mail(mail_id: str) -> Response:
    """Let it wait again; the post office takes it within seconds."""
    with begin(doors.actor()) as work:
        service.retry(work, mail_id)
    return doors.go("/admin/quarantine?note=retried")


@door.post("/quarantine/<id:mail_id>/drop")
@allow("admin")
def drop_mail(mail_id: str) -> Response:
    with begin(doors.actor()) as work:
        service.drop(work, mail_id)
    return doors.go("/admin/quarantine?note=dropped")


@door.post("/outgoing/<id:mail_id>/again")
@allow("admin")
def send_mail_again(mail_id: str) -> Response:
    with begin(doors.actor()) as work:
        outbox.again(work, mail_id)
    return doors.go("/admin/quarantine?note=queued")
