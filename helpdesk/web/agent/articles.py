"""Articles beside a chat, call or ticket: suggested, previewed, put into what is being written.

The page stands before this is asked, and goes on when it is not answered. What goes into a message
is made here and not in the browser, so that nothing that a customer may not read comes near one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec
from flask import Response

from helpdesk.core.work import Work, begin, reading
from helpdesk.customers.languages import name_of
from helpdesk.kb import markdown, queries
from helpdesk.search.highlighting import Piece
from helpdesk.web import doors
from helpdesk.web.agent import door
from helpdesk.web.bodies import Body, json_body, query_text
from helpdesk.web.doors import allow
from helpdesk.workflows import articles_beside, articles_found, knowledge
from helpdesk.workflows.articles_beside import Beside, Case, Chosen, Kind

Id = Annotated[str, msgspec.Meta(min_length=36, max_length=36)]


class Insert(Body, frozen=True):
    """`into` is what the text box is for now; a note is read by colleagues alone."""

    article_id: Id
    what: Literal["link", "text"]
    into: articles_beside.Place


class Solved(Body, frozen=True):
    article_id: Id
    solved: bool


@door.get("/articles/beside/conversation/<id:conversation_id>")
@door.get("/articles/beside/ticket/<id:ticket_id>")
@allow("agent", "supervisor", "admin")
def articles_beside_case(conversation_id: str = "", ticket_id: str = "") -> dict[str, Any]:
    """The best for what its customer has said, or for `q`; nothing is looked for where `had` is
    still the mark of what was asked.
    """
    asked = query_text("q", longest=articles_found.LONGEST_ASKED)
    with reading(doors.actor()) as work:
        case = _case(work, conversation_id, ticket_id)
        found = articles_beside.suggest(work, case, asked=asked, had=query_text("had"))
        if found is None:
            return {"same": True}
        items = [_line(one) for one in found.items]
        return {"mark": found.mark, "items": items, "failed": found.failed}


@door.get("/articles/<id:article_id>/preview")
@allow("agent", "supervisor", "admin")
def preview_article(article_id: str) -> Response:
    """As it is published, with what is for colleagues only in its box."""
    with reading(doors.actor()) as work:
        shown = queries.get_shown(work, article_id, query_text("locale") or "en")
        html = markdown.addressed(
            markdown.rendered(shown.version.body, internal=True).html,
            file=lambda one: f"/help/files/{one}",
            article=lambda one: f"/knowledge/{one}",
        )
        return doors.fragment(
            "agent/_article_preview.html", shown=shown, html=html, language=name_of(shown.locale)
        )


@door.post("/articles/beside/conversation/<id:conversation_id>/insert")
@door.post("/articles/beside/ticket/<id:ticket_id>/insert")
@allow("agent", "supervisor", "admin")
def insert_article(conversation_id: str = "", ticket_id: str = "") -> dict[str, Any]:
    """Words to put into the text box; that it was used is noted with the case."""
    body = json_body(Insert)
    with begin(doors.actor()) as work:
        case = _case(work, conversation_id, ticket_id)
        chosen = articles_beside.choose(
            work, case, body.article_id, body.into, whole=body.what == "text"
        )
        how = "inserted" if body.into == "reply" else "shown"
        knowledge.use_article(work, body.article_id, case.kind, case.id, how)
        words = _words(body.article_id, chosen, body.what)
        return {"text": words, "title": chosen.title, "how": how}


@door.post("/articles/beside/conversation/<id:conversation_id>/solved")
@door.post("/articles/beside/ticket/<id:ticket_id>/solved")
@allow("agent", "supervisor", "admin")
def article_solved(conversation_id: str = "", ticket_id: str = "") -> dict[str, Any]:
    """It solved the case, or it did not after all."""
    body = json_body(Solved)
    with begin(doors.actor()) as work:
        case = _case(work, conversation_id, ticket_id)
        if body.solved:
            knowledge.use_article(work, body.article_id, case.kind, case.id, "solved")
        else:
            _take_back(work, case, body.article_id)
    return {"solved": body.solved}


def _case(work: Work, conversation_id: str, ticket_id: str) -> Case:
    if ticket_id:
        return articles_beside.case_of(work, "ticket", ticket_id)
    return articles_beside.case_of(work, "conversation", conversation_id)


def _take_back(work: Work, case: Case, article_id: str) -> None:
    """Wherever in the case it was said: on the ticket, or in a conversation of it."""
    other: Kind = "conversation" if case.kind == "ticket" else "ticket"
    for one in case.ids:
        kind = case.kind if one == case.id else other
        knowledge.take_back(work, article_id, kind, one, "solved")


def _words(article_id: str, chosen: Chosen, what: str) -> str:
    base = doors.settings().base_url.rstrip("/")
    if chosen.is_closed:
        # Not even its title: who turns the note into a reply would send that along.
        return f"{base}/knowledge/{article_id}"
    link = f"{base}/help/{quote(chosen.locale)}/{quote(chosen.slug)}"
    if what == "link" or not chosen.text:
        return f"{chosen.title}: {link}"
    return chosen.text if chosen.is_whole else f"{chosen.text}\n\n{chosen.title}: {link}"


def _line(one: Beside) -> dict[str, Any]:
    return {
        "id": one.hit.id,
        "title": _pieces(one.hit.title),
        "passage": _pieces(one.hit.passage),
        "locale": one.hit.locale,
        "language": name_of(one.hit.locale) if one.is_foreign else "",
        "audience": one.audience,
        "closed": one.closed,
        "solved": "solved" in one.ways,
        "inserted": "inserted" in one.ways,
    }


def _pieces(pieces: Sequence[Piece]) -> list[tuple[str, bool]]:
    return [(one.text, one.marked) for one in pieces]
