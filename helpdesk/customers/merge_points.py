"""Addresses and tags in a merge: the parts where a new customer id alone would not do.

Both records may have the same address or tag; one copy stays. Called by `merge`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select

from helpdesk.core.db import insert_if_absent
from helpdesk.core.work import Work
from helpdesk.customers.models import ContactPoint, CustomerTag, Tag

_WHEN = ("verified_at", "created_at")


def join(work: Work, kept_id: str, merged_id: str, account: str) -> dict[str, Any]:
    """Settle what the two records' addresses say twice or against each other."""
    mine, theirs = _points(work, kept_id), _points(work, merged_id)
    changes: dict[str, dict[str, list[Any]]] = {}
    dropped = []
    by_address = {(point.kind, point.value): point for point in mine}
    for other in theirs:
        own = by_address.get((other.kind, other.value))
        if own is None:
            continue
        goes, stays = (own, other) if _is_proved(other) and not _is_proved(own) else (other, own)
        if goes.is_preferred and not stays.is_preferred and goes is own:
            _change(changes, stays, "is_preferred", True)
        dropped.append(_as_row(goes))
        work.session.delete(goes)
    preferred = {point.kind for point in mine if point.is_preferred}
    gone = {row["id"] for row in dropped}
    if account != "both":
        for point in theirs if account == "kept" else mine:
            if point.kind == "external" and _is_proved(point) and point.id not in gone:
                _change(changes, point, "verified_at", None)
    for other in theirs:
        if other.is_preferred and other.kind in preferred and other.id not in gone:
            own = by_address.get((other.kind, other.value))
            if own is None or not own.is_preferred:
                _change(changes, other, "is_preferred", False)
    work.session.flush()
    return {"points": changes, "dropped": dropped}


def part(work: Work, undo: dict[str, Any]) -> list[str]:
    """Take back what `join` did; answers in words what stays as people made it since."""
    stays: list[str] = []
    for id_, changed in undo["points"].items():
        point = work.session.get(ContactPoint, id_)
        for column, (before, after) in changed.items():
            if point is None:
                stays.append("An address was removed since and stays removed.")
            elif _plain(getattr(point, column)) != after:
                stays.append(f"{point.value} was changed since and stays so.")
            elif column == "verified_at" and _is_held(work, point):
                stays.append(f"{point.value} is proved by another record now.")
            else:
                setattr(point, column, _instant(before) if column in _WHEN else before)
                work.session.flush()
    for row in undo["dropped"]:
        values = {k: _instant(v) if k in _WHEN else v for k, v in row.items()}
        work.session.execute(insert(ContactPoint).values(**values))
    return stays


def join_tags(work: Work, kept_id: str, merged_id: str) -> dict[str, list[str]]:
    """All tags of both on the one that stays."""
    mine, theirs = _tags(work, kept_id), _tags(work, merged_id)
    added = sorted(theirs - mine)
    work.session.execute(delete(CustomerTag).where(CustomerTag.customer_id == merged_id))
    for tag_id in added:
        row = {"customer_id": kept_id, "tag_id": tag_id}
        insert_if_absent(work.session, CustomerTag, row)
    return {"moved": sorted(theirs), "added": added}


def part_tags(work: Work, kept_id: str, merged_id: str, undo: dict[str, list[str]]) -> None:
    work.session.execute(
        delete(CustomerTag).where(
            CustomerTag.customer_id == kept_id, CustomerTag.tag_id.in_(undo["added"])
        )
    )
    there = set(work.session.scalars(select(Tag.id).where(Tag.id.in_(undo["moved"]))))
    for tag_id in sorted(there):
        row = {"customer_id": merged_id, "tag_id": tag_id}
        insert_if_absent(work.session, CustomerTag, row)


def _points(work: Work, customer_id: str) -> list[ContactPoint]:
    return list(
        work.session.scalars(
            select(ContactPoint)
            .where(ContactPoint.customer_id == customer_id)
            .order_by(ContactPoint.id)
            .execution_options(populate_existing=True)
        )
    )


def _tags(work: Work, customer_id: str) -> set[str]:
    rows = select(CustomerTag.tag_id).where(CustomerTag.customer_id == customer_id)
    return set(work.session.scalars(rows))


def _is_proved(point: ContactPoint) -> bool:
    return point.verified_at is not None


def _is_held(work: Work, point: ContactPoint) -> bool:
    held = select(ContactPoint.id).where(
        ContactPoint.kind == point.kind,
        ContactPoint.value == point.value,
        ContactPoint.verified_at.is_not(None),
        ContactPoint.id != point.id,
    )
    return work.session.scalar(held.limit(1)) is not None


def _change(
    changes: dict[str, dict[str, list[Any]]], point: ContactPoint, column: str, after: Any
) -> None:
    changes.setdefault(point.id, {})[column] = [_plain(getattr(point, column)), after]
    setattr(point, column, after)


def _as_row(point: ContactPoint) -> dict[str, Any]:
    return {c.name: _plain(getattr(point, c.name)) for c in ContactPoint.__table__.columns}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _instant(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)
