"""Colleagues named in notes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.tickets.mentions import MOST, Colleague, mentioned

ANNA = Colleague("1", "Anna Smith", "anna.smith@example.com")
ANNE = Colleague("2", "Anne O'Hara", "anne@example.com")
BEN = Colleague("3", "Ben Ng", "ben@example.com")
BEN2 = Colleague("4", "Ben Ito", "bi@example.com")
ALL = [ANNA, ANNE, BEN, BEN2]


@pytest.mark.parametrize(
    "text, who",
    [
        ("@Anna can you look?", ["1"]),
        ("please, @anna smith.", ["1"]),
        ("(@anna.smith)", ["1"]),
        ("@Anne O'Hara and @Anna", ["2", "1"]),
        ("@ANNA @anna", ["1"]),
        ("@Annabel is somebody else", []),
        ("write to anna@Anna or x@ben.example", []),
        ("@Ben alone means nobody, there are two", []),
        ("@Ben Ng does", ["3"]),
        ("@ anna", []),
        ("@@anna", []),
        ("no names", []),
        ("@Änna", []),
    ],
)
def test_a_name_behind_an_at_sign_means_the_one_who_has_it(text: str, who: list[str]) -> None:
    assert mentioned(text, ALL) == who


def test_a_note_that_names_everybody_names_twenty() -> None:
    many = [Colleague(str(n), f"Name{n}x", f"n{n}@example.com") for n in range(50)]
    text = " ".join(f"@{one.name}" for one in many)
    assert len(mentioned(text, many)) == MOST


@given(st.text(alphabet="@ anAN.s-ßİ\n", max_size=200))
def test_any_text_is_read_without_harm(text: str) -> None:
    assert set(mentioned(text, ALL)) <= {"1", "2", "3", "4"}
