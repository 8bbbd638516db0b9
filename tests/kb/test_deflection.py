"""Whether an article spared a contact, as a table; and which words of a search may be kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.core.errors import Invalid
from helpdesk.kb import settings
from helpdesk.kb.asked import kept_words
from helpdesk.kb.deflection import WINDOW, Facts, decide, until

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LATE = AT + 30 * DAY


@pytest.mark.parametrize(
    "facts,now,outcome",
    [
        (Facts(AT), AT + 6 * DAY, None),
        (Facts(AT), AT + 7 * DAY, "ignored"),
        (Facts(AT, opened_at=AT), LATE, "left"),
        (Facts(AT, AT, declared_at=AT), AT + 7 * DAY - timedelta(seconds=1), None),
        (Facts(AT, AT, declared_at=AT), AT + 7 * DAY, "solved"),
        # The days begin anew with whatever they do last.
        (Facts(AT, AT, declared_at=AT + 2 * DAY), AT + 8 * DAY, None),
        (Facts(AT, AT, AT + 2 * DAY, contact_at=AT + 8 * DAY), LATE, "contact"),
        (Facts(AT, AT, AT, contact_at=AT + 7 * DAY), LATE, "contact"),
        (Facts(AT, AT, AT, contact_at=AT + 8 * DAY), LATE, "solved"),
        (Facts(AT, contact_at=AT + DAY), LATE, "contact"),
        # They wrote before: that is not about what they were shown later.
        (Facts(AT, AT, AT, contact_at=AT - DAY), LATE, "solved"),
    ],
)
def test_what_came_of_an_offer(facts: Facts, now: datetime, outcome: str | None) -> None:
    assert decide(facts, now) == outcome


_MOMENT = st.integers(0, 20 * 24).map(lambda hours: AT + timedelta(hours=hours))
_MAYBE = st.none() | _MOMENT


@given(_MAYBE, _MAYBE, _MAYBE, _MOMENT)
def test_solved_is_never_said_too_early_nor_without_a_word_nor_beside_a_contact(
    opened: datetime | None, declared: datetime | None, contact: datetime | None, now: datetime
) -> None:
    facts = Facts(AT, opened, declared, contact)
    outcome = decide(facts, now)
    in_time = contact is not None and AT <= contact <= until(facts)
    if outcome == "solved":
        assert declared is not None
        assert now >= declared + WINDOW
        assert not in_time
    assert (outcome == "contact") == in_time
    assert outcome is not None or now < until(facts)


@pytest.mark.parametrize(
    "asked,kept",
    [
        ("Boiler shows F28", "boiler shows f28"),
        ("Why does my boiler show this?", "boiler show"),
        ("Überweisung für Straße", "uberweisung strasse"),
        ("ida.sommer@example.org cannot log in", "cannot log"),
        ("call me +49 (30) 123-4567 about meter", "call meter"),
        ("contract 4711082 bill", "contract bill"),
        ("bill DE4711X08 late", "bill late"),
        ("Umzug Lindenstraße 12a nach", "umzug"),
        ("move to 12 Baker Street now", "move now"),
        ("see https://example.org/x?y=1 page", "see page"),
        ("0123456789", ""),
        ("  ", ""),
    ],
)
def test_words_of_a_search_are_kept_without_what_names_a_person(asked: str, kept: str) -> None:
    assert kept_words(asked) == kept


@pytest.mark.parametrize(
    "amount,cents", [("", None), ("4.50", 450), ("4,5", 450), ("12", 1200), ("0.07", 7)]
)
def test_an_amount_as_somebody_writes_it(amount: str, cents: int | None) -> None:
    assert settings.cents(amount) == cents


@pytest.mark.parametrize("amount", ["4.505", "-3", "four", "1e5", "1.234,50"])
def test_what_is_no_amount_is_refused(amount: str) -> None:
    with pytest.raises(Invalid):
        settings.cents(amount)
