"""Sounds for call flows: an upload is judged by its bytes, stored, and given to the carrier.

Not for which flow plays what (`ivr.sounds`).
"""

from __future__ import annotations

import io
from functools import partial
from typing import BinaryIO

from helpdesk.channels.attachments import Store
from helpdesk.core.actors import Actor
from helpdesk.core.errors import NotFound
from helpdesk.core.work import Work, begin, reading
from helpdesk.ivr import sounds
from helpdesk.ivr.models import CallSound
from helpdesk.ivr.sound_files import MOST_BYTES, judged


def upload(actor: Actor, store: Store, stream: BinaryIO, *, name: str) -> str:
    """Keep the file under that name; answers the sound's id. Invalid (`bad_sound`), Conflict."""
    with reading(actor) as work:
        sounds.need_room(work, name)
    content = stream.read(MOST_BYTES + 1)
    facts = judged(content)
    stored = store.save(io.BytesIO(content), most=MOST_BYTES)
    try:
        with begin(actor) as work:
            made = sounds.add_sound(
                work, name=name, file_id=stored.id, size=stored.size, facts=facts
            )
            return made.id
    except Exception:
        store.remove(stored.id)
        raise


def remove(work: Work, store: Store, sound_id: str) -> None:
    """Take it off the list. Its file stays while a version that may be made live names it."""
    file_id = sounds.remove_sound(work, sound_id)
    if not sounds.is_named_anywhere(work, sound_id):
        work.after_commit(partial(store.remove, file_id))


def for_carrier(work: Work, sound_id: str, token: str) -> CallSound:
    """The sound behind an address that a document named; NotFound for any other."""
    found = work.session.get(CallSound, sound_id)
    if found is None or not sounds.token_fits(sound_id, token):
        raise NotFound()
    return found
