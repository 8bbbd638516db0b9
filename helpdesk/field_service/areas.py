"""Whether a place lies in a territory: by how its postcode begins, or within an outline. Pure.

Plain geometry in degrees: a territory is a town or a county, so the earth may be flat here, and an
outline may cross the date line only if it is written in two parts. Not for distances (`travel`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from helpdesk.core.errors import Invalid

MOST_POSTCODES = 500
MOST_CORNERS = 200
_POSTCODE = re.compile(r"[0-9A-Z]{1,10}")
_NO_LETTERS = re.compile(r"[^0-9A-Z]")
_CORNER = re.compile(r"\s*(-?[0-9]{1,3}(?:\.[0-9]{1,8})?)[,;\s]+(-?[0-9]{1,3}(?:\.[0-9]{1,8})?)\s*")


class Area(Protocol):
    """What of a territory counts here; without postcodes and outline it holds nothing."""

    @property
    def postcodes(self) -> Sequence[str]: ...
    @property
    def outline(self) -> Sequence[Sequence[float]]: ...


def is_inside(area: Area, postcode: str, lat: float | None, lon: float | None) -> bool:
    """By its postcode where the area lists any that fit, else by its pin."""
    plain = plain_postcode(postcode)
    if plain and any(plain.startswith(begin) for begin in area.postcodes):
        return True
    if lat is None or lon is None or len(area.outline) < 3:
        return False
    return _in_outline(area.outline, lat, lon)


def plain_postcode(text: str) -> str:
    return _NO_LETTERS.sub("", text.upper())


def read_postcodes(texts: Sequence[str]) -> list[str]:
    """Beginnings of postcodes, each once, sorted; Invalid for what is none."""
    found = sorted({plain_postcode(text) for text in texts if text.strip()})
    wrong = [text for text in texts if text.strip() and not plain_postcode(text)]
    if wrong or any(not _POSTCODE.fullmatch(one) for one in found):
        shown = (wrong or found)[0][:20]
        raise Invalid(fields={"postcodes": f"“{shown}” is no beginning of a postcode."})
    if len(found) > MOST_POSTCODES:
        raise Invalid(fields={"postcodes": f"List at most {MOST_POSTCODES}."})
    return found


def read_outline(text: str) -> list[list[float]]:
    """Corners as they are typed, one `53.55, 9.99` a line; Invalid for what is no outline."""
    lines = [line for line in text.splitlines() if line.strip()]
    corners = []
    for number, line in enumerate(lines, 1):
        shape = _CORNER.fullmatch(line)
        if shape is None:
            raise Invalid(fields={"outline": f"Line {number} is no corner; write 53.55, 9.99."})
        corners.append([float(shape[1]), float(shape[2])])
    return checked_outline(corners)


def checked_outline(corners: Sequence[Sequence[float]]) -> list[list[float]]:
    kept = [[float(lat), float(lon)] for lat, lon in corners]
    if len(kept) > 1 and kept[0] == kept[-1]:
        kept.pop()
    if any(not (-90 <= lat <= 90 and -180 <= lon <= 180) for lat, lon in kept):
        raise Invalid(fields={"outline": "Latitudes go to 90 and longitudes to 180 degrees."})
    if 0 < len(kept) < 3:
        raise Invalid(fields={"outline": "An outline has at least three corners."})
    if len(kept) > MOST_CORNERS:
        raise Invalid(fields={"outline": f"Use at most {MOST_CORNERS} corners."})
    return kept


def _in_outline(outline: Sequence[Sequence[float]], lat: float, lon: float) -> bool:
    """Even-odd: how often a ray to the north crosses the outline."""
    inside = False
    for (lat_a, lon_a), (lat_b, lon_b) in zip(outline, [*outline[1:], outline[0]], strict=True):
        if (lon_a > lon) != (lon_b > lon):
            crossing = lat_a + (lon - lon_a) / (lon_b - lon_a) * (lat_b - lat_a)
            inside ^= lat < crossing
    return inside
