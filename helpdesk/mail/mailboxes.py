"""Mailboxes and brands: making and changing them, finding the one a mail was written to.

Not for fetching (`imap`) or sending (`smtp`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import orjson
from sqlalchemy import select, update

from helpdesk.core import secrets
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.mail import permissions, threads, wording
from helpdesk.mail.models import Mailbox, MailBrand, MailWording

SECURITY = ("tls", "starttls", "none")
PORTS = {"imap": {"tls": 993, "starttls": 143, "none": 143}}
PORTS["smtp"] = {"tls": 465, "starttls": 587, "none": 25}
SECRETS = ("imap_password", "smtp_password", "client_secret", "refresh_token")
_FIELDS = (
    "name", "address", "brand_id", "queue_id", "is_active", "acknowledges", "is_trusted",
    "incoming", "imap", "outgoing", "smtp", "oauth",
)  # fmt: skip


def mailboxes(work: Work, *, active_only: bool = False) -> Sequence[Mailbox]:
    statement = select(Mailbox).order_by(Mailbox.address)
    if active_only:
        statement = statement.where(Mailbox.is_active)
    return work.session.scalars(statement).all()


def get_mailbox(work: Work, mailbox_id: str) -> Mailbox:
    found = work.session.get(Mailbox, mailbox_id) if is_id(mailbox_id) else None
    if found is None:
        raise NotFound()
    return found


def written_to(boxes: Iterable[Mailbox], addresses: Iterable[str]) -> Mailbox | None:
    """The active one that the first of these is the address of; what follows a plus is left."""
    rows = {box.address: box for box in boxes if box.is_active}
    wanted = (threads.without_plus(a.lower()) for a in addresses if "@" in a)
    return next((rows[a] for a in wanted if a in rows), None)


def first_mailbox(work: Work, queue_id: str | None = None) -> Mailbox | None:
    """The mailbox that speaks for this queue, else the first of all."""
    rows = mailboxes(work, active_only=True)
    own = [row for row in rows if queue_id is not None and row.queue_id == queue_id]
    return next(iter([*own, *rows]), None)


def add_mailbox(work: Work, *, hidden: dict[str, str] | None = None, **fields: Any) -> Mailbox:
    """A new mailbox; `hidden` are its passwords and tokens, by the names in SECRETS."""
    permissions.require_set_up(work)
    box = Mailbox(id=new_id(), created_at=work.at, name="", address="", secrets_sealed="")
    work.session.add(box)
    with work.session.no_autoflush:
        _apply(work, box, {"incoming": "none", "outgoing": "relay", **fields}, hidden or {})
    work.session.flush()
    work.audit("mailbox.added", "mailbox", box.id, address=box.address)
    return box


def change_mailbox(
    work: Work,
    mailbox_id: str,
    *,
    version: int,
    hidden: dict[str, str] | None = None,
    **fields: Any,
) -> Mailbox:
    """Change what is given; an empty secret keeps the one that is stored."""
    permissions.require_set_up(work)
    box = _held(work, mailbox_id)
    if box.version != version:
        raise Conflict("Somebody changed this mailbox meanwhile.", code="stale")
    if box.from_environment and set(fields) & {"incoming", "imap", "outgoing", "smtp", "address"}:
        raise Invalid("This mailbox is set in the environment (IMAP_URL); change it there.")
    with work.session.no_autoflush:
        _apply(work, box, fields, hidden or {})
    box.version += 1
    box.error, box.failing_since = "", None
    box.sending_error, box.not_sending_since = "", None
    work.audit("mailbox.changed", "mailbox", box.id, fields=sorted(fields))
    return box


def secrets_of(box: Mailbox) -> dict[str, str]:
    """Passwords and tokens in clear; only for whoever signs in with them."""
    if not box.secrets_sealed:
        return {}
    found: dict[str, str] = orjson.loads(secrets.unseal(box.secrets_sealed))
    return found


def keep_refresh_token(work: Work, mailbox_id: str, *, version: int, token: str) -> None:
    """Store what a token server gave in place of the old one.

    Not when somebody changed the mailbox meanwhile: then it belongs to what was there before.
    """
    box = _held(work, mailbox_id)
    if box.version == version:
        _seal(box, "refresh_token", token)


def _held(work: Work, mailbox_id: str) -> Mailbox:
    """The row, held: all secrets lie in one column, so two writers would lose one."""
    get_mailbox(work, mailbox_id)
    return work.session.get_one(Mailbox, mailbox_id, with_for_update=True, populate_existing=True)


def _seal(box: Mailbox, name: str, value: str) -> None:
    box.secrets_sealed = secrets.seal(orjson.dumps({**secrets_of(box), name: value}).decode())


def note_success(work: Work, mailbox_id: str) -> None:
    work.session.execute(
        update(Mailbox)
        .where(Mailbox.id == mailbox_id)
        .values(error="", failing_since=None, looked_at=work.at)
    )


def note_failure(work: Work, mailbox_id: str, error: str) -> None:
    box = work.session.get(Mailbox, mailbox_id)
    if box is not None:
        box.error, box.looked_at = error[:300], work.at
        box.failing_since = box.failing_since or work.at


def note_sending(work: Work, mailbox_id: str, error: str) -> None:
    """How the last try to send over the mailbox's own server ended; empty: well."""
    box = work.session.get(Mailbox, mailbox_id)
    if box is not None:
        box.sending_error = error[:300]
        box.not_sending_since = (box.not_sending_since or work.at) if error else None


