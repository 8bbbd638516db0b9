"""Clocks and what moves them: the sweeper's warnings, recomputation, changed hours and records."""

from __future__ import annotations

import logging

from sqlalchemy.exc import DBAPIError

from helpdesk.calendars.events import CalendarChanged
from helpdesk.clocks import recompute, telling
from helpdesk.core import db
from helpdesk.core.actors import system
from helpdesk.core.work import Emitted, Work, begin, reading

SWEEPER = system("sweeper")
RECOMPUTE = system("recompute")
TRIES = 5

log = logging.getLogger("helpdesk.clocks")


def tell_deadlines() -> None:
    """Warnings and breaches that came about by waiting; a duty of the sweeper."""
    while True:
        with reading(SWEEPER) as work:
            if not telling.anything_due(work):
                return
        with begin(SWEEPER) as work:
            if not telling.tell_due(work):
                return


def recompute_deadlines(event_id: str = "") -> None:
    """Go over all open tickets until the running run is done; may be killed and called again.

    An errand after a change, and a job now and then for a run that a killed worker left behind.
    """
    with reading(RECOMPUTE) as work:
        if not recompute.is_running(work):
            return
    refused = 0
    while True:
        try:
            with begin(RECOMPUTE) as work:
                more = recompute.batch(work)
        except DBAPIError as error:
            refused += 1
            if not db.is_contention(error) or refused > TRIES:
                raise
            log.info("a batch gave way to others and is tried again")
            continue
        if not more:
            return


def hours_changed(work: Work, emitted: list[Emitted]) -> None:
    """Business hours that a policy counts by were edited: deadlines ahead move, booked time not."""
    for one in emitted:
        event = one.event
        if not isinstance(event, CalendarChanged) or event.what == "name":
            continue
        if recompute.uses_calendar(work, event.calendar_id):
            recompute.start(work, "business hours changed")
            return


def customers_changed(work: Work, emitted: list[Emitted]) -> None:
    """A policy may ask about a customer's own fields."""
    ids = dict.fromkeys(e.event.customer_id for e in emitted if e.event.customer_id)
    recompute.refit_customers(work, [one for one in ids if one])
