"""Whether acting still pays, told from what came of it."""

from helpdesk.triage import drift


def came(right, wrong, sure=0.95):
    return [(sure, True)] * right + [(sure, False)] * wrong


def test_what_gains_goes_on_and_few_outcomes_say_nothing():
    assert drift.look(came(95, 3)) == ""
    assert drift.look(came(2, 8)) == ""


def test_what_loses_stops_also_when_it_was_good_before():
    assert drift.look(came(16, 4)) == "losing"
    assert drift.look(came(70, 0) + came(24, 6)) == "losing"


def test_what_promises_clearly_more_than_comes_stops():
    mixed = came(7, 1, sure=0.99) * 12
    assert drift.look(mixed) == "overconfident"
    assert drift.look([(0.9, right) for _, right in mixed]) == ""
