"""Articles beside a new request: while it is written, before it is sent, and "this answered it".

With a script the page asks for them as the customer types; without one they stand on a page between
the form and its sending, once. Nothing of it holds a request up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from flask import Response, request

from helpdesk.core.errors import TooMany
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work, begin, reading
from helpdesk.kb import offers
from helpdesk.kb.offers import Person, Place
from helpdesk.kb.uses import Case
from helpdesk.web import doors
from helpdesk.web.bodies import Body, form_body
from helpdesk.web.doors import allow
from helpdesk.web.help_centre.places import address, language_for
from helpdesk.web.portal import door, frame
from helpdesk.web.portal.frame import Here
from helpdesk.web.widget.throttle import Allowance
from helpdesk.workflows import articles_found, articles_offered
from helpdesk.workflows.articles_offered import Offered

OWN = "field-"
typed = Allowance(120, 60, "That was fast. Go on in a moment.")
OfferId = Annotated[str, msgspec.Meta(max_length=40)]


class Typed(Body, frozen=True):
    """What stands in the form so far. `seen` are the articles that stand beside it already."""

    subject: Annotated[str, msgspec.Meta(max_length=1_000)] = ""
    text: Annotated[str, msgspec.Meta(max_length=1_000)] = ""
    offer: OfferId = ""
    seen: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


class Answered(Body, frozen=True):
    offer: OfferId
    article: OfferId = ""
    undo: bool = False


@door.post("/requests/suggestions")
@allow("customer")
def suggestions() -> Response:
    """A few lines for the page's script; empty when nothing fits, or nothing was found in time."""
    given = form_body(Typed)
    try:
        typed.spend(doors.actor().id)
    except TooMany:
        return Response("", 204)
    with reading(doors.actor()) as work:
        at = frame.mine(work)
        place = _place(work, at)
        offered = articles_offered.offer(
            work, words(given.subject, given.text), place=place, offer_id=given.offer
        )
    articles_offered.note(offered, who(at), place, given.seen.split())
    return doors.fragment(
        "portal/_offers.html", offered=offered, say=at.say, address=address, live=True
    )


@door.post("/requests/answered")
@allow("customer")
def answered() -> tuple[dict[str, bool], int]:
    """The script's way to say that an article answered it, and to take that back."""
    given = form_body(Answered)
    return {"noted": _declare(given)}, 200


@door.post("/requests/no-need")
@allow("customer", uploads=True)
def no_need() -> Response:
    """The same without a script: a kind word, and everything that was typed for going on."""
    chosen = request.form.get("answered", "")
    offer = request.form.get("offer", "")
    if is_id(offer) and is_id(chosen):
        _declare(Answered(offer=offer, article=chosen))
    with reading(doors.actor()) as work:
        at = frame.mine(work)
        return frame.show(
            "request_no_need.html", at, kept=kept(request.form), offer=offer, chosen=chosen
        )


def kept(form: Mapping[str, str]) -> dict[str, str]:
    """What a form without a script carries on: the request as it was typed."""
    plain = ("subject", "text", "kind", "form_id", "order", "asset")
    return {
        name: text[:20_000] for name, text in form.items() if name in plain or name.startswith(OWN)
    }


def before_sending(work: Work, at: Here, subject: str, text: str) -> tuple[Offered, Place]:
    """What may answer a request that a page without a script is about to send."""
    place = _place(work, at)
    return articles_offered.offer(work, words(subject, text), place=place, typing=False), place


def sent(work: Work, at: Here, offer_id: str, ticket_id: str) -> None:
    """They wrote all the same."""
    if is_id(offer_id):
        offers.wrote(work, offer_id, who(at), Case("ticket", ticket_id))


def words(subject: str, text: str) -> str:
    """What is looked for; the search reads no more than this."""
    return f"{subject} {text}".strip()[: articles_found.LONGEST_ASKED]


def who(at: Here) -> Person:
    return offers.person(at.signed_in.id)


def take_back(offer_id: str) -> None:
    """What they said before does not hold."""
    if is_id(offer_id):
        _declare(Answered(offer=offer_id, undo=True))


def _place(work: Work, at: Here) -> Place:
    return Place("portal", language_for(work, at.say.language))


def _declare(given: Answered) -> bool:
    with begin(doors.actor()) as work:
        at = frame.mine(work)
        if given.undo:
            return offers.take_back(work, given.offer, who(at))
        return offers.declare(work, given.offer, given.article, who(at))


def shown(offered: Offered) -> dict[str, Any]:
    """For a page that shows them between form and sending."""
    return {"offered": offered, "address": address, "live": False}
