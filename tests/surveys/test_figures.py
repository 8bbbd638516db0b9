"""Figures of surveys, which survey is chosen, and cells that no spreadsheet runs."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.surveys import export, wording
from helpdesk.surveys.choosing import Plan, choose
from helpdesk.surveys.scales import SCALES, figure


@pytest.mark.parametrize(
    "kind, counts, value",
    [
        ("csat", {5: 2, 4: 1, 3: 1}, 75.0),
        ("csat", {}, None),
        ("ces", {7: 1, 1: 1, 4: 1}, 4.0),
        ("nps", {10: 1, 9: 1, 8: 1, 0: 1}, 25.0),
        ("nps", {0: 3}, -100.0),
        ("nps", {7: 5}, 0.0),
    ],
)
def test_figures_follow_their_formula(
    kind: str, counts: dict[int, int], value: float | None
) -> None:
    found = figure(kind, counts, 10)
    assert found.value == value
    assert found.answers == sum(counts.values())
    assert set(found.counts) == set(SCALES[kind].scores)
    assert found.scale.formula


def test_the_rate_of_answers_needs_somebody_who_was_asked() -> None:
    assert figure("csat", {5: 1}, 4).rate == 25.0
    assert figure("csat", {}, 0).rate is None


def test_the_first_survey_that_fits_queue_and_brand_is_taken() -> None:
    plans = [
        Plan("a", "nps", 0, ("q1",), "b1"),
        Plan("b", "ces", 0, ("q1", "q2")),
        Plan("c", "csat", 0),
    ]
    picked = [choose(plans, *at) for at in [("q1", "b1"), ("q1", None), ("q3", "b1")]]
    assert [one.id for one in picked if one] == ["a", "b", "c"]
    assert choose(plans[:2], "q9", "b1") is None


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "  =", "＝"])
def test_I3_a_cell_that_a_spreadsheet_could_run_is_text(start: str) -> None:
    assert export.neutral(f"{start}cmd|' /C calc'!A0").startswith("'")


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_I3_no_cell_breaks_out_of_its_line(cells: list[str]) -> None:
    [_, line] = export.lines(["head"] * len(cells), [cells])
    [read] = csv.reader(io.StringIO(line, newline=""))
    assert read == [export.neutral(cell) for cell in cells]


def test_J3_J4_an_administrators_question_is_literal_in_the_mail() -> None:
    question = "{{7*7}} {link} %s {0.__class__}"
    _, text = wording.letter(
        "de", question=question, ticket="T-1", brand="{stop}", link="https://x", stop="https://y"
    )
    assert question in text
    assert "{stop}" in text
    assert wording.short("fr-CA") == "en"
