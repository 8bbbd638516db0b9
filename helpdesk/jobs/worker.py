"""The worker: takes labour from the queue, one piece at a time, in one long-lived process.

It beats for the job it is at, so that the job of a killed worker comes back within a minute. Not
for reactions to events, which the relay runs itself.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.job import Job as QueuedJob
from rq.queue import Queue

from helpdesk.core import clock, heartbeats, redis
from helpdesk.core.actors import system
from helpdesk.core.heartbeats import process_id
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin
from helpdesk.jobs import queue
from helpdesk.jobs.rounds import Stopping

log = logging.getLogger("helpdesk.worker")

JOB_BEAT_S = 10
JOB_SILENT_S = 35
MAINTENANCE_S = 20
LISTEN_S = 20
ACTOR = system("worker")


class OwnJob(QueuedJob):
    """Runs nothing but our own two functions, whatever somebody put into Redis."""

    @property
    def func(self) -> Any:
        if self.func_name not in queue.ALLOWED or self.instance is not None:
            raise PermissionError(f"{self.func_name!r} is not a job of this program")
        return {queue.PERFORM: queue.perform, queue.PERFORM_ERRAND: queue.perform_errand}[
            self.func_name
        ]

    @property
    def success_callback(self) -> None:
        return None

    @property
    def failure_callback(self) -> None:
        return None

    @property
    def stopped_callback(self) -> None:
        return None


class LabourWorker(SimpleWorker):
    """RQ's worker without a fork for each job, and with a heartbeat while the job runs."""

    job_class = OwnJob
    told_to_stop = False

    def request_stop(self, signum: Any, frame: Any) -> None:
        """Remembered here too: a Redis that goes away at that moment would swallow the signal."""
        self.told_to_stop = True
        super().request_stop(signum, frame)

    def get_heartbeat_ttl(self, job: QueuedJob, working_time: float = 0.0) -> int:
        return JOB_SILENT_S

    def execute_job(self, job: QueuedJob, queue: Queue) -> None:
        execution = self.prepare_execution(job)
        over = threading.Event()

        def keep_alive() -> None:
            while not over.wait(JOB_BEAT_S):
                try:
                    self.maintain_heartbeats(job, execution)
                except RedisError:
                    log.warning("could not beat for job %s", job.id)

        keeper = threading.Thread(target=keep_alive, name="job heartbeat", daemon=True)
        keeper.start()
        try:
            self.perform_job(job, queue, execution)
        finally:
            over.set()
            keeper.join(1)
        self.set_state("idle")


def make_worker() -> LabourWorker:
    """A worker on this process's Redis; not working yet."""
    connection = redis.blocking_client()
    return LabourWorker(
        [Queue(queue.QUEUE, connection=connection, serializer="json", job_class=OwnJob)],
        # A name of its own each time: Redis remembers the former one for a while.
        name=f"{process_id()}-{new_id()[-6:]}".replace(":", "-"),
        connection=connection,
        serializer="json",
        maintenance_interval=MAINTENANCE_S,
        worker_ttl=LISTEN_S + 15,
        log_job_description=False,
    )


def run(stopping: Stopping) -> None:
    """Until told to stop. While Redis is away it waits for it."""
    logging.getLogger("rq").setLevel(logging.WARNING)
    log.info("worker %s runs", process_id())  # named before threads ask for it
    heart = threading.Thread(target=_beat, args=(stopping,), name="heartbeat", daemon=True)
    heart.start()
    try:
        while not stopping:
            worker: LabourWorker | None = None
            try:
                worker = make_worker()
                worker.work(logging_level="WARNING")
                break  # it took the signal itself
            except RedisError as error:
                if worker is not None and worker.told_to_stop:
                    break
                log.warning("the queue cannot be reached: %s", error)
                clock.sleep(1)
                stopping.listen()
    finally:
        stopping.stop()
        with begin(ACTOR) as work:
            heartbeats.stop(work)


def _beat(stopping: Stopping) -> None:
    while not stopping:
        try:
            with begin(ACTOR) as work:
                heartbeats.beat(work, "worker")
        except Exception:
            log.warning("could not say that the worker is alive", exc_info=True)
        clock.sleep(heartbeats.EVERY_S)
