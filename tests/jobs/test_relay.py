"""The relay brings every event to every consumer: once in effect, in order, whatever dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from rq.queue import Queue
from sqlalchemy import func, select, update

from helpdesk.core import clock, redis
from helpdesk.core.actors import system
from helpdesk.core.counters import next_number
from helpdesk.core.db import Database
from helpdesk.core.events import Event
from helpdesk.core.listening import Consumer, Job
from helpdesk.core.tables import AuditSeal, Counter, Delivery, EventRow, Lease
from helpdesk.core.work import Emitted, Work, begin, reading
from helpdesk.jobs import deliveries, queue
from helpdesk.jobs.models import DeliveryFailure
from helpdesk.jobs.relay import SOCKETS, Relay
from helpdesk.jobs.worker import make_worker
from helpdesk.supervise.embedded_redis import EmbeddedRedis

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True)
class BellRung(Event):
    kind: ClassVar[str] = "test.bell_rung"

    times: int


def ring(*times: int) -> list[str]:
    with begin(system("test")) as work:
        return [work.emit(BellRung(times=t)) for t in times]


def relay_for(*consumers: Consumer, announce: object = None) -> Relay:
    return Relay({BellRung.kind: list(consumers)}, announce)  # type: ignore[arg-type]


def count_up(work: Work, emitted: list[Emitted]) -> None:
    """An effect that shows when it happens twice."""
    for _ in emitted:
        next_number(work, "bells", first=1)


def bells() -> int:
    with reading(system("test")) as work:
        row = work.session.get(Counter, "bells")
        return row.value if row else 0


def waiting() -> int:
    with reading(system("test")) as work:
        left = select(func.count()).select_from(EventRow).where(EventRow.relayed_at.is_(None))
        return int(work.session.scalar(left) or 0)


def failures() -> dict[str, DeliveryFailure]:
    with reading(system("test")) as work:
        return {f.consumer: f for f in work.session.scalars(select(DeliveryFailure))}


def test_a_consumer_gets_the_events_of_its_kind_in_order(database: Database) -> None:
    got: list[int] = []
    relay = relay_for(
        Consumer("hear", lambda work, emitted: got.extend(e.event.times for e in emitted))  # type: ignore[attr-defined]
    )
    ring(3, 1, 2)

    assert relay.round()

    assert got == [3, 1, 2]
    assert waiting() == 0
    assert not relay.round()


def test_every_consumer_of_a_kind_gets_it_once(database: Database) -> None:
    relay = relay_for(Consumer("one", count_up), Consumer("two", count_up))
    ring(1)
    relay.round()
    with begin(system("test")) as work:  # as if the mark had been lost
        work.session.execute(update(EventRow).values(relayed_at=None))
    relay.round()

    assert bells() == 2


def test_a_consumer_that_fails_is_tried_again_and_holds_up_nobody(database: Database) -> None:
    broken = [True]

    def sometimes(work: Work, emitted: list[Emitted]) -> None:
        count_up(work, emitted)
        if broken[0]:
            raise RuntimeError("no bell here")

    got: list[str] = []
    relay = relay_for(
        Consumer("sometimes", sometimes),
        Consumer("always", lambda work, emitted: got.extend(e.id for e in emitted)),
    )
    ids = ring(1)

    relay.deliver_waiting()
    assert got == ids
    assert waiting() == 0
    assert bells() == 0  # rolled back
    failure = failures()["sometimes"]
    assert (failure.attempts, failure.last_error) == (1, "RuntimeError: no bell here")

    broken[0] = False
    relay.retry_due()  # not yet due
    assert bells() == 0
    with clock.moved_to(clock.now() + timedelta(seconds=deliveries.FIRST_DELAY_S + 1)):
        relay.retry_due()
        relay.retry_due()
    assert bells() == 1
    assert failures() == {}
    assert got == ids


def test_one_bad_event_spoils_only_itself(database: Database) -> None:
    def not_two(work: Work, emitted: list[Emitted]) -> None:
        count_up(work, emitted)
        if any(e.event.times == 2 for e in emitted):  # type: ignore[attr-defined]
            raise RuntimeError("two is too many")

    ring(1, 2, 3)
    relay_for(Consumer("not two", not_two)).deliver_waiting()

    assert bells() == 2
    assert failures()["not two"].attempts == 1


def test_after_the_last_try_it_is_parked_until_somebody_looks(database: Database) -> None:
    broken = [True]

    def fail(work: Work, emitted: list[Emitted]) -> None:
        if broken[0]:
            raise RuntimeError("never")
        count_up(work, emitted)

    relay = relay_for(Consumer("fail", fail))
    ring(1)
    relay.deliver_waiting()
    at = clock.now()
    for _ in range(deliveries.TRIES - 1):
        at += timedelta(seconds=deliveries.LONGEST_DELAY_S + 1)
        with clock.moved_to(at):
            relay.retry_due()
    assert failures()["fail"].parked_at is not None
    with reading(system("test")) as work:
        assert deliveries.counts(work) == (0, 1)
        assert [f.consumer for f in deliveries.parked(work)] == ["fail"]

    broken[0] = False
    with clock.moved_to(at + timedelta(days=1)):
        relay.retry_due()
        assert bells() == 0
        with begin(system("test")) as work:
            assert deliveries.try_again(work) == 1
        relay.retry_due()
    assert bells() == 1
    assert failures() == {}


@pytest.mark.parametrize("attempts, seconds", [(1, 2), (2, 4), (5, 32), (9, 512), (40, 900)])
def test_delays_grow_and_are_bounded(attempts: int, seconds: int) -> None:
    assert deliveries.delay_s(attempts) == seconds


def test_an_announcement_that_fails_is_made_later(database: Database) -> None:
    told: list[str] = []
    broken = [True]

    def announce(emitted: list[Emitted]) -> None:
        if broken[0]:
            raise OSError("no socket")
        told.extend(e.id for e in emitted)

    relay = relay_for(announce=announce)
    ids = ring(1, 2)
    relay.deliver_waiting()
    assert waiting() == 0
    assert set(failures()) == {SOCKETS}

    broken[0] = False
    with clock.moved_to(clock.now() + timedelta(seconds=5)):
        relay.retry_due()
    assert told == ids
    assert failures() == {}


def test_an_event_that_this_version_does_not_know_holds_up_nobody(database: Database) -> None:
    with begin(system("test")) as work:
        work.session.add(
            EventRow(
                id="01890000-0000-7000-8000-000000000009",
                kind="test.from_the_future",
                at=work.at,
                actor="system:test",
                facts={},
            )
        )
    got: list[str] = []
    ids = ring(1)
    relay_for(Consumer("c", lambda work, emitted: got.extend(e.id for e in emitted))).round()

    assert got == ids
    assert waiting() == 0


def test_only_the_holder_of_the_lease_relays(database: Database) -> None:
    with begin(system("test")) as work:
        work.session.add(
            Lease(name="relay", holder="another", until=work.at + timedelta(seconds=60))
        )
    ring(1)
    relay = relay_for(Consumer("c", count_up))

    assert not relay.round()
    assert waiting() == 1

    with begin(system("test")) as work:
        work.session.execute(update(Lease).values(until=work.at - timedelta(seconds=1)))
    relay._lease._next = 0.0
    assert relay.round()
    assert bells() == 1


def test_the_relay_seals_the_audit(database: Database) -> None:
    with begin(system("test")) as work:
        work.audit("bell.cast", "bell")
    relay_for().round()

    with reading(system("test")) as work:
        assert len(work.session.scalars(select(AuditSeal)).all()) == 1


KILLED = """
    import os, signal, sys
    from helpdesk.core import db, work
    from helpdesk.core.listening import Consumer, Job
    from helpdesk.jobs import relay
    from tests.jobs.test_relay import BellRung, count_up

    db.connect(sys.argv[1], pool=2)
    def die(*_):
        os.kill(os.getpid(), signal.SIGKILL)
    one = relay.Relay({BellRung.kind: [Consumer("bells", count_up)]})
    if sys.argv[2] == "before the mark":
        one._mark = die
    else:
        def count_and_die(work, emitted):
            count_up(work, emitted)
            work.session.flush()
            die()
        one = relay.Relay({BellRung.kind: [Consumer("bells", count_and_die)]})
    one.deliver_waiting()
