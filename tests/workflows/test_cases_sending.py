"""Words that wait: taken back, said once at their time, and drafts that no window overwrites."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from helpdesk.channels.models import Message
from helpdesk.core.actors import Actor
from helpdesk.core.db import Database
from helpdesk.core.errors import Conflict, HelpdeskError, Invalid, NotFound
from helpdesk.core.tables import AuditEntry, EventRow
from helpdesk.core.work import begin, reading
from helpdesk.identity.models import User
from helpdesk.tickets import drafts
from helpdesk.tickets.models import PendingReply, Ticket, TicketChange
from helpdesk.workflows import cases, cases_line, cases_merge, cases_sending
from tests.workflows.people import SETUP, Floor, make_floor
from tests.workflows.test_cases import TEST, new_customer, open_one

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.fixture
def floor(database: Database, clock_at: Callable[[datetime], None]) -> Floor:
    clock_at(NOW)
    return make_floor("Anna", "Ben")


@pytest.fixture
def ticket(floor: Floor) -> Ticket:
    return open_one(floor).ticket


def said(ticket_id: str) -> list[str]:
    with reading(TEST) as work:
        rows = work.session.scalars(select(Message).where(Message.author != "visitor"))
        return [row.text for row in rows]


def now_of(ticket_id: str) -> Ticket:
    with reading(TEST) as work:
        return work.session.get_one(Ticket, ticket_id)


def send(actor: Actor, ticket_id: str, text: str = "On our way.", **given: object) -> PendingReply:
    with begin(actor) as work:
        return cases_sending.send_undoable(work, ticket_id, text=text, **given)  # type: ignore[arg-type]


def test_undoable_words_are_said_after_thirty_seconds_and_only_then_stop_the_clock(
    floor: Floor, ticket: Ticket, clock_at: Callable[[datetime], None]
) -> None:
    send(floor.anna, ticket.id, then={"state": "waiting_on_customer"})
    clock_at(NOW + timedelta(seconds=29))
    cases_sending.send_due()
    assert said(ticket.id) == []
    assert now_of(ticket.id).first_replied_at is None
    clock_at(NOW + timedelta(seconds=31))
    cases_sending.send_due()
    cases_sending.send_due()
    assert said(ticket.id) == ["On our way."]
    after = now_of(ticket.id)
    assert after.first_replied_at == NOW + timedelta(seconds=31)
    assert after.state == "waiting_on_customer"
    with reading(TEST) as work:
        actors = set(
            work.session.scalars(select(TicketChange.actor).where(TicketChange.kind == "state"))
        )
    assert actors == {floor.anna.label}


def test_undo_gives_the_draft_back_above_what_was_begun_anew(floor: Floor, ticket: Ticket) -> None:
    with begin(floor.anna) as work:
        drafts.save_draft(work, ticket.id, text="On our way.")
    row = send(floor.anna, ticket.id)
    with begin(floor.anna) as work:
        assert drafts.draft_of(work, ticket.id) is None
        drafts.save_draft(work, ticket.id, text="And another thing")
    with begin(floor.anna) as work:
        draft = cases_sending.undo_send(work, row.id)
    assert draft is not None
    assert draft.text == "On our way.\n\nAnd another thing"
    cases_sending.send_due()
    assert said(ticket.id) == []


def test_undo_cuts_nothing_off_where_both_together_are_too_long_for_a_message(
    floor: Floor, ticket: Ticket
) -> None:
    sent, begun = "a" * 10_000, "b" * 9_000
    row = send(floor.anna, ticket.id, text=sent)
    with begin(floor.anna) as work:
        drafts.save_draft(work, ticket.id, text=begun)
    with begin(floor.anna) as work:
        draft = cases_sending.undo_send(work, row.id)
    assert draft is not None
    assert draft.text == f"{sent}\n\n{begun}"


def test_undo_comes_too_late_once_it_is_said(
    floor: Floor, ticket: Ticket, clock_at: Callable[[datetime], None]
) -> None:
    row = send(floor.anna, ticket.id)
    clock_at(NOW + timedelta(minutes=1))
    cases_sending.send_due()
    with begin(floor.anna) as work, pytest.raises(Conflict) as refused:
        cases_sending.undo_send(work, row.id)
    assert refused.value.code == "already_sent"


def test_nobody_takes_back_or_reads_what_a_colleague_is_about_to_say(
    floor: Floor, ticket: Ticket
) -> None:
    row = send(floor.anna, ticket.id)
    for act in (cases_sending.undo_send, cases_sending.send_now):
        with begin(floor.ben) as work, pytest.raises(NotFound):
            act(work, row.id)
    with begin(floor.ben) as work:
        assert drafts.draft_of(work, ticket.id) is None


def test_two_sweepers_and_an_undo_at_once_leave_one_outcome(
    floor: Floor, ticket: Ticket, clock_at: Callable[[datetime], None]
) -> None:
    row = send(floor.anna, ticket.id)
    with begin(SETUP) as work:  # threads have the real clock, which is later than NOW
        work.session.execute(update(PendingReply).values(send_at=NOW - timedelta(days=1)))
    undone: list[bool] = []
    start = threading.Barrier(3)

    def sweep() -> None:
        start.wait()
        cases_sending.send_due()

    def undo() -> None:
        start.wait()
        try:
            with begin(floor.anna) as work:
                cases_sending.undo_send(work, row.id)
            undone.append(True)
        except Conflict:
            undone.append(False)

    threads = [threading.Thread(target=run) for run in (sweep, sweep, undo)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said(ticket.id)) == (0 if undone[0] else 1)


def test_scheduled_words_can_be_moved_and_sent_now(
    floor: Floor, ticket: Ticket, clock_at: Callable[[datetime], None]
) -> None:
    with begin(floor.anna) as work:
        row = cases_sending.send_at(work, ticket.id, NOW + timedelta(hours=2), text="Good morning.")
    with begin(floor.anna) as work:
        cases_sending.reschedule(work, row.id, NOW + timedelta(hours=5))
    clock_at(NOW + timedelta(hours=3))
    cases_sending.send_due()
    assert said(ticket.id) == []
    with reading(floor.ben) as work:
        assert [r.id for r in cases_sending.pending_on(work, ticket.id)] == [row.id]
    with begin(floor.anna) as work:
        cases_sending.send_now(work, row.id)
    assert said(ticket.id) == ["Good morning."]


@pytest.mark.parametrize("at", [NOW, NOW - timedelta(days=1), NOW + timedelta(days=500)])
def test_a_time_that_is_past_or_years_away_is_refused(
    floor: Floor, ticket: Ticket, at: datetime
) -> None:
    with begin(floor.anna) as work, pytest.raises(Invalid):
        cases_sending.send_at(work, ticket.id, at, text="Hello")


def test_the_same_click_twice_waits_once(floor: Floor, ticket: Ticket) -> None:
    first = send(floor.anna, ticket.id, client_msg_id="click-1")
    again = send(floor.anna, ticket.id, client_msg_id="click-1")
    assert first.id == again.id


def test_who_left_the_house_says_nothing_any_more_and_the_ticket_tells_why(
    floor: Floor, ticket: Ticket, clock_at: Callable[[datetime], None]
) -> None:
    send(floor.anna, ticket.id)
    with begin(SETUP) as work:
        work.session.get_one(User, floor.anna.id).is_active = False
    clock_at(NOW + timedelta(minutes=1))
    cases_sending.send_due()
    assert said(ticket.id) == []
    with reading(floor.ben) as work:
        (row,) = cases_sending.pending_on(work, ticket.id)
    assert (row.state, bool(row.why)) == ("failed", True)


def test_words_go_out_even_when_the_state_can_no_longer_change(
    floor: Floor, ticket: Ticket, clock_at: Callable[[datetime], None]
) -> None:
    send(floor.anna, ticket.id, then={"state": "waiting_on_customer"})
    with begin(floor.ben) as work:
        cases_line.set_state(work, ticket.id, "resolved")
    clock_at(NOW + timedelta(minutes=1))
    cases_sending.send_due()
    assert said(ticket.id) == ["On our way."]
    assert now_of(ticket.id).state == "resolved"
    with reading(TEST) as work:
        told = select(EventRow.facts).where(EventRow.kind == "ticket.reply_troubled")
        (facts,) = work.session.scalars(told).all()
    assert (facts["what"], facts["user_id"]) == ("partly", floor.anna.id)


def test_a_step_that_can_not_be_taken_is_told_before_the_words_go(
    floor: Floor, ticket: Ticket
) -> None:
    with begin(floor.ben) as work:
        cases_line.set_state(work, ticket.id, "resolved")
    row = send(floor.anna, ticket.id, then={"state": "visit_booked", "priority": "high"})
    assert row.then == {"priority": "high"}
    assert row.why == "A ticket that is resolved can't become visit booked."


def test_an_unsent_reply_is_in_no_list_of_words(floor: Floor, ticket: Ticket) -> None:
    send(floor.anna, ticket.id, "canary")
    with reading(TEST) as work:
        assert "canary" not in " ".join(work.session.scalars(select(Message.text)))


def test_two_windows_of_one_person_don_t_overwrite_each_other_unseen(
    floor: Floor, ticket: Ticket
) -> None:
    with begin(floor.anna) as work:
        first = drafts.save_draft(work, ticket.id, text="One", version=0)
    assert first is not None
    with begin(floor.anna) as work:
        drafts.save_draft(work, ticket.id, text="One and more", version=first.version)
    with begin(floor.anna) as work, pytest.raises(drafts.StaleDraft) as refused:
        drafts.save_draft(work, ticket.id, text="Other", version=first.version)
    assert refused.value.draft.text == "One and more"
    with begin(floor.anna) as work:
        assert drafts.save_draft(work, ticket.id, text="  ") is None
        assert drafts.drafts_on(work, ticket.id) == {}


def test_colleagues_see_that_somebody_writes_but_not_what(floor: Floor, ticket: Ticket) -> None:
    with begin(floor.anna) as work:
        drafts.save_draft(work, ticket.id, text="secret", public=False)
    with reading(floor.ben) as work:
        (one,) = drafts.others_writing(work, ticket.id)
        assert (one.user_id, one.public) == (floor.anna.id, False)
        assert drafts.my_drafts(work).items == []
    with reading(floor.anna) as work:
        assert [d.text for d in drafts.my_drafts(work).items] == ["secret"]


def test_customers_have_no_drafts_and_nothing_waiting(floor: Floor, ticket: Ticket) -> None:
    customer = Actor("user", new_customer("Zoe"), role="customer", customer_id=ticket.customer_id)
    with begin(customer) as work, pytest.raises(HelpdeskError):
        drafts.save_draft(work, ticket.id, text="x")
    with begin(customer) as work, pytest.raises(HelpdeskError):
        cases_sending.send_undoable(work, ticket.id, text="x")
    with reading(customer) as work, pytest.raises(NotFound):
        cases_sending.pending_on(work, ticket.id)


def test_a_note_may_wait_too_and_answers_no_clock(
    floor: Floor, ticket: Ticket, clock_at: Callable[[datetime], None]
) -> None:
    send(floor.anna, ticket.id, "for us", public=False)
    clock_at(NOW + timedelta(minutes=1))
    cases_sending.send_due()
    assert said(ticket.id) == ["for us"]
    assert now_of(ticket.id).first_replied_at is None


def test_saying_it_by_hand_stays_possible_meanwhile(floor: Floor, ticket: Ticket) -> None:
    send(floor.anna, ticket.id, "later")
    with begin(floor.ben) as work:
        cases.reply(work, ticket.id, author=f"agent:{floor.ben.id}", text="now", public=True)
    assert said(ticket.id) == ["now"]


def planned(floor: Floor, ticket: Ticket, text: str = "Still cold?", hours: int = 2) -> str:
    with begin(floor.anna) as work:
        at = NOW + timedelta(hours=hours)
        return cases_sending.send_at(work, ticket.id, at, text=text).id


def waiting(floor: Floor, ticket: Ticket) -> list[tuple[str, str]]:
    with reading(floor.anna) as work:
        return [(row.state, row.text) for row in cases_sending.pending_on(work, ticket.id)]


def test_a_planned_reply_is_held_back_when_the_customer_wrote_and_goes_when_its_author_says_so(
    floor: Floor, ticket: Ticket, clock_at: Callable[[datetime], None]
) -> None:
    first, second = planned(floor, ticket, "First"), planned(floor, ticket, "Second")
    clock_at(NOW + timedelta(hours=1))
    with begin(TEST) as work:
        cases.customer_wrote(work, ticket.id, text="It is warm again")
    with begin(floor.anna) as work:
        cases_sending.stand_by(work, second)  # seen, and still to be said
    clock_at(NOW + timedelta(hours=3))
    cases_sending.send_due()
    assert said(ticket.id) == ["Second"]
    assert waiting(floor, ticket) == [("held", "First")]
    cases_sending.send_due()
    with begin(floor.ben) as work, pytest.raises(NotFound):
        cases_sending.stand_by(work, first)
    with begin(floor.anna) as work:
        cases_sending.stand_by(work, first)
    assert said(ticket.id) == ["Second", "First"]


def test_what_was_not_seen_when_it_was_planned_holds_it_back_too(
    floor: Floor, ticket: Ticket, clock_at: Callable[[datetime], None]
) -> None:
    clock_at(NOW + timedelta(minutes=1))
    with begin(TEST) as work:
        cases.customer_wrote(work, ticket.id, text="And another thing")
    with begin(floor.anna) as work:
        at = NOW + timedelta(hours=1)
        cases_sending.send_at(work, ticket.id, at, text="All done?", seen_at=NOW)
    clock_at(NOW + timedelta(hours=2))
    cases_sending.send_due()
    assert waiting(floor, ticket) == [("held", "All done?")]


def test_a_withdrawn_reply_is_never_said_unless_it_is_put_back_in_time(
    floor: Floor, ticket: Ticket, clock_at: Callable[[datetime], None]
) -> None:
    row = planned(floor, ticket)
    with begin(floor.anna) as work:
        cases_sending.withdraw(work, row)
    assert waiting(floor, ticket) == []
    with begin(floor.anna) as work:
        cases_sending.reinstate(work, row)
    assert waiting(floor, ticket) == [("pending", "Still cold?")]
    with begin(floor.anna) as work:
        cases_sending.withdraw(work, row)
    clock_at(NOW + timedelta(hours=3))
    cases_sending.send_due()
    assert said(ticket.id) == []
    with begin(floor.anna) as work, pytest.raises(Conflict):
        cases_sending.reinstate(work, row)


def test_the_owner_and_supervisors_stop_what_a_colleague_has_planned(
    floor: Floor, ticket: Ticket, clock_at: Callable[[datetime], None]
) -> None:
    row, boss = planned(floor, ticket), replace(floor.ben, role="supervisor")
    with begin(floor.ben) as work, pytest.raises(NotFound):
        cases_sending.withdraw(work, row)
    with begin(boss) as work:
        cases_sending.withdraw(work, row)
    assert waiting(floor, ticket) == [("stopped", "Still cold?")]
    with begin(floor.anna) as work, pytest.raises(Conflict):
        cases_sending.reinstate(work, row)
    with begin(boss) as work:
        cases_sending.reinstate(work, row)
    with begin(floor.ben) as work:
        cases_line.assign(work, ticket.id, floor.ben.id)
        cases_sending.withdraw(work, row)
    clock_at(NOW + timedelta(hours=3))
    cases_sending.send_due()
    assert said(ticket.id) == []
    with begin(floor.anna) as work:
        draft = cases_sending.undo_send(work, row)  # the words are hers
    assert draft is not None
    assert draft.text == "Still cold?"
    with reading(TEST) as work:
        told = list(work.session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)))
        events = work.session.scalars(
            select(EventRow.facts).where(EventRow.kind == "ticket.reply_troubled")
        ).all()
    wanted = ["ticket.reply_stopped", "ticket.reply_put_back", "ticket.reply_stopped"]
    assert [one for one in told if one.startswith("ticket.reply")] == wanted
    assert [(one["user_id"], one["what"]) for one in events] == [(floor.anna.id, "stopped")] * 2


def test_what_goes_out_in_seconds_is_its_author_s_alone(floor: Floor, ticket: Ticket) -> None:
    row = send(floor.anna, ticket.id)
    with begin(replace(floor.ben, role="supervisor")) as work, pytest.raises(NotFound):
        cases_sending.withdraw(work, row.id)


def test_changes_go_with_the_words_and_tags_of_colleagues_stay(
    floor: Floor, ticket: Ticket, clock_at: Callable[[datetime], None]
) -> None:
    then = {
        "state": "waiting_on_customer",
        "priority": "high",
        "add_tags": ["leak"],
        "remove_tags": ["old"],
        "macro": "Fitter comes",
    }
    with begin(floor.ben) as work:
        cases_line.change(work, ticket.id, {"tags": ["old"]})
    send(floor.anna, ticket.id, then=then)
    with begin(floor.ben) as work:
        cases_line.change(work, ticket.id, {"tags": ["old", "vip"]})
    clock_at(NOW + timedelta(minutes=1))
    cases_sending.send_due()
    after = now_of(ticket.id)
    assert (after.state, after.priority) == ("waiting_on_customer", "high")
    assert sorted(after.tags) == ["leak", "vip"]
    with reading(TEST) as work:
        rows = work.session.scalars(select(TicketChange).where(TicketChange.kind == "macro"))
        assert {row.details["macro"] for row in rows} == {"Fitter comes"}


@pytest.mark.parametrize(
    "then",
    [
        {"number": "1"},
        {"state": "new"},
        {"state": "gone"},
        {"priority": "soon"},
        {"queue_id": "heating"},
        {"add_tags": [""]},
        {"macro": "\x1b[2J"},
        {"priority": ["high"]},
    ],
)
def test_what_can_not_go_with_words_is_refused_when_they_are_written(
    floor: Floor, ticket: Ticket, then: dict[str, object]
) -> None:
    with begin(floor.anna) as work, pytest.raises(Invalid):
        cases_sending.send_undoable(work, ticket.id, text="x", then=then)
    with begin(floor.anna) as work, pytest.raises(Invalid):
        drafts.save_draft(work, ticket.id, text="x", then=then)


def test_a_draft_remembers_since_when_its_writer_has_not_looked(
    floor: Floor, ticket: Ticket, clock_at: Callable[[datetime], None]
) -> None:
    def save(text: str, seen_at: datetime | None = None) -> datetime:
        with begin(floor.anna) as work:
            kept = drafts.save_draft(work, ticket.id, text=text, seen_at=seen_at)
            assert kept is not None
            return kept.seen_at

    early = NOW - timedelta(minutes=5)
    assert save("Dear", early) == early
    clock_at(NOW + timedelta(minutes=9))
    assert save("Dear Zoe") == early
    assert save("Dear Zoe", NOW) == NOW
    assert save("Dear Zoe!", early) == NOW  # another window, opened long ago
    assert save("Dear Zoe!!", NOW + timedelta(days=9)) == NOW + timedelta(minutes=9)


def test_waiting_words_go_along_when_their_ticket_is_merged_and_come_back(
    floor: Floor, ticket: Ticket
) -> None:
    other = open_one(floor, customer_id=ticket.customer_id).ticket
    planned(floor, ticket)
    with begin(floor.anna) as work:
        merged = cases_merge.merge(work, ticket.id, other.id).id
    assert waiting(floor, other) == [("pending", "Still cold?")]
    with begin(floor.anna) as work:
        cases_merge.undo(work, merged)
    assert waiting(floor, ticket) == [("pending", "Still cold?")]
