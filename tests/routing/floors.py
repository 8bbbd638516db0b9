"""Small random floors: few queues, skills and people, so that everything meets everything."""

from hypothesis import strategies as st

from helpdesk.routing.requirements import Step
from helpdesk.routing.state import AgentState, Queue, WorkItem
from helpdesk.routing.strategies import (
    BEST_SKILL,
    FEWEST_TODAY,
    LEAST_OCCUPIED,
    LONGEST_IDLE,
    weighted,
)

QUEUE_IDS = ("sales", "support", "billing")
SKILLS = ("french", "german", "loans")
CHANNELS = ("call", "chat", "email")
AGENT_IDS = tuple(f"agent-{n}" for n in range(6))
NOW = 1_000_000.0

levels = st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 5), max_size=2)
steps = st.lists(
    st.builds(
        Step,
        after=st.sampled_from([5.0, 20.0, 60.0]),
        drop=st.lists(st.sampled_from(SKILLS), max_size=1).map(tuple),
        lower=st.lists(st.tuples(st.sampled_from(SKILLS), st.integers(1, 3)), max_size=1).map(
            tuple
        ),
        add_queues=st.lists(st.sampled_from(QUEUE_IDS), max_size=1).map(tuple),
    ),
    max_size=2,
).map(tuple)
strategies = st.one_of(
    st.sampled_from([LONGEST_IDLE, LEAST_OCCUPIED, FEWEST_TODAY, BEST_SKILL]),
    st.builds(
        weighted,
        idle=st.sampled_from([0.0, 0.5, 1.0]),
        load=st.sampled_from([0.0, 10.0]),
        today=st.sampled_from([0.0, 1.0]),
        skill=st.sampled_from([0.0, 0.3, 3.0]),
    ),
)
half_seconds = st.integers(-200, 0).map(lambda n: NOW + n / 2)


@st.composite
def queue_maps(draw: st.DrawFn) -> dict[str, Queue]:
    return {
        id_: Queue(id_, skills=draw(levels), steps=draw(steps), strategy=draw(strategies))
        for id_ in QUEUE_IDS
    }


@st.composite
def agents(draw: st.DrawFn, id_: str) -> AgentState:
    slots = draw(st.sampled_from([{"call": 1, "chat": 2, "email": 1}, {"chat": 1}, {"call": 2}]))
    return AgentState(
        id_,
        queues=frozenset(draw(st.sets(st.sampled_from(QUEUE_IDS), min_size=1))),
        skills=draw(levels),
        presence=draw(st.sampled_from(["available"] * 4 + ["break", "offline"])),
        connected=draw(st.sampled_from([True] * 5 + [False])),
        not_responding=draw(st.sampled_from([False] * 5 + [True])),
        slots=slots,
        used={
            channel: n
            for channel, most in slots.items()
            if (n := draw(st.sampled_from([0, 0, 0, most])))
        },
        idle_since=draw(half_seconds),
        handled_today=draw(st.integers(0, 3)),
    )


@st.composite
def items(draw: st.DrawFn, id_: str, waiting_since: float | None = None) -> WorkItem:
    preferred = draw(st.lists(st.sampled_from(AGENT_IDS), max_size=2, unique=True))
    return WorkItem(
        id_,
        channel=draw(st.sampled_from(CHANNELS)),
        queue=draw(st.sampled_from(QUEUE_IDS)),
        waiting_since=draw(half_seconds) if waiting_since is None else waiting_since,
        head_start=draw(st.sampled_from([0.0, 0.0, 10.0, 60.0])),
        front=draw(st.sampled_from([False] * 4 + [True])),
        skills=draw(levels),
        steps=draw(steps),
        preferred=tuple(preferred),
        preferred_for=draw(st.sampled_from([0.0, 10.0, 60.0])) if preferred else 0.0,
        refused_by=frozenset(draw(st.sets(st.sampled_from(AGENT_IDS), max_size=3))),
    )


@st.composite
def people(draw: st.DrawFn) -> list[AgentState]:
    return [draw(agents(id_)) for id_ in AGENT_IDS[: draw(st.integers(0, len(AGENT_IDS)))]]


@st.composite
def lines(draw: st.DrawFn) -> list[WorkItem]:
    return [draw(items(f"item-{n}")) for n in range(draw(st.integers(0, 8)))]
