"""Texts leave: taken from the books, handed to the carrier, and what it said noted.

No transaction is open while the carrier is asked. Runs in a worker; the rows are the truth, so a
worker that dies costs a pause and never a text sent twice.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from helpdesk.carriers import port
from helpdesk.carriers.errors import TextAway, TextRefused, TextUnsure
from helpdesk.carriers.port import Texts
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
    carrier = port.carrier().texts(place.settings())
    gone = 0
    while ids := _due():
        for delivery_id in ids:
            try:
                gone += _one(carrier, delivery_id)
            except TextAway:
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


def _one(carrier: Texts | None, delivery_id: str) -> bool:
    with begin(ACTOR) as work:
        row = outbox.take(work, delivery_id)
        if row is None:
            return False
        if opt_outs.standing(work, row.theirs) is not None:
            _refuse(work, row, rules.OPTED_OUT, "")
            return False
    try:
        if carrier is None:
            raise TextAway(NO_ACCOUNT)
        sid = _before(carrier, row) or _send(carrier, row)
    except TextRefused as error:
        with begin(ACTOR) as work:
            _refuse(work, row, error.code, str(error))
        return False
    except TextAway as error:
        _not_now(row, str(error), is_unsure=row.is_unsure)
        raise
    except TextUnsure as error:
        _not_now(row, str(error), is_unsure=True)
        return False
    with begin(ACTOR) as work:
        outbox.accepted(work, row.id, sid)
    return True


def _before(carrier: Texts, row: TextDelivery) -> str | None:
    """Where an answer was lost: what the carrier has taken of it all the same."""
    if not row.is_unsure:
        return None

    def others(sids: Sequence[str]) -> set[str]:
        with reading(ACTOR) as work:
            return outbox.known_sids(work, row.theirs, sids)

    return carrier.find(
        to=threads.written_address(row.channel, row.theirs),
        from_=threads.written_address(row.channel, row.ours),
        body=None if row.content_sid else row.text,
        since=row.created_at,
        others=others,
    )


def _send(carrier: Texts, row: TextDelivery) -> str:
    base = place.settings().base_url
    return carrier.send(
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
