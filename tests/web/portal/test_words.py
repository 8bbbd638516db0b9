"""The portal's sentences: the same in both languages, and dates as their readers write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from helpdesk.core import clock
from helpdesk.tickets.lifecycle import ReopenRule
from helpdesk.web.portal import (
    speech,
    words_account_de,
    words_account_en,
    words_de,
    words_en,
    words_owned_de,
    words_owned_en,
    words_privacy,
    words_visits_de,
    words_visits_en,
)
from helpdesk.workflows.portal_next import Standing, Step, decide

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
SOON, AGO = NOW + timedelta(hours=3), NOW - timedelta(days=3)


def test_both_languages_say_the_same_things_with_the_same_fields() -> None:
    for en, de in (
        (words_en.WORDS, words_de.WORDS),
        (words_account_en.WORDS, words_account_de.WORDS),
        (words_owned_en.WORDS, words_owned_de.WORDS),
        (words_privacy.EN, words_privacy.DE),
        (words_visits_en.WORDS, words_visits_de.WORDS),
    ):
        assert en.keys() == de.keys()
        fields = [
            {key: set(re.findall(r"\{\w+\}", text)) for key, text in words.items()}
            for words in (en, de)
        ]
        assert fields[0] == fields[1]


def test_dates_are_written_as_their_reader_writes_them() -> None:
    with clock.moved_to(NOW):
        at = datetime(2026, 12, 24, 22, 30, tzinfo=UTC)
        assert speech.of("en", "Europe/Berlin").when(at) == "Thu 24 Dec, 23:30"
        assert speech.of("de", "Europe/Berlin").when(at) == "Do., 24. Dez. um 23:30 Uhr"
        assert speech.of("de").when(SOON) == "heute um 15:00 Uhr"
        assert speech.of("en").day(NOW + timedelta(days=1)) == "tomorrow"
        assert speech.of("en").day(NOW + timedelta(days=90)) == "Mon 1 Mar 2027"
        assert speech.of("de").size(2_500_000) == "2,4 MB"


@pytest.mark.parametrize(
    "standing,step",
    [
        (Standing("new", owes_answer=True, dues={"first_response": SOON}),
         Step("answer", "us", SOON)),
        (Standing("open", owes_answer=True, dues={"next_response": AGO}),
         Step("answer_late", "us", AGO)),
        (Standing("open", owes_answer=True), Step("answer_open", "us")),
        (Standing("open", dues={"resolution": SOON}), Step("work", "us", SOON)),
        (Standing("open", dues={"promise": SOON, "resolution": AGO}), Step("promise", "us", SOON)),
        (Standing("waiting_on_customer"), Step("you", "you")),
        (Standing("waiting_on_third_party", "third_party"), Step("other", "other")),
        (Standing("waiting_on_third_party", "third_party", owes_answer=True),
         Step("answer_open", "us")),
        (Standing("visit_booked", "third_party"), Step("visit", "other")),
        (Standing("visit_booked", "travelling"), Step("travelling", "us")),
        (Standing("resolved", resolved_at=AGO),
         Step("solved", "none", AGO + timedelta(days=14), AGO)),
        (Standing("resolved", resolved_at=AGO, rule=ReopenRule("always")),
         Step("solved_open", "none", None, AGO)),
        (Standing("resolved", resolved_at=AGO, rule=ReopenRule("never")),
         Step("solved_final", "none", None, AGO)),
        (Standing("closed", resolved_at=AGO, rule=ReopenRule("within", 1)),
         Step("closed", "none", None, AGO)),
        (Standing("closed", is_joined=True), Step("joined", "none")),
    ],
)  # fmt: skip
def test_the_next_step_says_who_acts_and_until_when(standing: Standing, step: Step) -> None:
    assert decide(standing, NOW) == step
    for words in (words_en.WORDS, words_de.WORDS):
        assert f"next.{step.code}" in words
        assert f"who.{step.who}" in words
