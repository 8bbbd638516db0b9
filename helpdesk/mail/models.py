"""Tables of e-mail: mailboxes and how they speak, mails that came in, mails that go out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, pk


class MailBrand(Base):
    """A name under which mails go out. `language` is taken where the customer's has no wording."""

    __tablename__ = "mail_brand"

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(80), unique=True)
    sender_name: Mapped[str] = mapped_column(String(80), default="")
    language: Mapped[str] = mapped_column(String(10), default="en")
    is_default: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)


class MailWording(Base):
    """One text of a brand in one language; see `wording` for the kinds."""

    __tablename__ = "mail_wording"

    brand_id: Mapped[str] = mapped_column(Id, ForeignKey("mail_brand.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(10), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    subject: Mapped[str] = mapped_column(String(200), default="")
    text: Mapped[str] = mapped_column(Text)


class Mailbox(Base):
    """An address of ours, where its mail is fetched and by what its answers leave.

    `incoming` is imap or none (mail is delivered to us); `outgoing` is relay (SMTP_URL) or smtp.
    `secrets_sealed` holds passwords and tokens. `is_trusted`: its mails may carry our control
    headers, because only programs of ours write to it.
    """

    __tablename__ = "mailbox"

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(80))
    address: Mapped[str] = mapped_column(String(254), unique=True)
    brand_id: Mapped[str | None] = mapped_column(Id, ForeignKey("mail_brand.id"))
    queue_id: Mapped[str | None] = mapped_column(Id)
    is_active: Mapped[bool] = mapped_column(default=True)
    from_environment: Mapped[bool] = mapped_column(default=False)
    acknowledges: Mapped[bool] = mapped_column(default=False)
    is_trusted: Mapped[bool] = mapped_column(default=False)
    incoming: Mapped[str] = mapped_column(String(8), default="none")
    imap: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    """{"host", "port", "security": tls/starttls/none, "user", "sign_in": password/oauth2, "folder"}
    """
    outgoing: Mapped[str] = mapped_column(String(8), default="relay")
    smtp: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    oauth: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    """{"token_url", "client_id", "scope"}; the client's secret and the refresh token are sealed."""
    secrets_sealed: Mapped[str] = mapped_column(Text, default="")
    uid_validity: Mapped[int | None]
    error: Mapped[str] = mapped_column(String(300), default="")
    failing_since: Mapped[datetime | None]
    looked_at: Mapped[datetime | None]
    sending_error: Mapped[str] = mapped_column(String(300), default="")
    not_sending_since: Mapped[datetime | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class IncomingMail(Base):
    """One mail that came in; `sha256` names its bytes in the store. Nothing accepted has no row.

    `once_key` makes five deliveries of one mail one row. `state` is waiting, done or quarantined;
    `outcome` ticket, reply, attached, duplicate or quarantine.
    """

    __tablename__ = "incoming_mail"
    __table_args__ = (
        Index(
            "ix_incoming_mail_waiting",
            "received_at",
            postgresql_where=text("state = 'waiting'"),
            sqlite_where=text("state = 'waiting'"),
        ),
        Index("ix_incoming_mail_list", "state", "received_at", "id"),
        Index("ix_incoming_mail_conversation", "conversation_id", "seq"),
    )

    id: Mapped[pk]
    once_key: Mapped[str] = mapped_column(String(64), unique=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    message_id: Mapped[str] = mapped_column(String(400), index=True, default="")
    mailbox_id: Mapped[str | None] = mapped_column(Id)
    envelope_from: Mapped[str | None] = mapped_column(String(320))
    envelope_to: Mapped[list[str]] = mapped_column(Json, default=list)
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    outcome: Mapped[str] = mapped_column(String(12), default="")
    reason: Mapped[str] = mapped_column(String(300), default="")
    kind: Mapped[str] = mapped_column(String(12), default="")
    sender_name: Mapped[str] = mapped_column(String(160), default="")
    sender_address: Mapped[str] = mapped_column(String(254), default="")
    doubt: Mapped[str] = mapped_column(String(300), default="")
    subject: Mapped[str] = mapped_column(String(300), default="")
    ticket_id: Mapped[str | None] = mapped_column(Id)
    conversation_id: Mapped[str | None] = mapped_column(Id)
    seq: Mapped[int | None]
    copies: Mapped[int] = mapped_column(default=0)  # how often it came again
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    handled_at: Mapped[datetime | None]


class MailBody(Base):
    """What was read of a mail: the whole text, and the formatted one made harmless.

    `inline` lists the attachment id of each picture that lies in the mail, None where it is
    missing; `remote` the addresses of those that lie elsewhere.
    """

    __tablename__ = "mail_body"

    mail_id: Mapped[str] = mapped_column(Id, ForeignKey("incoming_mail.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    quoted: Mapped[str] = mapped_column(Text, default="")
    signature: Mapped[str] = mapped_column(Text, default="")
    html: Mapped[str] = mapped_column(Text, default="")
    remote: Mapped[list[str]] = mapped_column(Json, default=list)
    inline: Mapped[list[Any]] = mapped_column(Json, default=list)
    headers: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    notes: Mapped[list[str]] = mapped_column(Json, default=list)
    defects: Mapped[list[str]] = mapped_column(Json, default=list)


class MailCorrespondent(Base):
    """An address that takes part in a conversation: the customer's, or one we have written to."""

    __tablename__ = "mail_correspondent"

    conversation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    address: Mapped[str] = mapped_column(String(254), primary_key=True)
    since: Mapped[datetime]


class OutgoingMail(Base):
    """One mail that goes out, with the one id it keeps through all tries.

    `state` is queued, sending (until `lease_until`), sent, failed or bounced. `once_key` makes a
    reply one mail however often its event comes.
    """

    __tablename__ = "outgoing_mail"
    __table_args__ = (
        Index(
            "ix_outgoing_mail_due",
            "next_try_at",
            postgresql_where=text("state IN ('queued', 'sending')"),
            sqlite_where=text("state IN ('queued', 'sending')"),
        ),
        Index("ix_outgoing_mail_conversation", "conversation_id", "seq"),
        Index("ix_outgoing_mail_to", "to_address", "created_at"),
    )

    id: Mapped[pk]
    once_key: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10), default="queued")
    mailbox_id: Mapped[str | None] = mapped_column(Id)
    customer_id: Mapped[str | None] = mapped_column(Id)
    ticket_id: Mapped[str | None] = mapped_column(Id)
    conversation_id: Mapped[str | None] = mapped_column(Id)
    seq: Mapped[int | None]
    message_id: Mapped[str] = mapped_column(String(400), unique=True)
    to_address: Mapped[str] = mapped_column(String(254))
    to_name: Mapped[str] = mapped_column(String(160), default="")
    from_address: Mapped[str] = mapped_column(String(254))
    from_name: Mapped[str] = mapped_column(String(160), default="")
    reply_to: Mapped[str] = mapped_column(String(254), default="")
    subject: Mapped[str] = mapped_column(String(300))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text, default="")
    in_reply_to: Mapped[str] = mapped_column(String(400), default="")
    references: Mapped[list[str]] = mapped_column(Json, default=list)
    attachments: Mapped[list[Any]] = mapped_column(Json, default=list)
    unsubscribe_url: Mapped[str] = mapped_column(String(500), default="")
    calendar: Mapped[str] = mapped_column(Text, default="")  # an entry for the reader's own
    is_automatic: Mapped[bool] = mapped_column(default=False)
    is_sealed: Mapped[bool] = mapped_column(default=False)  # text and html are encrypted
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(String(300), default="")
    sent_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]


class MailFuse(Base):
    """When one address may next get an automatic mail, and how many it got in a row of days."""

    __tablename__ = "mail_fuse"

    address: Mapped[str] = mapped_column(String(254), primary_key=True)
    open_at: Mapped[datetime]
    count: Mapped[int] = mapped_column(default=0)
    counted_since: Mapped[datetime]
