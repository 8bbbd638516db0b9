"""The arithmetic of deadlines on hand-made ledgers: the cases that people argue about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from helpdesk.calendars.hours import always_open, calendar_from_dict
from helpdesk.clocks.explain import as_if, explain
from helpdesk.clocks.ledger import Span, as_of, is_whole, lines, totals_us
from helpdesk.clocks.sla import reckon
from helpdesk.clocks.terms import DEFAULT_RULES, Rule, Terms

WEEK = ("mon", "tue", "wed", "thu", "fri")
HOUR = 3600


def hours(zone: str, *windows: tuple[str, str], days: Sequence[str] = WEEK, **more: object):
    weekly = {day: [list(window) for window in windows] for day in days}
    return calendar_from_dict({"zone": zone, "weekly": weekly, **more})


BERLIN = Terms(hours("Europe/Berlin", ("09:00", "12:30"), ("13:00", "17:00")))
ALWAYS = Terms(always_open())


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def ledger(terms: Terms, *steps: tuple[datetime, str, str], until: datetime | None = None):
    ends = [step[0] for step in steps[1:]] + [until]
    return [
        Span(at, end, party, state, terms)
        for (at, party, state), end in zip(steps, ends, strict=True)
    ]


def resolution(spans, at, target_s, stopped_at=None):
    return reckon(
        spans, "resolution",
        started_at=spans[0].from_at, stopped_at=stopped_at, at=at, target_s=target_s,
    )  # fmt: skip


def test_lunch_the_night_and_the_weekend_do_not_count():
    # Friday 16:30 in Berlin: half an hour is left that day, the rest is Monday's.
    spans = ledger(BERLIN, (utc(2026, 11, 20, 15, 30), "agent", "open"))
    found = resolution(spans, utc(2026, 11, 23, 13, 0), 6 * HOUR)
    assert found.due_at == utc(2026, 11, 23, 14, 0)
    assert found.elapsed_us == 5 * HOUR * 1_000_000
    assert found.breached_at is None


def test_a_ticket_resolved_late_is_late_though_no_timer_ever_ran():
    spans = ledger(ALWAYS, (utc(2026, 11, 20, 10), "agent", "open"))
    found = resolution(spans, utc(2026, 12, 1), HOUR, stopped_at=utc(2026, 11, 20, 11, 0, 1))
    assert found.breached_at == utc(2026, 11, 20, 11)


def test_an_answer_at_the_very_deadline_is_in_time_and_one_after_closing_is_not():
    # Eight hours opened at 08:00 UTC by a calendar that closes when they are used up.
    terms = Terms(hours("UTC", ("09:00", "17:00")))
    spans = ledger(terms, (utc(2026, 11, 23, 8), "agent", "open"))
    in_time = resolution(spans, utc(2026, 11, 24), 8 * HOUR, stopped_at=utc(2026, 11, 23, 17))
    evening = resolution(spans, utc(2026, 11, 24), 8 * HOUR, stopped_at=utc(2026, 11, 23, 20))
    assert in_time.due_at == evening.due_at == utc(2026, 11, 23, 17)
    assert in_time.breached_at is None
    assert evening.breached_at == utc(2026, 11, 23, 17)


def test_waiting_on_the_customer_over_closed_hours_pauses_once():
    spans = ledger(
        BERLIN,
        (utc(2026, 11, 19, 15, 0), "agent", "open"),  # Thursday 16:00 in Berlin
        (utc(2026, 11, 19, 15, 30), "customer", "waiting_on_customer"),
        (utc(2026, 11, 20, 8, 30), "agent", "open"),  # Friday 09:30
    )
    found = resolution(spans, utc(2026, 11, 20, 9, 0), 2 * HOUR)
    assert found.elapsed_us == HOUR * 1_000_000
    assert found.due_at == utc(2026, 11, 20, 10, 0)
    paused = resolution(as_of(spans, spans[2].from_at), utc(2026, 11, 19, 20), 2 * HOUR)
    assert (paused.due_at, paused.paused_by) == (None, "customer")


def test_reopening_gives_the_time_since_resolution_to_the_customer_and_goes_on():
    spans = ledger(
        ALWAYS,
        (utc(2026, 11, 20, 10), "agent", "open"),
        (utc(2026, 11, 20, 11), "customer", "resolved"),
        (utc(2026, 11, 25, 10), "agent", "open"),
    )
    found = resolution(spans, utc(2026, 11, 25, 10, 30), 2 * HOUR)
    assert found.elapsed_us == 90 * 60 * 1_000_000
    assert found.due_at == utc(2026, 11, 25, 11)
    totals = totals_us(spans, spans[0].from_at, utc(2026, 11, 25, 10, 30))
    assert totals["customer"] == 119 * HOUR * 1_000_000


def test_resolved_time_counts_for_no_clock_whatever_the_policy_pauses():
    nothing = Terms(always_open(), {**DEFAULT_RULES, "resolution": Rule(False, frozenset())})
    spans = ledger(
        nothing,
        (utc(2026, 11, 20, 10), "agent", "open"),
        (utc(2026, 11, 20, 11), "customer", "resolved"),
    )
    assert resolution(spans, utc(2026, 11, 21), 2 * HOUR).elapsed_us == HOUR * 1_000_000


def test_a_policy_change_in_mid_pause_keeps_what_was_booked_before_it():
    strict = Terms(always_open(), {**DEFAULT_RULES, "resolution": Rule(True, frozenset())})
    change = utc(2026, 11, 20, 12)
    spans = [
        Span(utc(2026, 11, 20, 10), utc(2026, 11, 20, 11), "agent", "open", ALWAYS),
        Span(utc(2026, 11, 20, 11), change, "customer", "waiting_on_customer", ALWAYS),
        Span(change, None, "customer", "waiting_on_customer", strict),
    ]
    found = resolution(spans, utc(2026, 11, 20, 13), 3 * HOUR)
    assert found.elapsed_us == 2 * HOUR * 1_000_000
    assert found.due_at == utc(2026, 11, 20, 14)


def test_daylight_saving_is_counted_in_real_seconds():
    night = Terms(hours("Europe/Berlin", ("22:00", "06:00"), days=(*WEEK, "sat", "sun")))
    spring = ledger(night, (utc(2026, 3, 28, 20), "agent", "open"))
    autumn = ledger(night, (utc(2026, 10, 24, 19), "agent", "open"))
    assert resolution(spring, utc(2026, 3, 29, 12), 0).elapsed_us == 7 * HOUR * 1_000_000
    assert resolution(autumn, utc(2026, 10, 25, 12), 0).elapsed_us == 9 * HOUR * 1_000_000


def test_a_midnight_that_does_not_exist_in_sao_paulo_moves_the_deadline_by_nothing():
    everyday = (*WEEK, "sat", "sun")
    terms = Terms(hours("America/Sao_Paulo", ("00:00", "08:00"), days=everyday))
    # On 4 November 2018 the day began at 01:00, so only seven hours lie before 08:00.
    spans = ledger(terms, (utc(2018, 11, 4, 2, 0), "agent", "open"))
    found = resolution(spans, utc(2018, 11, 5), 7 * HOUR)
    assert found.due_at == utc(2018, 11, 4, 10, 0)
    assert found.elapsed_us == 7 * HOUR * 1_000_000


def test_half_hour_zones_open_on_the_half_hour():
    terms = Terms(hours("Asia/Kolkata", ("09:00", "17:00")))
    spans = ledger(terms, (utc(2026, 11, 23, 3, 0), "agent", "open"))
    assert resolution(spans, utc(2026, 11, 23, 4), HOUR).due_at == utc(2026, 11, 23, 4, 30)


def test_hours_that_never_open_give_no_deadline():
    never = Terms(hours("UTC"))
    spans = ledger(never, (utc(2026, 11, 23), "agent", "open"))
    assert resolution(spans, utc(2026, 11, 24), HOUR).due_at is None


def test_every_second_has_one_party_and_a_customer_waits_by_night_too():
    spans = ledger(
        BERLIN,
        (utc(2026, 11, 19, 15), "agent", "open"),
        (utc(2026, 11, 19, 18), "customer", "waiting_on_customer"),
    )
    end = utc(2026, 11, 20, 6)
    found = lines(spans, spans[0].from_at, end)
    assert [(line.party, line.microseconds // (HOUR * 1_000_000)) for line in found] == [
        ("agent", 1),
        ("closed_hours", 2),
        ("customer", 12),
    ]
    totals = totals_us(spans, spans[0].from_at, end)
    assert sum(totals.values()) == 15 * HOUR * 1_000_000
    assert totals["closed_hours"] == 2 * HOUR * 1_000_000


def test_spans_with_a_gap_or_an_overlap_are_not_a_ledger():
    good = ledger(ALWAYS, (utc(2026, 1, 1), "queue", "new"), (utc(2026, 1, 2), "agent", "open"))
    gap = [good[0], Span(utc(2026, 1, 3), None, "agent", "open", ALWAYS)]
    overlap = [good[0], Span(utc(2026, 1, 1, 12), None, "agent", "open", ALWAYS)]
    two_open = [Span(utc(2026, 1, 1), None, "queue", "new", ALWAYS), good[1]]
    assert is_whole(good)
    assert not any(is_whole(bad) for bad in (gap, overlap, two_open))


def test_what_was_known_at_an_instant_ignores_what_came_after():
    spans = ledger(
        ALWAYS, (utc(2026, 1, 1), "agent", "open"), (utc(2026, 1, 2), "customer", "resolved")
    )
    assert as_of(spans, utc(2026, 1, 2)) == ledger(ALWAYS, (utc(2026, 1, 1), "agent", "open"))


def test_the_windows_of_an_explanation_add_up_and_lead_to_the_deadline():
    spans = ledger(
        BERLIN,
        (utc(2026, 11, 20, 15), "queue", "new"),
        (utc(2026, 11, 20, 15, 30), "agent", "open"),
    )
    told = explain(
        spans, "resolution",
        started_at=spans[0].from_at, stopped_at=None, at=utc(2026, 11, 23, 9), target_s=3 * HOUR,
    )  # fmt: skip
    assert told.found.due_at == utc(2026, 11, 23, 10)
    assert [(r.party, r.counted, r.ahead) for r in told.rows] == [
        ("queue", True, False),
        ("agent", True, False),
        ("closed_hours", False, False),
        ("agent", True, False),
        ("agent", True, True),
    ]
    assert [row.sum_us // 60_000_000 for row in told.rows] == [30, 60, 60, 120, 180]
    assert told.rows[-1].to_at == told.found.due_at


def test_a_late_clock_is_told_in_two_parts_at_its_deadline():
    spans = ledger(ALWAYS, (utc(2026, 11, 20, 10), "agent", "open"))
    told = explain(
        spans, "resolution",
        started_at=spans[0].from_at, stopped_at=None, at=utc(2026, 11, 20, 13), target_s=HOUR,
    )  # fmt: skip
    assert [(r.from_at.hour, r.to_at.hour, r.late) for r in told.rows] == [
        (10, 11, False),
        (11, 13, True),
    ]


def test_the_same_history_under_other_terms_gives_another_deadline():
    spans = ledger(BERLIN, (utc(2026, 11, 20, 15, 30), "agent", "open"))
    assert resolution(as_if(spans, ALWAYS), utc(2026, 11, 20, 16), 6 * HOUR).due_at == utc(
        2026, 11, 20, 21, 30
    )
