"""Erasing itself: lines of the table carried out for a batch of subjects, and what needs more.

Every part may run twice: what is gone already is left as it is. Bytes go before their rows are
committed, so a killed run leaves none behind. Not for the order (`erasing`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    Table,
    Text,
    and_,
    cast,
    delete,
    exists,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from helpdesk.channels.attachments import FolderStore
from helpdesk.channels.models import Attachment, Conversation, Message
from helpdesk.clocks.models import Ledger
from helpdesk.core.db import Base
from helpdesk.core.tables import Delivery, EventRow
from helpdesk.core.work import Work
from helpdesk.customers import search as customer_search
from helpdesk.customers.models import ContactPoint, Customer
from helpdesk.identity.models import User
from helpdesk.mail import place
from helpdesk.mail.models import IncomingMail, OutgoingMail
from helpdesk.mail.raw import RawStore
from helpdesk.owned.models import Asset, ShopOrder
from helpdesk.privacy.models import LegalHold
from helpdesk.recordings import files as recordings
from helpdesk.recordings.models import CallRecording
from helpdesk.rules.models import RuleTrial
from helpdesk.texts.models import TextDelivery
from helpdesk.webhooks.models import WebhookAttempt, WebhookDelivery
from helpdesk.workflows import copying, erasing_plan, erasing_table, indexing
from helpdesk.workflows.erasing_table import Line

BATCH = 500
LEAST_NEEDLE = 5
_ESCAPED = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)")  # as texts of JSON have it
_OWN_FACTS = ("tags", "fields", "subject")


def carry_out(
    work: Work, lines: Sequence[Line], subjects: Collection[str], *, but: Kept | None = None
) -> None:
    """Blank or delete what these lines say of these subjects."""
    wanted = list(subjects)
    for line in lines if wanted else ():
        table = Base.metadata.tables[line.table]
        where = _of(line, table, wanted)
        if but is not None:
            where = and_(where, *but.spared(table))
        if line.blank is None:
            work.session.execute(delete(table).where(where))
        else:
            work.session.execute(update(table).where(where).values(dict(line.blank)))


class Kept:
    """Rows of matters and talks that stay: lines by customer or address leave them alone."""

    def __init__(self, tickets: Collection[str], conversations: Collection[str]) -> None:
        self._by = {"ticket_id": list(tickets), "conversation_id": list(conversations)}

    def spared(self, table: Table) -> list[ColumnElement[bool]]:
        return [
            or_(table.c[name].is_(None), table.c[name].not_in(ids))
            for name, ids in self._by.items()
            if ids and name in table.c
        ]


def _of(line: Line, table: Table, wanted: list[str]) -> ColumnElement[bool]:
    column: ColumnElement[Any] = table.c[line.by]
    if line.through is None:
        return column.in_(wanted)
    name, key, by = line.through
    other = Base.metadata.tables[name]
    return column.in_(select(other.c[key]).where(other.c[by].in_(wanted)))


def erase_tickets(work: Work, ids: Collection[str]) -> None:
    for ledger in work.session.scalars(select(Ledger).where(Ledger.ticket_id.in_(ids))):
        ledger.facts = {
            name: _empty(value) if name in _OWN_FACTS else value
            for name, value in ledger.facts.items()
        }
    work.session.flush()
    carry_out(work, erasing_table.TICKET, ids)


def _empty(value: Any) -> Any:
    return type(value)() if isinstance(value, list | dict | str) else value


def erase_conversations(work: Work, ids: Collection[str]) -> None:
    """Words, files, recordings, raw mails and the books of all that left."""
    theirs = list(ids)
    erase_files(work, Attachment.conversation_id.in_(theirs))
    _erase_recordings(work, theirs)
    _erase_raw(work, IncomingMail.conversation_id.in_(theirs))
    _recall(work, theirs)
    carry_out(work, erasing_table.CONVERSATION, theirs)


def erase_strays(work: Work, ids: Sequence[str], addresses: Sequence[str]) -> int:
    """Mails that they wrote into what is others' or nobody's (quarantine), but into nothing that is
    held; answers how many.
    """
    if not addresses:
        return 0
    held = select(LegalHold.ticket_id)
    elsewhere = select(Conversation.id).where(
        Conversation.customer_id.not_in(ids),
        or_(Conversation.ticket_id.is_(None), Conversation.ticket_id.not_in(held)),
    )
    found = work.session.execute(
        select(IncomingMail.id, IncomingMail.conversation_id, IncomingMail.seq)
        .where(
            IncomingMail.sender_address.in_(addresses),
            or_(
                IncomingMail.conversation_id.is_(None),
                IncomingMail.conversation_id.in_(elsewhere),
            ),
        )
        .limit(50)
    ).all()
    for mail_id, conversation_id, seq in found:
        _erase_raw(work, IncomingMail.id == mail_id)
        message = None
        if conversation_id is not None:
            message = work.session.scalar(
                select(Message).where(
                    Message.conversation_id == conversation_id, Message.seq == seq
                )
            )
        if message is not None:
            erase_files(work, Attachment.message_id == message.id)
            message.text, message.attachments = "", []
        _blank(work, "mail_body", "mail_id", mail_id, erasing_table.MAIL_BODY)
        _blank(work, "incoming_mail", "id", mail_id, erasing_table.MAIL_IN)
        if message is not None:
            work.session.flush()
            indexing.renew_messages(work, [message.id])
    return len(found)


def _blank(work: Work, name: str, by: str, key: str, values: Mapping[str, Any]) -> None:
    table = Base.metadata.tables[name]
    work.session.execute(update(table).where(table.c[by] == key).values(dict(values)))


def addresses_of(work: Work, ids: Sequence[str], *, only_proved: bool = False) -> list[str]:
    """What they are known by and nobody else is: proved, or, unless `only_proved`, on no other
    record. So nobody reaches another's words by writing down their address.
    """
    other = aliased(ContactPoint)
    alone = ~exists(
        select(other.id).where(
            other.kind == ContactPoint.kind,
            other.value == ContactPoint.value,
            other.customer_id.not_in(ids),
        )
    )
    proved = ContactPoint.verified_at.is_not(None)
    points = select(ContactPoint.value).where(
        ContactPoint.customer_id.in_(ids),
        ContactPoint.kind.in_(("email", "phone")),
        proved if only_proved else or_(proved, alone),
    )
    accounts = select(User.email).where(User.customer_id.in_(ids))
    return sorted({*work.session.scalars(points), *work.session.scalars(accounts)})


def erase_said(work: Work, needles: Sequence[str]) -> None:
    """Rows of books that no key leads to, by what their text says."""
    wanted = [one for one in needles if len(one) >= LEAST_NEEDLE]
    for name, column in erasing_table.SAID_IN.items() if wanted else ():
        table = Base.metadata.tables[name]
        text, keys = cast(table.c[column], Text), list(table.primary_key.columns)
        maybe = or_(*(text.icontains(one, autoescape=True) for one in wanted))
        for *key, said in work.session.execute(select(*keys, text).where(maybe)).all():
            if says(said, wanted):
                same = and_(*(at == value for at, value in zip(keys, key, strict=True)))
                work.session.execute(delete(table).where(same))
    finished = RuleTrial.finished_at.is_not(None)
    work.session.execute(update(RuleTrial).where(finished).values(examples=[]))


def says(text: str, needles: Sequence[str]) -> bool:
    """Whether one stands there by itself: `kim@x.example` is not said by `joakim@x.example`."""
    each = "|".join(re.escape(one) for one in needles)
    wanted = rf"(?<![\w.%+-])(?:{each})(?![\w-]|\.\w)"
    return re.search(wanted, _ESCAPED.sub(" ", text), re.IGNORECASE) is not None


def waits_for_relay(work: Work, ids: Sequence[str], before: datetime) -> bool:
    """Whether something that happened to them has not been worked in yet."""
    waiting = select(EventRow.id).where(
        EventRow.relayed_at.is_(None), EventRow.customer_id.in_(ids), EventRow.at < before
    )
    return work.session.scalar(waiting.limit(1)) is not None


def erase_events(work: Work, ids: Sequence[str], subjects: ColumnElement[bool]) -> bool:
    """A batch of what is kept of events, and what was told other programs; False at the end."""
    found = list(
        work.session.scalars(
            select(EventRow.id)
            .where(or_(EventRow.customer_id.in_(ids), subjects), EventRow.relayed_at.is_not(None))
            .limit(BATCH)
        )
    )
    if not found:
        return False
    told = select(WebhookDelivery.id).where(WebhookDelivery.event_id.in_(found))
    work.session.execute(
        update(WebhookAttempt).where(WebhookAttempt.delivery_id.in_(told)).values(answer="")
    )
    work.session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.event_id.in_(found), WebhookDelivery.state == "waiting")
        .values(state="failed", done_at=work.at)
    )
    work.session.execute(
        update(WebhookDelivery).where(WebhookDelivery.event_id.in_(found)).values(body="")
    )
    failures = Base.metadata.tables["delivery_failure"]
    work.session.execute(delete(failures).where(failures.c.event_id.in_(found)))
    work.session.execute(delete(Delivery).where(Delivery.event_id.in_(found)))
    work.session.execute(delete(EventRow).where(EventRow.id.in_(found)))
    return True


def close_doors(work: Work, ids: Sequence[str]) -> None:
    """Nobody signs in or chats on as this customer from now on."""
    users = select(User.id).where(User.customer_id.in_(ids))
    for name in (
        "sign_in_session",
        "password_reset",
        "known_device",
        "api_token",
        "provider_subject",
    ):
        table = Base.metadata.tables[name]
        work.session.execute(delete(table).where(table.c.user_id.in_(users)))
    work.session.execute(update(User).where(User.customer_id.in_(ids)).values(is_active=False))
    visitors = Base.metadata.tables["visitor"]
    work.session.execute(
        update(visitors)
        .where(visitors.c.customer_id.in_(ids))
        .values(expires_at=work.at, token_hash="erased:" + cast(visitors.c.id, String))
    )


def take_nobodys(work: Work, ids: Sequence[str]) -> None:
    """Orders and things that name a proved address of theirs come to the record, and go with it."""
    addresses = erasing_plan.proved_of(work, ids)
    for table in (ShopOrder, Asset):
        work.session.execute(
            update(table)
            .where(erasing_plan.nobodys(table, addresses))
            .values(customer_id=ids[0])
            .execution_options(synchronize_session=False)
        )


def erase_accounts(work: Work, ids: Sequence[str]) -> None:
    for user in work.session.scalars(select(User).where(User.customer_id.in_(ids))):
        user.email, user.name = f"erased-{user.id}@erased.invalid", erasing_table.GONE
        user.public_name, user.password_hash, user.totp_sealed = "", None, None
        user.recovery_hashes, user.last_sign_in_at = [], None
        user.timezone, user.is_active = "UTC", False
        user.version += 1


def erase_record(work: Work, ids: Sequence[str]) -> None:
    """The record itself stays as an empty row, which figures and kept matters hang on.

    The first of `ids` is the one that the others lead to from now on.
    """
    copying.forget(work, ids)
    for customer in work.session.scalars(select(Customer).where(Customer.id.in_(ids))):
        customer.name, customer.custom, customer.owner_id = "", {}, None
        customer.organisation_id, customer.sees_organisation = None, False
        customer.language = customer.timezone = None
        customer.preferred_channel = customer.preferred_time = None
        customer.value_head_start_s = 0
        if customer.id != ids[0]:
            customer.merged_into_id = ids[0]
        customer.version += 1
    work.session.flush()
    take_out_of_search(work, ids)


def take_out_of_search(work: Work, ids: Sequence[str]) -> None:
    customer_search.forget(work, ids)
    for one in ids:
        indexing.forget_customer(work, one)


def erase_files(work: Work, which: ColumnElement[bool]) -> None:
    store = FolderStore(place.here().attachments)
    rows = work.session.scalars(select(Attachment).where(which)).all()
    for row in rows:
        store.remove(row.id)
        row.erased_at, row.name, row.sha256 = row.erased_at or work.at, erasing_table.GONE, ""
    work.session.flush()


def _erase_recordings(work: Work, conversation_ids: list[str]) -> None:
    store = FolderStore(place.here().attachments)
    rows = work.session.scalars(
        select(CallRecording).where(
            CallRecording.conversation_id.in_(conversation_ids),
            CallRecording.on_hold.is_(False),
            CallRecording.file.in_(("stored", "awaited")),
        )
    ).all()
    for row in rows:
        if (file_id := recordings.delete(work, row, "erased")) is not None:
            store.remove(file_id)
    work.session.flush()


def _erase_raw(work: Work, which: ColumnElement[bool]) -> None:
    """The bytes as they came, unless the same mail is also another customer's."""
    store = RawStore(place.here().folder)
    other = IncomingMail.__table__.alias("other")
    shared = exists(
        select(other.c.id).where(
            other.c.sha256 == IncomingMail.sha256,
            other.c.id != IncomingMail.id,
            other.c.conversation_id.is_distinct_from(IncomingMail.conversation_id),
        )
    )
    digests = select(IncomingMail.sha256).where(which, IncomingMail.sha256 != "", ~shared)
    for digest in work.session.scalars(digests):
        store.path(digest).unlink(missing_ok=True)


def _recall(work: Work, conversation_ids: list[str]) -> None:
    """What has not left yet does not leave any more."""
    work.session.execute(
        update(OutgoingMail)
        .where(
            OutgoingMail.conversation_id.in_(conversation_ids),
            OutgoingMail.state.in_(("queued", "sending")),
        )
        .values(state="failed", lease_until=None)
    )
    work.session.execute(
        update(TextDelivery)
        .where(
            TextDelivery.conversation_id.in_(conversation_ids),
            TextDelivery.state.in_(("queued", "sending")),
        )
        .values(state="failed", lease_until=None)
    )
