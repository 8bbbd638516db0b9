"""The relay: hands each event to those who act on it, and makes sure that the sockets were told.

One process at a time does it (lease "relay"). It is woken by a hint in Redis and looks by itself
every half second, so a Redis that is away costs half a second and nothing else. Batches keep the
order of events; a consumer that fails is tried again later and holds up nobody.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from redis.exceptions import RedisError
from sqlalchemy import select, update

from helpdesk.core import audit, clock, heartbeats, leases
from helpdesk.core.actors import system
from helpdesk.core.events import restore
from helpdesk.core.heartbeats import process_id
from helpdesk.core.listening import Consumer
from helpdesk.core.tables import EventRow
from helpdesk.core.work import Emitted, begin, reading
from helpdesk.jobs import deliveries, queue
from helpdesk.jobs.doorbell import Doorbell
from helpdesk.jobs.rounds import Rhythm, Stopping

log = logging.getLogger("helpdesk.relay")

LEASE = "relay"
LEASE_S = 2.5
RENEW_S = 0.8
BATCH = 200
LOOK_S = 0.5
SEAL_S = 3.0
PAUSE_S = 0.2  # what comes one after the other becomes one batch: sockets have been told already
ACTOR = system("relay")
SOCKETS = "sockets"  # the name under which a failed announcement waits

Announcer = Callable[[list[Emitted]], object]
Consumers = Mapping[str, Sequence[Consumer]]


class Relay:
    """`announce(emitted)` tells the sockets; what it cannot tell is tried again later."""

    def __init__(
        self,
        consumers: Consumers,
        announce: Announcer | None = None,
        doorbell: Doorbell | None = None,
    ) -> None:
        self._by_kind = consumers
        self._by_name = {c.name: c for found in consumers.values() for c in found}
        self._announce = announce
        self._doorbell = doorbell or Doorbell()
        self._unknown: set[str] = set()
        self._lease = Rhythm(RENEW_S)
        self._retry = Rhythm(1.0)
        self._seal = Rhythm(SEAL_S)
        self._beat = Rhythm(heartbeats.EVERY_S)
        self._held = False

    def run(self, stopping: Stopping) -> None:
        """Until told to stop; an error of the database is logged and waited out."""
        try:
            while not stopping:
                try:
                    busy = self.round()
                except Exception:
                    log.exception("a round of the relay failed; trying again")
                    busy = False
                    clock.sleep(LOOK_S)
                if stopping:
                    break
                if busy:
                    clock.sleep(PAUSE_S)
                else:
                    self._doorbell.wait(LOOK_S)
        finally:
            self._leave()

    def round(self) -> bool:
        """One look at what waits; True when there was something to do."""
        if self._beat.is_due():
            with begin(ACTOR) as work:
                heartbeats.beat(work, "relay")
        if not self.holds():
            return False
        count = self.deliver_waiting()
        if self._retry.is_due():
            self.retry_due()
        if self._seal.is_due():
            self.seal()
        return count > 0

    def holds(self) -> bool:
        """Take or renew the lease when it is time to."""
        if self._lease.is_due():
            with begin(ACTOR) as work:
                self._held = leases.hold(work, LEASE, process_id(), seconds=LEASE_S)
        return self._held

    def deliver_waiting(self) -> int:
        """Take one batch of new events through; answers how many."""
        with reading(ACTOR) as work:
            rows = work.session.scalars(
                select(EventRow)
                .where(EventRow.relayed_at.is_(None))
                .order_by(EventRow.seq)
                .limit(BATCH)
            ).all()
        if not rows:
            return 0
        emitted = self._restore(rows)
        self._doorbell.hear()
        self._tell([one for one in emitted if not self._doorbell.was_announced(one.id)])
        for consumer, theirs in self._sorted_out(emitted):
            self._deliver(consumer, theirs)
        self._mark([row.seq for row in rows])
        return len(rows)

    def retry_due(self) -> None:
        """Try once more what failed before and is due now."""
        with reading(ACTOR) as work:
            waiting = [(row.consumer, row.event_id) for row in deliveries.due(work)]
            wanted = select(EventRow).where(EventRow.id.in_([e for _, e in waiting]))
            found = {r.id: r for r in work.session.scalars(wanted)} if waiting else {}
        for name, event_id in waiting:
            row = found.get(event_id)
            self._try_again(name, event_id, self._restore([row]) if row else [])

    def _try_again(self, name: str, event_id: str, emitted: list[Emitted]) -> None:
        consumer = self._by_name.get(name)
        if emitted and name == SOCKETS and self._announce is not None:
            with begin(ACTOR) as work:
                deliveries.done(work, name, event_id)
            self._tell(emitted)
        elif emitted and consumer is not None:
            self._deliver(consumer, emitted)
        else:
            self._fail(name, event_id, "this version has no such consumer or event")

    def seal(self) -> None:
        with begin(ACTOR) as work:
            audit.seal_waiting(work)

    def _restore(self, rows: Sequence[EventRow]) -> list[Emitted]:
        emitted = []
        for row in rows:
            event = restore(row.kind, row.customer_id, row.facts)
            if event is not None:
                emitted.append(Emitted(row.id, event, row.at, row.actor))
            elif row.kind not in self._unknown:
                self._unknown.add(row.kind)
                log.warning("events of kind %s are not known to this version", row.kind)
        return emitted

    def _tell(self, emitted: list[Emitted]) -> None:
        """Announce; what cannot be announced now waits like a consumer that failed."""
        if self._announce is None or not emitted:
            return
        try:
            self._announce(emitted)
        except Exception as error:
            if len(emitted) > 1:
                for one in emitted:
                    self._tell([one])
                return
            log.exception("event %s could not be announced", emitted[0].id)
            self._fail(SOCKETS, emitted[0].id, f"{type(error).__name__}: {error}")

    def _sorted_out(self, emitted: list[Emitted]) -> list[tuple[Consumer, list[Emitted]]]:
        """Who gets what, consumers in the order of their first event, events in theirs."""
        shares: dict[str, list[Emitted]] = {}
        for one in emitted:
            for consumer in self._by_kind.get(one.event.kind, ()):
                shares.setdefault(consumer.name, []).append(one)
        return [(self._by_name[name], share) for name, share in shares.items()]

    def _deliver(self, consumer: Consumer, emitted: list[Emitted]) -> None:
        """All at once; where that fails, one by one, so that one bad event spoils only itself."""
        try:
            self._hand_over(consumer, emitted)
        except Exception as error:
            if len(emitted) > 1:
                for one in emitted:
                    self._deliver(consumer, [one])
                return
            if isinstance(error, RedisError):
                log.warning("errand %s waits: %s", consumer.name, error)
            else:
                log.exception("consumer %s failed on event %s", consumer.name, emitted[0].id)
            self._fail(consumer.name, emitted[0].id, f"{type(error).__name__}: {error}")

    def _hand_over(self, consumer: Consumer, emitted: list[Emitted]) -> None:
        if consumer.handle is None:
            for one in emitted:
                self._send_out(consumer, one)
            return
        with begin(system(consumer.name)) as work:
            fresh = deliveries.claim_new(work, consumer.name, [one.id for one in emitted])
            if fresh:
                consumer.handle(work, [one for one in emitted if one.id in fresh])
            if len(emitted) == 1:  # it may have failed before; in a batch nothing has
                deliveries.done(work, consumer.name, emitted[0].id)

    def _send_out(self, consumer: Consumer, one: Emitted) -> None:
        """Note the errand first, then queue it: a crash between the two only costs a wait."""
        with begin(ACTOR) as work:
            deliveries.on_its_way(work, consumer.name, one.id)
        queue.enqueue_errand(consumer.name, consumer.job, one.id)

    def _fail(self, name: str, event_id: str, error: str) -> None:
        with begin(ACTOR) as work:
            if deliveries.failed(work, name, event_id, error):
                log.error("consumer %s gave up on event %s: %s", name, event_id, error)

    def _mark(self, seqs: list[int]) -> None:
        with begin(ACTOR) as work:
            work.session.execute(
                update(EventRow).where(EventRow.seq.in_(seqs)).values(relayed_at=work.at)
            )

    def _leave(self) -> None:
        try:
            with begin(ACTOR) as work:
                leases.give_up(work, LEASE, process_id())
                heartbeats.stop(work)
        except Exception:
            log.warning("left without giving the lease up", exc_info=True)
