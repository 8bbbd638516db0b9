"""New tickets are looked at: what fits them is suggested, and done where that is sure enough.

A reaction notes the ticket, so nobody who opens one waits. A thread beside a worker's labour has
the texts judged by a child and acts by the same functions as people, each ticket in a transaction
of its own. What somebody has decided already, and what is foreign, is never touched.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from helpdesk.core import clock
from helpdesk.core.actors import system
from helpdesk.core.errors import HelpdeskError, NotFound
from helpdesk.core.work import Emitted, Work, begin, reading
from helpdesk.tickets.lifecycle import is_done
from helpdesk.tickets.models import Ticket, TicketChange
from helpdesk.triage import place, queries, service, setup
from helpdesk.triage.models import TriageModel
from helpdesk.triage.setup import Setup
from helpdesk.triage.sorters import NoAnswer, sorters
from helpdesk.workflows import cases_line
from helpdesk.workflows.triage_examples import Known, first_words, known

log = logging.getLogger("helpdesk.triage")

TRIAGE = system("triage")
IMPORT = system("import").label
BATCH = 32
LOOK_EVERY_S, REST_S = 1.0, 10.0
Judged = Mapping[str, Any]


def note(work: Work, emitted: Sequence[Emitted]) -> None:
    """Reaction to opened tickets: they are to be looked at, where triage is on."""
    opened = [one for one in emitted if one.actor != IMPORT]
    if opened and setup.read(work).on:
        service.wish(work, [getattr(one.event, "ticket_id") for one in opened])  # noqa: B009


def run(stopping: Any) -> None:
    """Beside a worker's labour, until told to stop."""
    resting_until = 0.0
    while not stopping:
        clock.sleep(LOOK_EVERY_S)
        if clock.monotonic() < resting_until:
            continue
        try:
            while not stopping and sort_due():
                pass
            sorters.rest()
        except NoAnswer as error:
            log.warning("tickets could not be sorted: %s", error)
            resting_until = clock.monotonic() + REST_S
            with suppress(Exception), begin(TRIAGE) as work:
                service.drop_stale(work)
        except Exception:
            log.exception("a round of triage failed; trying again")
            resting_until = clock.monotonic() + REST_S
    sorters.close()


def sort_due() -> int:
    """Look at tickets that wait; answers how many there were."""
    with reading(TRIAGE) as work:
        ids = queries.due(work, most=BATCH)
        if not ids:
            return 0
        model, texts, allowed = queries.ready_model(work), first_words(work, ids), known(work)
        is_on = setup.read(work).on
    if model is None or not is_on:
        texts = {}
    told = [one for one in ids if one in texts]
    judged: dict[str, Judged] = {}
    if told and model is not None:
        answers = sorters.judge(place.file_of(model.id), [texts[one] for one in told])
        judged = dict(zip(told, answers, strict=True))
    for ticket_id in ids:
        try:
            _sort_one(ticket_id, model, judged.get(ticket_id), allowed)
        except OperationalError:
            raise  # the database is busy or away: all of them are looked at again
        except Exception:
            log.exception("a ticket could not be sorted; those behind it shall not wait for it")
            with begin(TRIAGE) as work:
                service.take_due(work, ticket_id)
    return len(ids)


def _sort_one(
    ticket_id: str, model: TriageModel | None, judged: Judged | None, allowed: Known
) -> None:
    with begin(TRIAGE) as work:
        if not service.take_due(work, ticket_id) or model is None or judged is None:
            return
        try:
            ticket = cases_line.hold(work, ticket_id).ticket
        except NotFound:
            return
        if ticket.merged_into_id is None and not is_done(ticket.state):
            sort(work, ticket, model.id, judged, allowed)


def sort(work: Work, ticket: Ticket, model_id: str, judged: Judged, allowed: Known) -> None:
    """Keep what is suggested for the held ticket, and do what is sure enough."""
    said = setup.read(work)
    acts: list[tuple[str, Judged]] = []
    for field, guesses in judged["guesses"].items():
        for guess in guesses:
            if not allowed.has(field, guess["label"]):
                continue
            state = "agrees" if _stands(ticket, field, guess["label"]) else "open"
            if state == "open" and _may_act(work, ticket, field, guess, judged, said):
                state = "acted"
                acts.append((field, guess))
            service.keep(
                work,
                ticket.id,
                model_id,
                field,
                guess,
                likeness=judged["likeness"],
                is_foreign=judged["is_foreign"],
                state=state,
                was=None if field == "tags" else getattr(ticket, field),
            )
    if acts:
        _act(work, ticket, acts)


def _may_act(
    work: Work, ticket: Ticket, field: str, guess: Judged, judged: Judged, said: Setup
) -> bool:
    least = said.acts_from(field)
    if least is None or guess["confidence"] < least or judged["is_foreign"]:
        return False
    if field == "queue_id" and ticket.assignee_id is not None:
        return False
    return not _was_decided(work, ticket, field)


def _was_decided(work: Work, ticket: Ticket, field: str) -> bool:
    """Whether a person or a rule has set the field since the ticket came in."""
    if field == "tags" and ticket.tags:
        return True
    if field == "type" and ticket.type is not None:
        return True
    rows = select(TicketChange.changes).where(TicketChange.ticket_id == ticket.id)
    return any(field in changes for changes in work.session.scalars(rows.limit(50)))


def _act(work: Work, ticket: Ticket, acts: Sequence[tuple[str, Judged]]) -> None:
    wanted: dict[str, Any] = {field: g["label"] for field, g in acts if field != "tags"}
    tags = [guess["label"] for field, guess in acts if field == "tags"]
    if tags:
        wanted["tags"] = [*ticket.tags, *tags]
    why = [
        {"field": field, "value": g["label"], "confidence": g["confidence"], "words": g["words"]}
        for field, g in acts
    ]
    try:
        with work.session.begin_nested():
            cases_line.change(work, ticket.id, wanted, kind="triage", details={"because": why})
    except HelpdeskError as error:
        log.info("triage could not change a ticket: %s", error)
        for row in queries.unjudged(work, [ticket.id]):
            row.state = "open" if row.state == "acted" else row.state


def _stands(ticket: Ticket, field: str, value: str) -> bool:
    return value in ticket.tags if field == "tags" else bool(getattr(ticket, field) == value)
