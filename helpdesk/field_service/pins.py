"""Where a place is on the map: read from what somebody pastes, or found by what is known here.

No outside service is asked. What is found for an address is as good as a postcode: enough to plan
with, and marked as found, so that somebody may set it exactly. Not for rows of places (`places`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote

from sqlalchemy import select

from helpdesk.core.work import Work
from helpdesk.field_service.models import VisitPlace
from helpdesk.field_service.models_crew import Territory

NEIGHBOURS = 50
_NUMBER = r"([-+]?[0-9]{1,3}\.[0-9]{2,12})"
# The order matters: links carry the middle of the view as well as the place itself.
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"mlat={_NUMBER}&mlon={_NUMBER}",
        rf"!3d{_NUMBER}!4d{_NUMBER}",
        rf"[?&](?:q|query|ll|destination|daddr)=(?:loc:)?{_NUMBER}\s*,\s*{_NUMBER}",
        rf"geo:{_NUMBER},{_NUMBER}",
        rf"@{_NUMBER},{_NUMBER}",
        rf"#map=[0-9.]+/{_NUMBER}/{_NUMBER}",
        rf"^\s*{_NUMBER}\s*[,;/ ]\s*{_NUMBER}\s*$",
    )
)
_POSTCODE = re.compile(r"\b([0-9]{4,5}|[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2})\b")


class Pin(NamedTuple):
    lat: float
    lon: float
    how: str  # person, found


def read(text: str) -> Pin | None:
    """Coordinates or a link to a map, as it is copied; None for anything else."""
    plain = unquote(text.strip())[:2000]
    for form in _FORMS:
        found = form.search(plain)
        if found is not None:
            lat, lon = float(found.group(1)), float(found.group(2))
            return Pin(lat, lon, "person") if abs(lat) <= 90 and abs(lon) <= 180 else None
    return None


def postcode_in(address: str) -> str:
    """The last thing in an address that reads like one: house numbers stand before it."""
    found = _POSTCODE.findall(address)
    return str(found[-1]) if found else ""


def find(work: Work, address: str, postcode: str) -> Pin | None:
    """The same address at another time, the middle of its postcode's places, or of its area."""
    postcode = postcode.strip() or postcode_in(address)
    if not postcode:
        return None
    near = work.session.execute(
        select(VisitPlace.address, VisitPlace.lat, VisitPlace.lon, VisitPlace.pin)
        .where(VisitPlace.postcode == postcode, VisitPlace.lat.is_not(None))
        .order_by(VisitPlace.created_at.desc())
        .limit(NEIGHBOURS)
    ).all()
    same = [row for row in near if _plain(row.address) == _plain(address)]
    exact = [row for row in near if row.pin == "person"]
    return _middle((row.lat, row.lon) for row in same or exact or near) or _of_area(work, postcode)


def _of_area(work: Work, postcode: str) -> Pin | None:
    for area in work.session.scalars(select(Territory).where(Territory.is_active.is_(True))):
        if area.outline and any(postcode.startswith(one) for one in area.postcodes):
            return _middle((row[0], row[1]) for row in area.outline)
    return None


def _middle(points: Iterable[tuple[float, float]]) -> Pin | None:
    rows = list(points)
    if not rows:
        return None
    lat = sum(row[0] for row in rows) / len(rows)
    lon = sum(row[1] for row in rows) / len(rows)
    return Pin(round(lat, 6), round(lon, 6), "found")


def _plain(address: str) -> str:
    return "".join(letter for letter in address.casefold() if letter.isalnum())
