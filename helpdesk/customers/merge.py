"""Making two records one, and taking it back.

Nothing is thrown away: rows change hands and `Merge.undo` keeps which ones, and what every changed
value was. Undoing restores both records, but never overwrites what people did since. Not for
deciding that two records are one person: people do (see `suggestions` for hints).

    undo = {"fields": {name: [before, after]}, "custom": {key: [[before?], [after?]]},
            "rows": {"table.column": [keys]}, "points": {id: {column: [before, after]}},
            "dropped": [contact point rows], "tags": {"moved": [ids], "added": [ids]}}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select

from helpdesk.core.clock import require_utc
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.customers import (
    custom_fields,
    holders,
    merge_points,
    permissions,
    records,
    search,
    suggestions,
)
from helpdesk.customers.events import CustomersMerged, MergeUndone
from helpdesk.customers.merge_choices import (
    ACCOUNTS,
    FIELDS,
    FieldChoice,
    Side,
    choices_of,
    decided,
)
from helpdesk.customers.models import ContactPoint, Customer, Merge

register_holder = holders.register_holder
POINTS = "contact_point.customer_id"
_CALLED = {
    "contact_point": ("address", "addresses"),
    "customer_note": ("note", "notes"),
    "timeline_entry": ("timeline entry", "timeline entries"),
    "customer": ("older merged record", "older merged records"),
}


@dataclass(frozen=True, slots=True)
class Preview:
    """`moves` counts what would change hands, by table; `points` are both sides' addresses."""

    kept: Customer
    merged: Customer
    fields: list[FieldChoice]
    points: list[ContactPoint]
    moves: dict[str, int]


def preview(work: Work, kept_id: str, merged_id: str) -> Preview:
    """What merging would do; nothing is changed."""
    permissions.require_desk(work)
    kept = permissions.get_customer(work, kept_id)
    merged = permissions.get_customer(work, merged_id)
    if kept.id == merged.id:
        raise Conflict("These are one record already.", code="already_merged")
    points = work.session.scalars(
        select(ContactPoint)
        .where(ContactPoint.customer_id.in_((kept.id, merged.id)))
        .order_by(ContactPoint.id)
    ).all()
    moves = {name.split(".")[0]: holders.count(work, name, merged.id) for name in holders.holders()}
    return Preview(kept, merged, _choices(work, kept, merged), list(points), moves)


def merge(
    work: Work, kept_id: str, merged_id: str, choices: Mapping[str, str] | None = None
) -> Merge:
    """Make `merged_id` part of `kept_id`. `choices` maps a field of the preview to its option.

    Conflict when one of them is merged already; Invalid (`choice_needed`) while two proved
    external ids differ and nobody chose.
    """
    permissions.require_desk(work)
    kept, merged = _both(work, kept_id, merged_id)
    chosen = decided(_choices(work, kept, merged), choices or {})
    undo = _take_fields(kept, merged, chosen)
    undo |= merge_points.join(work, kept.id, merged.id, chosen.get(ACCOUNTS, "both"))
    undo["tags"] = merge_points.join_tags(work, kept.id, merged.id)
    work.session.flush()
    undo["rows"] = {
        name: holders.move(work, name, merged.id, kept.id) for name in [POINTS, *holders.holders()]
    }
    merged.merged_into_id = kept.id
    for customer in (kept, merged):
        customer.version += 1
    done = Merge(
        id=new_id(),
        kept_id=kept.id,
        merged_id=merged.id,
        choices=chosen,
        undo=undo,
        at=work.at,
        actor=work.actor.label,
        undone_at=None,
    )
    work.session.add(done)
    work.session.flush()
    _read_again(work, kept, merged, done)
    work.emit(CustomersMerged(customer_id=kept.id, merge_id=done.id, merged_id=merged.id))
    work.audit("customer.merged", "customer", kept.id, merged_id=merged.id, merge_id=done.id)
    search.index(work, [kept.id, merged.id])
    suggestions.renew(work, [kept.id])
    return done


