"""What is put into the queue by the clock: a duty of the sweeper, so that it is done once.

When a job was queued last is kept in the database, so a restart neither repeats nor skips it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from redis.exceptions import RedisError

from helpdesk.core.listening import Duty, WorkFactory
from helpdesk.core.tables import StoredSetting
from helpdesk.core.work import Work
from helpdesk.jobs import queue

log = logging.getLogger("helpdesk.schedule")

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Periodic:
    """`job` is queued once per `every`; of days or weeks, not before `from_hour` (UTC)."""

    job: str
    every: timedelta
    from_hour: int = 0

    @property
    def setting(self) -> str:
        return f"schedule.{self.job}"


PERIODIC = (
    Periodic("identity.clean_up", HOUR),
    Periodic("core.clean_up_answers", HOUR),
    Periodic("clocks.recompute", timedelta(minutes=5)),  # a run that a killed worker left
    Periodic("search.rebuild", timedelta(minutes=5)),  # the same
    Periodic(
        "search.meaning_lacking", HOUR
    ),  # another model was installed, or one for the first time
    Periodic("privacy.run", timedelta(minutes=5)),  # erasures whose waiting is over
    Periodic("core.clean_up_events", DAY, from_hour=2),
    Periodic("channels.forget_unsent_attachments", HOUR),
    Periodic("channels.forget_expired_visitors", DAY, from_hour=4),
    Periodic("ivr.forget_refused_proofs", DAY, from_hour=4),
    Periodic("carriers.forget_old", DAY, from_hour=4),
    Periodic("recordings.delete_outlived", HOUR),
    Periodic("webhooks.forget_old", DAY, from_hour=4),
    Periodic("shops.forget_old", DAY, from_hour=4),
    Periodic("visits.forget_old", DAY, from_hour=4),
    Periodic("rules.forget_old", DAY, from_hour=4),
    Periodic("notices.forget_old", DAY, from_hour=4),
    Periodic("kb.forget_old", DAY, from_hour=4),
    Periodic("customers.scan_duplicates", DAY, from_hour=3),
    Periodic("triage.forget_old", DAY, from_hour=4),
    Periodic("field_service.calibrate", DAY, from_hour=1),
    Periodic("field_service.learn_durations", DAY, from_hour=1),
    Periodic("field_service.ask_roads", timedelta(minutes=10)),
    Periodic("triage.look_weekly", WEEK, from_hour=1),
    Periodic("triage.train_again", WEEK, from_hour=2),
)


def duties(periodic: Sequence[Periodic] = PERIODIC) -> Sequence[Duty]:
    """One duty that queues whatever is due; jobs that this version does not have are left out."""
    known = [p for p in periodic if p.job in queue.table()]

    def run(works: WorkFactory) -> None:
        for one in known:
            with works() as work:
                due = take_turn(work, one)
            if due:
                _enqueue(works, one)

    return (Duty("queue periodic jobs", 30, run),)


def take_turn(work: Work, one: Periodic) -> bool:
    """True when the job is due now; the turn is then taken."""
    row = work.session.get(StoredSetting, one.setting)
    if row is None:
        # A first start is busy enough: the first turn comes after one period.
        work.session.add(
            StoredSetting(name=one.setting, value={"last": work.at.isoformat()}, changed_at=work.at)
        )
        return False
    if not is_due(one, datetime.fromisoformat(row.value["last"]), work.at):
        return False
    row.value, row.changed_at = {"last": work.at.isoformat()}, work.at
    return True


def is_due(one: Periodic, last: datetime, now: datetime) -> bool:
    """Hourly jobs by elapsed time; others by dates, from their hour on."""
    if one.every < DAY:
        return now - last >= one.every
    return now.date() - last.date() >= one.every and now.hour >= one.from_hour


def _enqueue(works: WorkFactory, one: Periodic) -> None:
    try:
        queue.enqueue(one.job)
    except RedisError as error:
        log.warning("%s could not be queued, trying again later: %s", one.job, error)
        with works() as work:
            row = work.session.get(StoredSetting, one.setting)
            if row is not None:
                row.value = {"last": (work.at - 2 * one.every).isoformat()}
