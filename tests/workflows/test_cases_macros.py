"""Macros: who may use and change them, what they do, and words that are never a template."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from helpdesk.channels.models import Message
from helpdesk.core.actors import Actor
from helpdesk.core.db import Database
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.identity.models import Team
from helpdesk.tickets import macros, placeholders, views
from helpdesk.tickets.filters import Filter
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import cases_macros
from tests.workflows.people import SETUP, Floor, add_person, make_floor
from tests.workflows.test_cases import TEST, new_customer, open_one


@pytest.fixture
def floor(database: Database) -> Floor:
    return make_floor("Anna", "Ben")


@pytest.fixture
def chief(floor: Floor) -> Actor:
    with begin(SETUP) as work:
        return add_person(work, "Carla", "supervisor")


def make(actor: Actor, **facts: Any) -> str:
    given = {"name": "Thanks", "audience": "own", "changes": {"state": "resolved"}, **facts}
    with begin(actor) as work:
        return cases_macros.save(work, given).id


def test_a_macro_says_and_changes_in_one_step_as_it_was_shown(floor: Floor) -> None:
    ticket = open_one(floor, tags=["lamp", "old"]).ticket
    macro = make(
        floor.anna,
        reply="Hello {{customer.first_name}}, {{ticket.number}} is done. {{agent.name}}",
        changes={"state": "resolved", "priority": "low", "assignee_id": "me"},
        add_tags=["solved"],
        remove_tags=["old"],
    )
    with reading(floor.anna) as work:
        shown = cases_macros.preview(work, macro, ticket.id)
    words = f"Hello Ada, T-{ticket.number} is done. Anna"
    assert shown.text == words
    assert shown.changes["tags"] == [["lamp", "old"], ["lamp", "solved"]]
    with begin(floor.anna) as work:
        done = cases_macros.apply(work, macro, ticket.id, version=ticket.version)
    assert {k: v[1] for k, v in done.changes.items()} == {k: v[1] for k, v in shown.changes.items()}
    with reading(TEST) as work:
        after = work.session.get_one(Ticket, ticket.id)
        said = work.session.scalars(select(Message).where(Message.author != "visitor")).one()
    assert (after.state, after.priority, after.assignee_id) == ("resolved", "low", floor.anna.id)
    assert after.first_replied_at is not None
    assert (said.text, said.author, said.public) == (words, f"agent:{floor.anna.id}", True)


def test_a_macro_that_can_t_be_carried_out_says_nothing_either(floor: Floor) -> None:
    ticket = open_one(floor).ticket
    macro = make(floor.anna, reply="Bye", changes={"state": "visit_booked"})
    with begin(floor.anna) as work:
        cases_macros.line.set_state(work, ticket.id, "closed")
    with pytest.raises((Conflict, Forbidden)), begin(floor.anna) as work:
        cases_macros.apply(work, macro, ticket.id)
    with reading(TEST) as work:
        rows = work.session.scalars(select(Message).where(Message.author != "visitor")).all()
    assert rows == []


@pytest.mark.parametrize(
    "text",
    [
        "{{7*7}}",
        "{{ 7*7 }}",
        "{% import os %}",
        "${7*7}",
        "%s%n",
        "{0.__class__.__mro__}",
        "{agent}",
    ],
)
def test_J3_J4_what_is_no_placeholder_stays_as_it_was_written(floor: Floor, text: str) -> None:
    ticket = open_one(floor).ticket
    macro = make(floor.anna, reply=f"a {text} b")
    with reading(floor.anna) as work:
        assert cases_macros.preview(work, macro, ticket.id).text == f"a {text} b"


@pytest.mark.parametrize(
    "text",
    [
        "{{config}}",
        "{{ customer }}",
        "{{customer.__class__}}",
        "{{agent.email}}",
        "{{Customer.name}}",
    ],
)
def test_J3_what_looks_like_a_placeholder_and_is_none_is_told_at_save(
    floor: Floor, text: str
) -> None:
    with pytest.raises(Invalid) as refused:
        make(floor.anna, reply=text)
    assert "reply" in refused.value.fields


def test_J3_a_name_that_is_a_placeholder_is_not_filled_again(floor: Floor) -> None:
    ticket = open_one(floor, new_customer("{{agent.name}} {{7*7}}")).ticket
    macro = make(floor.anna, reply="Hello {{customer.name}}")
    with reading(floor.anna) as work:
        shown = cases_macros.preview(work, macro, ticket.id)
    assert shown.text == "Hello {{agent.name}} {{7*7}}"
    assert placeholders.fill("{{customer.name}}", {}) == "{{customer.name}}"


def test_own_macros_are_nobody_else_s_and_everybody_s_are_made_by_supervisors(
    floor: Floor, chief: Actor
) -> None:
    own = make(floor.anna, name="Mine")
    with pytest.raises(Invalid):
        make(floor.anna, audience="everybody")
    shared = make(chief, name="All", audience="everybody")
    with reading(floor.ben) as work:
        assert [one.id for one in macros.macros_for(work)] == [shared]
        with pytest.raises(NotFound):
            macros.get_macro(work, own)
    with begin(floor.ben) as work, pytest.raises(Forbidden):
        macros.remove_macro(work, shared, version=1)
    with reading(chief) as work:
        assert [one.id for one in macros.every_macro(work)] == [shared]


def test_a_team_s_macro_reaches_its_people_only(floor: Floor, chief: Actor) -> None:
    with begin(SETUP) as work:
        team = Team(id=new_id(), name="Lamps")
        work.session.add(team)
    macro = make(chief, audience="team", team_id=team.id)
    inside = Actor("user", floor.anna.id, role="agent", team_ids=frozenset({team.id}))
    with reading(inside) as work:
        assert [one.id for one in macros.macros_for(work)] == [macro]
    with reading(floor.ben) as work:
        assert macros.macros_for(work) == []
    with pytest.raises(Invalid):
        make(floor.ben, audience="team", team_id=team.id)


@pytest.mark.parametrize(
    "facts",
    [
        {"name": ""}, {"name": "a\nb" * 60}, {"changes": {}}, {"changes": {"state": "new"}},
        {"changes": {"state": "x"}}, {"changes": {"priority": "x"}}, {"changes": {"number": 1}},
        {"changes": {"assignee_id": "x"}}, {"changes": {"queue_id": new_id()}},
        {"changes": {"team_id": new_id()}}, {"audience": "x"}, {"reply": "x" * 9000},
        {"reply": "\ud800"}, {"add_tags": [""]},
    ],
)  # fmt: skip
def test_what_makes_no_macro_is_told_by_field(floor: Floor, facts: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        make(floor.anna, **facts)
    assert refused.value.fields


def test_two_people_editing_one_macro_don_t_overwrite_each_other(floor: Floor) -> None:
    macro = make(floor.anna)
    facts = {"name": "Other", "changes": {"priority": "low"}}
    with begin(floor.anna) as work:
        assert cases_macros.change(work, macro, facts, version=1).version == 2
    with begin(floor.anna) as work, pytest.raises(Conflict):
        cases_macros.change(work, macro, facts, version=1)


def test_a_saved_view_is_seen_by_whom_it_is_shared_with(floor: Floor, chief: Actor) -> None:
    with begin(floor.anna) as work:
        mine = views.save_view(work, name="Urgent", filter=Filter(priority=("urgent",)), sort="due")
        with pytest.raises(Invalid):
            views.save_view(work, name="x", filter=Filter(), sort="due", audience="everybody")
    with begin(chief) as work:
        shared = views.save_view(
            work, name="Vip", filter=Filter(tag=("vip",)), sort="due", audience="everybody"
        )
        assert shared.sort == "newest"  # the orders that a filter by tag has
    with reading(floor.ben) as work:
        assert [v.name for v in views.views_for(work) if v.saved] == ["Vip"]
        with pytest.raises(NotFound):
            views.get_view(work, mine.key)
    with begin(floor.ben) as work, pytest.raises(Forbidden):
        views.remove_view(work, shared.key)
    with begin(floor.anna) as work:
        changed = views.change_view(
            work, mine.key, version=1, name="High", filter=Filter(priority=("high",)), sort="oldest"
        )
        assert (changed.name, changed.sort) == ("High", "oldest")
        with pytest.raises(Conflict):
            views.change_view(work, mine.key, version=1, name="x", filter=Filter(), sort="due")


def test_views_are_put_in_an_order(floor: Floor) -> None:
    with begin(floor.anna) as work:
        keys = [views.save_view(work, name=name, filter=Filter(), sort="due").key for name in "abc"]
        views.move_view(work, keys[2], up=True)
    with reading(floor.anna) as work:
        assert [v.name for v in views.views_for(work) if v.saved] == ["a", "c", "b"]
