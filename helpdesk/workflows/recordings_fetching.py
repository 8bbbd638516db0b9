"""Recordings come from the carrier into our store, and then go at the carrier.

Runs in a worker with no transaction open while bytes flow. A hook says when a file is there; where
none came the carrier is asked. Whatever address a hook names is not looked at.
"""

from __future__ import annotations

import logging

from helpdesk.carriers import port
from helpdesk.carriers.errors import NotFetched, NotNow, NotYet, Refused
from helpdesk.carriers.port import Line
from helpdesk.channels import scanning
from helpdesk.channels.attachments import FolderStore, Stored
from helpdesk.core.actors import system
from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.recordings import files, queries, service
from helpdesk.recordings.events import RecordingsDue
from helpdesk.recordings.models import CallRecording
from helpdesk.texts import place
from helpdesk.workflows import telephone_carrying

log = logging.getLogger("helpdesk.recordings")

FETCHING = system("recordings")
LARGEST = 200 * 1024 * 1024  # three hours of telephone sound
SOUNDS = ("audio/wav", "audio/mpeg")
LOOKED_FOR = 3  # times, before a recording that the carrier does not know counts as none


def run(event_id: str) -> None:
    """The job of a worker, called by the event or by the sweeper."""
    fetch_due()


def fetch_due() -> int:
    """Do what is due; answers how many got further."""
    with reading(FETCHING) as work:
        ids = queries.due(work)
    return sum(_one(recording_id) for recording_id in ids)


def call_fetchers() -> None:
    """A duty: tries after a rest, and what a lost worker left."""
    if telephone_carrying.current() is None:
        return  # nobody could be asked
    with reading(FETCHING) as work:
        anything = files.any_due(work)
    if anything:
        with begin(FETCHING) as work:
            work.emit(RecordingsDue())


def _one(recording_id: str) -> bool:
    line = telephone_carrying.current()
    if line is None:
        return False
    with begin(FETCHING) as work:
        found = files.take(work, recording_id)
    if found is None:
        return False
    try:
        return _fetch(line, found) if found.file == "awaited" else _forget(line, found)
    except (NotFetched, Refused, Invalid) as error:
        _refuse(recording_id, str(error))
    except (NotNow, NotYet, scanning.ScannerAway) as error:
        _not_now(recording_id, str(error))
    except Exception as error:
        # Whatever a vendor's library brings: it is tried again, and told if it never works.
        log.warning("a recording was not fetched: %s", error)
        _not_now(recording_id, f"{type(error).__name__}: {error}")
    return False


def _fetch(line: Line, found: CallRecording) -> bool:
    tape = line.tape_of(found.line_sid, found.carrier_sid)
    if tape is None and found.tries < LOOKED_FOR:
        raise NotYet("The carrier does not know it yet.")
    if tape is None or tape.state == "none":
        with begin(FETCHING) as work:
            service.nothing_there(work, queries.get(work, found.id, for_update=True))
        return True
    if tape.state != "over":
        raise NotYet("The carrier is still making it.")
    settings = place.settings()
    store = FolderStore(settings.data / "attachments")
    carrier = port.carrier()
    address = carrier.recording_address(settings, tape.sid)
    with carrier.fetch(settings, address, most=LARGEST) as stream:
        stored = store.save(stream, most=LARGEST)
    try:
        return _keep(found.id, store, stored, tape.sid, tape.seconds)
    except Exception:
        store.remove(stored.id)
        raise


def _keep(
    recording_id: str, store: FolderStore, stored: Stored, sid: str, seconds: int | None
) -> bool:
    if stored.type not in SOUNDS:
        store.remove(stored.id)
        raise NotFetched("what the carrier has is no sound")
    with begin(FETCHING) as work:
        found = queries.get(work, recording_id, for_update=True)
        found.carrier_sid = found.carrier_sid or sid
        kept = files.stored(
            work, found, file_id=stored.id, size=stored.size, type=stored.type, seconds=seconds
        )
        if not kept:  # deleted, or another worker was faster
            work.after_commit(lambda: store.remove(stored.id))
        work.emit(RecordingsDue())  # the carrier's own is to go
    return kept


def _forget(line: Line, found: CallRecording) -> bool:
    """The carrier's own goes: ours is safe, or nobody wants any."""
    sid = found.carrier_sid
    if not sid:
        tape = line.tape_of(found.line_sid, "")
        if tape is None and found.tries < LOOKED_FOR:
            raise NotYet("The carrier does not know it yet.")
        sid = tape.sid if tape else ""
    if sid:
        line.forget_tape(sid)
    with begin(FETCHING) as work:
        files.gone_at_carrier(work, queries.get(work, found.id, for_update=True))
    return True


def _not_now(recording_id: str, why: str) -> None:
    with begin(FETCHING) as work:
        found = queries.get(work, recording_id, for_update=True)
        if not files.not_now(work, found, why):
            _give_up(work, found, why)


def _refuse(recording_id: str, why: str) -> None:
    with begin(FETCHING) as work:
        found = queries.get(work, recording_id, for_update=True)
        if found.file == "awaited":
            _give_up(work, found, why)
        else:
            files.not_now(work, found, why)


def _give_up(work: Work, found: CallRecording, why: str) -> None:
    log.warning("the recording %s is given up: %s", found.id, why)
    files.refuse(work, found, why)
