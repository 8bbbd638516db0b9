"""Texts leave: taken from the books, handed to the carrier, and what it said noted.

No transaction is open while the carrier is asked. Runs in a worker; the rows are the truth, so a
worker that dies costs a pause and never a text sent twice.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from twilio.rest import Client

from helpdesk.carriers.twilio import texting
from helpdesk.carriers.twilio.client import client_of
from helpdesk.core import secrets
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work, begin, reading
from helpdesk.texts import opt_outs, outbox, place, rules, threads
from helpdesk.texts.models import TextDelivery
from helpdesk.workflows.texts_in import ACTOR, REPORTS, opted_out_at_carrier

log = logging.getLogger("helpdesk.texts")

FILES = "/hooks/twilio/sms/files"
NO_ACCOUNT = "no account at a carrier is set up"


def run(event_id: str) -> None:
    """The job of a worker, called by the event or by the sweeper."""
    send_due()


def send_due() -> int:
    """Hand over what is due; answers how many went. A carrier that is away ends the round.

    What leaves lets the next text to the same number go, so it is looked again until nothing left.
    """
    client = client_of(place.settings())
    gone = 0
    while ids := _due():
        for delivery_id in ids:
            try:
                gone += _one(client, delivery_id)
            except texting.Away:
                return gone
    return gone


def _due() -> Sequence[str]:
    with reading(ACTOR) as work:
        return outbox.due(work)


def call_senders() -> None:
    """A duty: tries after a pause, and what a lost worker left."""
    with reading(ACTOR) as work:
        anything = outbox.any_overdue(work)
    if anything:
        with begin(ACTOR) as work:
            outbox.call_sender(work)


def _one(client: Client | None, delivery_id: str) -> bool:
    with begin(ACTOR) as work:
        row = outbox.take(work, delivery_id)
        if row is None:
            return False
        if opt_outs.standing(work, row.theirs) is not None:
            _refuse(work, row, rules.OPTED_OUT, "")
            return False
    try:
        if client is None:
            raise texting.Away(NO_ACCOUNT)
        sid = _before(client, row) or _send(client, row)
    except texting.Refused as error:
        with begin(ACTOR) as work:
            _refuse(work, row, error.code, str(error))
        return False
    except texting.Away as error:
        _not_now(row, str(error), is_unsure=row.is_unsure)
        raise
    except texting.Unsure as error:
        _not_now(row, str(error), is_unsure=True)
        return False
    with begin(ACTOR) as work:
        outbox.accepted(work, row.id, sid)
    return True


def _before(client: Client, row: TextDelivery) -> str | None:
    """Where an answer was lost: what the carrier has taken of it all the same."""
    if not row.is_unsure:
        return None

    def others(sids: Sequence[str]) -> set[str]:
        with reading(ACTOR) as work:
            return outbox.known_sids(work, row.theirs, sids)

    return texting.find(
        client,
        to=threads.written_address(row.channel, row.theirs),
        from_=threads.written_address(row.channel, row.ours),
        body=None if row.content_sid else row.text,
        since=row.created_at,
        others=others,
    )


def _send(client: Client, row: TextDelivery) -> str:
    base = place.settings().base_url
    return texting.send(
        client,
        to=threads.written_address(row.channel, row.theirs),
        from_=threads.written_address(row.channel, row.ours),
        body=row.text,
        media=[base + file_path(row.id, one) for one in row.attachments],
        content_sid=row.content_sid,
        variables=row.variables,
        callback=f"{base}{REPORTS}?text={row.id}",
    )


def _not_now(row: TextDelivery, why: str, *, is_unsure: bool) -> None:
    with begin(ACTOR) as work:
        outbox.not_now(work, row.id, why, is_unsure=is_unsure)


def _refuse(work: Work, row: TextDelivery, code: int | None, told: str) -> None:
    outbox.refused(work, row.id, code, rules.said(code, told))
    if code == rules.OPTED_OUT:
        opted_out_at_carrier(work, row.conversation_id, row.theirs)


def file_path(delivery_id: str, attachment_id: str) -> str:
    """Where the carrier fetches a file of this text; nobody can guess it."""
    return f"{FILES}/{delivery_id}/{attachment_id}/{_token(delivery_id, attachment_id)}"


def file_token_fits(delivery_id: str, attachment_id: str, token: str) -> bool:
    if not is_id(delivery_id) or not is_id(attachment_id):
        return False
    return secrets.signature_fits("text-file", f"{delivery_id} {attachment_id}", token)


def _token(delivery_id: str, attachment_id: str) -> str:
    return secrets.sign("text-file", f"{delivery_id} {attachment_id}")
