"""Articles beside a conversation: what fits what its customer has said, and what may be sent them.

For the desk, which reads every article; so each one also says whether this customer may open it,
and nothing of one that they may not is ever handed out for a message to them. Not for how articles
are ranked (`search.finding`), nor for noting where they were used (`workflows.knowledge`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Select, select

from helpdesk.channels import queries as conversations
from helpdesk.channels.models import Conversation, Message
from helpdesk.core.errors import Forbidden
from helpdesk.core.work import Work
from helpdesk.customers import records
from helpdesk.customers.models import Customer
from helpdesk.kb import locales, permissions, plain, queries, reading, settings, uses
from helpdesk.kb.errors import ArticleGone
from helpdesk.kb.models import Article
from helpdesk.kb.queries import Shown
from helpdesk.kb.reading import Reader
from helpdesk.tickets import permissions as tickets
from helpdesk.workflows import articles_found
from helpdesk.workflows.articles_found import Hit

MOST = 5
ALWAYS = 3
NEAR = 0.5  # of the best one's score, for more than three
LOOKED_BACK = 8
LONGEST_SAID = articles_found.LONGEST_ASKED
SPOKEN = ("call", "callback")
Place = Literal["reply", "note"]
Kind = Literal["ticket", "conversation"]


@dataclass(frozen=True, slots=True)
class Case:
    """A case as the search sees it; `language` is its customer's, empty where nobody knows."""

    kind: Kind
    id: str
    ids: Sequence[str]  # with what belongs to it: uses are noted on any of these
    said: str
    language: str
    customer_id: str


@dataclass(frozen=True, slots=True)
class Beside:
    """`closed` says why it may not go to this customer, empty where it may."""

    hit: Hit
    audience: str
    closed: str
    is_foreign: bool  # in another language than the customer's
    ways: frozenset[str]  # how it was used in this case


@dataclass(frozen=True, slots=True)
class Suggested:
    """`mark` names what was asked: who shows it already is answered by None."""

    mark: str
    items: Sequence[Beside] = ()
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """What to put into a message: `text` is all of the article where `is_whole`."""

    title: str
    locale: str
    slug: str
    text: str
    is_whole: bool
    is_closed: bool  # for colleagues' notes alone


def case_of(work: Work, kind: Kind, case_id: str) -> Case:
    """NotFound where the actor does not see it."""
    if kind == "ticket":
        ticket = tickets.get_visible(work, case_id)
        own = list(
            work.session.scalars(
                select(Conversation.id).where(Conversation.ticket_id == ticket.id).limit(50)
            )
        )
        said = _said(work, ticket.subject, _words_of(own, ("visitor",)))
        return _case(work, kind, ticket.id, own, said, ticket.customer_id)
    talk = conversations.get_visible(work, case_id)
    # On the telephone nothing is written but what the agent notes of it.
    authors = ("visitor", "agent:") if talk.channel in SPOKEN else ("visitor",)
    subject = talk.reason if talk.channel in (*SPOKEN, "form", "email") else ""
    said = _said(work, subject, _words_of([talk.id], authors))
    of_ticket = [talk.ticket_id] if talk.ticket_id else []
    return _case(work, kind, talk.id, of_ticket, said, talk.customer_id)


def suggest(work: Work, case: Case, *, asked: str = "", had: str = "") -> Suggested | None:
    """The best for what the customer has said, or for `asked`; None where `had` is the answer."""
    words = asked.strip() or case.said
    mark = _mark(words, case.language)
    if had == mark:
        return None
    if not words:
        return Suggested(mark)
    found = articles_found.find(work, words, locale=case.language, limit=MOST)
    return Suggested(mark, _beside(work, case, _in_order(found.hits, case.language)), found.failed)


def _in_order(hits: Sequence[Hit], language: str) -> list[Hit]:
    """Those in the customer's language first; of what is far from the best only a few."""
    least = NEAR * max((one.score for one in hits), default=0)
    near = [one for at, one in enumerate(hits) if at < ALWAYS or one.score >= least]
    return sorted(near, key=lambda one: _is_foreign(one.locale, language))


