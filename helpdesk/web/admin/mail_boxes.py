"""Mailboxes: where mail comes from and goes out, and what holds for all e-mail."""

from __future__ import annotations

from typing import Any

from flask import Response

from helpdesk.core import addresses
from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.mail import mailboxes, place, queries
from helpdesk.mail import settings as mail_settings
from helpdesk.mail.models import Mailbox
from helpdesk.routing import queries as routing
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow
from helpdesk.workflows import mail_settling

HERE = "mailboxes"
SERVER = ("host", "port", "security", "user", "sign_in")
SHAPE = Shape(
    texts=(
        "name", "address", "queue_id", "brand_id", "incoming", "outgoing",
        "imap_host", "imap_port", "imap_security", "imap_user", "imap_sign_in", "imap_folder",
        "imap_password", "smtp_host", "smtp_port", "smtp_security", "smtp_user", "smtp_sign_in",
        "smtp_password", "token_url", "client_id", "scope", "client_secret", "refresh_token",
    ),
    flags=("acknowledges", "is_trusted"),
)  # fmt: skip
SETTINGS = Shape(
    texts=("checked_by", "lmtp_port", "queue_id"), flags=("inner_hosts", "plus_addresses")
)
LABELS = {
    "name": "Name", "address": "Address", "queue_id": "Queue", "brand_id": "Brand",
    "incoming": "Incoming mail", "outgoing": "Outgoing mail", "acknowledges": "Receipts",
    "is_trusted": "Control headers", "imap_host": "Server", "smtp_host": "Server",
}  # fmt: skip
SECURITY = [
    ("tls", "Protected from the start (TLS)"),
    ("starttls", "Protected after a greeting (STARTTLS)"),
    ("none", "Not protected"),
]
SIGN_IN = [("password", "Password"), ("oauth2", "OAuth2")]
INCOMING = [("none", "The mail server hands it over"), ("imap", "Fetch it by IMAP")]
OUTGOING = [("relay", "Over the server in SMTP_URL"), ("smtp", "Over this server")]


@door.get("/mailboxes")
@allow("admin")
def mailboxes_list() -> Response:
    with reading(doors.actor()) as work:
        return _list(work)


@door.post("/mailboxes")
@allow("admin")
def save_mail_settings() -> Response:
    given = forms.read(SETTINGS)
    try:
        with begin(doors.actor()) as work:
            _check_queue(work, given.values["queue_id"])
            mail_settings.change(
                work,
                queue_id=given.values["queue_id"],
                checked_by=given.values["checked_by"],
                lmtp_port=forms.whole(given.values["lmtp_port"] or "0", -1),
                inner_hosts=given.values["inner_hosts"] == "1",
                plus_addresses=given.values["plus_addresses"] == "1",
            )
    except Invalid as error:
        with reading(doors.actor()) as work:
            return _list(work, 400, form=given.values, **frame.refusal(error))
    return doors.go("/admin/mailboxes?note=saved")


@door.get("/mailboxes/new")
@allow("admin")
def new_mailbox() -> Response:
    with reading(doors.actor()) as work:
        return _page(work, None, _blank())


@door.post("/mailboxes/new")
@allow("admin")
def add_mailbox() -> Response:
    given = forms.read(SHAPE)
    try:
        _refuse_inner(given.values)
        with begin(doors.actor()) as work:
            fields, hidden = _facts(work, given.values)
            box = mailboxes.add_mailbox(work, hidden=hidden, **fields)
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            refused = frame.refusal(error)
            return _page(work, None, given.values, error.status, given=given, **refused)
    return doors.go(f"/admin/mailboxes/{box.id}?note=added")


@door.get("/mailboxes/<id:mailbox_id>")
@allow("admin")
def mailbox(mailbox_id: str) -> Response:
    with reading(doors.actor()) as work:
        box = mailboxes.get_mailbox(work, mailbox_id)
        return _page(work, box, _values(box))


