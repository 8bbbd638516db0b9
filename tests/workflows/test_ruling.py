"""Rules on real tickets: fired once, in order, explained, and never for ever."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from helpdesk.channels.models import Message
from helpdesk.clocks import promises
from helpdesk.core.config import Settings
from helpdesk.core.db import Database
from helpdesk.core.errors import Conflict, Forbidden, Invalid
from helpdesk.core.tables import AuditEntry, Delivery, EventRow
from helpdesk.core.work import begin, reading
from helpdesk.customers import service as customers
from helpdesk.identity import service as people
from helpdesk.mail import place
from helpdesk.mail.models import OutgoingMail
from helpdesk.routing import setup
from helpdesk.rules import ledger, queries, service, watching
from helpdesk.rules.actions import NOBODY, Action
from helpdesk.rules.deciding import MOST_PER_TICKET_A_DAY
from helpdesk.rules.models import RuleFiring, RuleRow
from helpdesk.rules.service import Draft
from helpdesk.rules.triggers import Timer
from helpdesk.tickets.models import Ticket
from helpdesk.webhooks import service as webhooks
from helpdesk.webhooks.models import WebhookDelivery
from helpdesk.workflows import cases, cases_line, ruling
from tests.workflows.people import SETUP, Floor, add_person, make_floor
from tests.workflows.ruling_scene import act, firings, history, relay, rule, ticket, when

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.fixture
def floor(database: Database, tmp_path: Path) -> Floor:
    place.configure(Settings(data=tmp_path, secret_key="k" * 40, base_url="http://localhost"))
    return make_floor("Anna", "Ben")


def open_one(floor: Floor, **given: Any) -> str:
    facts = {"subject": "No light", "body": "The lamp is dark.", "channel": "email", **given}
    with begin(SETUP) as work:
        customer = customers.create_customer(
            work, name="Ada Byron", contact_points=[("email", "ada@example.org")]
        )
        return cases.open_case(
            work, customer_id=customer.id, queue=floor.queue_id, **facts
        ).ticket.id


def change(floor: Floor, ticket_id: str, **changes: Any) -> None:
    with begin(floor.anna) as work:
        cases_line.change(work, ticket_id, changes)


def test_a_rule_fires_on_what_it_asks_for_and_tells_why_in_the_history(floor: Floor) -> None:
    rule_id = rule(
        "Light is urgent",
        "opened",
        every=(when("message", "contains", "lamp"), when("by", "any_of", "customer")),
        actions=(act("set_priority", "urgent"), act("add_tags", "", "light")),
    )
    ticket_id, other = open_one(floor), open_one(floor, body="Water everywhere.")
    relay()
    found = ticket(ticket_id)
    assert (found.priority, found.tags) == ("urgent", ["light"])
    assert ticket(other).priority == "normal"
    [told] = history(ticket_id, "rule")
    assert told.details["rule"] == "Light is urgent"
    assert told.details["rule_id"] == rule_id
    assert told.details["changes"]["priority"] == ["normal", "urgent"]
    assert told.details["held"][0]["found"] == ["The lamp is dark."]
    assert told.actor == "system:rules"
    assert history(other, "rule") == []


def test_an_event_that_comes_again_does_nothing_again(floor: Floor) -> None:
    rule("Note", "opened", actions=(act("add_note", text="Seen"),))
    ticket_id = open_one(floor)
    relay()
    with begin(SETUP) as work:
        work.session.execute(update(EventRow).values(relayed_at=None))
    relay()
    with begin(SETUP) as work:  # even where the receipts are lost
        work.session.query(Delivery).delete()
        work.session.execute(update(EventRow).values(relayed_at=None))
    relay()
    assert len(firings(ticket_id)) == 1
    with reading(SETUP) as work:
        texts = work.session.scalars(select(Message.text).where(Message.author == "system")).all()
        assert texts == ["Seen"]


def test_rules_run_in_order_see_each_other_and_one_may_stop_the_rest(floor: Floor) -> None:
    rule("One", "opened", actions=(act("set_priority", "high"),))
    rule(
        "Two",
        "opened",
        every=(when("priority", "any_of", "high"),),
        actions=(act("add_tags", "", "two"),),
        stops=True,
    )
    rule("Three", "opened", actions=(act("add_tags", "", "three"),))
    ticket_id = open_one(floor)
    relay()
    assert ticket(ticket_id).tags == ["two"]
    assert [row.details["rule"] for row in history(ticket_id, "rule")] == ["One", "Two"]


def test_two_rules_that_undo_each_other_fire_once_each(floor: Floor) -> None:
    rule(
        "Up",
        "changed",
        every=(when("priority", "none_of", "high"),),
        actions=(act("set_priority", "high"),),
    )
    rule(
        "Down",
        "changed",
        every=(when("priority", "any_of", "high"),),
        actions=(act("set_priority", "low"),),
    )
    ticket_id = open_one(floor)
    relay()
    change(floor, ticket_id, subject="Still no light")
    relay()
    assert [row.details["rule"] for row in history(ticket_id, "rule")] == ["Up", "Down"]
    change(floor, ticket_id, subject="And now")  # another cause: they may fire again
    relay()
    assert len(history(ticket_id, "rule")) == 4


def test_a_rule_runs_another_one_and_never_itself_again(floor: Floor) -> None:
    called = rule("Called", "called", actions=(act("add_tags", "", "called"),))
    first = rule("First", "opened", actions=(act("run_rule", called),))
    with begin(SETUP) as work:
        row = service.get_rule(work, called)
        said = service.draft_of(row.name, row.content)
        both = (*said.actions, Action("run_rule", first))
        service.change_rule(
            work, called, Draft(row.name, said.triggers, actions=both), version=row.version
        )
    ticket_id = open_one(floor)
    relay()
    assert ticket(ticket_id).tags == ["called"]
    assert [row.details["rule"] for row in history(ticket_id, "rule")] == ["First", "Called"]


def test_a_chain_is_cut_at_its_depth_and_the_history_says_so_once(floor: Floor) -> None:
    tags = [f"t{n}" for n in range(9)]
    for before, after in itertools.pairwise(tags):
        rule(
            f"To {after}",
            "changed",
            every=(when("tags", "any_of", before), when("tags", "none_of", after)),
            actions=(act("add_tags", "", after),),
        )
    with begin(SETUP) as work:  # the last comes first, so that each step needs an event
        rows = list(work.session.scalars(select(RuleRow).order_by(RuleRow.position)))
        for position, row in enumerate(reversed(rows)):
            row.position = position
    ticket_id = open_one(floor)
    relay()
    change(floor, ticket_id, tags=["t0"])
    relay()
    assert ticket(ticket_id).tags == [f"t{n}" for n in range(6)]
    [cut] = history(ticket_id, "rules_cut")
    assert cut.details == {"why": "depth"}


def test_a_ticket_bears_so_many_firings_a_day(floor: Floor) -> None:
    rule_id = rule("Note", "changed", actions=(act("add_note", text="x"),))
    ticket_id = open_one(floor)
    relay()
    with begin(SETUP) as work:
        for n in range(MOST_PER_TICKET_A_DAY):
            work.insert(
                RuleFiring, rule_id=rule_id, ticket_id=ticket_id, cause=str(n), at=work.at,
                version=1, trigger="changed", held=True, done={},
            )  # fmt: skip
    for subject in ("One", "Two"):
        change(floor, ticket_id, subject=subject)
        relay()
    assert len(firings(ticket_id)) == MOST_PER_TICKET_A_DAY
    assert [row.details for row in history(ticket_id, "rules_cut")] == [{"why": "count"}]


def test_what_is_refused_is_told_and_the_rest_is_done(floor: Floor) -> None:
    rule(
        "Too much",
        "resolved",
        actions=(act("set_state", "visit_booked"), act("add_tags", "", "done")),
    )
    ticket_id = open_one(floor)
    relay()
    with begin(floor.anna) as work:
        cases_line.set_state(work, ticket_id, "resolved")
    relay()
    assert ticket(ticket_id).tags == ["done"]
    [told] = history(ticket_id, "rule")
    assert told.details["refused"] == [
        {"action": "set_state", "why": "A ticket that is resolved can't become visit booked."}
    ]


def test_every_action_on_fields_and_people_works(floor: Floor) -> None:
    with begin(SETUP) as work:
        other = setup.create_queue(work, name="Second line").id
        limited = add_person(work, "Cara").id
        people.change_profile(work, limited, sees_own_teams=True)
    whom = ("assignee", floor.anna.id, limited)
    rule(
        "All",
        "opened",
        actions=(
            act("set_queue", other),
            act("assign", floor.ben.id),
            act("set_priority", "high"),
            act("notify", "", *whom, text="Look at {ticket} in {queue}"),
        ),
    )
    rule("Back", "assigned", actions=(act("assign", NOBODY),), on=False)
    ticket_id = open_one(floor)
    relay()
    found = ticket(ticket_id)
    assert (found.queue_id, found.assignee_id, found.state) == (other, floor.ben.id, "open")
    with reading(SETUP) as work:
        mails = work.session.scalars(select(OutgoingMail).where(OutgoingMail.kind == "notice"))
        texts = [mail.text for mail in mails]
    assert len(texts) == 2  # not to Cara, who sees no tickets of this queue
    assert all(f"Look at T-{found.number} in Second line" in text for text in texts)


def test_an_automatic_reply_goes_out_by_mail_answers_no_clock_and_is_not_repeated_at_once(
    floor: Floor,
) -> None:
    rule("Receipt", "opened", actions=(act("send_reply", text="We have {ticket}. {{7*7}}"),))
    rule("Again", "customer_wrote", actions=(act("send_reply", text="Again"),))
    ticket_id = open_one(floor, channel="form", subject="<b>Buy pills</b>")
    relay()
    with begin(SETUP) as work:
        cases.customer_wrote(work, ticket_id, text="Hello?")
    relay()
    found = ticket(ticket_id)
    assert found.first_replied_at is None
    assert found.waiting_since is not None
    with reading(SETUP) as work:
        [mail] = work.session.scalars(select(OutgoingMail)).all()
        assert mail.is_automatic
        assert mail.text.startswith(f"We have T-{found.number}. {{{{7*7}}}}")
        assert "pills" not in mail.subject + mail.text
    [_, again] = history(ticket_id, "rule")
    assert "within the hour" in again.details["refused"][0]["why"]


def test_a_webhook_is_called_by_a_rule(floor: Floor) -> None:
    with begin(SETUP) as work:
        endpoint, _ = webhooks.add_endpoint(
            work, name="CRM", url="https://crm.example.com/in", kinds=["ticket.opened"]
        )
    rule("Tell them", "opened", actions=(act("call_webhook", endpoint.id),))
    ticket_id = open_one(floor)
    relay()
    with reading(SETUP) as work:
        [call] = work.session.scalars(select(WebhookDelivery)).all()
        assert call.kind == "rule.fired"
        assert ticket_id in call.body
        assert "lamp" not in call.body


def test_what_an_import_takes_over_sets_no_rule_off(floor: Floor) -> None:
    rule("Note", "opened", actions=(act("add_note", text="x"),))
    ticket_id = open_one(floor)
    with begin(SETUP) as work:
        work.session.execute(update(EventRow).values(actor=ruling.IMPORT))
    relay()
    assert firings(ticket_id) == []


def wait_rule(**said: Any) -> str:
    timer = Timer("in_state", 3600, state="waiting_on_customer")
    return rule("Remind", timer=timer, actions=(act("add_tags", "", "reminded"),), **said)


def park(floor: Floor, ticket_id: str) -> None:
    with begin(floor.anna) as work:
        cases_line.set_state(work, ticket_id, "waiting_on_customer")
    relay()


def test_a_time_rule_fires_once_each_time_a_ticket_is_in_a_state_for_long(
    floor: Floor, clock_at: Callable[[datetime], None]
) -> None:
    clock_at(NOW)
    wait_rule()
    ticket_id = open_one(floor)
    park(floor, ticket_id)
    clock_at(NOW + timedelta(minutes=59))
    ruling.look_at_time()
    assert ticket(ticket_id).tags == []
    for minutes in (61, 62, 180, 1500):
        clock_at(NOW + timedelta(minutes=minutes))
        ruling.look_at_time()
    assert len(firings(ticket_id)) == 1
    [told] = history(ticket_id, "rule")
    assert told.details["trigger"] == "in_state"
    with begin(floor.anna) as work:
        cases_line.set_state(work, ticket_id, "open")
    park(floor, ticket_id)
    clock_at(NOW + timedelta(minutes=1500 + 61))
    ruling.look_at_time()
    assert len(firings(ticket_id)) == 2


def test_a_time_rule_looks_once_at_the_mark_even_when_its_conditions_hold_later(
    floor: Floor, clock_at: Callable[[datetime], None]
) -> None:
    clock_at(NOW)
    wait_rule(every=(when("priority", "any_of", "high"),))
    ticket_id = open_one(floor)
    park(floor, ticket_id)
    clock_at(NOW + timedelta(minutes=61))
    ruling.look_at_time()
    change(floor, ticket_id, priority="high")
    clock_at(NOW + timedelta(minutes=62))
    ruling.look_at_time()
    assert firings(ticket_id) == []


def test_a_time_rule_that_is_switched_on_leaves_what_was_past_its_mark_alone(
    floor: Floor, clock_at: Callable[[datetime], None]
) -> None:
    clock_at(NOW)
    old, new = open_one(floor), open_one(floor)
    park(floor, old)
    clock_at(NOW + timedelta(hours=2))
    wait_rule()
    park(floor, new)
    for hours in (2.5, 3.1, 3.2):
        clock_at(NOW + timedelta(hours=hours))
        ruling.look_at_time()
    assert firings(old) == []
    assert len(firings(new)) == 1


def test_a_ticket_that_was_merged_is_left_alone_and_holds_up_nobody(
    floor: Floor, clock_at: Callable[[datetime], None]
) -> None:
    clock_at(NOW)
    wait_rule()
    merged, other = open_one(floor), open_one(floor)
    park(floor, merged)
    park(floor, other)
    with begin(SETUP) as work:
        work.session.get_one(Ticket, merged).merged_into_id = other
    clock_at(NOW + timedelta(minutes=61))
    ruling.look_at_time()
    assert (firings(merged), len(firings(other))) == ([], 1)
    with reading(SETUP) as work:
        row, one = queries.active_rules(work)[0]
        assert watching.due(work, row, one) == []


def test_a_ticket_that_the_relay_heard_of_late_is_still_looked_at(
    floor: Floor, clock_at: Callable[[datetime], None]
) -> None:
    clock_at(NOW)
    wait_rule()
    ticket_id = open_one(floor)
    with begin(floor.anna) as work:
        cases_line.set_state(work, ticket_id, "waiting_on_customer")
    clock_at(NOW + timedelta(hours=5))
    ruling.look_at_time()
    relay()
    clock_at(NOW + timedelta(hours=5, minutes=1))
    ruling.look_at_time()
    assert len(firings(ticket_id)) == 1


def test_silence_of_the_customer_closes_a_ticket(
    floor: Floor, clock_at: Callable[[datetime], None]
) -> None:
    clock_at(NOW)
    rule(
        "Close",
        timer=Timer("since_customer", 2 * 86400),
        every=(when("state", "any_of", "waiting_on_customer"),),
        actions=(act("set_state", "resolved"),),
    )
    silent, talking = open_one(floor), open_one(floor)
    park(floor, silent)
    park(floor, talking)
    clock_at(NOW + timedelta(days=1))
    with begin(SETUP) as work:
        cases.customer_wrote(work, talking, text="Wait")
    park(floor, talking)
    clock_at(NOW + timedelta(days=2, minutes=1))
    ruling.look_at_time()
    assert (ticket(silent).state, ticket(talking).state) == ("resolved", "waiting_on_customer")


def test_before_and_after_a_deadline(floor: Floor, clock_at: Callable[[datetime], None]) -> None:
    clock_at(NOW)
    ticket_id = open_one(floor)
    relay()
    for what, tag in (("before_deadline", "soon"), ("after_deadline", "late")):
        timer = Timer(what, 1800, clock="promise")
        rule(tag, timer=timer, actions=(act("add_tags", "", tag),))
    with begin(floor.anna) as work:
        promises.promise(
            work, ticket_id, owner_id=floor.anna.id, due_at=NOW + timedelta(hours=2), text="Call"
        )
    expected = {60: [], 95: ["soon"], 125: ["soon"], 151: ["soon", "late"], 200: ["soon", "late"]}
    for minutes, tags in expected.items():
        clock_at(NOW + timedelta(minutes=minutes))
        ruling.look_at_time()
        assert ticket(ticket_id).tags == tags, minutes
    assert len(firings(ticket_id)) == 2


def test_rules_keep_every_version_are_audited_and_only_an_administrators(floor: Floor) -> None:
    rule_id = rule("First name", "opened", actions=(act("add_note", text="x"),), on=False)
    with begin(SETUP) as work:
        row = service.get_rule(work, rule_id)
        said = Draft("Second name", ("closed",), actions=(act("add_note", text="y"),))
        service.change_rule(work, rule_id, said, version=row.version)
    with begin(SETUP) as work, pytest.raises(Conflict):
        service.change_rule(work, rule_id, said, version=1)
    with begin(SETUP) as work:
        row = service.get_rule(work, rule_id)
        service.bring_back(work, rule_id, 1, version=row.version)
    with reading(SETUP) as work:
        row = service.get_rule(work, rule_id)
        assert (row.name, row.work_version) == ("First name", 3)
        actions = work.session.scalars(
            select(AuditEntry.action).where(AuditEntry.subject_id == rule_id)
        ).all()
        assert actions == ["rule.added", "rule.changed", "rule.changed"]
    with begin(floor.anna) as work, pytest.raises(Forbidden):
        service.switch(work, rule_id, True)
    with begin(SETUP) as work, pytest.raises(Invalid) as refused:
        service.add_rule(work, Draft("", actions=(act("set_priority", "x"),)))
    assert set(refused.value.fields) == {"name", "triggers", "action-0"}


def test_order_removal_and_the_way_back(floor: Floor) -> None:
    ids = [rule(n, "opened", actions=(act("add_note", text=n),)) for n in ("A", "B", "C")]
    with begin(SETUP) as work:
        service.move(work, ids[2], up=True)
        service.remove(work, ids[0])
    ticket_id = open_one(floor)
    relay()
    assert [row.details["rule"] for row in history(ticket_id, "rule")] == ["C", "B"]
    with begin(SETUP) as work:
        assert service.restore(work, ids[0]).is_active is False


def test_old_chains_are_forgotten_and_firings_are_not(
    floor: Floor, clock_at: Callable[[datetime], None]
) -> None:
    clock_at(NOW)
    rule("Note", "opened", actions=(act("set_priority", "high"),))
    ticket_id = open_one(floor)
    relay()
    clock_at(NOW + timedelta(days=30))
    with begin(SETUP) as work:
        ledger.forget_old(work)
    assert len(firings(ticket_id)) == 1


TAGS = st.sampled_from(["a", "b", "c"])
MADE = st.lists(
    st.tuples(
        st.sets(
            st.sampled_from(["changed", "resolved", "reopened", "noted", "assigned"]),
            min_size=1,
        ),
        st.lists(st.tuples(st.sampled_from(["any_of", "none_of"]), TAGS), max_size=1),
        st.lists(
            st.one_of(
                st.tuples(st.sampled_from(["add_tags", "remove_tags"]), TAGS),
                st.tuples(st.just("set_state"), st.sampled_from(["open", "resolved"])),
                st.tuples(st.just("set_priority"), st.sampled_from(["low", "high"])),
                st.tuples(st.just("add_note"), st.just("x")),
                st.tuples(st.just("run_rule"), st.integers(0, 5)),
            ),
            min_size=1,
            max_size=3,
        ),
    ),
    min_size=1,
    max_size=6,
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(MADE)
def test_whatever_rules_are_made_the_relay_comes_to_rest(floor: Floor, made: Any) -> None:
    with begin(SETUP) as work:
        for row in work.session.scalars(select(RuleRow)):
            row.is_active = False
    ids: list[str] = []
    for n, (triggers, asked, actions) in enumerate(made):
        said = []
        for kind, value in actions:
            if kind == "run_rule":
                said.append(act(kind, ids[value % len(ids)]) if ids else act("add_note", text="x"))
            elif kind.endswith("tags"):
                said.append(act(kind, "", value))
            elif kind == "add_note":
                said.append(act(kind, text=value))
            else:
                said.append(act(kind, value))
        conditions = tuple(when("tags", operator, tag) for operator, tag in asked)
        ids.append(rule(f"R{n}", *sorted(triggers), every=conditions, actions=tuple(said)))
    ticket_id = open_one(floor)
    relay()
    change(floor, ticket_id, priority="urgent")
    relay()
    with begin(floor.anna) as work:
        cases_line.set_state(work, ticket_id, "resolved")
    relay()
    with reading(SETUP) as work:
        rows = work.session.scalars(select(RuleFiring).where(RuleFiring.ticket_id == ticket_id))
        per_cause = [(row.rule_id, row.cause) for row in rows]
    assert len(per_cause) == len(set(per_cause))
    assert len(per_cause) <= 3 * len(ids) + len(ids)
