"""Orders to the carrier: how many requests each takes, and to which conference it goes."""

from __future__ import annotations

from sqlalchemy import select, text

from helpdesk.carriers import lines, orders
from helpdesk.carriers.models import CarrierRepair
from helpdesk.carriers.orders import CLAIMED_FOR
from helpdesk.core.aside import at_once
from helpdesk.workflows import calling, telephone_carrying
from tests.telephone.centre import NUMBER, Centre


def hold(centre: Centre, *, on: bool) -> list[str]:
    """Hold, or off hold; the requests that it took."""
    centre.rest.asked.clear()
    with centre.at(centre.anna) as work:
        calling.hold(work, centre.call.conversation_id, on=on)
    return [f"{method} {path.rsplit('/', 1)[1]}" for method, path, _ in centre.rest.asked]


def test_the_conference_is_known_from_its_hooks_and_looked_for_only_where_it_is_another(
    centre: Centre,
) -> None:
    anna = centre.page(centre.anna)
    centre.comes_in(centre.anna)
    centre.caller.dial(NUMBER)
    centre.answers(centre.anna)
    line = centre.caller.calls[-1].sid
    change = f"POST {line}.json"
    assert hold(centre, on=True) == [change]
    assert not centre.talk(anna, centre.caller)

    for stale, requests in (
        ("", ["GET Conferences.json", change]),
        ("CF" + "0" * 32, [change, "GET Conferences.json", change]),
    ):
        with centre.at() as work:
            work.session.execute(
                text("UPDATE carrier_call SET conference_sid = :stale"), {"stale": stale}
            )
        assert hold(centre, on=False) == requests
        assert centre.talk(anna, centre.caller)
        hold(centre, on=True)
    assert centre.undone() == []
    with centre.look() as work:
        assert work.session.scalars(select(CarrierRepair)).all() == []


def test_what_a_killed_process_had_claimed_ends_with_its_line(centre: Centre) -> None:
    """Nobody drops what is claimed; tried after the call it must not be tried on and on."""
    _left_claimed(centre)
    centre.caller.hang_up()
    assert "seat" in [order.what for order in centre.undone()]
    centre.sweep(CLAIMED_FOR.seconds + 2)
    assert centre.undone() == []
    with centre.look() as work:
        assert work.session.scalars(select(CarrierRepair)).all() == []


def test_what_cannot_be_carried_out_makes_way_for_a_newer_word(centre: Centre) -> None:
    _left_claimed(centre)
    with centre.look() as work:
        seat, line = centre.undone()[0], lines.of_caller(work, centre.call.conversation_id)
    assert line is not None
    assert seat.target == line.sid
    with centre.at() as work:  # nobody sits in this room
        work.session.merge(seat).wanted = seat.wanted | {"room": "nowhere"}
        work.session.merge(line).conference_sid = ""
    with centre.at(centre.anna) as work:
        calling.hold(work, centre.call.conversation_id, on=False)
    assert len(centre.undone()) == 2
    centre.sweep(CLAIMED_FOR.seconds + 2)
    assert centre.undone() == []
    assert centre.talk(centre.page(centre.anna), centre.caller)


def _left_claimed(centre: Centre) -> None:
    """A call that was to be put on hold; whoever claimed that was killed before it was done."""
    centre.page(centre.anna)
    centre.comes_in(centre.anna)
    centre.caller.dial(NUMBER)
    centre.answers(centre.anna)
    telephone_carrying.use(telephone_carrying.current(), run=lambda work: None)
    with centre.at(centre.anna) as work:
        calling.hold(work, centre.call.conversation_id, on=True)
    with centre.at() as work:
        assert orders.claim(work, centre.call.conversation_id)
    telephone_carrying.use(telephone_carrying.current(), run=at_once)
