"""Suggestions come with evidence, never from a name alone, and an answer is remembered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.core.errors import NotFound
from helpdesk.core.work import begin, reading
from helpdesk.customers import merge, organisations, points, queries, suggestions
from helpdesk.customers.duplicates import MOST_WITHOUT_ADDRESS, SUGGESTED_FROM, Record, judge
from tests.customers.people import AGENT, SYSTEM, a_customer

MAIL = ("email", "ann@acme.example")
PHONE = ("phone", "+358401234567")


@pytest.mark.parametrize(
    "one, other, low, high",
    [
        (Record("1", "Ann Lee"), Record("2", "Lee, Ann"), 1, SUGGESTED_FROM - 1),
        (Record("1", "Ann"), Record("2", "Bob"), 0, 0),
        (Record("1"), Record("2"), 0, 0),
        (Record("1", "Ann", "o"), Record("2", "Ann", "o"), SUGGESTED_FROM, MOST_WITHOUT_ADDRESS),
        (Record("1", points={MAIL: True}), Record("2", points={MAIL: False}), 80, 100),
        (Record("1", points={MAIL: False}), Record("2", points={MAIL: False}), 60, 79),
        (Record("1", points={PHONE: True}), Record("2", points={PHONE: False}), 70, 84),
        (
            Record("1", points={MAIL: True, ("external", "a"): True}),
            Record("2", points={MAIL: False, ("external", "b"): True}),
            0,
            50,
        ),
    ],
)
def test_the_score_says_how_much_the_evidence_is_worth(one, other, low, high):
    judged = judge(one, other)
    assert low <= judged.score <= high
    assert bool(judged.evidence) == (judged.score > 0)


POINTS = st.dictionaries(
    st.tuples(st.sampled_from(["email", "phone", "chat", "external"]), st.sampled_from("abc")),
    st.booleans(),
)
RECORDS = st.builds(
    Record,
    st.just("1"),
    st.sampled_from(["", "Ann", "Ann Lee", "Anne Lee", "李雷", "😀"]),
    st.sampled_from([None, "o1", "o2"]),
    POINTS,
)


@given(RECORDS, RECORDS)
def test_it_does_not_matter_which_record_comes_first(one, other):
    there, back = judge(one, other), judge(other, one)
    assert there.score == back.score
    assert 0 <= there.score <= 100


@given(RECORDS, RECORDS)
def test_without_a_shared_address_the_score_stays_low(one, other):
    if not one.points.keys() & other.points.keys():
        assert judge(one, other).score <= MOST_WITHOUT_ADDRESS


def test_a_dismissed_pair_never_returns_not_even_after_a_merge(database):
    with begin(AGENT) as work:
        ann = a_customer(work, "Ann", MAIL)
        twin = a_customer(work, "Anna", MAIL)
        suggestions.renew(work, [ann.id])
        [found] = queries.suggestions(work).items
        suggestions.dismiss(work, found.id)
        suggestions.dismiss(work, found.id)
    with begin(AGENT) as work:
        suggestions.renew(work, [ann.id, twin.id], by_name=True)
        assert queries.suggestions(work).items == []
        whole = a_customer(work, "Ann Lee")
        merge.merge(work, whole.id, ann.id)
        suggestions.renew(work, [whole.id, twin.id], by_name=True)
        assert queries.suggestions(work).items == []


def test_a_suggestion_goes_when_its_evidence_goes(database):
    with begin(AGENT) as work:
        a_customer(work, "Ann", MAIL)
        twin = a_customer(work, "Bob")
        point = points.add_contact_point(work, twin.id, kind="email", value=MAIL[1])
        assert len(queries.suggestions(work).items) == 1
        points.remove_contact_point(work, point.id)
        assert queries.suggestions(work).items == []


def test_the_nightly_look_finds_what_names_and_organisations_say(database):
    with begin(AGENT) as work:
        acme = organisations.create_organisation(work, name="Acme")
        one = a_customer(work, "Käthe Smith", organisation_id=acme.id)
        other = a_customer(work, "Smith Kathe", organisation_id=acme.id)
        a_customer(work, "Käthe Smith")
        for n in range(7):
            a_customer(work, f"Somebody{n}")
    after, rounds = None, 0
    while True:
        with begin(SYSTEM) as work:
            after = suggestions.scan_batch(work, after, 3)
        rounds += 1
        if after is None:
            break
    assert rounds == 4
    with reading(AGENT) as work:
        [found] = queries.suggestions(work).items
        assert {found.one[0], found.other[0]} == {one.id, other.id}
        assert found.score <= MOST_WITHOUT_ADDRESS
        assert "Same organisation" in found.evidence


def test_a_number_shared_by_hundreds_costs_no_more_than_by_a_few(database):
    with begin(AGENT) as work:
        for n in range(60):
            a_customer(work, f"Extension {n}", PHONE)
        last = a_customer(work, "Newest", PHONE)
        suggestions.renew(work, [last.id])
        assert len(queries._suggestions(work, last.id, None, 100).items) <= suggestions.MOST_SHARING


def test_answering_a_suggestion_that_is_not_there(database):
    with begin(AGENT) as work, pytest.raises(NotFound):
        suggestions.dismiss(work, "nothing")
