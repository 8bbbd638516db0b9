"""Who may hear a recording or a voice message, and how long recordings stay.

Each listening is asked for first and written down; the address that it answers is the listener's
own and lasts some hours. Not for fetching the files (`recordings_fetching`).
"""

from __future__ import annotations

import hmac
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from helpdesk.calls import recorded_sounds
from helpdesk.channels import attachments
from helpdesk.channels import queries as channels
from helpdesk.channels.attachments import Store
from helpdesk.channels.models import Attachment, Conversation
from helpdesk.core import secrets
from helpdesk.core.actors import system
from helpdesk.core.errors import Conflict, Forbidden, NotFound
from helpdesk.core.work import Work, begin
from helpdesk.recordings import files, queries, rules, settings
from helpdesk.recordings.models import CallRecording, RecordingRule

KEEPING = system("upkeep")
HEARD_FOR = timedelta(hours=4)
BATCH = 100
LONGEST_READ = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sound:
    """A file to be heard: where it lies and what it is."""

    file_id: str
    type: str
    size: int
    name: str = ""


def listen(work: Work, recording_id: str) -> dict[str, Any]:
    """Address, length and pauses, for somebody about to listen. NotFound, Forbidden, Conflict."""
    found, conversation, rule = _visible(work, recording_id)
    _may_listen(work, rule, conversation)
    _need_file(found)
    work.audit("recording.listened", "recording", found.id, conversation_id=conversation.id)
    pauses = queries.pauses_of(work, [found.id]).get(found.id, [])
    told = [(one.confirmed_at, one.ended_at) for one in pauses]
    return {
        "url": f"/desk/recordings/{found.id}/sound/{_token(work, found.id)}",
        "seconds": found.seconds,
        "pauses": [asdict(gap) for gap in rules.gaps(found.began_at, told, found.seconds)],
    }


def sound(work: Work, recording_id: str, token: str) -> Sound:
    """The file behind an address that `listen` answered; permission is asked again."""
    _need_token(work, recording_id, token)
    found, conversation, rule = _visible(work, recording_id)
    _may_listen(work, rule, conversation)
    return _need_file(found)


def download(work: Work, recording_id: str) -> Sound:
    """The file to take away; written down, too."""
    found, conversation, rule = _visible(work, recording_id)
    if not rules.may_download(work.actor, rule.downloads):
        raise Forbidden("You may not download recordings of this queue.")
    got = _need_file(found)
    work.audit("recording.downloaded", "recording", found.id, conversation_id=conversation.id)
    return got


def hold(work: Work, recording_id: str, *, on: bool) -> None:
    """A legal hold: it stays, whatever its queue says, until somebody takes the hold off."""
    if not work.actor.is_supervisor:
        raise Forbidden("Only supervisors put recordings on hold.")
    found, conversation, _ = _visible(work, recording_id, for_update=True)
    if found.on_hold == on:
        return
    if on:
        _need_file(found)
    found.on_hold = on
    what = "recording.held" if on else "recording.released"
    work.audit(what, "recording", found.id, conversation_id=conversation.id)


def listen_to_message(work: Work, attachment_id: str, store: Store) -> dict[str, Any]:
    """The same for a voice message, which is a file of a conversation."""
    found = _message(work, attachment_id)
    work.audit(
        "voice_message.listened", "attachment", found.id, conversation_id=found.conversation_id
    )
    return {
        "url": f"/desk/files/{found.id}/sound/{_token(work, found.id)}",
        "seconds": _length(found, store),
        "pauses": [],
    }


def _length(found: Attachment, store: Store) -> int | None:
    """Of what a page recorded, which does not say itself how long it is."""
    if found.type != "audio/webm" or found.size > LONGEST_READ:
        return None
    with store.open(found.id) as file:
        sound = recorded_sounds.read(file.read(), 0)
    return sound.seconds if sound else None


def message_sound(work: Work, attachment_id: str, token: str) -> Sound:
    _need_token(work, attachment_id, token)
    found = _message(work, attachment_id)
    return Sound(found.id, found.type, found.size, found.name)


def _message(work: Work, attachment_id: str) -> Attachment:
    found = attachments.get_for(work, attachment_id, work.actor)
    if not found.type.startswith("audio/"):
        raise NotFound("This is no sound.")
    return found


def _visible(
    work: Work, recording_id: str, *, for_update: bool = False
) -> tuple[CallRecording, Conversation, RecordingRule]:
    found = queries.get(work, recording_id, for_update=for_update)
    try:
        conversation = channels.get_visible(work, found.conversation_id)
    except NotFound as error:
        raise NotFound(queries.ABSENT) from error
    return found, conversation, settings.rule_of(work, found.queue_id)


def _may_listen(work: Work, rule: RecordingRule, conversation: Conversation) -> None:
    if not rules.may_listen(work.actor, rule.listeners, conversation.agent_id):
        raise Forbidden("You may not listen to recordings of this queue.")


def _need_file(found: CallRecording) -> Sound:
    if found.file != "stored" or found.file_id is None:
        raise Conflict("This recording is not here.", code="no_file")
    return Sound(found.file_id, found.type, found.size or 0, f"Call {found.id[:8]}.wav")


def _token(work: Work, subject_id: str) -> str:
    until = int((work.at + HEARD_FOR).timestamp())
    return f"{until}-{_signed(work, subject_id, until)}"


def _need_token(work: Work, subject_id: str, token: str) -> None:
    until, _, signature = token.partition("-")
    fits = until.isascii() and until.isdigit() and len(until) < 12
    if not fits or int(until) < work.at.timestamp():
        raise NotFound()
    own = _signed(work, subject_id, int(until))
    if not hmac.compare_digest(own.encode(), signature.encode("utf-8", "replace")):
        raise NotFound()


def _signed(work: Work, subject_id: str, until: int) -> str:
    return secrets.sign("sound", f"{subject_id} {work.actor.label} {until}")[:43]  # 172 bits


# How long they stay


def delete_outlived(store: Store) -> None:
    """Everything whose days are over, in small transactions: a killed run goes on with the next."""
    with begin(KEEPING) as work:
        own = {
            queue_id: rule.keep_days
            for queue_id, rule in settings.all_rules(work).items()
            if rule.keep_days is not None
        }
        usual = settings.usual_days(work)
    for queue_id, days in own.items():
        _delete_all(store, [queue_id], days)
    _delete_all(store, sorted(own), usual, but=True)


def _delete_all(store: Store, queue_ids: list[str], days: int, *, but: bool = False) -> None:
    while True:
        with begin(KEEPING) as work:
            old = files.outlived(work, queue_ids, days, limit=BATCH, but=but)
            for one in old:
                if file_id := files.delete(work, one, "retention"):
                    work.after_commit(partial(store.remove, file_id))
        if len(old) < BATCH:
            return