def brands(work: Work) -> Sequence[MailBrand]:
    return work.session.scalars(select(MailBrand).order_by(MailBrand.name)).all()


def brand_of(work: Work, box: Mailbox | None) -> MailBrand | None:
    """The mailbox's brand, else the default one."""
    if box is not None and box.brand_id is not None:
        return work.session.get(MailBrand, box.brand_id)
    return work.session.scalar(select(MailBrand).where(MailBrand.is_default).limit(1))


def save_brand(
    work: Work,
    brand_id: str | None,
    *,
    name: str,
    sender_name: str,
    language: str,
    is_default: bool = False,
) -> MailBrand:
    permissions.require_set_up(work)
    name, sender_name = name.strip(), " ".join(sender_name.split())
    if not name or len(name) > 80 or len(sender_name) > 80:
        raise Invalid(fields={"name": "Write a name of at most 80 characters."})
    taken = work.session.scalar(select(MailBrand.id).where(MailBrand.name == name))
    if taken and taken != brand_id:
        raise Conflict("There is a brand of this name.", code="name_taken")
    brand = work.session.get(MailBrand, brand_id) if brand_id else None
    first = not work.session.scalar(select(MailBrand.id).where(MailBrand.is_default))
    if brand is None:
        brand = MailBrand(id=new_id(), version=0)
        work.session.add(brand)
    brand.name, brand.sender_name = name, sender_name
    brand.language = wording.short(language) or "en"
    if is_default or first:
        others = update(MailBrand).where(MailBrand.id != brand.id)
        work.session.execute(others.values(is_default=False))
        brand.is_default = True
    brand.version += 1
    work.session.flush()
    work.audit("mail_brand.saved", "mail_brand", brand.id, name=name)
    return brand


def save_wording(
    work: Work, brand_id: str, language: str, kind: str, *, subject: str, text: str
) -> None:
    """Store one text; an empty one leads back to what is built in."""
    permissions.require_set_up(work)
    short = wording.short(language)
    if (
        kind not in wording.KINDS
        or not short.isalpha()
        or work.session.get(MailBrand, brand_id) is None
    ):
        raise NotFound()
    text, subject = text.replace("\r\n", "\n").strip("\n"), " ".join(subject.split())[:200]
    row = work.session.get(MailWording, (brand_id, short, kind))
    if not text:
        if row is not None:
            work.session.delete(row)
    else:
        wording.check(kind, text)
        wording.check_subject(kind, subject)
        if row is None:
            row = MailWording(brand_id=brand_id, language=short, kind=kind, subject="", text="")
            work.session.add(row)
        row.subject, row.text = subject, text
    work.audit("mail_wording.saved", "mail_brand", brand_id, language=short, kind=kind)


