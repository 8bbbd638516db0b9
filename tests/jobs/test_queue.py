"""Labour is a known name with JSON arguments; nothing else that lies in Redis is ever run."""

from __future__ import annotations

import json
import pickle
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import RedisError
from rq.job import Job as QueuedJob
from rq.queue import Queue

from helpdesk.core import clock, redis
from helpdesk.core.actors import system
from helpdesk.core.db import Database
from helpdesk.core.listening import Duty, Job
from helpdesk.core.tables import IdempotentAnswer
from helpdesk.core.work import begin, reading
from helpdesk.jobs import queue, schedule
from helpdesk.jobs.doorbell import Doorbell
from helpdesk.jobs.worker import OwnJob, make_worker
from helpdesk.supervise.embedded_redis import EmbeddedRedis


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A job "note" that notes its arguments, beside the real ones."""
    noted: list[Any] = []
    table = {**queue.table(), "note": Job("note", lambda **given: noted.append(given))}
    monkeypatch.setattr(queue, "table", lambda: table)
    return noted


def work_off() -> None:
    make_worker().work(burst=True, logging_level="CRITICAL")


def test_a_job_is_done_with_its_arguments(
    database: Database, redis_url: str, done: list[Any]
) -> None:
    queue.enqueue("note", text="hello", numbers=[1, 2])
    work_off()

    assert done == [{"text": "hello", "numbers": [1, 2]}]


def test_a_job_that_nobody_knows_is_refused_where_it_is_queued(redis_url: str) -> None:
    with pytest.raises(KeyError):
        queue.enqueue("no such job")


def test_arguments_that_are_not_json_are_refused(redis_url: str, done: list[Any]) -> None:
    with pytest.raises(TypeError):
        queue.enqueue("note", given=object())


class Trap:
    """Unpickling this writes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


def put(job_id: str, data: bytes) -> None:
    """A job as somebody with access to Redis might write it."""
    line = redis.client()
    now = clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    facts = {"data": data, "origin": "helpdesk", "status": "queued", "created_at": now}
    facts |= {"enqueued_at": now, "timeout": "30", "description": "x"}
    line.hset(f"rq:job:{job_id}", mapping=facts)  # type: ignore[arg-type]
    line.rpush("rq:queue:helpdesk", job_id)


@pytest.mark.parametrize("packed", [False, True])
def test_J8_a_pickle_in_the_queue_is_never_unpickled(
    database: Database, redis_url: str, tmp_path: Path, done: list[Any], packed: bool
) -> None:
    path = tmp_path / "trapped"
    data = pickle.dumps((queue.PERFORM, None, [Trap(path)], {}))
    put("crafted", zlib.compress(data) if packed else data)
    queue.enqueue("note", after=1)
    work_off()

    assert not path.exists()
    assert done == [{"after": 1}]  # and the worker went on


def test_J8_a_function_that_is_not_ours_is_never_called(
    database: Database, redis_url: str, tmp_path: Path, done: list[Any]
) -> None:
    path = tmp_path / "made"
    put("crafted", zlib.compress(json.dumps(["os.mkdir", None, [str(path)], {}]).encode()))
    put("callback", zlib.compress(json.dumps([queue.PERFORM, None, ["note", {}], {}]).encode()))
    redis.client().hset("rq:job:callback", "success_callback_name", "os.getcwd")
    queue.enqueue("note", after=1)
    work_off()

    assert not path.exists()
    assert {"after": 1} in done


def test_J8_a_pickle_on_the_channels_is_never_unpickled(redis_url: str, tmp_path: Path) -> None:
    path = tmp_path / "trapped"
    bell = Doorbell()
    bell.wait(0.05)
    redis.client().publish(redis.OUTBOX, pickle.dumps(Trap(path)))

    assert bell.wait(1) is True  # it rings, and nothing is read from it
    assert not path.exists()
    bell.close()


def test_the_job_of_a_killed_worker_comes_back(
    database: Database, redis_url: str, done: list[Any]
) -> None:
    queue.enqueue("note", kept=1)
    dead = make_worker()
    dead.register_birth()
    labour, _ = Queue.dequeue_any(  # type: ignore[misc]
        dead.queues, None, connection=dead.connection, job_class=OwnJob, serializer=dead.serializer
    )
    execution = dead.prepare_execution(labour)
    dead.prepare_job_execution(labour, True)
    # The worker is gone; its beat grows old.
    line = redis.client()
    line.zadd("rq:wip:helpdesk", {execution.composite_key: 1})
    work_off()

    assert done == [{"kept": 1}]


@pytest.mark.faults
def test_the_doorbell_waits_on_while_redis_is_away(redis_server: EmbeddedRedis) -> None:
    bell = Doorbell()
    assert bell.wait(0.05) is False
    redis_server.kill()
    assert bell.wait(0.05) is False
    redis_server.start()
    rang = False
    for _ in range(40):
        bell.wait(0.05)
        redis.hint(redis.OUTBOX)
        rang = rang or bell.wait(0.05)
        if rang:
            break
    bell.close()
    assert rang


def test_without_redis_queueing_says_so_soon(redis_server: EmbeddedRedis) -> None:
    redis_server.kill()
    started = clock.monotonic()
    with pytest.raises(RedisError):
        queue.enqueue("core.clean_up_answers")
    assert clock.monotonic() - started < 3


def test_answers_are_forgotten_after_their_day(database: Database, redis_url: str) -> None:
    with begin(system("test")) as work:
        for hours, name in ((1, "young"), (30, "old")):
            at = work.at - timedelta(hours=hours)
            work.session.add(
                IdempotentAnswer(key_hash=name, request_hash="x", status=200, body="", at=at)
            )
    queue.enqueue("core.clean_up_answers")
    work_off()

    with reading(system("test")) as work:
        assert work.session.get(IdempotentAnswer, "old") is None
        assert work.session.get(IdempotentAnswer, "young") is not None


def test_periodic_jobs_are_queued_when_their_time_comes(database: Database, redis_url: str) -> None:
    (duty,) = schedule.duties()
    assert isinstance(duty, Duty)
    now = clock.now()
    for hours in (0, 2):
        with clock.moved_to(now + timedelta(hours=hours)):
            duty.run(lambda: begin(system("test")))

    jobs = Queue("helpdesk", connection=redis.client(), serializer="json", job_class=QueuedJob).jobs
    assert {"identity.clean_up", "core.clean_up_answers"} <= {j.description for j in jobs}
