"""What carriers told and were told goes after its days, unless something is still to come of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from helpdesk.carriers import hearing, orders, repairs
from helpdesk.carriers.forgetting import KEEP
from helpdesk.carriers.models import CarrierEvent, CarrierOrder, CarrierRepair
from helpdesk.core import clock
from helpdesk.core.actors import system
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.workflows import upkeep

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
TESTING = system("setup")


def test_books_of_carriers_are_kept_for_their_days(database: object) -> None:
    call = new_id()
    for day in (0, 20):
        with clock.moved_to(START + timedelta(days=day)), begin(TESTING) as work:
            for name in ("done", "waiting"):
                told = {"Day": str(day), "Name": name}
                event_id = hearing.keep(work, f"/{name}", told, sid="CA1")
                if name == "done":
                    hearing.worked_in(work, event_id)
            orders.write(work, call, "seat", f"CA-done-{day}")
            orders.drop(work, f"CA-done-{day}")
            orders.write(work, call, "seat", f"CA-open-{day}")
            repairs.note(work, "ended", f"CA-{day}", "It was over.")
    with clock.moved_to(START + KEEP + timedelta(days=1)):
        upkeep.forget_books_of_carriers()
    with reading(TESTING) as work:
        left = [
            sorted(work.session.scalars(select(column)))
            for column in (CarrierEvent.path, CarrierOrder.target, CarrierRepair.sid)
        ]
    assert left == [
        ["/done", "/waiting", "/waiting"],
        ["CA-done-20", "CA-open-0", "CA-open-20"],
        ["CA-20"],
    ]
