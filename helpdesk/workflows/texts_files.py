"""Files that came with texts are fetched from the carrier, looked through, and kept as attachments.

Runs in a worker with no transaction open while bytes flow. Their message is on the desk long
before, and says that a file is being fetched.
"""

from __future__ import annotations

import logging

from helpdesk.carriers import port
from helpdesk.carriers.errors import NotFetched, NotNow
from helpdesk.channels import attachments, scanning, service
from helpdesk.channels.attachments import FolderStore, Stored
from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.texts import files, place
from helpdesk.texts.models import TextMedia
from helpdesk.workflows.texts_in import ACTOR

log = logging.getLogger("helpdesk.texts")

ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp",
           "application/pdf": "pdf", "video/mp4": "mp4", "audio/ogg": "ogg", "audio/mpeg": "mp3",
           "audio/mp4": "m4a", "audio/wav": "wav", "text/plain": "txt"}  # fmt: skip


def run(event_id: str) -> None:
    """The job of a worker, called by the event or by the sweeper."""
    fetch_due()


def fetch_due() -> int:
    """Fetch what is due; answers how many came."""
    with reading(ACTOR) as work:
        ids = files.due(work)
    return sum(_one(media_id) for media_id in ids)


def call_fetchers() -> None:
    """A duty: tries after a pause, and what a lost worker left."""
    with reading(ACTOR) as work:
        anything = files.any_overdue(work)
    if anything:
        with begin(ACTOR) as work:
            files.call_fetcher(work)


def _one(media_id: str) -> bool:
    with begin(ACTOR) as work:
        media = files.take(work, media_id)
    if media is None:
        return False
    settings = place.settings()
    store = FolderStore(settings.data / "attachments")
    try:
        with port.carrier().fetch(settings, media.url, most=settings.max_upload) as stream:
            stored = store.save(stream, most=settings.max_upload)
    except (NotNow, scanning.ScannerAway) as error:
        _not_now(media_id, str(error))
        return False
    except (NotFetched, Invalid) as error:
        _refuse(media_id, str(error))
        return False
    try:
        return _keep(media_id, store, stored)
    except Exception:
        store.remove(stored.id)
        raise


def _keep(media_id: str, store: FolderStore, stored: Stored) -> bool:
    with begin(ACTOR) as work:
        media = _held(work, media_id)
        if media.state != "fetching":  # somebody else was given it meanwhile, and was faster
            work.after_commit(lambda: store.remove(stored.id))
            return False
        ending = ENDINGS.get(stored.type)
        name = f"{media.name}.{ending}" if ending else media.name
        shown = {"id": stored.id, "name": name, "type": stored.type, "size": stored.size}
        message_id = service.file_arrived(
            work, media.conversation_id, media.seq, media.id, **shown, awaited=None
        )
        if message_id is None:
            work.after_commit(lambda: store.remove(stored.id))
        else:
            attachments.add_fetched(work, media.conversation_id, message_id, stored, name=name)
        files.done(work, media)
    return True


def _not_now(media_id: str, why: str) -> None:
    with begin(ACTOR) as work:
        media = _held(work, media_id)
        if not files.not_now(work, media, why):
            _give_up(work, media, why)


def _refuse(media_id: str, why: str) -> None:
    with begin(ACTOR) as work:
        _give_up(work, _held(work, media_id), why)


def _give_up(work: Work, media: TextMedia, why: str) -> None:
    log.warning("the file %s of a text was not fetched: %s", media.id, why)
    service.file_arrived(
        work, media.conversation_id, media.seq, media.id, awaited="refused", why=why
    )
    files.refuse(work, media, why)


def _held(work: Work, media_id: str) -> TextMedia:
    return work.session.get_one(TextMedia, media_id, with_for_update=True, populate_existing=True)
