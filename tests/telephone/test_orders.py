"""Orders to the carrier: how many requests each takes, and to which conference it goes."""

from __future__ import annotations

from sqlalchemy import select, text

from helpdesk.carriers.models import CarrierRepair
from helpdesk.workflows import calling
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
