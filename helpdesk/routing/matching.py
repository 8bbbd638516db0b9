"""The rules of routing, written to be read: who fits, which item first, which agent.

This is the reference. The live path calls it for one item or one agent at a time; `board` gives the
same answers from indexes where there are thousands, and a property test holds the two together. Not
for making offers: it proposes, and the database refuses what must never be.
"""

import heapq
from collections.abc import Iterable, Sequence
from operator import itemgetter

from helpdesk.routing.decision import (
    NAMED,
    Candidate,
    Decision,
    Reason,
    Skipped,
    counts,
    nearest_misses,
)
from helpdesk.routing.requirements import (
    Requirements,
    Skills,
    effective,
    in_order,
    missing_skill,
    requirements,
)
from helpdesk.routing.state import AgentState, Id, Queue, Queues, WorkItem, given_work
from helpdesk.routing.strategies import Rank, Strategy, skill_points

NOBODY: frozenset[Id] = frozenset()


def stated(item: WorkItem, queue: Queue) -> Requirements:
    """What the item asks before anything is relaxed."""
    return requirements(item.skills, queue.skills, queue.id)


def asked_now(item: WorkItem, queue: Queue, now: float) -> Requirements:
    """What the item asks at its present age."""
    steps = in_order(queue.steps, item.steps)
    return effective(stated(item, queue), steps, item.waiting_since, now)


def misfit(agent: AgentState, asked: Requirements) -> tuple[Reason, str] | None:
    """Why this agent is none for such work at all, whatever they are doing now."""
    if agent.queues.isdisjoint(asked.queues):
        return "wrong_queue", ""
    lacking = missing_skill(agent.skills, asked.skills)
    if lacking is not None:
        return "missing_skill", f"{lacking[0]} {lacking[1]}"
    return None


def _misfits(
    agents: Sequence[AgentState], asked: Requirements
) -> dict[Id, tuple[Reason, str] | None]:
    """The same for many: people of one team share their queues, so each set is compared once."""
    if asked.skills:
        return {agent.id: misfit(agent, asked) for agent in agents}
    outside: dict[frozenset[Id], tuple[Reason, str] | None] = {}
    for agent in agents:
        if agent.queues not in outside:
            outside[agent.queues] = misfit(agent, asked)
    return {agent.id: outside[agent.queues] for agent in agents}


def unable(agent: AgentState, channel: str) -> tuple[Reason, str] | None:
    """Why this agent can take nothing on this channel now."""
    kept = agent.hindrance
    if kept is None or kept[0] != channel:
        kept = agent.hindrance = channel, _hindrance(agent, channel)
    reason: tuple[Reason, str] | None = kept[1]
    return reason


def _hindrance(agent: AgentState, channel: str) -> tuple[Reason, str] | None:
    if agent.presence == "offline":
        return "offline", ""
    if not agent.connected:
        return "disconnected", ""
    if agent.presence != "available":
        return "presence", agent.presence
    if agent.not_responding:
        return "not_responding", ""
    if not agent.has_room(channel):
        return "no_slot", channel
    return None


def head_start_holders(
    item: WorkItem, belonging: Iterable[AgentState], now: float
) -> frozenset[Id]:
    """Preferred agents the item is still kept for.

    Only while the head start runs, and only those who fit, are signed in and have not refused it.
    Where none of them is signed in the head start lapses at once: a customer doesn't wait for
    somebody who isn't there.
    """
    if not item.preferred or now >= item.preferred_until:
        return frozenset()
    return frozenset(
        agent.id
        for agent in belonging
        if agent.id in item.preferred and agent.signed_in and agent.id not in item.refused_by
    )


def all_were_asked(item: WorkItem, belonging: Iterable[AgentState]) -> bool:
    """Whether everyone on duty who fits has refused it, so that the list starts over.

    Someone on duty but busy is still to be asked; someone on a break is not waited for.
    """
    return bool(item.refused_by) and not any(
        agent.on_duty and agent.id not in item.refused_by for agent in belonging
    )


def rank(agent: AgentState, strategy: Strategy, asked_first: Requirements) -> Rank:
    """Where the strategy puts this agent for this item; lower is asked sooner."""
    kept, asked = agent.ranked, asked_first.skills
    if kept is None or kept[0] is not strategy or kept[1] != asked:
        kept = agent.ranked = strategy, asked, _rank(agent, strategy, asked)
    return kept[2]


def _rank(agent: AgentState, strategy: Strategy, asked: Skills) -> Rank:
    load = agent.load
    standing = strategy.standing(agent.busy, load, agent.handled_today, agent.idle_since)
    points = skill_points(agent.skills, asked) if asked else 0
    return strategy.rank(standing, points, agent.idle_since, load, str(agent.id))


