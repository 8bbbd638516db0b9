"""Articles beside what a visitor types, read inside the chat; what they did with them is noted.

Everybody gets what is public; a customer whose identity was proved (by the host's signature, or by
being signed in to the portal) what they may read. Nobody waits for it: too many searches from one
network, or one that fails, offer nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from flask import request

from helpdesk.channels import sites, visitors
from helpdesk.channels.models import WidgetSite
from helpdesk.core.actors import Actor
from helpdesk.core.errors import Forbidden, NotFound, TooMany
from helpdesk.core.work import Work, begin, reading
from helpdesk.kb import markdown, offers, queries
from helpdesk.kb import reading as readers
from helpdesk.kb.offers import Person, Place
from helpdesk.kb.queries import Shown
from helpdesk.kb.reading import Reader
from helpdesk.web import doors, security
from helpdesk.web.bodies import Body, json_body
from helpdesk.web.doors import allow
from helpdesk.web.help_centre.places import address, language_for
from helpdesk.web.widget.article_parts import parts
from helpdesk.web.widget.throttle import searches
from helpdesk.web.widget.views import door
from helpdesk.workflows import articles_found, articles_offered, articles_seen, portal_identity

Word = Annotated[str, msgspec.Meta(max_length=300)]
Id = Annotated[str, msgspec.Meta(max_length=40)]


class Asked(Body, frozen=True):
    """`mark` is a browser's own word for itself; `external_id` and `hash` prove who is there."""

    site: Id
    mark: Annotated[str, msgspec.Meta(max_length=64)] = ""
    external_id: Word = ""
    hash: Word = ""
    offer: Id = ""


class Typed(Asked, frozen=True, kw_only=True):
    text: Annotated[str, msgspec.Meta(max_length=1_000)]
    seen: Annotated[list[Id], msgspec.Meta(max_length=50)] = msgspec.field(default_factory=list)


class Chosen(Asked, frozen=True, kw_only=True):
    article: Id
    undo: bool = False


class Mine(Asked, frozen=True, kw_only=True):
    wrote: bool = False


@dataclass(frozen=True, slots=True)
class Who:
    """`proved` is the customer whose articles they may read; None for anybody."""

    person: Person
    proved: str | None


@door.post("/widget/articles")
@allow("public", cookies=False)
def widget_articles() -> dict[str, Any]:
    """A few titles for what was typed."""
    given = _body(Typed)
    try:
        searches.spend(doors.address() or "unknown")
    except TooMany:
        return {"offer": given.offer, "articles": []}
    with reading(_nobody()) as work:
        who = _who(work, given)
        place = Place("widget", language_for(work, ""))
        offered = articles_offered.offer(
            work,
            given.text.strip()[: articles_found.LONGEST_ASKED],
            place=place,
            offer_id=given.offer,
            reader=_reader(work, who),
        )
    articles_offered.note(offered, who.person, place, given.seen)
    shown = [
        {"id": one.id, "lang": one.locale, "title": "".join(part.text for part in one.title)}
        for one in offered.hits
    ]
    return {"offer": offered.id, "articles": shown}


@door.post("/widget/articles/read")
@allow("public", cookies=False)
def read_widget_article() -> dict[str, Any]:
    """One of them as lines of text; where anybody may read it, the address of its page as well."""
    given = _body(Chosen)
    with reading(_nobody()) as work:
        who = _who(work, given)
        language = language_for(work, "")
        shown = queries.get_shown(work, given.article, language, reader=_reader(work, who))
        is_public = bool(queries.readable_among(work, [given.article], reader=readers.ANYBODY))
    actor = Actor("visitor", "chat", customer_id=who.person.customer_id)
    articles_seen.read(actor, given.article, shown.version.locale, offer_id=given.offer)
    return _told(shown, is_public=is_public)


@door.post("/widget/articles/answered")
@allow("public", cookies=False)
def note_widget_answer() -> dict[str, bool]:
    """They say that it answered them, or that it did not after all."""
    given = _body(Chosen)
    with begin(_nobody()) as work:
        person = _who(work, given).person
        if given.undo:
            return {"noted": offers.take_back(work, given.offer, person)}
        return {"noted": offers.declare(work, given.offer, given.article, person)}


@door.post("/widget/articles/mine")
@allow("public", cookies=False)
def know_widget_reader() -> dict[str, int]:
    """The browser chats now: what it was offered before belongs to that customer.

    Or it has left a message, as nobody we know: that was a contact (`wrote`).
    """
    given = _body(Mine)
    with begin(_nobody()) as work:
        person = _who(work, given).person
        if given.wrote:
            offers.wrote(work, given.offer, person)
        if person.customer_id is None or not given.mark:
            return {"known": 0}
        return {"known": offers.is_of(work, offers.person(None, given.mark), person.customer_id)}


def _told(shown: Shown, *, is_public: bool) -> dict[str, Any]:
    lines = parts(markdown.rendered(shown.version.body).html)
    return {
        "title": shown.version.title,
        "lang": shown.locale,
        "parts": [[one.kind, one.text] for one in lines],
        "url": address(shown.locale, shown.slug) if is_public else None,
    }


def _body(shape: type[Any]) -> Any:
    if not security.comes_from_here(doors.settings()):
        raise Forbidden("Use the chat itself.", code="foreign_origin")
    return json_body(shape)


def _who(work: Work, given: Asked) -> Who:
    site = sites.find_site(work, given.site) if given.site else None
    if site is None:
        raise NotFound("This chat is not available.", code="unknown_site")
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    visitor = (
        visitors.find_visitor(work, token.strip(), site.id) if kind.lower() == "bearer" else None
    )
    proved = _proved(work, site, given)
    if proved is None and visitor is not None and visitor.identified_at is not None:
        proved = visitor.customer_id
    known = proved or (visitor.customer_id if visitor is not None else None)
    return Who(offers.person(known, given.mark), proved)


def _proved(work: Work, site: WidgetSite, given: Asked) -> str | None:
    if not given.hash:
        return None
    found = portal_identity.customer_of(work, site, given.external_id, given.hash)
    return found.id if found is not None else None


def _reader(work: Work, who: Who) -> Reader:
    return articles_offered.reader_of(work, who.proved)


def _nobody() -> Actor:
    return doors.nobody().actor