"""


@pytest.mark.faults
@pytest.mark.parametrize("moment", ["before the mark", "before the commit"])
def test_a_relay_killed_in_the_middle_neither_loses_nor_repeats(
    database: Database, moment: str
) -> None:
    ring(1, 2, 3)
    killed = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), database.url, moment],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert bells() == (3 if moment == "before the mark" else 0)
    assert waiting() == 3

    relay_for(Consumer("bells", count_up)).deliver_waiting()

    assert bells() == 3
    assert waiting() == 0


@pytest.mark.faults
def test_nothing_is_lost_when_redis_forgets_or_dies(
    database: Database, redis_server: EmbeddedRedis
) -> None:
    relay = relay_for(
        Consumer("bells", count_up),
        Consumer("errand", mode="errand", job="core.clean_up_answers"),
    )
    ids = ring(1)
    relay.deliver_waiting()
    redis.client().flushall()
    ids += ring(2)
    relay.deliver_waiting()
    redis_server.kill()
    ids += ring(3)
    relay.deliver_waiting()

    assert bells() == 3
    assert waiting() == 0
    with reading(system("test")) as work:
        outstanding = work.session.scalars(select(DeliveryFailure)).all()
    assert len(outstanding) == 3  # every errand is remembered, queued or not

    redis_server.start()
    with clock.moved_to(clock.now() + timedelta(seconds=deliveries.ERRAND_PATIENCE_S + 1)):
        relay.retry_due()
    queued = Queue("helpdesk", connection=redis.client(), serializer="json").jobs
    assert {str(job.args[2]) for job in queued} == set(ids)


def test_an_errand_is_done_once_however_often_it_was_queued(
    database: Database, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []

    def call(event_id: str) -> None:
        called.append(event_id)
        if len(called) == 1:
            raise OSError("the line was busy")

    monkeypatch.setattr(queue, "table", lambda: {"call": Job("call", call)})
    relay = relay_for(Consumer("callers", mode="errand", job="call"))
    event_id = ring(1)[0]
    relay.deliver_waiting()
    work_off()
    assert called == [event_id]
    assert failures()["callers"].last_error == "OSError: the line was busy"

    with clock.moved_to(clock.now() + timedelta(seconds=5)):
        relay.retry_due()
    queue.enqueue_errand("callers", "call", event_id)
    work_off()

    assert called == [event_id, event_id]  # once in vain, once in effect
    assert failures() == {}
    with reading(system("test")) as work:
        assert work.session.get(Delivery, (event_id, "callers")) is not None


def work_off() -> None:
    make_worker().work(burst=True, logging_level="CRITICAL")
