"""The books of files that came with texts: wanted, taken in hand, fetched or refused.

Not for fetching them (`workflows.texts_files`), nor for where they lie then (attachments).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select, update

from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.texts.events import TextFilesChanged, TextFilesDue
from helpdesk.texts.models import TextMedia

MOST = 10  # of one text
LEASE = timedelta(minutes=3)
PAUSES = tuple(timedelta(seconds=s) for s in (5, 15, 60, 300, 900))
OVERDUE = timedelta(seconds=5)
NAMES = {"image": "Photo", "video": "Video", "audio": "Audio", "text": "Text"}


def awaited(media: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Files as a message shows them before they are here; `media` is (address, claimed type)."""
    return [
        {"id": new_id(), "name": _name(kind), "type": kind[:100], "size": 0, "awaited": "fetching"}
        for _, kind in media
    ]


def want(
    work: Work,
    conversation_id: str,
    seq: int,
    media: Sequence[tuple[str, str]],
    shown: Sequence[dict[str, Any]],
) -> None:
    """Write down what is to be fetched for a message; `shown` is what `awaited` answered."""
    for (url, _), file in zip(media, shown, strict=True):
        work.insert(
            TextMedia,
            id=file["id"],
            conversation_id=conversation_id,
            seq=seq,
            url=url[:500],
            name=file["name"],
            state="waiting",
            next_try_at=work.at,
            lease_until=None,
            created_at=work.at,
        )
    if media:
        work.emit(TextFilesDue())


def due(work: Work, *, most: int = 20) -> Sequence[str]:
    return work.session.scalars(
        select(TextMedia.id).where(_is_due(work)).order_by(TextMedia.next_try_at).limit(most)
    ).all()


def any_overdue(work: Work) -> bool:
    late = TextMedia.next_try_at <= work.at - OVERDUE
    return bool(work.session.scalar(select(exists().where(_is_due(work), late))))


def call_fetcher(work: Work) -> None:
    work.emit(TextFilesDue())


def take(work: Work, media_id: str) -> TextMedia | None:
    """Take one in hand; None when another has it."""
    taken = work.session.execute(
        update(TextMedia)
        .where(TextMedia.id == media_id, _is_due(work))
        .values(
            state="fetching",
            lease_until=work.at + LEASE,
            next_try_at=work.at + LEASE,
            tries=TextMedia.tries + 1,
        )
        .returning(TextMedia.id)
        .execution_options(synchronize_session=False)
    ).first()
    return work.session.get(TextMedia, media_id, populate_existing=True) if taken else None


def done(work: Work, media: TextMedia) -> None:
    _end(work, media, "done", "")


def refuse(work: Work, media: TextMedia, why: str) -> None:
    """It will not be fetched, ever."""
    _end(work, media, "refused", why)


def not_now(work: Work, media: TextMedia, why: str) -> bool:
    """Try again later; False when it has been tried often enough."""
    if media.tries > len(PAUSES):
        return False
    media.state, media.lease_until, media.error = "waiting", None, why[:300]
    media.next_try_at = work.at + PAUSES[media.tries - 1]
    return True


def _end(work: Work, media: TextMedia, state: str, why: str) -> None:
    media.state, media.lease_until, media.error = state, None, why[:300]
    work.emit(TextFilesChanged(conversation_id=media.conversation_id, seq=media.seq))


def _is_due(work: Work) -> ColumnElement[bool]:
    return or_(
        and_(TextMedia.state == "waiting", TextMedia.next_try_at <= work.at),
        and_(TextMedia.state == "fetching", TextMedia.lease_until < work.at),
    )


def _name(kind: str) -> str:
    return NAMES.get(kind.partition("/")[0], "File")
