"""Whether a caller may be recorded: told or asked before they enter a line, and what they say.

Nobody enters a line before the announcement was heard to its end: an agent who is free at once
would cut it off. Not for recording (`telephone_recording`).
"""

from __future__ import annotations

from dataclasses import asdict

from helpdesk.calls.models import Call
from helpdesk.carriers import lines
from helpdesk.carriers.models import CarrierCall, PhoneNumber
from helpdesk.core.work import Work
from helpdesk.ivr.actions import Enqueue, HangUp
from helpdesk.recordings import queries, rules, service, settings
from helpdesk.recordings.models import RecordingConsent
from helpdesk.workflows import telephone_line
from helpdesk.workflows.telephone_answers import Answer, Consent


def know(work: Work, queue_id: str) -> None:
    """Ask for the queue's rule before there are rows that wait: they would be sent one by one."""
    settings.rule_of(work, queue_id)


def before_line(
    work: Work, row: CarrierCall, call: Call, wanted: Enqueue, language: str = ""
) -> Consent | None:
    """What the caller is to hear first; None where nothing is recorded, or all is said."""
    if call.direction != "in" or telephone_line.item_of(work, call) is not None:
        return None
    rule = settings.rule_of(work, wanted.queue_id)
    if rule.mode == "never":
        return None
    consent = queries.consent_of(work, call.conversation_id) if call.is_asked else None
    if consent is None:
        call.is_asked = True
        language = language or _language(work, row)
        consent = service.ask(
            work, call.conversation_id, rule, language=language, waits_for=asdict(wanted)
        )
    return _question(consent) if consent.state == "asked" else None


def heard(work: Work, sid: str, key: str) -> Answer:
    """The announcement is over: what the caller pressed counts once, and they enter their line."""
    row = lines.find(work, sid)
    call = telephone_line.call_of(work, row) if row is not None else None
    if row is None or call is None or row.ended_at is not None:
        return Answer((HangUp(),))
    telephone_line.hold(work, call)  # before its consent, as everywhere
    if call.ended_at is not None:
        return Answer((HangUp(),))
    consent = queries.consent_of(work, call.conversation_id, for_update=True)
    if consent is None:
        return Answer((HangUp(),))
    service.settle(work, consent, rules.verdict(consent.mode, key))
    wanted = Enqueue(**consent.waits_for)
    return Answer((wanted,), telephone_line.enter(work, call, wanted))


def _question(consent: RecordingConsent) -> Consent:
    return Consent(consent.announcement, consent.language, asks=consent.mode == "ask")


def _language(work: Work, row: CarrierCall) -> str:
    number = work.session.get(PhoneNumber, row.number_id) if row.number_id else None
    return number.language if number else "en-GB"
