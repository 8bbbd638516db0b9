"""In whose name the portal speaks: a chat site's name and colour, chosen by address or browser.

Colours go into a style sheet of their own, since pages may hold no style; where a brand's colour
could not be read it is darkened or lightened until it can.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import g, request

from helpdesk.calendars import queries as calendars
from helpdesk.channels import colours, looks, sites
from helpdesk.channels.looks import Look
from helpdesk.core.errors import HelpdeskError
from helpdesk.core.work import Work
from helpdesk.routing import service as routing
from helpdesk.web import marks

COOKIE = "site"
PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Brand:
    """`sheet` names the style sheet of its colour; `site_key` is empty where there is no site."""

    name: str
    sheet: str
    site_key: str = ""
    site_id: str | None = None
    queue_id: str | None = None
    calls: bool = False
    look: Look = looks.NONE


NOBODY = Brand("Helpdesk", PLAIN)


def of(work: Work) -> Brand:
    """The brand of this request: the site named by the address, by an earlier one, the default."""
    found = g.get("portal_brand")
    if found is None:
        found = g.portal_brand = _find(work)
    return found


def asked() -> str:
    """The site key that this request names, to be remembered by the browser."""
    return request.args.get("site", "")[:40]


def _find(work: Work) -> Brand:
    for key in (asked(), request.cookies.get(marks.kept_name(COOKIE), "")[:40]):
        site = sites.site_to_chat_on(work, key=key) if key else None
        if site is not None:
            break
    else:
        site = sites.site_to_chat_on(work)
    if site is None:
        return NOBODY
    sheet = site.colour.removeprefix("#").lower()
    look = looks.read(site.look)
    return Brand(site.name, sheet, site.key, site.id, site.queue_id, site.calls, look)


def zone_of(work: Work) -> str:
    """The time zone of the house, for readers whose own is not known.

    That of the site's queue; where it never closes, that of the first hours there are.
    """
    try:
        queue = routing.prefer_queue(work, None, of(work).queue_id)
        return calendars.hours_of(work, queue.calendar_id or calendars.first_id(work)).zone
    except HelpdeskError:
        return "UTC"


def sheet(name: str) -> str:
    """The style sheet of a colour of six digits (without #); nothing for the house's own."""
    colour = f"#{name}"
    if name == PLAIN or not colours.is_colour(colour):
        return ""
    brand = colours.readable(colour)
    own = f"--accent:{brand.fill};--accent-hover:{brand.fill};--on-accent:{brand.on_fill};"
    light = f"{own}--accent-text:{brand.light};--focus:{brand.light}"
    dark = f"{own}--accent-text:{brand.dark};--focus:{brand.dark}"
    return (
        f":root,:root[data-theme=light]{{{light}}}\n"
        f":root[data-theme=dark]{{{dark}}}\n"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme]){{{dark}}}}}\n"
    )
