"""Carries out orders to a carrier, outside of every transaction.

Right after the commit that decided, by the process that wrote (a few threads of its own), and again
by the sweeper until it is done. An order is claimed, carried out, and its outcome written down.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from helpdesk.carriers import orders, port, repairs
from helpdesk.carriers.errors import NotYet, Refused
from helpdesk.carriers.orders import TRIES_OF_WHAT_MAY_COME, Claimed
from helpdesk.carriers.port import Line
from helpdesk.core.actors import system
from helpdesk.core.aside import Aside, Run
from helpdesk.core.config import Settings
from helpdesk.core.work import Work, begin, reading
from helpdesk.workflows import telephone_dialled

log = logging.getLogger(__name__)

CARRYING = system("carrier")
THREADS = 4
TRIES_AT_ALL = 200  # of an order that the carrier never answers
TRIES_TO_DIAL = 4  # somebody waits to hear it ring


# Told in the transaction that writes down what became of an order, with the carrier's answer, or
# None and its words where it was given up.
Settler = Callable[[Work, Claimed, Any, str], None]
_settlers: dict[str, Settler] = {}


def settled_by(what: str, settler: Settler) -> None:
    """Let somebody hear what became of orders of that kind."""
    _settlers[what] = settler


_line: Line | None = None
_pages = False
_aside = Aside("carrier", THREADS)


def configure(settings: Settings) -> None:
    """With an account orders are carried out, without one they wait."""
    carrier = port.carrier()
    use(carrier.line(settings), pages=carrier.can_mint(settings))


def use(line: Line | None, run: Run | None = None, *, pages: bool = True) -> None:
    """`run` decides in which thread; by itself in one of a small pool. `pages`: whether our
    people's pages can telephone over the carrier."""
    global _line, _pages
    _line, _pages = line, pages
    _aside.use(run)


def current() -> Line | None:
    return _line


def can_dial() -> bool:
    """Whether our people can ring somebody over a carrier."""
    return _line is not None and _pages


def soon(conversation_id: str) -> None:
    """Carry out what this conversation's orders say, without keeping the caller waiting."""
    if _line is not None:
        apart(lambda: _work_off(conversation_id))


def apart(do: Callable[[], None]) -> None:
    """In a thread that may wait for a carrier."""
    _aside.do(do)


def carry_out_due() -> None:
    """For the sweeper: what was not carried out by whoever wrote it."""
    if _line is None:
        return
    with reading(CARRYING) as work:
        late = orders.due(work)
    for conversation_id in late:
        soon(conversation_id)


def _work_off(conversation_id: str) -> None:
    with begin(CARRYING) as work:
        claimed = orders.claim(work, conversation_id)
    while claimed is not None and _line is not None:
        claimed = _settle(claimed, *_carried_out(_line, claimed))


def _carried_out(line: Line, order: Claimed) -> tuple[str, str, Any]:
    """What became of it, and the carrier's words: done (with its answer), given up, or to be tried
    again."""
    try:
        found = _DOES[order.what](line, order)
    except NotYet as error:
        is_last = order.tries >= TRIES_OF_WHAT_MAY_COME
        return ("gave_up" if is_last else "again"), str(error), None
    except Refused as error:
        return "gave_up", str(error), None
    except Exception as error:
        # Anything may come out of a vendor's library; the order stays and is tried again.
        told = f"{type(error).__name__}: {error}"[:300]
        most = TRIES_TO_DIAL if order.what in ("dial", "bridge") else TRIES_AT_ALL
        return ("gave_up" if order.tries >= most else "again"), told, None
    return "done", "", found


def _settle(order: Claimed, outcome: str, told: str, found: Any) -> Claimed | None:
    """Write down what became of it; answers the next one, where that may go out.

    What nobody needs any more is not tried again: it would keep back what comes after it.
    """
    with begin(CARRYING) as work:
        if outcome == "again" and not orders.is_moot(work, order):
            orders.again(work, order.id, told)
            return None
        if order.what in _settlers:  # it may lock what stands before orders
            _settlers[order.what](work, order, found, told)
        if outcome == "gave_up" and order.what == "dial":
            log.warning("the carrier did not place a call: %s", told)
            telephone_dialled.refused(work, order.target, port.carrier().refusal(told))
        orders.done(work, order.id, told)
        if outcome == "gave_up" and order.what != "dial":
            log.warning("the carrier did not %s %s: %s", order.what, order.target, told)
            repairs.note(
                work, "gave_up", order.target, f"{order.what}: {told}", order.conversation_id
            )
        return orders.claim(work, order.conversation_id)


def _dial(line: Line, order: Claimed) -> None:
    with reading(CARRYING) as work:
        if not telephone_dialled.is_wanted(work, order.target):
            return
    telephone_dialled.placed(
        order.target, line.dial(order.target, order.wanted, was_tried=order.tries > 1)
    )


_DOES: Mapping[str, Callable[[Line, Claimed], Any]] = {
    "dial": _dial,
    "bridge": lambda line, order: line.bridge(
        order.target, order.wanted, was_tried=order.tries > 1
    ),
    "move": lambda line, order: line.move(
        order.target, was_tried=order.tries > 1, room=order.wanted.get("room", "")
    ),
    "seat": lambda line, order: line.seat(
        order.target, order.wanted["room"], order.wanted, known=order.conference
    ),
    "announce": lambda line, order: line.announce(
        order.target, order.wanted["room"], order.wanted["text"], known=order.conference
    ),
    "hang_up": lambda line, order: line.hang_up(order.target),
    "tape": lambda line, order: line.tape(
        order.wanted["line"],
        order.wanted["sid"],
        order.wanted["state"],
        is_new=order.wanted["is_new"] and order.tries == 1,
    ),
}
