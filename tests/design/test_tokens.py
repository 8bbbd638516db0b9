"""Contrast is arithmetic, so it is computed here rather than judged by eye.

Reads `static/design/tokens.css` as text and applies the WCAG 2.2 formula to each pair of roles
that the components put on each other. Not a check of rendered pages: axe-core does that.
"""

import re
from itertools import product
from pathlib import Path

import pytest

DESIGN = Path(__file__).parents[2] / "static" / "design"
TOKENS = (DESIGN / "tokens.css").read_text(encoding="utf-8")

SURFACES = (
    "surface-page",
    "surface",
    "surface-raised",
    "surface-sunken",
    "surface-hover",
    "surface-bubble",
    "surface-selected",
)
STATES = ("success", "warning", "danger", "info")
CHANNELS = ("chat", "call", "callback", "email", "sms", "portal", "visit")
HUES = range(8)

TEXT_PAIRS = [
    *product(("text", "text-muted", "accent-text"), SURFACES),
    *product(("text-faint",), ("surface", "surface-page", "surface-raised", "surface-hover")),
    *((f"{state}-text", f"{state}-tint") for state in (*STATES, "quiet")),
    *product(
        (f"{state}-text" for state in STATES),
        ("surface", "surface-page", "surface-hover", "surface-raised"),
    ),
    *(("on-state", state) for state in STATES),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("note-text", "note-tint"),
    ("text", "note-tint"),
    *(("text", f"{state}-tint") for state in STATES),
    *((f"channel-{name}", f"channel-{name}-tint") for name in CHANNELS),
    *((f"channel-{name}", "surface") for name in CHANNELS),
    *((f"hue-{hue}", f"hue-{hue}-tint") for hue in HUES),
]
EDGE_PAIRS = [
    *product(("border-control", "focus"), ("surface", "surface-page", "surface-raised")),
    *product(("focus",), ("surface-sunken", "surface-selected", "note-tint")),
    ("accent", "surface"),
    *product(
        (f"{state}-mark" for state in ("success", "warning", "danger")),
        ("surface", "surface-page", "surface-raised", "surface-hover"),
    ),
]


def roles_of(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*([^;]+);", css))


def block_after(selector: str) -> dict[str, str]:
    start = TOKENS.index(selector + " {")
    return roles_of(TOKENS[start : TOKENS.index("}", start)])


LIGHT = block_after("\n:root")
DARK = LIGHT | block_after(':root[data-theme="dark"]')
DARK_WITHOUT_SCRIPT = LIGHT | block_after(":root:not([data-theme])")


def luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def too_weak(theme: dict[str, str], pairs: list[tuple[str, str]], least: float) -> list[str]:
    found = ((front, back, contrast(theme[front], theme[back])) for front, back in pairs)
    return [f"{front} on {back}: {ratio:.2f}" for front, back, ratio in found if ratio < least]


def test_the_formula_gives_the_known_ratio_of_black_on_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_role_is_readable_on_the_surfaces_it_stands_on(theme: dict[str, str]) -> None:
    assert too_weak(theme, TEXT_PAIRS, 4.5) == []


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_edges_of_controls_and_the_focus_ring_can_be_seen(theme: dict[str, str]) -> None:
    assert too_weak(theme, EDGE_PAIRS, 3.0) == []


def test_a_reader_without_script_gets_the_same_dark_theme() -> None:
    assert DARK_WITHOUT_SCRIPT == DARK


def test_every_colour_has_a_dark_value() -> None:
    dark_only = block_after(':root[data-theme="dark"]')
    coloured = {name for name, value in LIGHT.items() if value.startswith(("#", "rgb"))}
    assert coloured - dark_only.keys() == set()
    assert dark_only.keys() - LIGHT.keys() == set()


def our_stylesheets() -> list[Path]:
    return sorted(DESIGN.glob("*.css"))


def test_no_stylesheet_names_a_colour_of_its_own() -> None:
    colour = re.compile(r"#[0-9a-f]{3,8}\b(?=[^{]*;)|\b(?:rgb|hsl|oklch)a?\(", re.IGNORECASE)
    strays = {
        sheet.name: colour.findall(sheet.read_text(encoding="utf-8"))
        for sheet in our_stylesheets()
        if sheet.name not in ("tokens.css", "print.css")
    }
    assert {name: found for name, found in strays.items() if found} == {}


def test_every_token_that_a_stylesheet_asks_for_exists() -> None:
    css = "".join(sheet.read_text(encoding="utf-8") for sheet in our_stylesheets())
    defined = set(re.findall(r"(--[\w-]+)\s*:", css))
    set_by_script = {"--left", "--lift", "--share", "--shift"}
    asked = set(re.findall(r"var\((--[\w-]+)", css))
    ours = {name for name in asked if not name.startswith("--bs-")}
    assert ours - defined - set_by_script == set()


def test_all_stylesheets_together_stay_under_sixty_kilobytes() -> None:
    assert sum(sheet.stat().st_size for sheet in our_stylesheets()) < 60_000
