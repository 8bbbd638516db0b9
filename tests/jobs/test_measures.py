"""A scraper sees what waits for the relay and what was given up."""

from __future__ import annotations

from datetime import timedelta

from prometheus_client import CollectorRegistry

from helpdesk.core.actors import system
from helpdesk.core.db import Database
from helpdesk.core.ids import new_id
from helpdesk.core.tables import EventRow
from helpdesk.core.work import begin
from helpdesk.jobs import deliveries
from helpdesk.jobs.measures import RelayMeasures


def test_waiting_failing_and_given_up_are_told(database: Database) -> None:
    registry = CollectorRegistry()
    registry.register(RelayMeasures())
    assert registry.get_sample_value("helpdesk_events_waiting") == 0
    assert registry.get_sample_value("helpdesk_events_oldest_seconds") == 0

    with begin(system("test")) as work:
        at = work.at - timedelta(seconds=90)
        work.session.add(EventRow(id=new_id(), kind="x.y", at=at, actor="system:t", facts={}))
        deliveries.failed(work, "once", new_id(), "no")
        unlucky = new_id()
        for _ in range(deliveries.TRIES):
            deliveries.failed(work, "never", unlucky, "no")

    assert registry.get_sample_value("helpdesk_events_waiting") == 1
    age = registry.get_sample_value("helpdesk_events_oldest_seconds")
    assert age is not None
    assert 89 < age < 120
    assert registry.get_sample_value("helpdesk_deliveries_failing") == 1
    assert registry.get_sample_value("helpdesk_deliveries_parked") == 1
