"""From what happens at the desk to what is found: tickets, words, notes, merges, a rebuild."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, text

from helpdesk.channels.models import Message
from helpdesk.core.actors import Actor, system
from helpdesk.core.db import Database
from helpdesk.core.errors import Conflict
from helpdesk.core.work import begin, reading
from helpdesk.customers import merge
from helpdesk.customers import service as customers
from helpdesk.jobs.relay import Relay
from helpdesk.search import rebuilding
from helpdesk.search.queries import Filters
from helpdesk.wiring import INDEX
from helpdesk.workflows import cases, cases_line, indexing, searching
from tests.workflows.people import Floor, make_floor

TEST = system("test")


@pytest.fixture
def floor(database: Database) -> Floor:
    return make_floor("Anna", "Ben")


def new_customer(name: str) -> str:
    with begin(TEST) as work:
        return customers.create_customer(work, name=name).id


def open_one(floor: Floor, customer_id: str, **given: Any) -> cases.Opened:
    facts = {"subject": "No light", "body": "The zeppelin is dark.", "channel": "email", **given}
    with begin(TEST) as work:
        return cases.open_case(work, customer_id=customer_id, queue=floor.queue_id, **facts)


def relay() -> None:
    """What the relay does a moment after each commit."""
    round_ = Relay({kind: [INDEX] for kind in indexing.EVENTS})
    while round_.round():
        pass


def found(words: str, actor: Actor = TEST, **given: Any) -> list[tuple[str, str]]:
    with reading(actor) as work:
        return [(hit.kind, hit.id) for hit in searching.search(work, words, **given).hits]


def test_a_new_ticket_and_each_reply_are_found_at_once(floor: Floor) -> None:
    opened = open_one(floor, new_customer("Ada"))
    relay()
    assert found("light") == [("ticket", opened.ticket.id)]
    assert found(f"T-{opened.ticket.number}") == [("ticket", opened.ticket.id)]
    assert [kind for kind, _ in found("zeppelin")] == ["message"]
    with begin(floor.anna) as work:
        cases.reply(work, opened.ticket.id, author=floor.anna.id, text="Try gondola.", public=True)
    relay()
    assert [kind for kind, _ in found("gondola")] == ["message"]
    assert found("zeppelin gondola light") == [("ticket", opened.ticket.id)]


def test_E2_notes_tags_and_others_words_are_found_by_the_desk_alone(floor: Floor) -> None:
    ada, bob = new_customer("Ada"), new_customer("Bob")
    opened = open_one(floor, ada, tags=["canarytag"])
    open_one(floor, bob, subject="Secretive", body="The airship of another.")
    with begin(floor.anna) as work:
        cases.reply(work, opened.ticket.id, author=floor.anna.id, text="canarynote", public=False)
    relay()
    customer = Actor("user", "01900000-0000-7000-8000-0000000000f1", "customer", customer_id=ada)
    for words in ("canarytag", "canarynote", "secretive", "airship"):
        assert found(words), words
        assert found(words, customer) == [], words
    assert [kind for kind, _ in found("zeppelin", customer)] == ["message"]
    with reading(customer) as work:
        assert searching.search(work, "Bob Ada").people == ()


def test_filters_follow_the_ticket_without_new_words(floor: Floor) -> None:
    opened = open_one(floor, new_customer("Ada"))
    relay()
    with begin(floor.anna) as work:
        cases_line.set_state(work, opened.ticket.id, "resolved")
    relay()
    resolved = Filters(states=frozenset({"resolved"}))
    assert found("zeppelin light", filters=resolved) == [("ticket", opened.ticket.id)]
    assert found("zeppelin", filters=Filters(states=frozenset({"new"}))) == []


def test_words_taken_away_are_not_found_any_more(floor: Floor) -> None:
    open_one(floor, new_customer("Ada"))
    relay()
    ((_, message_id),) = found("zeppelin")
    with begin(TEST) as work:
        work.session.execute(delete(Message).where(Message.id == message_id))
        indexing.renew_messages(work, [message_id])
    assert found("zeppelin") == []
    with reading(TEST) as work:
        left = text("SELECT count(*) FROM search_word WHERE word = 'zeppelin'")
        assert work.session.scalar(left) == 0


def test_everything_of_an_erased_customer_goes(floor: Floor) -> None:
    ada = new_customer("Ada")
    open_one(floor, ada)
    relay()
    with begin(TEST) as work:
        indexing.forget_customer(work, ada)
    assert found("zeppelin light") == []


def test_a_merge_and_its_undoing_move_what_a_customer_finds(floor: Floor) -> None:
    ada, bob = new_customer("Ada"), new_customer("Bob")
    open_one(floor, bob)
    relay()
    customer = Actor("user", "01900000-0000-7000-8000-0000000000f1", "customer", customer_id=ada)
    assert found("light", customer) == []
    with begin(floor.anna) as work:
        done = merge.merge(work, ada, bob)
    relay()
    assert [kind for kind, _ in found("light", customer)] == ["ticket"]
    assert [kind for kind, _ in found("zeppelin", customer)] == ["message"]
    with begin(floor.anna) as work:
        merge.undo(work, done.id)
    relay()
    assert found("light", customer) == found("zeppelin", customer) == []


def test_a_rebuild_goes_on_where_it_was_killed(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "BATCH", 2)
    ada = new_customer("Ada")
    for n in range(5):
        open_one(floor, ada, subject=f"Light {n}", body=f"zeppelin {n}")
    with begin(TEST) as work:
        indexing.start_rebuild(work, from_nothing=True)
        with pytest.raises(Conflict):
            indexing.start_rebuild(work)
    with begin(TEST) as work:
        assert indexing.rebuild_batch(work)
    with reading(TEST) as work:
        halfway = rebuilding.progress(work)
    assert halfway.is_running
    assert 0 < halfway.share < 1
    assert len(found("light")) == 2
    indexing.rebuild()
    with reading(TEST) as work:
        assert not rebuilding.progress(work).is_running
    assert len(found("light")) == 5
    assert len(found("zeppelin", scope="messages")) == 5


def test_a_rebuild_throws_out_what_is_gone(floor: Floor) -> None:
    open_one(floor, new_customer("Ada"))
    relay()
    with begin(TEST) as work:
        work.session.execute(delete(Message))
        indexing.start_rebuild(work)
    indexing.rebuild()
    assert found("zeppelin") == []
    assert len(found("light")) == 1
