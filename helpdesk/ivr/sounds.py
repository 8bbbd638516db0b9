"""Sounds that call flows play: added, listed with where they are used, removed when unused.

Not for their bytes (`workflows.call_sounds`).
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from sqlalchemy import Text, cast, select

from helpdesk.core import secrets
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.ivr.flow import read
from helpdesk.ivr.models import CallSound, IvrFlow, IvrVersion
from helpdesk.ivr.sound_files import SoundFacts

LONGEST_NAME = 80
MOST = 200


def list_sounds(work: Work) -> Sequence[CallSound]:
    return work.session.scalars(
        select(CallSound).where(CallSound.removed_at.is_(None)).order_by(CallSound.name).limit(MOST)
    ).all()


def get_sound(work: Work, sound_id: str, *, for_update: bool = False) -> CallSound:
    found = work.session.get(CallSound, sound_id, with_for_update=for_update or None)
    if found is None or found.removed_at is not None:
        raise NotFound("This sound does not exist.")
    return found


def need_room(work: Work, name: str) -> str:
    """The name as it is kept; refused before any bytes are stored."""
    if not work.actor.is_admin:
        raise Forbidden("Only administrators add sounds.")
    cleaned = " ".join(name.replace("\0", "").split())
    if not cleaned or len(cleaned) > LONGEST_NAME:
        told = f"Give the sound a name of at most {LONGEST_NAME} characters."
        raise Invalid(fields={"name": told})
    there = list_sounds(work)
    if len(there) >= MOST:
        raise Conflict(f"There are {MOST} sounds already. Remove one first.", code="too_many")
    if cleaned.casefold() in {one.name.casefold() for one in there}:
        raise Conflict("There is a sound of this name already.", code="name_taken")
    return cleaned


def add_sound(work: Work, *, name: str, file_id: str, size: int, facts: SoundFacts) -> CallSound:
    made = CallSound(
        id=new_id(),
        name=need_room(work, name),
        file_id=file_id,
        type=facts.type,
        size=size,
        seconds=max(1, round(facts.seconds)),
        added_at=work.at,
    )
    work.put(made)
    work.audit("call_sound.added", "call_sound", made.id, name=made.name)
    return made


def remove_sound(work: Work, sound_id: str) -> str:
    """Answers its file, to be removed after the commit. Conflict (`in_use`) while it is played."""
    if not work.actor.is_admin:
        raise Forbidden("Only administrators remove sounds.")
    found = get_sound(work, sound_id, for_update=True)
    users = used_by(work).get(found.id, [])
    if users:
        raise Conflict(
            f"“{found.name}” is played in {', '.join(users)}. Choose another sound there first.",
            code="in_use",
        )
    found.removed_at = work.at
    work.audit("call_sound.removed", "call_sound", found.id, name=found.name)
    return found.file_id


def used_by(work: Work) -> dict[str, list[str]]:
    """By sound the flows whose draft or live version plays it; a live version can't do without."""
    found: dict[str, list[str]] = {}
    rows = work.session.execute(
        select(IvrFlow.name, IvrFlow.draft, IvrVersion.content)
        .outerjoin(
            IvrVersion,
            (IvrVersion.flow_id == IvrFlow.id) & (IvrVersion.number == IvrFlow.live_version),
        )
        .where(IvrFlow.removed_at.is_(None))
        .order_by(IvrFlow.name)
    )
    for name, draft, live in rows:
        played = read(draft).uses("sound") | (read(live).uses("sound") if live else set())
        for sound_id in played:
            found.setdefault(sound_id, []).append(name)
    return found


def is_named_anywhere(work: Work, sound_id: str) -> bool:
    """Whether any version that was ever published plays it: it may be made live again."""
    named = cast(IvrVersion.content, Text).contains(sound_id, autoescape=True)
    return work.session.scalar(select(IvrVersion.flow_id).where(named).limit(1)) is not None


def token_of(sound_id: str) -> str:
    """Who has the address of a sound may fetch it: the carrier, that is told it."""
    return secrets.sign("call-sound", sound_id)[:43]  # 172 bits


def token_fits(sound_id: str, token: str) -> bool:
    return hmac.compare_digest(token_of(sound_id).encode(), token.encode("utf-8", "replace"))
