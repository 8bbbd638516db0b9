"""A brand's colour stays readable, whatever it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.channels import colours
from helpdesk.channels.colours import DARK_SURFACE, LIGHT_SURFACE, READABLE, contrast, readable

ANY_COLOUR = st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06x}")


@given(ANY_COLOUR)
def test_text_on_and_in_the_brand_colour_is_always_readable(colour: str) -> None:
    brand = readable(colour)
    assert contrast(brand.fill, brand.on_fill) >= READABLE
    assert contrast(brand.light, LIGHT_SURFACE) >= READABLE
    assert contrast(brand.dark, DARK_SURFACE) >= READABLE


def test_a_readable_colour_is_left_as_it_is() -> None:
    brand = readable("#3157d5")
    assert (brand.fill, brand.on_fill, brand.light) == ("#3157d5", "#ffffff", "#3157d5")


def test_a_light_colour_keeps_its_character_with_dark_text() -> None:
    brand = readable("#ffd400")
    assert (brand.fill, brand.on_fill) == ("#ffd400", colours.INK)


@pytest.mark.parametrize("broken", ["", "red", "#12345", "#gggggg", "url(javascript:1)"])
def test_what_is_no_colour_becomes_the_default(broken: str) -> None:
    assert readable(broken) == readable(colours.DEFAULT)


def test_contrast_agrees_with_the_known_ends() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