def consider(
    item: WorkItem,
    agents: Sequence[AgentState],
    queues: Queues,
    now: float,
    *,
    only: Id | None = None,
    explain: bool = True,
) -> Decision:
    """One look at one item: who could take it, who is chosen, who was skipped and for what.

    `agents` are all that matter to it, busy and absent ones too. `only` asks for that agent and
    nobody else. The choice is the same with and without `explain`; without it the lists of people
    stay empty.
    """
    queue = queues[item.queue]
    first = stated(item, queue)
    asked = asked_now(item, queue, now)
    obstacles, holders = _obstacles(item, agents, asked, now)
    free = [agent for agent, reason in obstacles if reason is None]
    keys = ((rank(agent, queue.strategy, first), agent) for agent in free)
    # Only the first few are named; a whole order of thousands would be thrown away.
    ranked = heapq.nsmallest(NAMED, keys, key=itemgetter(0))
    if only is None:
        chosen = ranked[0][1].id if ranked else None
    else:
        chosen = next((agent.id for agent in free if agent.id == only), None)
    skipped = [Skipped(agent.id, *why) for agent, why in obstacles if why] if explain else []
    return Decision(
        item=item.id,
        agent=chosen,
        at=now,
        queue=item.queue,
        strategy=queue.strategy.name,
        score=item.score(now),
        front=item.front,
        asked=asked,
        reserved=bool(holders),
        starts_over=chosen in item.refused_by,
        seen_from="item" if only is None else "agent",
        candidates=tuple(
            _candidate(agent, key, first, now) for key, agent in (ranked if explain else ())
        ),
        candidates_total=len(free),
        skipped=nearest_misses(skipped),
        skipped_counts=counts(skipped),
    )


def _obstacles(
    item: WorkItem, agents: Sequence[AgentState], asked: Requirements, now: float
) -> tuple[list[tuple[AgentState, tuple[Reason, str] | None]], frozenset[Id]]:
    """Each agent with what keeps them from this item now, None where nothing does; and for whom
    it is kept.
    """
    misfits = _misfits(agents, asked)
    if not item.preferred and not item.refused_by:  # nothing to ask for but these two, as mostly
        channel = item.channel
        return [(agent, misfits[agent.id] or unable(agent, channel)) for agent in agents], NOBODY
    belonging = [agent for agent in agents if misfits[agent.id] is None]
    holders = head_start_holders(item, belonging, now)
    starts_over = all_were_asked(item, belonging)

    def obstacle(agent: AgentState) -> tuple[Reason, str] | None:
        reason = misfits[agent.id] or unable(agent, item.channel)
        if reason is None and agent.id in item.refused_by and not starts_over:
            reason = "declined_earlier", ""
        if reason is None and holders and agent.id not in holders:
            reason = "reserved_for_preferred", ""
        return reason

    return [(agent, obstacle(agent)) for agent in agents], holders


def could_take(
    item: WorkItem, agents: Sequence[AgentState], queues: Queues, now: float
) -> frozenset[Id]:
    """Everybody to whom this item could be offered now; what screens call free."""
    asked = asked_now(item, queues[item.queue], now)
    obstacles, _ = _obstacles(item, agents, asked, now)
    return frozenset(agent.id for agent, reason in obstacles if reason is None)


def choose_agent(
    item: WorkItem,
    agents: Sequence[AgentState],
    queues: Queues,
    now: float,
    *,
    explain: bool = True,
) -> Decision | None:
    """The agent this item goes to now, or None."""
    decision = consider(item, agents, queues, now, explain=explain)
    return decision if decision.agent is not None else None


def choose_item(
    agent: AgentState,
    items: Iterable[WorkItem],
    queues: Queues,
    now: float,
    *,
    colleagues: Sequence[AgentState] = (),
    explain: bool = True,
) -> Decision | None:
    """The first waiting item this agent can take, or None.

    `colleagues` decide whether a preferred agent is signed in and whether others are still to be
    asked; without them the agent counts as the only one there.
    """
    open_channels = agent.open_channels() if agent.on_duty else frozenset()
    everyone = [agent, *(other for other in colleagues if other.id != agent.id)]
    for item in sorted(items, key=_by_order):
        if item.channel not in open_channels:
            continue
        if misfit(agent, asked_now(item, queues[item.queue], now)) is not None:
            continue
        decision = consider(item, everyone, queues, now, only=agent.id, explain=explain)
        if decision.agent is not None:
            return decision
    return None


def match(
    items: Iterable[WorkItem],
    agents: Iterable[AgentState],
    queues: Queues,
    now: float,
    *,
    explain: bool = True,
) -> list[Decision]:
    """Every offer to be made now, items in their order; each one takes its slot before the next is
    looked at.
    """
    seats = {agent.id: agent for agent in agents}
    decisions = []
    for item in sorted(items, key=_by_order):
        decision = choose_agent(item, list(seats.values()), queues, now, explain=explain)
        if decision is not None and decision.agent is not None:
            decisions.append(decision)
            seats[decision.agent] = given_work(seats[decision.agent], item.channel, now)
    return decisions


def fitting_signed_in(
    item: WorkItem, agents: Iterable[AgentState], queues: Queues, now: float
) -> int:
    """How many who fit are signed in, busy and on a break included; overflow asks this."""
    asked = asked_now(item, queues[item.queue], now)
    return sum(agent.signed_in and misfit(agent, asked) is None for agent in agents)


def position(item: WorkItem, line: Iterable[WorkItem]) -> int:
    """Place in the line, 1 for the next one; the item itself need not be among `line`."""
    return 1 + sum(other.order < item.order for other in line)


def _candidate(agent: AgentState, key: Rank, first: Requirements, now: float) -> Candidate:
    return Candidate(
        agent=agent.id,
        rank=key,
        idle_s=max(0.0, now - agent.idle_since),
        load=agent.load,
        handled_today=agent.handled_today,
        skill_points=skill_points(agent.skills, first.skills),
    )


def _by_order(item: WorkItem) -> tuple[int, float, float, str]:
    return item.order