def choose(work: Work, case: Case, article_id: str, into: Place, *, whole: bool) -> Chosen:
    """An article for a message, in the customer's language; Forbidden where it may not go there.

    `whole`: its text, which goes nowhere but where its reader may open it.
    """
    locale = case.language or settings.get(work).default_locale
    try:
        shown = queries.get_shown(work, article_id, locale, reader=customer(work, case))
    except ArticleGone:
        return _closed(work, article_id, locale, into, whole=whole)
    text, is_whole = plain.plain(shown.version.body) if whole else ("", False)
    return _chosen(shown, text, is_whole=is_whole)


def _closed(work: Work, article_id: str, locale: str, into: Place, *, whole: bool) -> Chosen:
    article = permissions.get_article(work, article_id)
    why = why_closed(article)
    if into == "reply":
        raise Forbidden(f"{why} It can't go to this customer.", code="not_for_customer")
    if whole:
        raise Forbidden(f"{why} Put its link into the note instead.", code="not_for_customer")
    return _chosen(queries.get_shown(work, article_id, locale), "", is_closed=True)


def _chosen(shown: Shown, text: str, *, is_whole: bool = False, is_closed: bool = False) -> Chosen:
    return Chosen(shown.version.title, shown.locale, shown.slug, text, is_whole, is_closed)


def why_closed(article: Article) -> str:
    """A sentence for an article that its customer may not read."""
    if not article.is_live:
        return "This article is not published."
    if article.audience == "segment":
        return "This article is for other customers."
    if article.audience == "internal":
        return "This article is for colleagues only."
    return "This article lies in a section that they may not read."


def customer(work: Work, case: Case) -> Reader:
    """The case's customer as a reader, signed in."""
    return Reader(signed_in=True, segments=permissions.segments_of(work, case.customer_id))


def said(subject: str, newest_first: Iterable[str], most: int = LONGEST_SAID) -> str:
    """The words to look for: the subject and what was said last, thanks and greetings left out.

    Pure.
    """
    parts: list[str] = []
    left = most
    for text in (subject, *newest_first):
        words = " ".join(text.split())
        if left <= 0:
            break
        if sum(len(word) > 3 for word in words.split()) < 2 and parts:
            continue
        cut = words[:left]
        if cut and cut not in parts:
            parts.append(cut)
            left -= len(cut) + 1
    return " ".join(parts)[:most].strip()


def _said(work: Work, subject: str, words: Select[Any] | None) -> str:
    return said(subject, work.session.scalars(words) if words is not None else ())


def _words_of(ids: Sequence[str], authors: Sequence[str]) -> Select[Any] | None:
    if not ids:
        return None
    wanted = select(Message.text).where(Message.conversation_id.in_(ids), Message.text != "")
    if "agent:" in authors:
        wanted = wanted.where(Message.author.startswith("agent:") | (Message.author == "visitor"))
    else:
        wanted = wanted.where(Message.author == "visitor", Message.public)
    return wanted.order_by(Message.at.desc(), Message.id.desc()).limit(LOOKED_BACK)


def _case(
    work: Work, kind: Kind, case_id: str, others: Sequence[str], said: str, customer_id: str
) -> Case:
    # Merged since: the record that it leads to is who is spoken with.
    now = records.current_ids(work, [customer_id])[customer_id]
    language = work.session.scalar(select(Customer.language).where(Customer.id == now))
    return Case(kind, case_id, [case_id, *others], said, language or "", now)


def _beside(work: Work, case: Case, hits: Sequence[Hit]) -> list[Beside]:
    ids = [one.id for one in hits]
    if not ids:
        return []
    open_to = {row.id for row in queries.readable_among(work, ids, reader=customer(work, case))}
    rows = {row.id: row for row in queries.readable_among(work, ids, reader=reading.STAFF)}
    used: dict[str, set[str]] = {}
    for use in uses.of_case(work, case.ids):
        used.setdefault(use.article_id, set()).add(use.how)
    return [
        Beside(
            hit=one,
            audience=rows[one.id].audience,
            closed="" if one.id in open_to else why_closed(rows[one.id]),
            is_foreign=_is_foreign(one.locale, case.language),
            ways=frozenset(used.get(one.id, ())),
        )
        for one in hits
        if one.id in rows
    ]


def _is_foreign(locale: str, language: str) -> bool:
    return bool(language) and locales.base_of(locale) != locales.base_of(language)


def _mark(words: str, language: str) -> str:
    given = f"{language}\n{words}".encode("utf-8", "replace")
    return hashlib.blake2b(given, digest_size=8).hexdigest()
