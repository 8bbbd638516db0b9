"""The survey inside a chat that has just ended: whom it asks, how often, who reads the answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from helpdesk.channels.models import Conversation
from helpdesk.consents import service as consents
from helpdesk.core.actors import Actor
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.listening import Consumer
from helpdesk.core.tables import EventRow
from helpdesk.core.work import begin, reading
from helpdesk.customers.models import ContactPoint, Customer
from helpdesk.jobs.relay import Relay
from helpdesk.surveys import queries
from helpdesk.surveys.models import Survey
from helpdesk.workflows import (
    cases,
    cases_line,
    chat,
    desk,
    surveying,
    surveying_chat,
    surveying_later,
)
from tests.workflows.people import SETUP, Floor, come_in, offer_of, start_chat
from tests.workflows.postroom import messages
from tests.workflows.ruling_scene import act, history, relay, rule, when
from tests.workflows.test_surveying import (
    NOW,
    customer,
    floor,
    mails,
    plan,
    planned,
    resolved,
    surveys,
)

__all__ = ["floor"]
VISITOR = Actor("visitor", "ida")
PAYLOAD = '<img src=x onerror="window.__pwn=1">'


def over(floor: Floor, *, answered: bool = True, ticket: bool = False) -> str:
    """A chat that Anna has answered and its visitor ended; the conversation's id."""
    started = start_chat(floor, "Hello", name="Ida", email="ida@example.org")
    if answered:
        come_in(floor.anna)
        with begin(floor.anna) as work:
            desk.accept_offer(work, offer_of(work, floor.anna) or "")
        with begin(floor.anna) as work:
            desk.send_message(
                work, started.conversation_id, text="Hi", public=True, client_msg_id="1"
            )
    if ticket:
        with begin(SETUP) as work:
            cases.open_case(
                work, customer_id=customer_of(started.conversation_id), channel="chat",
                conversation_id=started.conversation_id, queue=floor.queue_id, subject="Chat",
                body="",
            )  # fmt: skip
    with begin(VISITOR) as work:
        chat.end_conversation(work, started.conversation_id, ended_by="visitor")
    return started.conversation_id


def customer_of(conversation_id: str) -> str:
    with reading(SETUP) as work:
        return work.session.get_one(Conversation, conversation_id).customer_id


def ask(conversation_id: str) -> Survey | None:
    with begin(VISITOR) as work:
        return surveying_chat.ask(work, conversation_id)


def answer(conversation_id: str, score: int | None, comment: str = "") -> None:
    with begin(VISITOR) as work:
        surveying_chat.answer(work, conversation_id, score=score, comment=comment)


@pytest.mark.parametrize("kind, highest", [("csat", 5), ("ces", 7), ("nps", 10)])
def test_the_survey_of_the_queue_is_asked_and_answered_in_the_chat(
    floor: Floor, kind: str, highest: int
) -> None:
    plan("nps", queue_ids=["00000000-0000-7000-8000-000000000000"])
    plan(kind)
    chat_id = over(floor)
    found = ask(chat_id)
    assert found is not None
    shown = surveying_chat.shown(found)
    assert (shown["lowest"], shown["highest"]) == (0 if kind == "nps" else 1, highest)
    assert not {"id", "token", "survey_id"} & set(shown)
    again = ask(chat_id)
    assert again is not None
    assert again.id == found.id
    answer(chat_id, highest, f" {PAYLOAD}\r\n=1+1 ")
    [row] = surveys()
    assert (row.state, row.score, row.channel, row.ticket_id) == ("answered", highest, "chat", None)
    assert row.comment == f"{PAYLOAD}\n=1+1"
    assert ask(chat_id) is None
    note = messages(chat_id)[-1]
    assert (note.author, note.public) == ("system", False)
    assert f"{highest} of {highest}" in note.text
    with reading(VISITOR) as work:
        chat_row = work.session.get_one(Conversation, chat_id)
        seen = chat.messages_for_visitor(work, chat_row, 0)
    assert [one["text"] for one in seen] == ["Hello", "Hi"]
    with reading(SETUP) as work:
        [figure] = queries.figures(work, queries.Wanted(since=NOW - timedelta(days=1)))
        assert (figure.answers, figure.asked) == (1, 1)


def test_one_in_thirty_days_over_chat_and_mail(
    floor: Floor, clock_at: Callable[[datetime], None]
) -> None:
    plan(delay_s=0)
    first = over(floor)
    assert ask(first) is not None
    resolved(floor, customer_of(first))
    surveying.send_due()
    assert mails() == []
    assert [one.why for one in surveys()] == ["", surveying.ASKED_LATELY]
    clock_at(NOW + timedelta(days=31))
    resolved(floor, customer_of(first))
    surveying.send_due()
    assert len(mails()) == 1
    second = over(floor)
    with begin(SETUP) as work:
        work.session.get_one(Conversation, second).customer_id = customer_of(first)
    assert ask(second) is None


def test_who_was_not_helped_came_late_or_wants_none_is_not_asked(
    floor: Floor, clock_at: Callable[[datetime], None]
) -> None:
    plan()
    assert ask(over(floor, answered=False)) is None
    late = over(floor)
    with begin(SETUP) as work:
        said = {"purpose": "surveys", "channel": "email", "source": "unsubscribe"}
        consents.say(work, customer_of(late), state="withdrawn", address="ida@x.example", **said)
    assert ask(late) is None
    with begin(SETUP) as work:
        consents.say(work, customer_of(late), state="given", **said)
    clock_at(NOW + timedelta(minutes=61))
    assert ask(late) is None
    assert surveys() == []


