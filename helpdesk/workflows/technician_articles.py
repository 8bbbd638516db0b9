"""Articles that fit a technician's visits, whole, so that they can be read without a net.

Asked for by the phone when its visits are others, not with every fetch of the day: it costs a
search for each kind of matter.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from helpdesk.core.work import Work
from helpdesk.field_service.models import RouteStop, Visit
from helpdesk.field_service.models_crew import VisitType
from helpdesk.kb import markdown, queries
from helpdesk.kb.errors import ArticleGone
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import articles_found, technician_day

MOST = 3  # of one visit
MOST_VISITS = 40
LONGEST = 60_000  # characters of one article's HTML


def beside(work: Work, visit_ids: list[str]) -> dict[str, Any]:
    """`{"of": {visit: [article ids]}, "articles": {id: {...}}}` for visits that are theirs."""
    technician_day.technician(work)
    rows = work.session.execute(
        select(Visit.id, VisitType.name, Ticket.subject)
        .join(VisitType, VisitType.id == Visit.visit_type_id)
        .join(RouteStop, RouteStop.visit_id == Visit.id)
        .outerjoin(Ticket, Ticket.id == Visit.ticket_id)
        .where(Visit.id.in_(visit_ids[:MOST_VISITS]), RouteStop.technician_id == work.actor.id)
    ).all()
    asked = {visit_id: f"{subject or ''} {kind}".strip() for visit_id, kind, subject in rows}
    found = {words: _found(work, words) for words in set(asked.values())}
    articles = {one["id"]: one for some in found.values() for one in some}
    return {
        "of": {visit_id: [one["id"] for one in found[words]] for visit_id, words in asked.items()},
        "articles": articles,
    }


def _found(work: Work, words: str) -> list[dict[str, Any]]:
    hits = articles_found.find(work, words[: articles_found.LONGEST_ASKED], limit=MOST).hits
    made = (_article(work, hit.id, hit.locale) for hit in hits)
    return [one for one in made if one is not None]


def _article(work: Work, article_id: str, locale: str) -> dict[str, Any] | None:
    try:
        shown = queries.get_shown(work, article_id, locale)
    except ArticleGone:
        return None
    html = markdown.rendered(shown.version.body, internal=True).html
    if len(html) > LONGEST:
        return None
    plain = markdown.addressed(html, file=lambda _: None, article=lambda _: None)
    return {"id": article_id, "locale": shown.locale, "title": shown.version.title, "html": plain}
