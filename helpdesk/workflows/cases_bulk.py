"""One change to many tickets: each in a transaction of its own, in the name of who asked for it.

What can't be done to one ticket is told and keeps none of the others. Undoing puts back what the
run changed and leaves alone what somebody has changed since. A few are done at once; many, or a
whole view, by a worker, who may be killed: each ticket is done once all the same.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from helpdesk.core.actors import Actor, system
from helpdesk.core.errors import HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.identity import sessions
from helpdesk.identity.models import User
from helpdesk.routing.roster import roster
from helpdesk.tickets import bulk, filters, listing, macros
from helpdesk.tickets.filters import Filter, Reader
from helpdesk.tickets.lifecycle import may_follow
from helpdesk.tickets.models import BulkItem, BulkRun, Ticket
from helpdesk.workflows import cases_line as line
from helpdesk.workflows import cases_macros

WORKER = system("bulk")
AT_ONCE = 25
BATCH = 50
GATHERED = 100

log = logging.getLogger(__name__)


def reader_of(work: Work) -> Reader:
    """The queues that the actor serves, for filters that say `mine`."""
    known = roster(work)
    active = tuple(key for key, row in known.queue_rows.items() if row.is_active)
    served = known.served.get(work.actor.id, frozenset())
    mine = tuple(one for one in active if one in served)
    return Reader(work.actor.id, mine, active, work.actor.queue_ids)


def start(
    work: Work,
    action: Mapping[str, Any],
    *,
    words: str,
    ticket_ids: Sequence[str] = (),
    wanted: Filter | None = None,
    sort: str = "",
    by_worker: bool = False,
) -> BulkRun:
    """Begin a run over the tickets chosen, or over all of a filter (`wanted`).

    `action` {"changes": {state, priority, queue_id, assignee_id, team_id, type}, "add_tags",
    "remove_tags", "macro_id"}. Call `carry_out` after the commit, or have it done `by_worker`.
    """
    kept = bulk.clean_action(action)
    queue_id = kept.get("changes", {}).get("queue_id")
    if queue_id is not None and queue_id not in roster(work).queue_rows:
        raise Invalid(fields={"queue_id": "There is no such queue."})
    if "macro_id" in kept:
        macros.get_macro(work, kept["macro_id"])
    stored = None
    if wanted is not None:
        stored = {"filter": filters.as_dict(wanted), "sort": sort}
    run = bulk.begin_run(work, kept, words, stored)
    if wanted is None:
        bulk.add_items(work, run, ticket_ids)
        if not run.total:
            raise Invalid(fields={"tickets": "Choose at least one ticket."})
    if by_worker or wanted is not None or run.total > AT_ONCE:
        bulk.call(work, run)
    return run


def carry_out(run: BulkRun) -> None:
    """Do it now if it is small; what is large waits for a worker."""
    if run.total <= AT_ONCE and run.state in ("running", "undoing"):
        while advance(run.id):
            pass


def undo(work: Work, run_id: str, *, by_worker: bool = False) -> BulkRun:
    """Begin to take a run back; call `carry_out` after the commit, or have it done `by_worker`."""
    run = bulk.begin_undo(work, run_id)
    if by_worker or run.total > AT_ONCE:
        bulk.call(work, run)
    return run


def work_off(event_id: str = "", run_id: str = "") -> None:
    """The worker's job: every unfinished run, one after the other, until nothing is left."""
    with reading(WORKER) as work:
        ids = [run_id] if run_id else _unfinished(work)
    for one in ids:
        while advance(one):
            pass


def call_workers() -> None:
    """A duty: runs whose worker was killed are called again."""
    with reading(WORKER) as work:
        if not bulk.stalled(work):
            return
    with begin(WORKER) as work:
        for run in bulk.stalled(work):
            run.touched_at = work.at
            bulk.call(work, run)


def advance(run_id: str) -> bool:
    """The next few tickets of a run; False when it is over."""
    with reading(WORKER) as work:
        run = bulk.get_run(work, run_id)
        if run.state in ("done", "undone"):
            return False
        by = run.undone_by if run.state == "undoing" else run.user_id
        user = work.session.get(User, by)
        actor = sessions.actor_of(work, user) if user is not None and user.is_active else None
        ids = bulk.next_items(work, run, BATCH)
    if run.state == "gathering":
        _gather(run_id, actor)
        return True
    for ticket_id in ids:
        _one(run, ticket_id, actor)
    with begin(WORKER) as work:
        held = bulk.get_run(work, run_id, held=True)
        held.touched_at = work.at
        if not ids and held.state == run.state:
            held.state = "undone" if run.state == "undoing" else "done"
            held.finished_at = work.at
    return bool(ids)


