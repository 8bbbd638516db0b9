"""Surveys after real tickets: one in 30 days, sent once, answered once, told where it matters."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from helpdesk.channels.models import Conversation
from helpdesk.core.actors import Actor
from helpdesk.core.config import Settings
from helpdesk.core.db import Database
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.listening import Consumer
from helpdesk.core.tables import EventRow
from helpdesk.core.work import begin, reading
from helpdesk.customers import merge
from helpdesk.customers import service as customers
from helpdesk.customers.models import TimelineEntry
from helpdesk.jobs.relay import Relay
from helpdesk.mail import place
from helpdesk.mail import service as mail
from helpdesk.mail.models import IncomingMail, OutgoingMail
from helpdesk.surveys import queries, setup
from helpdesk.surveys.models import Survey
from helpdesk.workflows import cases, cases_line, surveying
from tests.workflows.people import SETUP, Floor, make_floor, start_chat
from tests.workflows.ruling_scene import act, history, relay, rule, ticket, when

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
DAY = 86_400
VISITOR = Actor("visitor", "link")


@pytest.fixture
def floor(database: Database, tmp_path: Path, clock_at: Callable[[datetime], None]) -> Floor:
    clock_at(NOW)
    place.configure(Settings(data=tmp_path, secret_key="k" * 40, base_url="https://help.example"))
    return make_floor("Anna", "Ben")


def plan(kind: str = "csat", **given: Any) -> str:
    values = {
        "name": f"After {kind}", "kind": kind, "question": "", "queue_ids": [], "brand_id": None,
        "delay_s": DAY, "valid_days": 30, **given,
    }  # fmt: skip
    with begin(SETUP) as work:
        row = setup.add_plan(work, values)
        setup.switch(work, row.id, True)
        return row.id


def customer(email: str = "ada@example.org") -> str:
    with begin(SETUP) as work:
        return customers.create_customer(work, name="Ada", contact_points=[("email", email)]).id


def resolved(floor: Floor, customer_id: str) -> str:
    with begin(SETUP) as work:
        opened = cases.open_case(
            work,
            customer_id=customer_id,
            queue=floor.queue_id,
            subject="No light",
            body="Dark.",
            channel="email",
        )
    with begin(floor.anna) as work:
        cases_line.set_state(work, opened.ticket.id, "resolved")
    planned()
    return opened.ticket.id


def planned() -> None:
    running = Relay({"ticket.resolved": [Consumer("surveys", surveying.plan)]})
    while running.deliver_waiting():
        pass


def surveys() -> list[Survey]:
    with reading(SETUP) as work:
        return list(work.session.scalars(select(Survey).order_by(Survey.id)))


def mails() -> list[OutgoingMail]:
    with reading(SETUP) as work:
        rows = select(OutgoingMail).where(OutgoingMail.kind == "survey")
        return list(work.session.scalars(rows.order_by(OutgoingMail.id)))


def token() -> str:
    return mails()[-1].unsubscribe_url.split("/")[-2]


def answer(given: str, score: int | None, comment: str = "") -> Survey:
    with begin(VISITOR) as work:
        return surveying.answer(work, given, score=score, comment=comment)


def test_a_survey_goes_out_after_its_delay_and_its_answer_stands_where_it_matters(
    floor: Floor, clock_at: Callable[[datetime], None]
) -> None:
    plan()
    who = customer()
    ticket_id = resolved(floor, who)
    surveying.send_due()
    assert mails() == []
    clock_at(NOW + timedelta(days=1, minutes=1))
    surveying.send_due()
    surveying.send_due()
    [mail] = mails()
    assert mail.is_automatic
    assert mail.to_address == "ada@example.org"
    assert mail.unsubscribe_url.startswith("https://help.example/survey/")
    assert "How satisfied" in mail.text
    given = token()
    assert len(given) >= 32  # 192 bits
    with reading(SETUP) as work:
        assert given not in str(work.session.scalars(select(Survey)).one().__dict__)
    answer(given, 2, "Too slow\r\nsorry")
    [found] = surveys()
    assert (found.state, found.score, found.comment) == ("answered", 2, "Too slow\nsorry")
    assert [row.kind for row in history(ticket_id, "survey_sent", "survey_answered")] == [
        "survey_sent",
        "survey_answered",
    ]
    with reading(SETUP) as work:
        kinds = work.session.scalars(
            select(TimelineEntry.kind).where(TimelineEntry.customer_id == who)
        ).all()
        assert {"survey.sent", "survey.answered"} <= set(kinds)
        assert [one.id for one in queries.of_ticket(work, ticket_id)] == [found.id]
    assert ticket(ticket_id).state == "resolved"


def test_a_customer_is_asked_once_in_thirty_days(
    floor: Floor, clock_at: Callable[[datetime], None]
) -> None:
    plan(delay_s=0)
    who = customer()
    for days in (0, 10, 31):
        clock_at(NOW + timedelta(days=days))
        resolved(floor, who)
        surveying.send_due()
    assert [(one.state, one.why) for one in surveys()] == [
        ("sent", ""),
        ("skipped", surveying.ASKED_LATELY),
        ("sent", ""),
    ]


def test_two_records_that_become_one_are_one_customer(
    floor: Floor, clock_at: Callable[[datetime], None]
) -> None:
    plan(delay_s=0)
    first, second = customer(), customer("ada@work.example")
    resolved(floor, first)
    surveying.send_due()
    with begin(SETUP) as work:
        merge.merge(work, second, first)
    clock_at(NOW + timedelta(days=2))
    resolved(floor, second)
    surveying.send_due()
    assert [one.state for one in surveys()] == ["sent", "skipped"]


def test_L8_two_processes_at_once_send_one(floor: Floor) -> None:
    plan(delay_s=0)
    who = customer()
    resolved(floor, who)
    resolved(floor, who)
    ids = [one.id for one in surveys()]
    start, came = threading.Barrier(4), []

    def send(survey_id: str) -> None:
        start.wait()
        with begin(surveying.SURVEYS) as work:
            came.append(surveying.send(work, survey_id))

    with begin(SETUP) as work:  # the threads have the real clock
        work.session.execute(update(Survey).values(due_at=NOW - timedelta(days=1)))
    threads = [threading.Thread(target=send, args=(one,)) for one in ids * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came).count("sent") == 1
    assert len(mails()) == 1


def test_who_comes_back_is_not_asked_about_the_first_time(
    floor: Floor, clock_at: Callable[[datetime], None]
) -> None:
    plan()
    ticket_id = resolved(floor, customer())
    with begin(SETUP) as work:
        cases.customer_wrote(work, ticket_id, text="Dark again")
    clock_at(NOW + timedelta(days=2))
    surveying.send_due()
    assert [(one.state, one.why) for one in surveys()] == [("skipped", surveying.NOT_ANY_MORE)]
    assert mails() == []


def test_a_program_is_not_asked_and_neither_is_an_address_that_just_had_a_mail(
    floor: Floor, clock_at: Callable[[datetime], None]
) -> None:
    plan(delay_s=0)
    first = resolved(floor, customer())
    with begin(SETUP) as work:
        thread = cases_line.threads_of(work, first)[0].id
        work.insert(
            IncomingMail, id=thread, once_key="k", sha256="s", size=1, received_at=work.at,
            state="done", outcome="ticket", kind="list", conversation_id=thread,
            sender_address="list@example.org", message_id="", envelope_to=[], reason="",
            sender_name="", doubt="", subject="", copies=0, attempts=0,
        )  # fmt: skip
    surveying.send_due()
    assert surveys()[0].state == "skipped"
    with begin(SETUP) as work:
        assert mail.may_send_automatic(work, "bob@example.org")
    resolved(floor, customer("bob@example.org"))
    surveying.send_due()
    assert surveys()[1].state == "planned"
    clock_at(NOW + timedelta(hours=2))
    surveying.send_due()
    assert surveys()[1].state == "sent"


def test_L10_an_answer_counts_once(floor: Floor) -> None:
    plan(delay_s=0)
    resolved(floor, customer())
    surveying.send_due()
    given = token()
    with begin(SETUP) as work:  # the threads have the real clock
        later = datetime(2126, 1, 1, tzinfo=UTC)
        work.session.execute(update(Survey).values(expires_at=later))
    came: list[str] = []
    start = threading.Barrier(6)

    def send(score: int) -> None:
        start.wait()
        try:
            answer(given, score)
            came.append("taken")
        except Conflict as error:
            came.append(error.code)

    threads = [threading.Thread(target=send, args=(n % 5 + 1,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came) == ["answered"] * 5 + ["taken"]
    with reading(SETUP) as work:
        told = work.session.scalars(select(EventRow).where(EventRow.kind == "survey.answered"))
        assert len(told.all()) == 1


def test_a_link_ends_and_a_wrong_one_or_a_wrong_score_is_refused(
    floor: Floor, clock_at: Callable[[datetime], None]
) -> None:
    plan(delay_s=0, valid_days=7)
    resolved(floor, customer())
    surveying.send_due()
    given = token()
    for score in (None, 0, 6):
        with pytest.raises(Invalid):
            answer(given, score)
    for wrong in ("x", given[:-1] + ("a" if given[-1] != "a" else "b"), "é" * 32):
        with pytest.raises(NotFound):
            answer(wrong, 5)
    clock_at(NOW + timedelta(days=8))
    with pytest.raises(NotFound):
        answer(given, 5)
    assert surveys()[0].state == "sent"


def test_who_wants_no_surveys_gets_none_under_any_record(
    floor: Floor, clock_at: Callable[[datetime], None]
) -> None:
    plan(delay_s=0)
    resolved(floor, customer())
    surveying.send_due()
    with begin(VISITOR) as work:
        surveying.refuse(work, token())
    with begin(VISITOR) as work:
        surveying.refuse(work, token())
    clock_at(NOW + timedelta(days=40))
    resolved(floor, customer())
    surveying.send_due()
    assert [one.why for one in surveys()] == ["", surveying.WANTS_NONE]


def test_in_a_chat_that_still_runs_the_question_is_asked_there(floor: Floor) -> None:
    plan("ces", delay_s=0)
    started = start_chat(floor)
    with begin(SETUP) as work:
        opened = cases.open_case(
            work,
            customer_id=work.session.get_one(Conversation, started.conversation_id).customer_id,
            conversation_id=started.conversation_id,
            queue=floor.queue_id,
            subject="Chat",
            body="",
            channel="chat",
        )
    with begin(floor.anna) as work:
        cases_line.set_state(work, opened.ticket.id, "resolved")
    planned()
    surveying.send_due()
    [found] = surveys()
    assert (found.state, found.channel) == ("sent", "chat")
    assert mails() == []


def test_figures_and_answers_are_a_supervisors(floor: Floor) -> None:
    plan("nps", delay_s=0)
    for n, score in enumerate((10, 9, 3)):
        resolved(floor, customer(f"c{n}@example.org"))
        surveying.send_due()
        answer(token(), score)
    wanted = queries.Wanted(since=NOW - timedelta(days=1))
    with reading(SETUP) as work:
        [found] = queries.figures(work, wanted)
        assert (found.value, found.answers, found.asked, found.rate) == (33.3, 3, 3, 100.0)
        low = queries.Wanted(since=NOW - timedelta(days=1), low_only=True)
        assert [one.score for one in queries.page_of_answers(work, low).items] == [3]
        assert len(list(queries.every_answer(work, wanted))) == 3
    with reading(floor.anna) as work, pytest.raises(NotFound):
        queries.figures(work, wanted)
    with begin(floor.anna) as work, pytest.raises(Forbidden):
        setup.add_plan(work, {})


def test_a_bad_answer_sets_a_rule_off(floor: Floor) -> None:
    rule(
        "Look again",
        "survey_answered",
        every=(when("score", "at_most", "2"),),
        actions=(act("add_tags", "", "unhappy"),),
    )
    plan(delay_s=0)
    ticket_id = resolved(floor, customer())
    surveying.send_due()
    answer(token(), 1)
    relay()
    assert ticket(ticket_id).tags == ["unhappy"]
