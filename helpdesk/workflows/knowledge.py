"""Knowledge and cases: an article used in a ticket or chat, and one that is written from a ticket.

Whoever does either has to see the case. Not for finding articles, nor for what readers rate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from helpdesk.channels import queries as conversations
from helpdesk.channels.models import Conversation, Message
from helpdesk.core.errors import Invalid
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.kb import queries, service, uses
from helpdesk.kb.models import Article
from helpdesk.kb.queries import Line
from helpdesk.kb.uses import Case
from helpdesk.tickets import permissions as tickets
from helpdesk.tickets.history import note
from helpdesk.tickets.models import Ticket

MOST_QUOTED = 4_000
_ANSWER = "## What to do\n\n{answer}\n"
_SOURCE = "\n::: internal From {case}\n{words}\n:::\n"


@dataclass(frozen=True, slots=True)
class Used:
    """An article as it was used in a case."""

    line: Line
    how: str
    times: int


def use_article(work: Work, article_id: str, case_kind: str, case_id: str, how: str) -> bool:
    """Note that an article solved a case, was inserted in it or shown; False where it was known."""
    case, ticket_id = _seen_case(work, case_kind, case_id)
    is_new = uses.use(work, article_id, case, how)
    if is_new and ticket_id is not None and how != "shown":
        note(work, ticket_id, "article_used", details=_told(work, article_id, how))
    return is_new


def take_back(work: Work, article_id: str, case_kind: str, case_id: str, how: str) -> None:
    case, ticket_id = _seen_case(work, case_kind, case_id)
    if uses.unuse(work, article_id, case, how) and ticket_id is not None and how != "shown":
        note(work, ticket_id, "article_taken_back", details=_told(work, article_id, how))


def used_in_ticket(work: Work, ticket_id: str) -> list[Used]:
    """What was used on a ticket or in a conversation of it, the last first."""
    ticket = tickets.get_visible(work, ticket_id)
    own = select(Conversation.id).where(Conversation.ticket_id == ticket.id)
    return _used(work, [ticket.id, *work.session.scalars(own)])


def write_from_ticket(work: Work, ticket_id: str, *, locale: str | None = None) -> Article:
    """A draft with the ticket's subject, what was answered, and the question as an internal note.

    The ticket counts as solved by it, once somebody publishes what they made of it. Where nobody
    has answered yet there is the question alone, and no empty heading that might go out.
    """
    ticket = tickets.get_visible(work, ticket_id)
    asked, answered = _said(work, ticket)
    body = _ANSWER.format(answer=_quiet(answered)) if answered.strip() else ""
    body += _SOURCE.format(case=f"T-{ticket.number}", words=_quiet(asked))
    article = service.add_article(work, title=ticket.subject, body=body, locale=locale)
    uses.use(work, article.id, Case("ticket", ticket.id), "solved")
    note(work, ticket.id, "article_begun", details=_told(work, article.id, "solved"))
    return article


def _seen_case(work: Work, kind: str, case_id: str) -> tuple[Case, str | None]:
    """The case if the actor sees it, and the ticket whose history tells of it."""
    if kind == "ticket":
        return Case(kind, tickets.get_visible(work, case_id).id), case_id
    if kind != "conversation" or not is_id(case_id):
        raise Invalid(fields={"case": "Name a ticket or a conversation."})
    talk = conversations.get_visible(work, case_id)
    return Case(kind, talk.id), talk.ticket_id


def _used(work: Work, case_ids: Sequence[str]) -> list[Used]:
    rows = uses.of_case(work, case_ids)
    articles = work.session.scalars(
        select(Article).where(Article.id.in_({row.article_id for row in rows}))
    ).all()
    by_id = {line.article.id: line for line in queries.lines(work, articles)}
    return [Used(by_id[row.article_id], row.how, row.times) for row in rows]


def _told(work: Work, article_id: str, how: str) -> dict[str, str]:
    article = work.session.get_one(Article, article_id)
    title = queries.lines(work, [article])[0].text.title[:120]
    return {"article_id": article_id, "how": how, "words": title}


def _said(work: Work, ticket: Ticket) -> tuple[str, str]:
    """The customer's first words and our last ones, of what the customer may read."""
    wanted = (
        select(Message.text)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.ticket_id == ticket.id, Message.public, Message.text != "")
        .limit(1)
    )
    first = wanted.where(Message.author == "visitor").order_by(Message.at, Message.id)
    last = wanted.where(Message.author.startswith("agent:")).order_by(
        Message.at.desc(), Message.id.desc()
    )
    return work.session.scalar(first) or "", work.session.scalar(last) or ""


def _quiet(text: str) -> str:
    """Words of a conversation as Markdown that opens no boxes and no headings."""
    return "\n".join(_lines(text[:MOST_QUOTED].splitlines())).strip()


def _lines(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        bare = line.lstrip()
        yield f"\\{bare}" if bare.startswith((":::", "#", "```", "~~~", ">")) else line
