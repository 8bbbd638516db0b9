"""What every page of the portal stands in: brand, language, who reads, and small cookies.

with reading(doors.actor()) as work:
    here = frame.here(work)
    return frame.show("home.html", here, ...)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, request

from helpdesk.core.errors import NotFound
from helpdesk.core.work import Work
from helpdesk.customers import records
from helpdesk.customers.models import Customer
from helpdesk.identity.service import zones
from helpdesk.web import doors, marks
from helpdesk.web.portal import brand, speech
from helpdesk.web.portal.speech import Say
from helpdesk.workflows import portal_identity, portal_owned

LANGUAGE = "language"
KEPT_S = 180 * 86_400
NOTES = frozenset(
    {"saved", "sent", "closed", "reopened", "rated", "added", "removed", "proved", "claimed",
     "signed_out", "code_sent", "again", "follow_up", "helped", "not_helped", "missing", "chosen",
     "withdrawn", "export_asked", "erase_asked", "erase_stopped", "number_proved", "invited",
     "joined", "left", "came_back", "password_changed", "password_set", "link_sent",
     "signed_out_there", "visit_booked", "visit_moved", "visit_cancelled", "place_added"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Here:
    """One request of the portal. `customer` is None for somebody who is not signed in; `vouched`
    says to the chat who they are.
    """

    say: Say
    brand: brand.Brand
    customer: Customer | None
    vouched: tuple[str, str] | None = None
    owns: bool = False  # has orders or things to look at
    visited: bool = False  # has visits, or may book one

    @property
    def signed_in(self) -> Customer:
        assert self.customer is not None
        return self.customer


def here(work: Work) -> Here:
    """For whom this page is drawn."""
    actor = work.actor
    customer = records.find(work, actor.customer_id) if actor.customer_id else None
    language = speech.chosen(
        request.args.get("lang"),
        request.cookies.get(marks.kept_name(LANGUAGE)),
        customer.language if customer else None,
        request.accept_languages.best_match(list(speech.LANGUAGES)),
    )
    own, vouched = brand.of(work), None
    if customer is not None and own.site_id is not None:
        vouched = portal_identity.vouch(work, own.site_id, customer.id)
    owns = visited = False
    if customer is not None:
        organisation = customer.organisation_id if customer.sees_organisation else None
        owns, visited = portal_owned.has_anything(work, customer.id, organisation)
    say = speech.of(language, _zone(work, customer))
    return Here(say, own, customer, vouched, owns, visited)


def mine(work: Work) -> Here:
    """The same for pages of somebody who is signed in; NotFound for an account without a record."""
    found = here(work)
    if found.customer is None:
        raise NotFound()
    return found


def show(template: str, at: Here, status: int = 200, **values: Any) -> Response:
    """A whole page of templates/portal."""
    note = request.args.get("note", "")
    values = {"errors": {}, "message": "", "area": "", **values}
    response = doors.page(
        f"portal/{template}",
        status,
        say=at.say,
        brand=at.brand,
        customer=at.customer,
        vouched=at.vouched,
        owns=at.owns,
        visited=at.visited,
        note=at.say(f"note.{note}") if note in NOTES else "",
        languages=speech.LANGUAGES,
        here_path=request.path if request.method == "GET" else "/portal",
        **values,
    )
    return remember(response)


def remember(response: Response) -> Response:
    """Keep the site and the language that the address names, for the pages after it."""
    if brand.asked():
        keep(response, brand.COOKIE, brand.asked())
    language = request.args.get("lang", "")
    if language in speech.LANGUAGES:
        keep(response, LANGUAGE, language)
    return response


def keep(response: Response, name: str, value: str) -> None:
    """Remember a choice of this browser."""
    marks.set_cookie(response, marks.kept_name(name), value, max_age=KEPT_S)


def _zone(work: Work, customer: Customer | None) -> str:
    if customer is not None and customer.timezone in zones():
        return str(customer.timezone)
    return brand.zone_of(work)
