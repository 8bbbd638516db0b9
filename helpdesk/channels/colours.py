"""A site's brand colour, made readable: which text stands on it, and how dark or light it must be.

Pure arithmetic on WCAG 2.2 contrast. Not for the desk's own colours, which are design tokens.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

READABLE = 4.5
WHITE, INK = "#ffffff", "#14171c"
# The bubbles in static/widget/frame.css: what is readable there is readable on the page behind.
LIGHT_SURFACE, DARK_SURFACE = "#eef0f4", "#2a2e37"
DEFAULT = "#3157d5"

_HEX = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class Brand:
    """`fill` with `on_fill` upon it; `light` and `dark` as text on a light or dark surface."""

    fill: str
    on_fill: str
    light: str
    dark: str


def is_colour(text: str) -> bool:
    return _HEX.fullmatch(text.lower()) is not None


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio of two `#rrggbb` colours, from 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def readable(colour: str) -> Brand:
    """The brand's colours for the widget; anything that is no colour gives the default."""
    own = colour.lower() if is_colour(colour) else DEFAULT
    if contrast(own, INK) >= 2 * READABLE:
        # A light brand (yellow, mint) keeps its character with dark text upon it.
        fill, on_fill = own, INK
    else:
        fill, on_fill = _until_readable(own, WHITE, "#000000"), WHITE
    return Brand(
        fill=fill,
        on_fill=on_fill,
        light=_until_readable(own, LIGHT_SURFACE, "#000000"),
        dark=_until_readable(own, DARK_SURFACE, "#ffffff"),
    )


def _until_readable(colour: str, against: str, towards: str) -> str:
    for step in range(21):
        mixed = _mixed(colour, towards, step / 20)
        if contrast(mixed, against) >= READABLE:
            return mixed
    return towards


def _mixed(one: str, other: str, share: float) -> str:
    pairs = zip(_parts(one), _parts(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _parts(colour: str) -> tuple[int, int, int]:
    number = int(colour[1:], 16)
    return number >> 16, number >> 8 & 0xFF, number & 0xFF


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