@door.post("/mailboxes/<id:mailbox_id>")
@allow("admin")
def save_mailbox(mailbox_id: str) -> Response:
    given = forms.read(SHAPE)
    try:
        _refuse_inner(given.values)
        with begin(doors.actor()) as work:
            box = mailboxes.get_mailbox(work, mailbox_id)
            fields, hidden = _facts(work, given.values)
            if box.from_environment:
                for name in ("incoming", "imap", "outgoing", "smtp", "address"):
                    fields.pop(name)
            mailboxes.change_mailbox(
                work, mailbox_id, version=given.version, hidden=hidden, **fields
            )
    except (Invalid, Conflict) as error:
        return _again(mailbox_id, given, error)
    return doors.go(f"/admin/mailboxes/{mailbox_id}?note=saved")


@door.post("/mailboxes/<id:mailbox_id>/switch")
@allow("admin")
def switch_mailbox(mailbox_id: str) -> Response:
    """On where it is off, off where it is on; its mails stay."""
    with begin(doors.actor()) as work:
        box = mailboxes.get_mailbox(work, mailbox_id)
        mailboxes.change_mailbox(work, mailbox_id, version=box.version, is_active=not box.is_active)
    return doors.go(f"/admin/mailboxes/{mailbox_id}?note=saved")


def _list(work: Work, status: int = 200, **extra: Any) -> Response:
    chosen = mail_settings.of(work)
    form = {
        "checked_by": chosen.checked_by,
        "lmtp_port": str(chosen.lmtp_port or ""),
        "inner_hosts": "1" if chosen.inner_hosts else "",
        "plus_addresses": "1" if chosen.plus_addresses else "",
        "queue_id": chosen.queue_id,
    }
    rows = routing.queues(work)
    values: dict[str, Any] = {
        "rows": mailboxes.mailboxes(work),
        "queues": {row.id: row.name for row in rows},
        "choices": forms.choices([row for row in rows if row.is_active]),
        "other_mail": _queue_of_other_mail(work),
        "parked": queries.count_in_state(work, "quarantined"),
        "stuck": queries.outgoing(work, ("failed", "bounced"), limit=20),
        "has_relay": bool(place.here().smtp_url),
        "form": form,
    }
    return show("mail_boxes.html", HERE, status, **{**values, **extra})


def _page(
    work: Work,
    box: Mailbox | None,
    form: Values,
    status: int = 200,
    *,
    given: Given | None = None,
    **extra: Any,
) -> Response:
    stored = _values(box) if box else _blank()
    return show(
        "mail_box.html",
        HERE,
        status,
        box=box,
        form=form,
        was=forms.as_was(_shown(given.was if given else stored)),
        version=given.version if given else box.version if box else 0,
        queues=forms.choices(routing.queues(work, active_only=True)),
        brands=forms.choices(mailboxes.brands(work)),
        security=SECURITY,
        sign_in=SIGN_IN,
        incoming=INCOMING,
        outgoing=OUTGOING,
        other_mail=_queue_of_other_mail(work),
        kept=sorted(mailboxes.secrets_of(box)) if box else [],
        **{"dirty": given is not None, **extra},
    )


def _again(mailbox_id: str, given: Given, error: HelpdeskError) -> Response:
    with reading(doors.actor()) as work:
        box = mailboxes.get_mailbox(work, mailbox_id)
        if error.code != "stale":
            refused = frame.refusal(error)
            return _page(work, box, given.values, error.status, given=given, **refused)
        now = _shown(_values(box))
        shown, change = frame.stale(work, "mailbox", mailbox_id, given, now, LABELS)
        return _page(work, box, {**_blank(), **shown}, 409, stale=change, dirty=True)


def _refuse_inner(form: Values) -> None:
    """Servers of our own network only where that is allowed; asked before a transaction is open.

    Each connection asks again (see `mail.lines`).
    """
    with reading(doors.actor()) as work:
        if mail_settings.of(work).inner_hosts:
            return
    for kind, used in (("imap", form["incoming"] == "imap"), ("smtp", form["outgoing"] == "smtp")):
        host = form[f"{kind}_host"]
        if not used or not host:
            continue
        try:
            addresses.resolve(host, mailboxes.PORTS[kind]["tls"])
        except addresses.AddressRefused as error:
            hint = (
                "Use the name of a public host, or switch on “Mail servers may stand in our "
                "own network” under Mailboxes first."
            )
            raise Invalid(fields={f"{kind}_host": hint}) from error
    _refuse_inner_tokens(form)