@dataclass(frozen=True, slots=True)
class Undone:
    """`stays` says in words what people changed since and therefore keeps its newer value."""

    merge: Merge
    kept: Customer
    restored: Customer
    stays: list[str]


def undo(work: Work, merge_id: str) -> Undone:
    """Take a merge back. Conflict (`undo_later_first`) while a later merge builds on it."""
    permissions.require_desk(work)
    done = (
        work.session.get(Merge, merge_id, with_for_update=True, populate_existing=True)
        if is_id(merge_id)
        else None
    )
    if done is None:
        raise NotFound
    permissions.get_customer(work, done.kept_id)
    if done.undone_at is not None:
        raise Conflict("This merge was undone already.", code="already_undone")
    _refuse_while_built_on(work, done)
    kept, restored = (
        work.session.get_one(Customer, id_, with_for_update=True, populate_existing=True)
        for id_ in (done.kept_id, done.merged_id)
    )
    work.session.flush()
    _read_again(work, done, kept, restored)
    stays = _give_back_fields(kept, done.undo)
    restored.merged_into_id = None
    for name, rows in done.undo["rows"].items():
        _, gone = holders.move_back(work, name, rows, kept.id, restored.id)
        if gone:
            stays.append(_gone(name, gone))
    stays += merge_points.part(work, done.undo)
    merge_points.part_tags(work, kept.id, restored.id, done.undo["tags"])
    done.undone_at = work.at
    for customer in (kept, restored):
        customer.version += 1
    work.session.flush()
    _read_again(work, done, kept, restored)
    work.emit(MergeUndone(customer_id=kept.id, merge_id=done.id, merged_id=restored.id))
    work.audit("customer.merge_undone", "customer", kept.id, merge_id=done.id, stays=stays)
    search.index(work, [kept.id, restored.id])
    return Undone(done, kept, restored, stays)


def collect_strays(work: Work, merge_id: str) -> int:
    """Move rows that a transaction hung on the merged record while it was being merged.

    Meant for the reaction to `customer.merged` and once more at night; answers how many.
    """
    done = work.session.get(Merge, merge_id, with_for_update=True)
    if done is None or done.undone_at is not None:
        return 0
    target = records.current_ids(work, [done.kept_id])[done.kept_id]
    found = {
        name: holders.move(work, name, done.merged_id, target)
        for name in [POINTS, *holders.holders()]
    }
    moved = sum(len(rows) for rows in found.values())
    if moved:
        before = done.undo["rows"]
        rows = {name: [*before.get(name, []), *keys] for name, keys in found.items()}
        done.undo = {**done.undo, "rows": rows}
        work.session.flush()
        search.index(work, [target])
    return moved


def _read_again(work: Work, *but: object) -> None:
    """Rows changed hands behind the session's back: renew what it, and so a caller, has of them."""
    tables = {name.split(".")[0] for name in [POINTS, *holders.holders()]}
    loaded: Any
    for loaded in list(work.session):
        if loaded not in but and loaded.__tablename__ in tables:
            work.session.refresh(loaded)


def _both(work: Work, kept_id: str, merged_id: str) -> tuple[Customer, Customer]:
    if kept_id == merged_id:
        raise Invalid("A record cannot be merged with itself.")
    # Always in the same order, so that two merges at once do not wait for each other.
    held = {id_: permissions.hold(work, id_, wholly=True) for id_ in sorted((kept_id, merged_id))}
    kept, merged = held[kept_id], held[merged_id]
    if (kept.id, merged.id) != (kept_id, merged_id):
        raise Conflict("One of these was merged meanwhile. Look again.", code="already_merged")
    return kept, merged


