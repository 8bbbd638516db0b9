"""What `/metrics` tells about the relay: how much waits, for how long, and what was given up.

Read from the database when a scraper asks, so that any web process can answer for all.
"""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from helpdesk.core import clock
from helpdesk.core.actors import system
from helpdesk.core.tables import EventRow
from helpdesk.core.work import reading
from helpdesk.jobs import deliveries


class RelayMeasures(Collector):
    """Registered once by the composition root of the web role."""

    def describe(self) -> Iterable[Metric]:
        """Nothing ahead of time: registering must not ask the database."""
        return ()

    def collect(self) -> Iterable[Metric]:
        with reading(system("metrics")) as work:
            waiting, oldest = work.session.execute(
                select(func.count(), func.min(EventRow.at)).where(EventRow.relayed_at.is_(None))
            ).one()
            failing, parked = deliveries.counts(work)
        age = max(0.0, clock.seconds_between(oldest, work.at)) if oldest else 0.0
        yield GaugeMetricFamily("helpdesk_events_waiting", "Events not yet relayed", waiting)
        yield GaugeMetricFamily("helpdesk_events_oldest_seconds", "Age of the oldest of them", age)
        yield GaugeMetricFamily("helpdesk_deliveries_failing", "Failed, will be retried", failing)
        yield GaugeMetricFamily("helpdesk_deliveries_parked", "Given up, needs a person", parked)
