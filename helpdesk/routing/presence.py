"""Presence: what the agent chose and what the system sees, kept apart; connections and their loss.

A dead browser never counts as available. Not for who may choose what (the doors ask that).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, func, select, update

from helpdesk.core.errors import Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.tables import Heartbeat
from helpdesk.core.work import Work
from helpdesk.routing import floor, roster
from helpdesk.routing.events import PresenceChanged
from helpdesk.routing.models import AgentConnection, AgentState, Assignment, PresenceSpan, Slot
from helpdesk.routing.state import DEFAULT_SLOTS

PROCESS_SILENT_S = 6
NO_SOCKET = "robot-"  # how the connections of simulated colleagues begin: no socket is behind them


def ensure_agent(work: Work, user_id: str, capacity: dict[str, int] | None = None) -> AgentState:
    """The agent's state and slots; made on first use with the house's capacity."""
    state = work.session.get(AgentState, user_id)
    if state is None:
        state = AgentState(
            user_id=user_id,
            presence="offline",
            presence_since=work.at,
            connected=False,
            idle_since=work.at,
            skills={},
            capacity={},
            is_active=True,
            expired_in_row=0,
            version=1,
        )
        work.session.add(state)
        work.session.flush()
        set_capacity(work, user_id, capacity or {**DEFAULT_SLOTS, "form": 2})
        _open_span(work, state)
    return state


def get_state(work: Work, user_id: str) -> AgentState:
    state = work.session.get(AgentState, user_id, populate_existing=True)
    if state is None:
        raise NotFound("This person takes no work from queues.")
    return state


def set_capacity(work: Work, user_id: str, capacity: dict[str, int]) -> None:
    """Make one slot row per unit; a slot in use is retired and goes when it gets free."""
    for channel, count in capacity.items():
        if not 0 <= count <= 20:
            raise Invalid("Capacity is a number from 0 to 20.", fields={channel: "0 to 20"})
    state = get_state(work, user_id)
    state.capacity = {c: n for c, n in capacity.items() if n}
    state.version += 1
    roster.forget(work)
    slots = work.session.scalars(select(Slot).where(Slot.agent_id == user_id)).all()
    known = {(s.channel, s.number): s for s in slots}
    for (channel, number), slot in known.items():
        slot.retired = number > capacity.get(channel, 0)
    for channel, count in capacity.items():
        for number in range(1, count + 1):
            if (channel, number) not in known:
                work.session.add(
                    Slot(
                        id=new_id(), agent_id=user_id, channel=channel, number=number, retired=False
                    )
                )
    work.session.flush()


def choose(work: Work, user_id: str, presence: str) -> AgentState:
    """The agent chooses a state. Choosing any state ends "not responding"."""
    meaning = floor.presence_meaning(work)
    if presence not in meaning:
        raise Invalid("This presence does not exist.", code="unknown_presence")
    state = ensure_agent(work, user_id)
    if state.presence == presence and state.not_responding_at is None:
        return state
    was_available = meaning.get(state.presence) == "available"
    state.presence, state.presence_since = presence, work.at
    state.not_responding_at, state.expired_in_row = None, 0
    if meaning[presence] == "available" and not was_available:
        state.idle_since = work.at
    return _changed(work, state)


def connected(work: Work, user_id: str, sid: str, process_id: str) -> AgentState:
    """A desk socket opened. Work kept for a vanished browser is the agent's again."""
    ensure_agent(work, user_id)
    # Held before the connection is added: an old page that goes away at this moment either sees
    # the new one or is seen here. Otherwise a reloaded desk would count as gone.
    state = work.session.get_one(AgentState, user_id, with_for_update=True, populate_existing=True)
    work.session.add(
        AgentConnection(sid=sid, user_id=user_id, process_id=process_id, since=work.at)
    )
    work.session.execute(
        update(Assignment)
        .where(
            Assignment.agent_id == user_id,
            Assignment.finished_at.is_(None),
            Assignment.lost_at.is_not(None),
        )
        .values(lost_at=None)
        .execution_options(synchronize_session=False)
    )
    if state.connected:
        return state
    state.connected, state.connected_since, state.lost_at = True, work.at, None
    return _changed(work, state)