def _unfinished(work: Work) -> list[str]:
    rows = select(BulkRun.id).where(BulkRun.state.in_(("gathering", "running", "undoing")))
    return list(work.session.scalars(rows.order_by(BulkRun.at)))


def _gather(run_id: str, actor: Actor | None) -> None:
    """One page more of the view's tickets, as they are now."""
    if actor is None:
        with begin(WORKER) as work:
            bulk.get_run(work, run_id, held=True).state = "running"
        return
    with begin(actor) as work:
        run = bulk.get_run(work, run_id, held=True)
        if run.state != "gathering":
            return
        page = listing.page(
            work,
            filters.from_dict(run.wanted["filter"]),
            reader_of(work),
            sort=run.wanted["sort"],
            cursor=run.cursor,
            limit=GATHERED,
        )
        bulk.add_items(work, run, [one.id for one in page.items])
        run.cursor = page.next_cursor
        if page.next_cursor is None or run.total >= bulk.MOST:
            run.state = "running"


def _one(run: BulkRun, ticket_id: str, actor: Actor | None) -> None:
    back = run.state == "undoing"
    try:
        if actor is None or not actor.on_desk:
            raise Invalid("Whoever asked for this no longer works on the desk.")
        with begin(actor) as work:
            (_undo_one if back else _do_one)(work, run, ticket_id)
    except HelpdeskError as refusal:
        told = next(iter(refusal.fields.values()), "") if isinstance(refusal, Invalid) else ""
        with begin(WORKER) as work:
            bulk.settle_item(
                work,
                run.id,
                ticket_id,
                "kept" if back else "refused",
                was="changed" if back else "pending",
                why=told or refusal.message,
            )


def _do_one(work: Work, run: BulkRun, ticket_id: str) -> None:
    # Claimed first: whoever comes second waits here and then finds it done.
    if not bulk.settle_item(work, run.id, ticket_id, "same"):
        return
    ticket = line.hold(work, ticket_id).ticket
    if ticket.merged_into_id is not None:
        raise Invalid("It was merged into another ticket.")
    before = bulk.facts_of(ticket)
    if "macro_id" in run.action:
        macro = macros.get_macro(work, run.action["macro_id"])
        key = f"bulk:{run.id}"
        cases_macros.apply_held(work, macro, ticket, client_msg_id=key)
    if wanted := _wanted(run.action, ticket):
        line.change(work, ticket.id, wanted, kind="bulk", details={"words": run.words})
    work.session.flush()
    after = bulk.facts_of(ticket)
    if names := bulk.differing(before, after):
        kept = {n: before[n] for n in names}, {n: after[n] for n in names}
        bulk.settle_item(
            work, run.id, ticket_id, "changed", was="same", before=kept[0], after=kept[1]
        )


def _wanted(action: Mapping[str, Any], ticket: Ticket) -> dict[str, Any]:
    wanted = {
        name: value
        for name, value in action.get("changes", {}).items()
        if getattr(ticket, name) != value
    }
    gone = action.get("remove_tags", ())
    tags = [tag for tag in ticket.tags if tag not in gone]
    tags += [tag for tag in action.get("add_tags", ()) if tag not in tags]
    if tags != ticket.tags:
        wanted["tags"] = tags
    return wanted


def _undo_one(work: Work, run: BulkRun, ticket_id: str) -> None:
    if not bulk.settle_item(work, run.id, ticket_id, "undone", was="changed"):
        return
    item = work.session.get_one(BulkItem, (run.id, ticket_id))
    ticket = line.hold(work, ticket_id).ticket
    if ticket.merged_into_id is not None:
        raise Invalid("It was merged into another ticket since.")
    reopened, others = ticket.reopened_count, []
    back: dict[str, Any] = {}
    for name, before in item.before.items():
        now, after = getattr(ticket, name), item.after[name]
        if name == "tags":
            # What others tagged since stays; only what the run put on or took off goes back.
            kept = [tag for tag in now if tag in before or tag not in after]
            back[name] = kept + [tag for tag in before if tag not in after and tag not in kept]
        elif now == after:
            back[name] = before
        else:
            others.append(name)
    state = back.pop("state", None)
    if state is not None and not may_follow(ticket.state, state):
        line.change(work, ticket_id, {"state": "open"}, kind="bulk_undone")
        state = state if may_follow("open", state) else None
    if state is not None:
        back["state"] = state
    if back:
        line.change(work, ticket_id, back, kind="bulk_undone", details={"words": run.words})
    ticket.reopened_count = reopened  # a mistake taken back is no customer who came back
    if others:
        words = ", ".join(name.removesuffix("_id").replace("_", " ") for name in others)
        why = f"Somebody changed its {words} since; that stays."
        bulk.settle_item(work, run.id, ticket_id, "kept", was="undone", why=why)
