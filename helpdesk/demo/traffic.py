"""The traffic of a demo installation: what the panel's buttons do, in a thread of the web process.

Nothing of it is kept: after a restart the chats it left open are ended and its agents go home. One
web process is meant; each further one would have visitors of its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from helpdesk.core import clock, stored_settings
from helpdesk.core.work import reading
from helpdesk.demo.callers import callers, whose
from helpdesk.demo.filling import SETTING
from helpdesk.demo.guests import MOST, Guests, end_leftovers
from helpdesk.demo.history_work import DEMO
from helpdesk.demo.robots import Robots, send_home
from helpdesk.demo.timetable import Timetable
from helpdesk.routing.models import AgentState, WorkItem

LOOK_EVERY_S = 1.0
STEADY_FOR_S = 1800
STEADY_MOST = 14
KEPT_LINES = 7


class Traffic:
    """All that moves by itself. Every method returns at once; the work is done in the thread."""

    def __init__(self, now: Callable[[], float] = clock.monotonic) -> None:
        self.timetable = Timetable(now)
        self.guests = Guests(self.timetable, self._tell)
        self.robots = Robots(self.timetable, self.guests.here, self._tell)
        self.lines: deque[tuple[datetime, str]] = deque(maxlen=KEPT_LINES)
        self._steady_until = 0.0
        self._coming = 0
        self._expected: set[str] = set()
        self._looking = False
        self._known: dict[str, Any] = {}

    def is_there(self) -> bool:
        """Whether this database holds the demo company; looked up until it does."""
        if not self._known:
            with reading(DEMO) as work:
                found = stored_settings.get(work, SETTING, {"filled": False})
            if not found["filled"]:
                return False
            self._known = found
            self.guests.site_id = found["site_id"]
            self.guests.regulars = [(c, n) for c, n in found["regulars"]]
        return True

    def start(self) -> None:
        """Start the thread, once; first of all it ends what an earlier process left open."""
        if self.timetable.start():
            self.timetable.plan(0, self._tidy)

    @property
    def steady(self) -> bool:
        return self.timetable.now() < self._steady_until

    @property
    def colleagues(self) -> bool:
        return any(r.kind == "colleague" for r in list(self.robots.here.values()))

    def visitors(self, count: int) -> int:
        """That many visitors write within a few seconds; answers how many there was room for."""
        room = max(0, MOST - len(self.guests.here) - self._coming)
        count = min(count, room)
        for n in range(count):
            self._coming += 1
            self.timetable.plan(n * 0.35, self._one_comes)
        self._watch()
        return count

    def visitor_leaves(self) -> str | None:
        """One of the simulated visitors goes; answers the name."""
        guest = self.guests.one_who_leaves()
        if guest is None:
            return None
        self.timetable.plan(0, self.guests.leave, guest)
        self._tell(f"{guest.name} leaves")
        return guest.name

    def browser_dies(self) -> bool:
        """An agent takes a chat and vanishes; False while that agent is still at it."""
        return self._with_robot("loses_browser")

    def agent_declines(self) -> bool:
        """An agent declines the chat that is offered; False while that agent is still at it."""
        return self._with_robot("declines")

    def set_steady(self, on: bool) -> None:
        was_on, self._steady_until = self.steady, self.timetable.now() + STEADY_FOR_S if on else 0.0
        if on and not was_on:
            self._tell("Steady traffic begins; it ends by itself in half an hour")
            self.timetable.plan(0, self._keep_steady)
        elif was_on and not on:
            self._tell("Steady traffic ends")

    def set_colleagues(self, on: bool) -> None:
        for user_id in self._known["colleagues"]:
            if on and user_id not in self.robots.here:
                self.timetable.plan(0, self.robots.come, user_id, "colleague")
            elif not on:
                self.timetable.plan(0, self.robots.go, user_id)
        self._tell("Hanna and Paul come to work" if on else "Hanna and Paul go home")
        self._watch()

    def clear(self) -> None:
        """Everybody simulated goes, at once."""
        self._steady_until, self._coming, self._looking = 0.0, 0, False
        self.timetable.clear()
        self._expected.clear()
        for guest in list(self.guests.here.values()):
            self.timetable.plan(0, self.guests.leave, guest)
        for user_id in list(self.robots.here):
            self.timetable.plan(0, self.robots.go, user_id)
        self.timetable.plan(0.2, self._tidy)
        self._tell("All simulated visitors and agents go")

    def figures(self) -> dict[str, int]:
        """What the panel counts: chats by state, people at the desk, simulated visitors."""
        with reading(DEMO) as work:
            states = dict(
                work.session.execute(
                    select(WorkItem.state, func.count())
                    .where(
                        WorkItem.channel == "chat",
                        WorkItem.state.in_(("waiting", "offered", "assigned")),
                    )
                    .group_by(WorkItem.state)
                ).all()
            )
            ready = work.session.scalar(
                select(func.count())
                .select_from(AgentState)
                .where(
                    AgentState.presence == "available",
                    AgentState.connected,
                    AgentState.is_active,
                    AgentState.not_responding_at.is_(None),
                )
            )
        return {
            "waiting": states.get("waiting", 0),
            "offered": states.get("offered", 0),
            "active": states.get("assigned", 0),
            "agents": ready or 0,
            "visitors": len(self.guests.here),
        }

    def callers(self) -> list[dict[str, str]]:
        """Whose telephones the pretended telephone can be."""
        with reading(DEMO) as work:
            return callers(work, [customer_id for customer_id, _ in self._known["regulars"]])

    def whose(self, number: str) -> dict[str, str] | None:
        """A telephone that is on somebody's record, or the stranger's."""
        known = next((one for one in self.callers() if one["number"] == number), None)
        if known is not None:
            return known
        with reading(DEMO) as work:
            return whose(work, number)

    # In the thread

    def _tidy(self) -> None:
        if not self.is_there():
            return
        known = self._known
        at_work = set(self.robots.here)
        robots = [*known["colleagues"], known["loses_browser"], known["declines"]]
        send_home([user_id for user_id in robots if user_id not in at_work])
        end_leftovers()

    def _one_comes(self) -> None:
        self._coming = max(0, self._coming - 1)
        self.guests.write()

    def _keep_steady(self) -> None:
        if not self.steady:
            return
        if len(self.guests.here) + self._coming < STEADY_MOST:
            self.visitors(1)
        self.timetable.plan(7 + 9 * self.guests.chance(), self._keep_steady)

    def _with_robot(self, kind: Any) -> bool:
        user_id = self._known[kind]
        is_busy = user_id in self.robots.here or user_id in self._expected
        if is_busy or len(self.guests.here) >= MOST:
            return False
        self._expected.add(user_id)
        self.timetable.plan(0, self._robot_gets_a_chat, user_id, kind)
        self._watch()
        return True

    def _robot_gets_a_chat(self, user_id: str, kind: Any) -> None:
        self._expected.discard(user_id)
        robot = self.robots.come(user_id, kind)
        self._tell(f"{robot.name} comes to the desk, and a customer of {robot.name} writes")
        self.guests.write(owner_id=user_id, queue="general")
        # Whatever comes of it, this agent does not stay.
        self.timetable.plan(45, self.robots.go_unless_gone, robot)

    def _watch(self) -> None:
        if not self._looking:
            self._looking = True
            self.timetable.plan(LOOK_EVERY_S, self._look)

    def _look(self) -> None:
        """Once a second while anybody is here; then the thread sleeps."""
        if not (self.guests.here or self.robots.here or self._coming or self.steady):
            self._looking = False
            return
        self.timetable.plan(LOOK_EVERY_S, self._look)
        self.guests.look()
        self.robots.look()

    def _tell(self, line: str) -> None:
        self.lines.appendleft((clock.now(), line))
