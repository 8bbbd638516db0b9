"""A lease has one holder until it stops renewing, whichever database keeps it."""

from __future__ import annotations

import threading
from datetime import timedelta

from helpdesk.core import clock, leases
from helpdesk.core.actors import system
from helpdesk.core.db import Database
from helpdesk.core.work import begin


def hold(holder: str, seconds: float = 10) -> bool:
    with begin(system("test")) as work:
        return leases.hold(work, "duty", holder, seconds=seconds)


def test_the_first_holds_it_and_renews_it(database: Database) -> None:
    assert hold("a")
    assert not hold("b")
    assert hold("a")


def test_another_takes_over_when_it_has_run_out(database: Database) -> None:
    hold("a", seconds=2)
    with clock.moved_to(clock.now() + timedelta(seconds=3)):
        assert hold("b")
        assert not hold("a")


def test_one_given_up_is_free_at_once_and_only_its_holder_can_give_it_up(
    database: Database,
) -> None:
    hold("a")
    with begin(system("test")) as work:
        leases.give_up(work, "duty", "b")
    assert not hold("b")
    with begin(system("test")) as work:
        leases.give_up(work, "duty", "a")
    assert hold("b")


def test_of_many_that_ask_at_once_one_gets_it(database: Database) -> None:
    got: list[str] = []
    together = threading.Barrier(6)

    def ask(name: str) -> None:
        together.wait()
        if hold(name):
            got.append(name)

    threads = [threading.Thread(target=ask, args=(str(n),)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert len(got) == 1
