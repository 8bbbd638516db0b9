"""Who may see, write, publish and set up articles: predicates, and the one fetch that asks them.

The desk writes and reads all of them; colleagues in the field read what is live; customers read
what is live and meant for them, visitors what is public. "Not yours" and "not there" answer alike.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select

from helpdesk.core.actors import Actor
from helpdesk.core.errors import Forbidden
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.customers.models import Customer, CustomerTag, Tag
from helpdesk.kb import reading, settings
from helpdesk.kb.errors import ArticleGone
from helpdesk.kb.models import Article, Section, Segment
from helpdesk.kb.reading import Reader


def writes(actor: Actor) -> bool:
    return actor.kind == "system" or actor.on_desk


def sets_up(actor: Actor) -> bool:
    """Sections, segments and articles of others' without asking."""
    return actor.kind == "system" or actor.is_supervisor


def may_publish(work: Work, audience: str) -> bool:
    """Whether the actor may let readers of this audience see something."""
    if sets_up(work.actor):
        return True
    allowed = settings.get(work).agents_publish
    return writes(work.actor) and (
        allowed == "all" or (allowed == "internal" and audience == "internal")
    )


def require_writing(work: Work) -> None:
    """As if it did not exist for everybody who does not write."""
    if not writes(work.actor):
        raise ArticleGone


def require_set_up(work: Work) -> None:
    require_writing(work)
    if not sets_up(work.actor):
        raise Forbidden("A supervisor sets up sections and audiences.")


def require_publishing(work: Work, audience: str) -> None:
    require_writing(work)
    if not may_publish(work, audience):
        raise Forbidden("A supervisor publishes this. Ask for a review.", code="needs_review")


def reader_of(work: Work) -> Reader:
    """What the actor is among readers of published articles."""
    actor = work.actor
    if actor.kind == "system" or actor.is_staff:
        return reading.STAFF
    if actor.role != "customer" or actor.customer_id is None:
        return Reader(signed_in=actor.role == "customer")
    return Reader(signed_in=True, segments=segments_of(work, actor.customer_id))


def segments_of(work: Work, customer_id: str) -> frozenset[str]:
    """The segments that a customer belongs to."""
    rows = work.session.scalars(select(Segment)).all()
    if not rows:
        return frozenset()
    organisation_id = work.session.scalar(
        select(Customer.organisation_id).where(Customer.id == customer_id)
    )
    tags = set(
        work.session.scalars(
            select(Tag.name)
            .join(CustomerTag, CustomerTag.tag_id == Tag.id)
            .where(CustomerTag.customer_id == customer_id)
        )
    )
    return frozenset(row.id for row in rows if reading.belongs(rule_of(row), tags, organisation_id))


def rule_of(row: Segment) -> reading.Rule:
    return reading.Rule(
        row.id, frozenset(row.tags), frozenset(row.organisation_ids), row.needs_both
    )


def sections_of(work: Work) -> list[Section]:
    """All sections that are there; there are tens of them."""
    wanted = select(Section).where(Section.removed_at.is_(None))
    return list(work.session.scalars(wanted.order_by(Section.position, Section.id)))


def readable(work: Work, reader: Reader | None = None) -> ColumnElement[bool]:
    """Over Article: what this reader (None: the actor) may read as it is published."""
    reader = reader or reader_of(work)
    if reader.is_staff:
        return Article.is_live.expression
    ways: list[ColumnElement[bool]] = [Article.audience == "public"]
    if reader.signed_in:
        ways.append(Article.audience == "signed_in")
    if reader.segments:
        own = Article.segment_id.in_(sorted(reader.segments))
        ways.append(and_(Article.audience == "segment", own))
    closed = reading.closed_sections(sections_of(work), reader)
    if not closed:
        return and_(Article.is_live, or_(*ways))
    open_one = or_(Article.section_id.is_(None), Article.section_id.not_in(sorted(closed)))
    return and_(Article.is_live, or_(*ways), open_one)


def visible(work: Work, statement: Select[Any]) -> Select[Any]:
    """Narrow a statement over Article to what the actor may see: the desk sees drafts as well."""
    return statement if writes(work.actor) else statement.where(readable(work))


def get_article(work: Work, article_id: str, *, lock: bool = False) -> Article:
    """The article if the actor may see it, held where it is to be changed; else ArticleGone."""
    found = None
    if is_id(article_id):
        wanted = visible(work, select(Article).where(Article.id == article_id))
        if lock:
            wanted = wanted.with_for_update().execution_options(populate_existing=True)
        found = work.session.scalar(wanted)
    if found is None:
        raise ArticleGone
    return found
