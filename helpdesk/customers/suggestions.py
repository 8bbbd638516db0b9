"""Suggesting that two records are one person: finding pairs by index, keeping what was answered.

A suggestion only ever asks; people merge. A pair that somebody dismissed is not suggested again.
Not for the scoring itself (see `duplicates`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import BindParameter, and_, bindparam, delete, exists, or_, select
from sqlalchemy.orm import aliased

from helpdesk.core.db import insert_if_absent
from helpdesk.core.errors import NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.ready import Ready
from helpdesk.core.rows import needing_nothing
from helpdesk.core.work import Work
from helpdesk.customers import permissions, search
from helpdesk.customers.duplicates import SUGGESTED_FROM, Judgement, Record, judge
from helpdesk.customers.events import DuplicateDismissed, DuplicateSuggested
from helpdesk.customers.models import ContactPoint, Customer, DuplicateSuggestion

# A switchboard's number is on many records; comparing them all would tell nobody anything.
MOST_SHARING = 30
MOST_SHARING_AT_ONCE = 5  # while somebody waits for an answer
MOST_NAMED = 20
MOST_COLLEAGUES = 100
BATCH = 200


def renew(work: Work, customer_ids: Iterable[str], *, by_name: bool = False) -> None:
    """Look again for records that share an address with these; `by_name` also by name."""
    ids = list(customer_ids)
    for record in _records(work, ids if by_name else _worth_a_look(work, ids)):
        others = _sharing(work, record, MOST_SHARING)
        if by_name:
            others |= _named(work, record)
        stored = _stored(work, record.id)
        _keep(work, record, _records(work, sorted(others - {record.id})), stored, by_name)


def _worth_a_look(work: Work, ids: Sequence[str]) -> list[str]:
    """Those that share an address with another, or have a suggestion that may be stale."""
    found: set[str] = set()
    for statement in _WORTH_A_LOOK:
        found.update(work.session.scalars(statement, {"ids": ids}))
    return [one for one in ids if one in found]


_own, _others = aliased(ContactPoint), aliased(ContactPoint)
_IDS: BindParameter[str] = bindparam("ids", expanding=True)
_WORTH_A_LOOK = (
    select(_own.customer_id)
    .distinct()
    .where(
        _own.customer_id.in_(_IDS),
        exists().where(
            _others.kind == _own.kind,
            _others.value == _own.value,
            _others.customer_id != _own.customer_id,
        ),
    ),
    select(DuplicateSuggestion.first_id).where(DuplicateSuggestion.first_id.in_(_IDS)),
    select(DuplicateSuggestion.second_id).where(DuplicateSuggestion.second_id.in_(_IDS)),
)


def greet(work: Work, record: Record) -> None:
    """The first look at a record that was made a moment ago."""
    others = _sharing(work, record, MOST_SHARING_AT_ONCE)
    if others:
        _keep(work, record, _records(work, sorted(others)), {}, False)


def scan_batch(work: Work, after: str | None = None, size: int = BATCH) -> str | None:
    """One batch of the nightly look at all records; answers where to go on, None at the end."""
    statement = select(Customer.id).where(Customer.merged_into_id.is_(None))
    if after:
        statement = statement.where(Customer.id > after)
    ids = list(work.session.scalars(statement.order_by(Customer.id).limit(size)))
    renew(work, ids, by_name=True)
    return ids[-1] if len(ids) == size else None


def dismiss(work: Work, suggestion_id: str) -> None:
    """Say that the two are different people; the pair never returns."""
    permissions.require_desk(work)
    found = work.session.get(DuplicateSuggestion, suggestion_id) if is_id(suggestion_id) else None
    if found is None:
        raise NotFound
    for customer_id in (found.first_id, found.second_id):
        permissions.get_customer(work, customer_id)
    if found.dismissed_at is None:
        found.dismissed_at = work.at
        found.dismissed_by = work.actor.id if is_id(work.actor.id) else None
        work.session.flush()
        work.emit(DuplicateDismissed(customer_id=found.first_id, other_id=found.second_id))
        work.audit("duplicate.dismissed", "customer", found.first_id, other_id=found.second_id)


def _keep(
    work: Work,
    record: Record,
    others: Sequence[Record],
    stored: dict[str, DuplicateSuggestion],
    thorough: bool,
) -> None:
    judged = {other.id: judge(record, other) for other in others}
    wanted = {id_: j for id_, j in judged.items() if j.score >= SUGGESTED_FROM}
    for other_id, judgement in wanted.items():
        old = stored.get(other_id)
        if old is None and not _answered(work, record.id, other_id):
            _store(work, record.id, other_id, judgement)
        elif old and old.dismissed_at is None and old.score != judgement.score:
            old.score, old.evidence = judgement.score, list(judgement.evidence)
    # Without a look at names, a pair that rests on its names has not been looked at.
    stale = [
        old.id
        for other_id, old in stored.items()
        if other_id not in wanted
        and old.dismissed_at is None
        and (thorough or any("Same e-mail" in e or "Same phone" in e for e in old.evidence))
    ]
    if stale:
        work.session.execute(delete(DuplicateSuggestion).where(DuplicateSuggestion.id.in_(stale)))
    work.session.flush()


def _store(work: Work, one: str, other: str, judgement: Judgement) -> None:
    first, second = sorted((one, other))
    row = {
        "id": new_id(),
        "first_id": first,
        "second_id": second,
        "score": judgement.score,
        "evidence": list(judgement.evidence),
        "found_at": work.at,
    }
    if insert_if_absent(work.session, DuplicateSuggestion, row):
        work.emit(DuplicateSuggested(customer_id=one, other_id=other, score=judgement.score))


def _answered(work: Work, one: str, other: str) -> bool:
    """True when somebody dismissed the pair in the name of records merged into them since."""
    table = DuplicateSuggestion
    ones, others = (
        select(Customer.id).where(or_(Customer.id == id_, Customer.merged_into_id == id_))
        for id_ in (one, other)
    )
    return (
        work.session.scalar(
            select(table.id)
            .where(
                table.dismissed_at.is_not(None),
                or_(
                    and_(table.first_id.in_(ones), table.second_id.in_(others)),
                    and_(table.first_id.in_(others), table.second_id.in_(ones)),
                ),
            )
            .limit(1)
        )
        is not None
    )


def _stored(work: Work, customer_id: str) -> dict[str, DuplicateSuggestion]:
    table = DuplicateSuggestion
    rows = work.session.scalars(
        select(table).where(or_(table.first_id == customer_id, table.second_id == customer_id))
    )
    return {(r.second_id if r.first_id == customer_id else r.first_id): r for r in rows}


def _sharing(work: Work, record: Record, most: int) -> set[str]:
    """Others with one of the same addresses, the provers first."""
    found: set[str] = set()
    for kind, value in record.points:
        asked = {"kind": kind, "value": value, "own": record.id, "most": most}
        found.update(row.customer_id for row in _SHARING.all(work.sql, asked))
    return found


_POINT = ContactPoint.__table__.c
# The record itself may wait to be written: it is left out anyway.
_SHARING = Ready(
    needing_nothing(
        select(_POINT.customer_id)
        .where(
            _POINT.kind == bindparam("kind"),
            _POINT.value == bindparam("value"),
            _POINT.customer_id != bindparam("own"),
        )
        .order_by(_POINT.verified_at.is_(None), _POINT.id.desc())
        .limit(bindparam("most"))
    )
)


def _named(work: Work, record: Record) -> set[str]:
    if not record.name:
        return set()
    found = set(search.named_like(work, record.name, MOST_NAMED))
    if record.organisation_id is not None:
        found.update(
            work.session.scalars(
                select(Customer.id)
                .where(Customer.organisation_id == record.organisation_id)
                .limit(MOST_COLLEAGUES)
            )
        )
    return found


def _records(work: Work, ids: Sequence[str]) -> list[Record]:
    if not ids:
        return []
    points: dict[str, dict[tuple[str, str], bool]] = defaultdict(dict)
    for owner, kind, value, proved_at in work.session.execute(
        select(
            ContactPoint.customer_id,
            ContactPoint.kind,
            ContactPoint.value,
            ContactPoint.verified_at,
        ).where(ContactPoint.customer_id.in_(ids))
    ):
        proved = proved_at is not None
        points[owner][kind, value] = points[owner].get((kind, value), False) or proved
    rows = work.session.execute(
        select(Customer.id, Customer.name, Customer.organisation_id).where(
            Customer.id.in_(ids), Customer.merged_into_id.is_(None)
        )
    )
    return [Record(id_, name, organisation, points[id_]) for id_, name, organisation in rows]
