"""Whether a caller may be recorded: told or asked before they enter a line, and what they say.

Nobody enters a line before the announcement was heard to its end: an agent who is free at once
would cut it off. So it is with whoever we ring, and with whoever is handed on to a queue that
records otherwise: they hear it to its end, and only then whom they are to speak with. Not for
recording (`telephone_recording`).
"""

from __future__ import annotations

from dataclasses import asdict

from helpdesk.calls import service as call_service
from helpdesk.calls.models import Call
from helpdesk.carriers import lines
from helpdesk.carriers.models import CarrierCall, PhoneNumber
from helpdesk.core.work import Work
from helpdesk.ivr.actions import Enqueue, HangUp
from helpdesk.recordings import queries, rules, service, settings
from helpdesk.recordings.models import RecordingConsent, RecordingRule
from helpdesk.workflows import telephone_line
from helpdesk.workflows.telephone_answers import Answer, Consent


def know(work: Work, queue_id: str) -> None:
    """Ask for the queue's rule before there are rows that wait: they would be sent one by one."""
    settings.rule_of(work, queue_id)


def before_line(
    work: Work, row: CarrierCall, call: Call, wanted: Enqueue, language: str = ""
) -> Consent | None:
    """What the caller is to hear first; None where nothing is recorded, or all is said."""
    if call.is_asked:
        return pending(work, call)
    if call.direction != "in" or call.in_line_at is not None:
        return None
    rule = settings.rule_of(work, wanted.queue_id)
    if rule.mode == "never":
        return None
    call.is_asked = True
    language = language or _language(work, row)
    return _question(
        service.ask(work, call.conversation_id, rule, language=language, waits_for=asdict(wanted))
    )


def pending(work: Work, call: Call) -> Consent | None:
    """What they have not heard to its end yet, wherever they are to be after it."""
    consent = queries.consent_of(work, call.conversation_id) if call.is_asked else None
    return _question(consent) if consent is not None and consent.state == "asked" else None


def picked_up(work: Work, row: CarrierCall, call: Call, queue_id: str | None) -> Consent | None:
    """Somebody whom we rang is told or asked before they are put through, at each try: a machine
    may have answered the one before."""
    if queue_id is None:
        return None
    rule = settings.rule_of(work, queue_id)
    consent = queries.consent_of(work, call.conversation_id) if call.is_asked else None
    if rule.mode == "never" or (consent is not None and consent.state == "withdrawn"):
        return None
    return _question(_asked(work, row, call, rule, consent))


def moved(work: Work, call: Call, row: CarrierCall, rule: RecordingRule) -> None:
    """The call goes on in a queue with that rule: its caller hears what they don't know yet."""
    consent = queries.consent_of(work, call.conversation_id) if call.is_asked else None
    state, how = (consent.state, consent.how) if consent is not None else ("", "")
    is_other = consent is None or consent.queue_id != rule.queue_id
    if rules.is_to_ask(rule.mode, state, how, is_other_queue=is_other):
        _asked(work, row, call, rule, consent)
    elif consent is not None and state == "asked" and rule.mode == "never":
        consent.state = "dropped"


def line_gone(work: Work, call: Call) -> None:
    """Whoever said something is off the line: who picks up at the next try has said nothing."""
    consent = queries.consent_of(work, call.conversation_id) if call.is_asked else None
    if consent is not None and consent.state in ("asked", "given"):
        consent.state = "dropped"


def _asked(
    work: Work,
    row: CarrierCall,
    call: Call,
    rule: RecordingRule,
    consent: RecordingConsent | None,
) -> RecordingConsent:
    call.is_asked = True
    language = _language(work, row)
    if consent is not None:
        return service.ask_again(work, consent, rule, language=language)
    return service.ask(work, call.conversation_id, rule, language=language, waits_for={})


def heard(work: Work, sid: str, key: str, turn: str) -> Answer | None:
    """The announcement is over: what the caller pressed counts once, and they enter their line.

    None: they are in one, or with somebody, and go where they belong.
    """
    row = lines.find(work, sid)
    call = telephone_line.call_of(work, row) if row is not None else None
    if row is None or call is None or row.ended_at is not None:
        return Answer((HangUp(),))
    conversation = telephone_line.hold(work, call)  # before its consent, as everywhere
    if call.ended_at is not None:
        return Answer((HangUp(),))
    consent = queries.consent_of(work, conversation.id, for_update=True)
    if consent is None:
        return Answer((HangUp(),))
    if _turn(consent) != turn:
        return None
    service.settle(work, consent, rules.verdict(consent.mode, key))
    if consent.waits_for:
        wanted = Enqueue(**consent.waits_for)
        return Answer((wanted,), telephone_line.enter(work, call, wanted))
    call_service.moved_on(work, conversation.id, conversation.customer_id, "recording")
    return None


def _question(consent: RecordingConsent) -> Consent:
    return Consent(
        consent.announcement, consent.language, asks=consent.mode == "ask", turn=_turn(consent)
    )


def _turn(consent: RecordingConsent) -> str:
    return str(round(consent.asked_at.timestamp() * 1000))


def _language(work: Work, row: CarrierCall) -> str:
    number = work.session.get(PhoneNumber, row.number_id) if row.number_id else None
    return number.language if number else "en-GB"