def _choices(work: Work, kept: Customer, merged: Customer) -> list[FieldChoice]:
    accounts: dict[str, set[str]] = {kept.id: set(), merged.id: set()}
    for owner, value in work.session.execute(
        select(ContactPoint.customer_id, ContactPoint.value).where(
            ContactPoint.customer_id.in_(accounts),
            ContactPoint.kind == "external",
            ContactPoint.verified_at.is_not(None),
        )
    ):
        accounts[owner].add(value)
    one, other = (
        Side({f: getattr(c, f) for f in FIELDS}, c.custom, accounts[c.id]) for c in (kept, merged)
    )
    labels = [(d.key, d.label) for d in custom_fields.definitions(work, "customer")]
    return choices_of(one, other, labels)


def _gone(name: str, count: int) -> str:
    table = name.split(".")[0]
    one, many = _CALLED.get(table, (table.replace("_", " "), table.replace("_", " ") + "s"))
    if count == 1:
        return f"1 {one} was removed or moved since and stays so."
    return f"{count} {many} were removed or moved since and stay so."


def _refuse_while_built_on(work: Work, done: Merge) -> None:
    later = work.session.scalars(
        select(Merge)
        .where(
            or_(Merge.kept_id == done.kept_id, Merge.merged_id == done.kept_id),
            Merge.undone_at.is_(None),
            or_(Merge.at > done.at, and_(Merge.at == done.at, Merge.id > done.id)),
        )
        .order_by(Merge.at.desc(), Merge.id.desc())
        .limit(1)
    ).first()
    if later is None:
        return
    names = [
        (work.session.get_one(Customer, id_).name or "a customer without a name")
        for id_ in (later.merged_id, later.kept_id)
    ]
    raise Conflict(
        f"First undo the merge of {names[0]} into {names[1]} of {later.at:%Y-%m-%d %H:%M} UTC.",
        code="undo_later_first",
    )


def _give_back_fields(kept: Customer, undo: Mapping[str, Any]) -> list[str]:
    stays: list[str] = []
    for field, (before, after) in undo["fields"].items():
        is_time = field in ("created_at", "last_contact_at")
        now = getattr(kept, field)
        if (require_utc(now).isoformat() if is_time else now) == after:
            setattr(kept, field, datetime.fromisoformat(before) if is_time else before)
        elif not is_time:
            stays.append(f"{FIELDS.get(field, field)} was changed since and stays so.")
    custom = dict(kept.custom)
    for key, (before, after) in undo["custom"].items():
        if _maybe(custom, key) != after:
            stays.append(f"The field {key} was changed since and stays so.")
        elif before:
            custom[key] = before[0]
        else:
            custom.pop(key, None)
    if custom != kept.custom:
        kept.custom = custom
    return stays


def _take_fields(kept: Customer, merged: Customer, chosen: Mapping[str, str]) -> dict[str, Any]:
    """Give `kept` the chosen values; answers what it had and has."""
    fields: dict[str, list[Any]] = {}
    for field in FIELDS:
        before, other = getattr(kept, field), getattr(merged, field)
        if chosen[field] == "merged" and before != other:
            setattr(kept, field, other)
            fields[field] = [before, other]
    if "organisation_id" in fields and kept.sees_organisation:
        # It was the contact of the other organisation, and is not of this one by that.
        kept.sees_organisation = False
        fields["sees_organisation"] = [True, False]
    for field, pick in (("created_at", min), ("last_contact_at", max)):
        before, other = getattr(kept, field), getattr(merged, field)
        if (after := pick(before, other)) != before:
            setattr(kept, field, after)
            fields[field] = [require_utc(before).isoformat(), require_utc(after).isoformat()]
    custom: dict[str, list[list[Any]]] = {}
    values = dict(kept.custom)
    for key in {*kept.custom, *merged.custom}:
        before_, other_ = _maybe(kept.custom, key), _maybe(merged.custom, key)
        if chosen[f"custom.{key}"] == "merged" and before_ != other_:
            values.pop(key, None)
            if other_:
                values[key] = other_[0]
            custom[key] = [before_, other_]
    if custom:
        kept.custom = values
    return {"fields": fields, "custom": custom}


def _maybe(values: Mapping[str, Any], key: str) -> list[Any]:
    return [values[key]] if key in values else []
