"""Legs whose sockets are gone without a word are found, lost, and written down."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import event, select

from helpdesk.calls import queries
from helpdesk.calls.models import CallLeg
from helpdesk.carriers.models import CarrierRepair
from helpdesk.core import clock
from helpdesk.core.db import Database
from helpdesk.core.work import begin, reading
from helpdesk.workflows import calling, sweeping
from helpdesk.workflows.call_repair import PROCESS_GONE, SOCKET_GONE, SocketCheck
from tests.workflows.people import SETUP, come_in, make_floor, offer_of
from tests.workflows.test_calling import PROCESS, answers, at, joins, rings, state_of


def lost() -> dict[str, bool]:
    with reading(SETUP) as work:
        legs = work.session.scalars(select(CallLeg).where(CallLeg.state != "left"))
        return {leg.party: leg.lost_at is not None for leg in legs}


def repaired() -> list[CarrierRepair]:
    with reading(SETUP) as work:
        return list(work.session.scalars(select(CarrierRepair)))


def test_a_socket_that_went_without_a_word_loses_its_leg_and_that_is_written_down(
    database: object,
) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor()
        come_in(floor.anna)
        rung = rings(floor)
        answers(floor.anna, rung.conversation_id, "page")
    check, other = SocketCheck(PROCESS), SocketCheck("another process")
    with clock.moved_to(at(30)):
        for _ in range(2):
            check.look({"caller", "page"})
            other.look(set())
        assert not any(lost().values())
        check.look({"caller"})
        assert not any(lost().values()), "what is just saying goodbye is no repair"
        check.look({"caller"})
        assert lost() == {"caller": False, "agent": True}
        check.look({"caller"})
    (found,) = repaired()
    assert (found.what, found.conversation_id) == ("lost", rung.conversation_id)
    with clock.moved_to(at(40)):
        joins(floor.anna, rung.conversation_id, "page-2")
        check.look({"caller", "page-2"})
        assert not any(lost().values()), "whoever comes back in time goes on"
        check.look({"caller"})
        check.look({"caller"})
    come_in(floor.ben)
    with clock.moved_to(at(40) + timedelta(seconds=calling.AGENT_KEPT_S + 1)):
        sweeping.mend_calls()
        assert state_of(rung.conversation_id) == "waiting"
    with reading(floor.ben) as work:
        assert offer_of(work, floor.ben), "the caller stands at the front again"
    gone = [row.told for row in repaired()]
    assert (gone.count(SOCKET_GONE), gone.count(PROCESS_GONE)) == (2, 1), "the caller's, at last"


def test_a_socket_that_says_goodbye_by_itself_is_no_repair(database: object) -> None:
    floor = make_floor()
    come_in(floor.anna)
    rung = rings(floor)
    answers(floor.anna, rung.conversation_id, "page")
    check = SocketCheck(PROCESS)
    check.look({"caller"})
    with begin(floor.anna) as work:
        assert len(calling.lost(work, "page")) == 1
        assert calling.lost(work, "page") == []
    check.look({"caller"})
    assert repaired() == []
    assert lost() == {"caller": False, "agent": True}


def test_legs_that_are_gone_are_found_among_the_live_ones_alone(database: Database) -> None:
    with reading(SETUP) as work:
        connection = work.session.connection()
        if connection.dialect.name != "sqlite":
            return  # its planner needs rows to choose an index
        told: list[tuple[str, object]] = []
        event.listen(
            connection,
            "before_cursor_execute",
            lambda *seen: told.append((seen[2], seen[3])),
        )
        queries.gone(work, before=work.at, party="agent")
        statement, given = told[-1]
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all()
    assert [row[3] for row in rows] == ["SEARCH call_leg USING INDEX ix_call_leg_live (state=?)"]
