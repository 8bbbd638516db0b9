"""The demo company: what is promised of it, and that its history could have happened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from helpdesk import demo, wiring
from helpdesk.channels.models import Conversation, Message
from helpdesk.clocks.queries import clocks_of
from helpdesk.core import db, secrets, work
from helpdesk.core.actors import Actor, system
from helpdesk.core.config import Settings
from helpdesk.core.db import Database
from helpdesk.core.tables import EventRow
from helpdesk.core.work import begin, reading
from helpdesk.customers.models import ContactPoint, Customer, DuplicateSuggestion, TimelineEntry
from helpdesk.demo import filling
from helpdesk.identity import sign_in, tokens
from helpdesk.kb import queries as articles
from helpdesk.kb import ratings
from helpdesk.kb.models import Article
from helpdesk.mail import mailboxes
from helpdesk.routing.models import (
    AgentConnection,
    AgentState,
    Assignment,
    Offer,
    PresenceSpan,
    Slot,
    WorkItem,
)
from helpdesk.rules.models import RuleRow
from helpdesk.tickets.models import Ticket

ANYBODY = system("test")
TRAINING = "triage.training_asked"  # where its libraries are
DAYS = 21


@pytest.fixture(scope="module")
def filled(
    _fast_folder: Path, _sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Database, Settings, list[dict[str, str]], list[str]]]:
    """Three weeks of the demo company on SQLite, made once for all tests here."""
    from tests.real import schema

    path = _fast_folder / "demo.db"
    opened = schema.sqlite_copy(_sqlite_template, path)
    secrets.configure("a key for tests only, as long as it has to be: 0123456789")
    settings = Settings(data=tmp_path_factory.mktemp("demo"), database_url=opened.url)
    db.use(opened)
    wiring.register()
    work.silence()
    for observer in wiring.observers():
        work.observe(observer)
    told: list[str] = []
    logins = filling.fill(settings, told.append, days=DAYS)
    db.use(None)
    yield opened, settings, logins, told
    opened.dispose()


@pytest.fixture
def company(
    filled: tuple[Database, Settings, list[dict[str, str]], list[str]],
) -> Iterator[list[dict[str, str]]]:
    """The filled database is the current one; answers the logins."""
    db.use(filled[0])
    yield filled[2]
    db.use(None)


def test_the_promised_logins_are_there_and_each_is_let_in(company: list[dict[str, str]]) -> None:
    by_role: dict[str, int] = defaultdict(int)
    for login in company:
        by_role[login["role"]] += 1
        with begin(ANYBODY) as work_:
            attempt = sign_in.start(work_, login["email"])
            right = attempt.check(login["password"])
            opened = sign_in.finish(work_, attempt, right, agent="test")
        assert opened is not None
        assert opened.stage == "full"
        with reading(ANYBODY) as work_:
            found = tokens.find(work_, login["token"])
        assert found is not None
        assert found.actor.role == login["role"]
    assert by_role["admin"] >= 1
    assert by_role["supervisor"] >= 1
    assert by_role["agent"] >= 6
    assert by_role["technician"] >= 2
    assert by_role["customer"] >= 2
    assert len({login["password"] for login in company}) == len(company)


def test_nothing_is_left_to_relay_and_nobody_is_at_work(company: object) -> None:
    with reading(ANYBODY) as work_:
        session = work_.session
        # Signing in is by the test above; search and triage are filled by whoever works next.
        later = ("user.signed_in", "user.session_opened", "search.rebuild_started", TRAINING)
        unrelayed = select(func.count()).where(
            EventRow.relayed_at.is_(None), EventRow.kind.not_in(later)
        )
        assert session.scalar(unrelayed) == 0
        assert session.scalar(select(func.count()).select_from(AgentConnection)) == 0
        states = session.execute(select(AgentState.presence, AgentState.connected)).all()
        assert set(states) == {("offline", False)}
        held = select(func.count()).where(
            Slot.offer_id.is_not(None) | Slot.assignment_id.is_not(None)
        )
        assert session.scalar(held) == 0
        chats = select(WorkItem.state).where(WorkItem.channel == "chat")
        assert set(session.scalars(chats)) == {"done", "left"}
        spoken = select(Conversation.state).where(Conversation.channel == "chat")
        assert set(session.scalars(spoken)) == {"ended"}
        assert not session.scalars(select(Assignment).where(Assignment.finished_at.is_(None))).all()
        assert not session.scalars(select(Offer).where(Offer.state == "live")).all()


def test_cases_by_mail_stand_in_several_states_and_their_clocks_run(company: object) -> None:
    with reading(ANYBODY) as work_:
        tickets = work_.session.scalars(select(Ticket)).all()
        assert len(tickets) >= 3
        assert len({ticket.state for ticket in tickets}) >= 2
        assert all(clocks_of(work_, ticket.id) for ticket in tickets)


def test_time_never_goes_back(company: object) -> None:
    with reading(ANYBODY) as work_:
        events = work_.session.scalars(select(EventRow.at).order_by(EventRow.seq)).all()
        assert list(events) == sorted(events)
        last: dict[str, tuple[int, object]] = {}
        for entry in work_.session.scalars(select(TimelineEntry).order_by(TimelineEntry.seq)):
            if entry.customer_id in last:
                assert last[entry.customer_id][1] <= entry.at  # type: ignore[operator]
            last[entry.customer_id] = (entry.seq, entry.at)
        talks: dict[str, list[object]] = defaultdict(list)
        for message in work_.session.scalars(select(Message).order_by(Message.seq)):
            talks[message.conversation_id].append(message.at)
        assert all(times == sorted(times) for times in talks.values())  # type: ignore[type-var]
        chats = select(Conversation).where(Conversation.channel == "chat")
        for chat in work_.session.scalars(chats):
            assert chat.ended_at is not None
            assert chat.opened_at <= (chat.answered_at or chat.opened_at) <= chat.ended_at


def test_nobody_had_more_chats_than_slots_at_any_moment(company: object) -> None:
    with reading(ANYBODY) as work_:
        capacity = dict(
            work_.session.execute(select(AgentState.user_id, AgentState.capacity)).all()
        )
        changes: dict[str, list[tuple[object, int]]] = defaultdict(list)
        for row in work_.session.scalars(select(Assignment)):
            # One that ends and one that begins at the same instant share the slot in that order.
            changes[row.agent_id] += [(row.accepted_at, 1), (row.finished_at, -1)]
        busiest = 0
        for agent_id, steps in changes.items():
            in_hand = 0
            for _, step in sorted(steps):  # type: ignore[type-var]
                in_hand += step
                assert in_hand <= capacity[agent_id]["chat"]
                busiest = max(busiest, in_hand)
    assert busiest > 1


def test_presence_is_one_stretch_after_the_other(company: object) -> None:
    with reading(ANYBODY) as work_:
        spans = work_.session.scalars(
            select(PresenceSpan).order_by(PresenceSpan.agent_id, PresenceSpan.began_at)
        ).all()
    by_agent: dict[str, list[PresenceSpan]] = defaultdict(list)
    for span in spans:
        by_agent[span.agent_id].append(span)
    for stretches in by_agent.values():
        assert [s.ended_at for s in stretches[:-1]] == [s.began_at for s in stretches[1:]]
        assert stretches[-1].ended_at is None
    assert {s.presence for s in spans} >= {"available", "break", "offline"}


def test_chats_differ_in_how_they_went(company: object) -> None:
    with reading(ANYBODY) as work_:
        session = work_.session
        chats = session.scalar(select(func.count()).select_from(Conversation)) or 0
        assert chats > DAYS * 4
        outcomes = set(session.scalars(select(Assignment.outcome)))
        assert {"resolved", "follow_up"} <= outcomes
        offers = set(session.scalars(select(Offer.state)))
        assert {"accepted", "declined"} <= offers
        waits = session.scalars(select(WorkItem.promised).where(WorkItem.promised.is_not(None)))
        assert any(waits), "nobody who waited was told how long"
        assert session.scalar(select(func.count()).where(WorkItem.state == "left"))
        again = (
            select(Conversation.customer_id)
            .group_by(Conversation.customer_id)
            .having(func.count() > 1)
        )
        assert len(session.scalars(again).all()) > 10
        assert session.scalar(select(func.count()).where(Message.public.is_(False)))


def test_customers_come_from_several_countries_and_some_are_there_twice(company: object) -> None:
    with reading(ANYBODY) as work_:
        assert (work_.session.scalar(select(func.count()).select_from(Customer)) or 0) > 200
        phones = work_.session.scalars(
            select(ContactPoint.value).where(ContactPoint.kind == "phone")
        ).all()
        assert len({phone[:3] for phone in phones}) >= 6
        assert len(work_.session.scalars(select(DuplicateSuggestion)).all()) >= 3


def test_filling_twice_changes_nothing(
    filled: tuple[Database, Settings, list[dict[str, str]], list[str]], company: object
) -> None:
    def rows() -> tuple[object, ...]:
        with reading(ANYBODY) as work_:
            return tuple(
                work_.session.scalar(select(func.count()).select_from(table))
                for table in (EventRow, Customer, Conversation)
            )

    before = rows()
    told: list[str] = []
    assert demo.fill(filled[1], told.append) == []
    assert rows() == before
    assert told == ["The demo data is there already; left as it is"]


def test_how_far_it_is_is_told_on_the_way(
    filled: tuple[Database, Settings, list[dict[str, str]], list[str]],
) -> None:
    assert "Nordlicht Energie" in " ".join(filled[3])
    assert filled[3][-1].endswith("nobody is at the desk")


def test_a_mailbox_that_asks_no_server_and_rules_of_both_kinds_are_there(company: object) -> None:
    with reading(ANYBODY) as work_:
        (box,) = mailboxes.mailboxes(work_)
        assert (box.incoming, box.outgoing, box.error) == ("none", "relay", "")
        rows = work_.session.scalars(select(RuleRow)).all()
    assert all(row.is_active for row in rows)
    assert {bool(row.content["timer"]) for row in rows} == {True, False}


@pytest.mark.postgres
def test_a_few_days_of_it_fill_postgresql_too(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "CUSTOMERS", 60)
    settings = Settings(data=tmp_path, database_url=database.url)
    logins = filling.fill(settings, lambda line: None, days=4)
    assert len(logins) == 12
    with reading(ANYBODY) as work_:
        waiting = select(EventRow.kind).where(EventRow.relayed_at.is_(None))
        assert set(work_.session.scalars(waiting)) - {TRAINING} == {"search.rebuild_started"}
        assert work_.session.scalar(select(func.count()).select_from(Conversation))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_interrupted_start_leaves_an_empty_installation(
    database: Database, tmp_path: Path
) -> None:
    class Stopped(Exception):
        pass

    def stop(line: str) -> None:
        if line.startswith("Nordlicht"):
            raise Stopped

    with pytest.raises(Stopped):
        filling.fill(Settings(data=tmp_path, database_url=database.url), stop, days=2)
    with begin(ANYBODY) as work_:
        assert not work_.session.scalar(select(func.count()).select_from(AgentState))
        assert not work_.session.scalar(select(func.count()).select_from(EventRow))


def test_its_articles_are_written_rated_and_used(company: list[dict[str, str]]) -> None:
    visitor = Actor("visitor", "a reader")
    with reading(visitor) as work:
        public = [row.article_id for row in articles.newest(work, "de", limit=100).items]
        assert len(public) >= 15
        german = [articles.get_shown(work, one, "de").locale for one in public]
        assert german.count("de") >= 6
        assert len(articles.open_sections(work)) == 9
    with reading(ANYBODY) as work:
        states = set(work.session.scalars(select(Article.state)))
        assert {"draft", "review", "scheduled", "published"} <= states
        rows = work.session.scalars(select(Article).where(Article.is_live)).all()
        assert sum(row.helpful for row in rows) > 30
        assert any(row.uses for row in rows)
        behind = [line for line in articles.page(work, articles.Filter()).items if line.outdated]
        assert [line.text.title for line in behind] == ["Wallbox is offline"]
        assert len(ratings.page_of_remarks(work).items) == 3