def from_environment(work: Work, imap_url: str, host: str) -> Mailbox:
    """The mailbox that IMAP_URL names, made or brought up to date.

    `imaps://user:password@host:993/INBOX?address=support@example.org`
    """
    parts = urlsplit(imap_url)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    user = unquote(parts.username or "")
    address = asked.get("address", user if "@" in user else f"{user or 'support'}@{host}").lower()
    security = "tls" if parts.scheme == "imaps" else asked.get("security", "none")
    if "starttls" in asked:
        security = "starttls"
    imap = {
        "host": parts.hostname or "localhost",
        "port": parts.port or PORTS["imap"][security],
        "security": security,
        "user": user,
        "sign_in": "password",
        "folder": unquote(parts.path.strip("/")) or "INBOX",
    }
    box = work.session.scalar(select(Mailbox).where(Mailbox.address == address))
    if box is None:
        box = Mailbox(
            id=new_id(), name=address, address=address, created_at=work.at, outgoing="relay"
        )
        work.session.add(box)
    box.from_environment, box.incoming = True, "imap"
    if box.imap != imap:
        box.imap = imap
    if secrets_of(box).get("imap_password") != unquote(parts.password or ""):
        _seal(box, "imap_password", unquote(parts.password or ""))
    work.session.flush()
    return box


def _apply(work: Work, box: Mailbox, fields: dict[str, Any], hidden: dict[str, str]) -> None:
    unknown = set(fields) - set(_FIELDS)
    if unknown:
        raise Invalid(f"A mailbox has no field {min(unknown)}.")
    for name in ("imap", "smtp"):
        if name in fields:
            fields[name] = server(name, fields[name]) if _needed(fields, box, name) else {}
    if "address" in fields:
        fields["address"] = _address(work, box, str(fields["address"]))
    if "name" in fields or not box.name:
        fields["name"] = (str(fields.get("name") or "").strip() or fields.get("address", ""))[:80]
    for name, value in fields.items():
        setattr(box, name, value)
    kept = {**secrets_of(box), **{n: v for n, v in hidden.items() if v and n in SECRETS}}
    if hidden:
        box.secrets_sealed = secrets.seal(orjson.dumps(kept).decode())


def _needed(fields: dict[str, Any], box: Mailbox, name: str) -> bool:
    if name == "imap":
        return bool(fields.get("incoming", box.incoming) == "imap")
    return bool(fields.get("outgoing", box.outgoing) == "smtp")


def server(kind: str, given: dict[str, Any]) -> dict[str, Any]:
    """Where a mail server is and how to sign in, checked."""
    security = given.get("security") or "tls"
    if security not in SECURITY:
        raise Invalid(fields={f"{kind}_security": "Choose how the line is protected."})
    host = str(given.get("host") or "").strip().lower()
    if not host or len(host) > 253 or any(c.isspace() or c in "/@\\" for c in host):
        raise Invalid(
            fields={f"{kind}_host": "Write the name of the server, like mail.example.org."}
        )
    try:
        port = int(given.get("port") or PORTS[kind][security])
    except ValueError:
        port = 0
    if not 1 <= port <= 65535:
        raise Invalid(fields={f"{kind}_port": "Write a port from 1 to 65535."})
    found = {
        "host": host,
        "port": port,
        "security": security,
        "user": str(given.get("user") or "").strip()[:254],
        "sign_in": "oauth2" if given.get("sign_in") == "oauth2" else "password",
    }
    if kind == "imap":
        found["folder"] = str(given.get("folder") or "INBOX").strip()[:200]
    return found


def _address(work: Work, box: Mailbox, text: str) -> str:
    address = text.strip().lower()
    local, at, domain = address.rpartition("@")
    bad = any(c.isspace() or c in '<>,;:"()[]\\+' for c in address)
    if not at or not local or "." not in domain or bad or len(address) > 200:
        raise Invalid(fields={"address": "Write an address, like support@example.org."})
    taken = work.session.scalar(select(Mailbox.id).where(Mailbox.address == address))
    if taken and taken != box.id:
        raise Invalid(fields={"address": "There is a mailbox with this address."})
    return address