def _refuse_inner_tokens(form: Values) -> None:
    """Where tokens come from is called with the client's secret: a public host, and protected."""
    if not form["token_url"]:
        return
    hint = "Write the address of a public server that begins with https://."
    try:
        if addresses.check(form["token_url"]).scheme != "https":
            raise Invalid(fields={"token_url": hint})
    except addresses.AddressRefused as error:
        raise Invalid(fields={"token_url": hint}) from error


def _shown(values: Values) -> Values:
    """Without passwords and tokens, which never go back to a page."""
    return {name: text for name, text in values.items() if name not in mailboxes.SECRETS}


def _check_token_url(form: Values) -> None:
    uses = [
        form["incoming"] == "imap" and form["imap_sign_in"] == "oauth2",
        form["outgoing"] == "smtp" and form["smtp_sign_in"] == "oauth2",
    ]
    if any(uses) and not form["token_url"].startswith(("https://", "http://")):
        raise Invalid(fields={"token_url": "Write the address that tokens are asked for at."})


def _facts(work: Work, form: Values) -> tuple[dict[str, Any], dict[str, str]]:
    _check_token_url(form)
    queue = form["queue_id"]
    _check_queue(work, queue)
    brand = form["brand_id"]
    if brand and brand not in {row.id for row in mailboxes.brands(work)}:
        raise Invalid(fields={"brand_id": "Choose a brand."})
    fields: dict[str, Any] = {
        "name": form["name"],
        "address": form["address"],
        "queue_id": queue or None,
        "brand_id": brand or None,
        "acknowledges": form["acknowledges"] == "1",
        "is_trusted": form["is_trusted"] == "1",
        "incoming": "imap" if form["incoming"] == "imap" else "none",
        "outgoing": "smtp" if form["outgoing"] == "smtp" else "relay",
        "oauth": {name: form[name][:500] for name in ("token_url", "client_id", "scope")},
    }
    for kind in ("imap", "smtp"):
        fields[kind] = {name: form[f"{kind}_{name}"] for name in SERVER}
    fields["imap"]["folder"] = form["imap_folder"]
    return fields, {name: form[name] for name in mailboxes.SECRETS if form[name]}


def _check_queue(work: Work, queue_id: str) -> None:
    if queue_id and queue_id not in {row.id for row in routing.queues(work)}:
        raise Invalid(fields={"queue_id": "Choose a queue."})


def _queue_of_other_mail(work: Work) -> str:
    """The name of the queue that mail goes to as things stand; empty where there is none."""
    try:
        return mail_settling.queue_of_other_mail(work).name
    except Invalid:
        return ""


def _blank() -> Values:
    form: Values = dict.fromkeys([*SHAPE.texts, *SHAPE.flags], "")
    return {**form, "incoming": "imap", "outgoing": "relay", "imap_security": "tls",
            "smtp_security": "starttls", "imap_sign_in": "password",
            "smtp_sign_in": "password"}  # fmt: skip


def _values(box: Mailbox) -> Values:
    form = _blank()
    form |= {
        "name": box.name,
        "address": box.address,
        "queue_id": box.queue_id or "",
        "brand_id": box.brand_id or "",
        "incoming": box.incoming,
        "outgoing": box.outgoing,
        "acknowledges": "1" if box.acknowledges else "",
        "is_trusted": "1" if box.is_trusted else "",
        **{name: str(box.oauth.get(name, "")) for name in ("token_url", "client_id", "scope")},
    }
    for kind, server in (("imap", box.imap), ("smtp", box.smtp)):
        form |= {f"{kind}_{name}": str(server[name]) for name in SERVER if name in server}
    form["imap_folder"] = str(box.imap.get("folder", ""))
    return form
