"""Who asks to be rung back can't have us ring a number that earns by it."""

from __future__ import annotations

import pytest

from helpdesk.calls.costly import is_costly


@pytest.mark.parametrize(
    "number",
    ["+19005551234", "+499001234567", "+881631234567", "+883510012345678", "+979123456789"],
)
def test_numbers_that_cost_extra(number: str) -> None:
    assert is_costly(number)


@pytest.mark.parametrize(
    "number", ["+493012345678", "+447400123456", "+12125551234", "+33612345678", "+448001111111"]
)
def test_everybody_elses(number: str) -> None:
    assert not is_costly(number)
