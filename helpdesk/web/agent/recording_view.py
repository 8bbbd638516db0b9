"""How recordings stand beside their calls: a player, or a sentence that says why there is none."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from helpdesk.channels.models import Conversation
from helpdesk.core.work import Work
from helpdesk.recordings import queries, rules, settings
from helpdesk.recordings.models import CallRecording, RecordingConsent, RecordingRule

_REFUSED = {
    "other key": "Not recorded: the caller pressed another key than 1.",
    "no key": "Not recorded: the caller pressed no key.",
}


@dataclass(frozen=True, slots=True)
class RecordingView:
    """`told` stands where nothing can be heard, with the day `at` and a reason after it."""

    id: str
    conversation_id: str
    seconds: int | None
    began_at: datetime | None
    plays: bool
    told: str = ""
    at: datetime | None = None
    why: str = ""
    pauses: int = 0
    downloads: bool = False
    may_hold: bool = False
    on_hold: bool = False


def recording_views(
    work: Work, conversation_ids: Collection[str]
) -> dict[str, list[RecordingView]]:
    """By conversation, for what a page shows of them, in a few queries."""
    consents = queries.consents_of(work, conversation_ids)
    if not consents:
        return {}
    found = queries.of_calls(work, list(consents))
    pauses = queries.pauses_of(work, [one.id for some in found.values() for one in some])
    own_rules = settings.all_rules(work)
    rows = work.session.execute(
        select(Conversation.id, Conversation.agent_id).where(Conversation.id.in_(found))
    )
    agents: dict[str, str | None] = {row.id: row.agent_id for row in rows}
    views: dict[str, list[RecordingView]] = {}
    for conversation_id, consent in consents.items():
        some = found.get(conversation_id, [])
        if not some and consent.state in ("refused", "withdrawn"):
            views[conversation_id] = [_none(conversation_id, consent)]
        for one in some:
            sure = [pause for pause in pauses.get(one.id, []) if pause.confirmed_at]
            rule = own_rules.get(one.queue_id) or settings.rule_of(work, one.queue_id)
            view = _view(work, one, rule, agents.get(conversation_id), len(sure))
            views.setdefault(conversation_id, []).append(view)
    return views


def of_ticket(work: Work, ticket_id: str) -> list[RecordingView]:
    """Of a ticket's calls, the oldest first."""
    ids = work.session.scalars(
        select(Conversation.id)
        .where(Conversation.ticket_id == ticket_id, Conversation.channel.in_(("call", "callback")))
        .order_by(Conversation.id)
        .limit(50)
    ).all()
    views = recording_views(work, ids) if ids else {}
    return [view for one in ids for view in views.get(one, [])]


def _none(conversation_id: str, consent: RecordingConsent) -> RecordingView:
    told = _REFUSED.get(consent.how, "Not recorded: the caller did not want it.")
    return RecordingView("", conversation_id, None, None, plays=False, told=told)


def _view(
    work: Work, one: CallRecording, rule: RecordingRule, agent_id: str | None, pauses: int
) -> RecordingView:
    told, at, why = _told(one)
    stored = one.file == "stored"
    may = rules.may_listen(work.actor, rule.listeners, agent_id)
    if stored and not may:
        told = "Recorded. You may not listen to recordings of this queue."
    return RecordingView(
        one.id,
        one.conversation_id,
        one.seconds,
        one.began_at,
        plays=stored and may,
        told=told,
        at=at,
        why=why,
        pauses=pauses,
        downloads=stored and rules.may_download(work.actor, rule.downloads),
        may_hold=stored and work.actor.is_supervisor,
        on_hold=one.on_hold,
    )


def _told(one: CallRecording) -> tuple[str, datetime | None, str]:
    if one.tape == "failed":
        return "Not recorded: the carrier did not begin it.", None, ""
    match one.file:
        case "deleted" if one.deleted_why == "retention":
            return "Recording deleted", one.deleted_at, "by retention"
        case "deleted" | "unwanted":
            return "Recording deleted", one.deleted_at, "because the caller did not want it"
        case "none":
            return "The carrier has no recording of this call.", None, ""
        case "refused":
            return f"The recording could not be fetched: {one.error}.", None, ""
        case "awaited" if one.tape == "over":
            return "The recording is being fetched.", None, ""
    return "", None, ""
