"""Pages of the customers' portal among a million tickets: the server's own time.

    python -m benchmarks.portal --database sqlite --tickets 1000000

Whole requests inside the program, without the network, of one of ten thousand customers who is the
contact of an organisation with every tenth ticket. With SQLite the processor's time is all there
is; with PostgreSQL that of the database's process is not in it, so both clocks are printed.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from sqlalchemy import text

from benchmarks.assignments import database
from benchmarks.floor import make_floor_here
from benchmarks.tickets import _DIALECT, KEY, _fill, _queues, _some_customers, counted
from helpdesk import app
from helpdesk.channels import sites
from helpdesk.core import db, secrets
from helpdesk.core.actors import system
from helpdesk.core.config import Settings
from helpdesk.core.work import begin
from helpdesk.customers import organisations
from helpdesk.customers.models import Customer
from helpdesk.identity import service as identity
from helpdesk.identity import sessions

BENCH = system("bench")
_THREADS = """
INSERT INTO conversation (id, channel, state, customer_id, ticket_id, reason, answers, opened_at,
  last_seq, public_seq, last_message_at, visitor_read_seq, agent_read_seq,
  agent_read_public, version)
SELECT {new_id}, 'email', 'active', customer_id, id, subject, {empty_object}, opened_at,
  1, 1, opened_at, 0, 0, 0, 1
FROM ticket WHERE organisation_id IS NOT NULL OR customer_id = :customer
"""
_WORDS = """
INSERT INTO message (id, conversation_id, seq, public_seq, author, public, text, attachments, at)
SELECT {new_id}, id, 1, 1, 'visitor', {true}, 'The lamp is dark.', {empty_list}, opened_at
FROM conversation
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="sqlite", choices=["postgres", "sqlite"])
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=60)
    options = parser.parse_args()
    with database(options.database):
        floor = make_floor_here(300)
        queues, some = _queues(), _some_customers(10_000)
        begun = time.perf_counter()
        _fill(0, options.tickets, queues, some, floor.agents)
        ticket_id = _belong(some[17], queues[0])
        print(f"{options.tickets:,} tickets, written in {time.perf_counter() - begun:.0f} s")
        client = _signed_in(some[17])
        _measure(client, ticket_id, options.rounds)


def _belong(customer_id: str, queue_id: str) -> str:
    """Every tenth ticket is the organisation's, of which this customer is the contact."""
    secrets.configure(KEY)
    kind = "sqlite" if db.current().is_sqlite else "postgres"
    words = {**_DIALECT[kind], "true": "1" if kind == "sqlite" else "TRUE"}
    with begin(BENCH) as work:
        firm = organisations.create_organisation(work, name="Firm").id
        customer = work.session.get_one(Customer, customer_id)
        customer.organisation_id, customer.sees_organisation = firm, True
        sites.create_site(work, name="Shop", queue_id=queue_id)
        if kind == "postgres":
            work.session.execute(text("SET LOCAL statement_timeout = 0"))
        work.session.execute(
            text("UPDATE ticket SET organisation_id = :firm WHERE number % 10 IN (0, 3)"),
            {"firm": firm},
        )
        work.session.execute(text(_THREADS.format(**words)), {"customer": customer_id})
        work.session.execute(text(_WORDS.format(**words)))
        found = work.session.execute(
            text("SELECT id FROM ticket WHERE customer_id = :customer LIMIT 1"),
            {"customer": customer_id},
        ).scalar_one()
    with db.current().engine.connect() as connection:
        plain = connection.execution_options(isolation_level="AUTOCOMMIT")
        plain.exec_driver_sql("ANALYZE")
    return str(found)


def _signed_in(customer_id: str) -> Any:
    settings = Settings(secret_key=KEY, base_url="http://localhost", database_url=db.current().url)
    made = app.create_app(settings, sockets=False)
    with begin(BENCH) as work:
        user = identity.create_user(
            work, email="c@x.example", name="C", role="customer", customer_id=customer_id
        )
        opened = sessions.open_session(work, user.id, stage="full", address=None, agent=None)
    client = made.test_client()
    client.set_cookie(sessions.cookie_name(False), opened.token)
    return client


def _measure(client: Any, ticket_id: str, rounds: int) -> None:
    for path in (
        "", "/matters", "/matters?show=done", "/matters?show=talks", "/organisation",
        "/organisation?show=done", f"/matters/{ticket_id}", "/requests/new?kind=other", "/profile",
    ):  # fmt: skip
        with counted() as ran:
            answer = client.get(f"/portal{path}")
        if answer.status_code != 200:
            raise SystemExit(f"{path}: {answer.status_code}")
        wall, processor = [], []
        for _ in range(rounds):
            begun, before = time.perf_counter(), time.process_time()
            client.get(f"/portal{path}")
            processor.append(time.process_time() - before)
            wall.append(time.perf_counter() - begun)
        shown = path.replace(ticket_id, "ID") or "(home)"
        print(
            f"  {shown:28} {len(ran):3} statements, {len(answer.data) / 1000:5.1f} kB   "
            f"processor p50 {_at(processor, 0.5):5.1f} p95 {_at(processor, 0.95):5.1f} ms   "
            f"wall p50 {_at(wall, 0.5):5.1f} p95 {_at(wall, 0.95):5.1f} ms",
            flush=True,
        )


def _at(took: list[float], share: float) -> float:
    return sorted(took)[int(len(took) * share)] * 1000


if __name__ == "__main__":
    main()