def disconnected(work: Work, sid: str) -> str | None:
    """A desk socket closed. Answers the agent's id when it was the last one, else None."""
    user_id = work.session.scalar(
        delete(AgentConnection).where(AgentConnection.sid == sid).returning(AgentConnection.user_id)
    )
    if user_id is None:
        return None
    return _lost_unless_connected(work, user_id)


def connections_of(work: Work, process_id: str) -> list[str]:
    """Sockets that this process has had open for a few seconds or more."""
    settled = work.at - timedelta(seconds=PROCESS_SILENT_S)
    return list(
        work.session.scalars(
            select(AgentConnection.sid).where(
                AgentConnection.process_id == process_id,
                AgentConnection.since < settled,
                ~AgentConnection.sid.startswith(NO_SOCKET),
            )
        )
    )


def whose(work: Work, sid: str) -> str | None:
    """The agent whose desk socket this is."""
    connection = work.session.get(AgentConnection, sid)
    return connection.user_id if connection else None


def is_on_duty(work: Work, state: AgentState) -> bool:
    """Whether work may be put before this person now."""
    here = state.is_active and state.connected and state.not_responding_at is None
    return here and chose_available(work, state)


def chose_available(work: Work, state: AgentState) -> bool:
    """Whether the state chosen means that work may come, whatever the system sees."""
    return floor.presence_meaning(work).get(state.presence) == "available"


def _lost_unless_connected(work: Work, user_id: str) -> str | None:
    # The state row is the lock: a connect and a disconnect at once are put in order here.
    state = work.session.scalar(
        select(AgentState)
        .where(AgentState.user_id == user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    left = work.session.scalar(
        select(func.count()).select_from(AgentConnection).where(AgentConnection.user_id == user_id)
    )
    if state is None or left or not state.connected:
        return None
    state.connected, state.connected_since, state.lost_at = False, None, work.at
    work.session.execute(
        update(Assignment)
        .where(
            Assignment.agent_id == user_id,
            Assignment.contact_ended_at.is_(None),
            Assignment.lost_at.is_(None),
        )
        .values(lost_at=work.at)
        .execution_options(synchronize_session=False)
    )
    _changed(work, state)
    return user_id


def connections_of_silent_processes(work: Work) -> Sequence[AgentConnection]:
    """Sockets whose process has stopped beating (killed, unplugged)."""
    alive = select(Heartbeat.process_id).where(
        Heartbeat.at > work.at - timedelta(seconds=PROCESS_SILENT_S)
    )
    return work.session.scalars(
        select(AgentConnection).where(
            AgentConnection.process_id.not_in(alive),
            AgentConnection.since < work.at - timedelta(seconds=PROCESS_SILENT_S),
        )
    ).all()


def _changed(work: Work, state: AgentState) -> AgentState:
    state.version += 1
    work.session.flush()
    work.session.execute(
        update(PresenceSpan)
        .where(PresenceSpan.agent_id == state.user_id, PresenceSpan.ended_at.is_(None))
        .values(ended_at=work.at)
        .execution_options(synchronize_session=False)
    )
    _open_span(work, state)
    work.emit(
        PresenceChanged(
            agent_id=state.user_id,
            presence=state.presence,
            connected=state.connected,
            not_responding=state.not_responding_at is not None,
        )
    )
    return state


def _open_span(work: Work, state: AgentState) -> None:
    work.session.add(
        PresenceSpan(
            id=new_id(),
            agent_id=state.user_id,
            presence=state.presence,
            connected=state.connected,
            began_at=work.at,
        )
    )


def deactivate(work: Work, user_id: str, *, active: bool) -> None:
    """An account was disabled or enabled: it takes no work while disabled."""
    state = work.session.get(AgentState, user_id)
    if state is None:
        return
    state.is_active = active
    if not active:
        state.presence, state.presence_since = "offline", work.at
    _changed(work, state)