def test_a_running_chat_and_a_matter_that_goes_on_are_not_asked_about(floor: Floor) -> None:
    plan()
    running = start_chat(floor)
    assert ask(running.conversation_id) is None
    with begin(VISITOR) as work:
        chat.end_conversation(work, running.conversation_id, ended_by="visitor")
    on_ticket = over(floor, ticket=True)
    assert ask(on_ticket) is None
    with reading(SETUP) as work:
        ticket_id = work.session.get_one(Conversation, on_ticket).ticket_id
    assert ticket_id
    with begin(floor.anna) as work:
        cases_line.set_state(work, ticket_id, "resolved")
    planned()
    assert ask(on_ticket) is not None
    answer(on_ticket, 4)
    kinds = [row.kind for row in history(ticket_id, "survey_sent", "survey_answered")]
    assert kinds == ["survey_sent", "survey_answered"]
    with reading(SETUP) as work:
        assert queries.of_ticket(work, ticket_id)[0].score == 4


def test_skipped_it_is_not_asked_again_and_counts_as_asked(floor: Floor) -> None:
    plan()
    chat_id = over(floor)
    with pytest.raises(NotFound), begin(VISITOR) as work:
        surveying_chat.skip(work, chat_id)
    ask(chat_id)
    for _ in range(2):
        with begin(VISITOR) as work:
            surveying_chat.skip(work, chat_id)
    assert ask(chat_id) is None
    with pytest.raises(NotFound):
        answer(chat_id, 5)
    [row] = surveys()
    assert (row.state, row.why, row.score) == ("skipped", surveying_chat.SKIPPED, None)


def test_L10_two_windows_at_once_get_one_question_and_one_answer_counts(floor: Floor) -> None:
    plan()
    chat_id = over(floor)
    with begin(SETUP) as work:  # the threads have the real clock
        future = datetime.fromisoformat("2126-01-01T00:00:00+00:00")
        work.session.execute(update(Conversation).values(ended_at=future))
    start, asked, came = threading.Barrier(4), [], []

    def window(score: int) -> None:
        start.wait()
        found = ask(chat_id)
        asked.append(found.id if found else None)
        start.wait()
        try:
            answer(chat_id, score)
            came.append("taken")
        except Conflict as error:
            came.append(error.code)

    threads = [threading.Thread(target=window, args=(n + 1,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(asked)) == 1
    assert sorted(came) == ["answered"] * 3 + ["taken"]
    assert len(surveys()) == 1
    with reading(SETUP) as work:
        kinds = work.session.scalars(select(EventRow.kind)).all()
        assert kinds.count("survey.answered") == 1
        assert kinds.count("survey.sent") == 1


def test_a_wrong_score_is_refused_and_a_rule_on_tickets_looks_at_no_chat(floor: Floor) -> None:
    rule(
        "Look again", "survey_answered", every=(when("score", "at_most", "2"),),
        actions=(act("add_tags", "", "unhappy"),),
    )  # fmt: skip
    plan()
    chat_id = over(floor)
    ask(chat_id)
    for score in (None, 0, 6):
        with pytest.raises(Invalid):
            answer(chat_id, score)
    answer(chat_id, 1)
    relay()
    assert surveys()[0].score == 1


def test_who_left_the_chat_without_a_word_is_asked_by_mail_once_at_a_proved_address(
    floor: Floor, clock_at: Callable[[datetime], None]
) -> None:
    plan(delay_s=0)
    ended = Relay({"conversation.ended": [Consumer("later", surveying_later.plan)]})
    unproved = over(floor)
    ended.deliver_waiting()
    assert surveys() == []
    other = customer("ina@example.org")
    with begin(SETUP) as work:
        work.session.execute(update(ContactPoint).values(verified_at=NOW))
    never, asked = over(floor), over(floor)
    with begin(SETUP) as work:  # the same person twice, and somebody else
        for chat_id, who in ((never, other), (asked, customer_of(unproved))):
            work.session.get_one(Conversation, chat_id).customer_id = who
    ended.deliver_waiting()
    assert {one.state for one in surveys()} == {"planned"}
    assert ask(asked) is not None
    surveying.send_due()
    assert mails() == []
    clock_at(NOW + timedelta(minutes=61))
    for _ in range(2):
        surveying.send_due()
    assert sorted(mail.to_address for mail in mails()) == ["ida@example.org", "ina@example.org"]
    assert len(surveys()) == 2
    with begin(VISITOR) as work:
        surveying.answer(work, mails()[0].unsubscribe_url.split("/")[-2], score=2, comment="Late")
    answered = next(one for one in surveys() if one.state == "answered")
    assert answered.channel == "email"
    assert "2 of 5" in messages(answered.conversation_id or "")[-1].text
    third = over(floor)
    with begin(SETUP) as work:
        work.session.get_one(Conversation, third).customer_id = other
    ended.deliver_waiting()
    clock_at(NOW + timedelta(hours=3))
    surveying.send_due()
    assert len(mails()) == 2
    assert surveys()[-1].why == surveying.ASKED_LATELY


def test_a_german_customer_reads_german(floor: Floor) -> None:
    plan()
    chat_id = over(floor)
    with begin(SETUP) as work:
        work.session.execute(update(Customer).values(language="de-AT"))
    found = ask(chat_id)
    assert found is not None
    assert surveying_chat.shown(found)["skip"] == "Jetzt nicht"
