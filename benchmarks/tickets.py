"""Tickets: opening them through the API, reading one, and first pages among a million.

    python -m benchmarks.tickets create --database postgres --clients 8
    python -m benchmarks.tickets open --database postgres
    python -m benchmarks.tickets lists --database postgres --tickets 1000000

`create` runs an installation (as many web processes as asked for) and clients that keep their
connections, sharing the machine with it. `open` and `lists` time whole requests inside the program,
without the network: the server's own time. Rows of `lists` are written in the database, spread as a
desk has them: one ticket in 50 live in some way, 40 queues, 300 people, ten thousand customers.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Engine, event, text

from benchmarks.assignments import database
from benchmarks.floor import Floor, installation, make_floor, make_floor_here, of_runs, spread
from helpdesk import app
from helpdesk.core import db
from helpdesk.core.actors import Actor, system
from helpdesk.core.config import Settings
from helpdesk.core.db import insert_rows
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin
from helpdesk.customers import service as customers
from helpdesk.customers.models import Customer
from helpdesk.routing import setup
from helpdesk.workflows import cases

KEY = "a key for measuring only, long enough for all purposes"


class Client(threading.Thread):
    """One program that opens tickets one after the other until told to stop."""

    def __init__(self, url: str, token: str, name: int, customer_ids: list[str]) -> None:
        super().__init__(daemon=True)
        self.place, self.token, self.number = urlsplit(url), token, name
        self.customer_ids = customer_ids
        self.took: list[float] = []
        self.refused = 0
        self.stop = threading.Event()

    def run(self) -> None:
        line = http.client.HTTPConnection(self.place.hostname or "", self.place.port or 80)
        count = 0
        while not self.stop.is_set():
            count += 1
            mark = f"{self.number}-{count}-{time.monotonic_ns()}"
            who: dict[str, Any] = {"email": f"c{mark}@example.org", "name": f"Customer {mark}"}
            if self.customer_ids:
                who = {"id": self.customer_ids[count % len(self.customer_ids)]}
            body = {"subject": f"No light {mark}", "body": "The lamp is dark.", "customer": who}
            headers = {
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "Idempotency-Key": mark,
            }
            begun = time.perf_counter()
            line.request("POST", "/api/v1/tickets", json.dumps(body), headers)
            answer = line.getresponse()
            answer.read()
            self.took.append(time.perf_counter() - begun)
            self.refused += answer.status != 201
        line.close()


def create(options: argparse.Namespace) -> None:
    """Tickets a second through the API."""
    roles = ("web", "relay")
    with installation(options.database, roles=roles, processes=options.processes) as running:
        floor = make_floor(running, options.agents)
        known = _customers(running, 200) if options.known else []
        rates: list[float] = []
        took: list[float] = []
        cost: dict[str, float] = {}
        for run in range(options.runs + 1):
            clients = [
                Client(running.url, floor.tokens[n], n, known) for n in range(options.clients)
            ]
            begun, before = time.perf_counter(), cpu_seconds()
            for client in clients:
                client.start()
            time.sleep(options.seconds if run else 3)
            for client in clients:
                client.stop.set()
            for client in clients:
                client.join()
            spent, after = time.perf_counter() - begun, cpu_seconds()
            if sum(client.refused for client in clients):
                raise SystemExit(f"{sum(c.refused for c in clients)} were refused")
            if run:
                rates.append(sum(len(client.took) for client in clients) / spent)
                took += [one for client in clients for one in client.took]
                for name, used in after.items():
                    cost[name] = cost.get(name, 0.0) + used - before.get(name, 0.0)
        whose = "known customers" if options.known else "a new customer each"
        print(f"create, {options.database}, {options.clients} clients, {whose}")
        print(f"  rate: {of_runs(rates, 'a second')}")
        shares = "  ".join(f"{name} {used / len(took) * 1000:.1f}" for name, used in cost.items())
        print(f"  processor time of a ticket, ms: {shares}")
        print(f"  took: {spread(took)}, p95 {sorted(took)[int(len(took) * 0.95)] * 1000:.1f}")


def cpu_seconds() -> dict[str, float]:
    """Processor time that our web processes, relay, database and clients have used so far."""
    tick, used = os.sysconf("SC_CLK_TCK"), {"client": time.process_time()}
    mine = _children(os.getpid())
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            words = (
                (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            )
            stat = (folder / "stat").read_text().rsplit(") ", 1)[1].split()
            ours = int(folder.name) in mine
            name = next((n for n in ("web", "relay") if ours and f"cli {n}" in words), "")
            if words.startswith("postgres:") and " bench " in words:
                name = "database"
            if name:
                used[name] = used.get(name, 0.0) + (int(stat[11]) + int(stat[12])) / tick
    return used


def _children(root: int) -> set[int]:
    """All descendants of a process."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                stat = (folder / "stat").read_text().rsplit(") ", 1)[1].split()
                parents[int(folder.name)] = int(stat[1])
    found = {root}
    while grown := {one for one, parent in parents.items() if parent in found} - found:
        found |= grown
    return found - {root}


def _customers(running: Any, count: int) -> list[str]:
    app.compose(running.settings)
    with begin(system("bench")) as work:
        made = [customers.create_customer(work, name=f"Known {n}").id for n in range(count)]
    db.current().dispose()
    return made


@contextlib.contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that run meanwhile."""
    ran: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        ran.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield ran
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def client_of(floor: Floor) -> Any:
    """Calls the program's own API without a network: `get(path)` answers seconds and bytes."""
    settings = Settings(secret_key=KEY, base_url="http://localhost", database_url=db.current().url)
    client = app.create_app(settings, sockets=False).test_client()
    headers = {"Authorization": f"Bearer {floor.tokens[0]}"}

    def get(path: str) -> float:
        begun = time.perf_counter()
        answer = client.get(f"/api/v1{path}", headers=headers)
        spent = time.perf_counter() - begun
        if answer.status_code != 200:
            raise SystemExit(f"{path}: {answer.get_data(as_text=True)}")
        return spent

    return get


def open_one(options: argparse.Namespace) -> None:
    """A ticket of 3 and one of 200 messages: its facts, its words and its clocks."""
    with database(options.database):
        floor = make_floor_here(10)
        agent = Actor("user", floor.agents[0], role="agent")
        paths = {}
        for count in (3, 200):
            with begin(agent) as work:
                customer = customers.create_customer(work, name="Ada")
                opened = cases.open_case(
                    work, customer_id=customer.id, subject="Lamp", body="Dark", channel="form"
                )
                for n in range(count - 1):
                    cases.reply(
                        work, opened.ticket.id, author=f"agent:{agent.id}",
                        text=f"Message {n} " * 20, public=n % 3 > 0,
                    )  # fmt: skip
            one = f"/tickets/{opened.ticket.id}"
            paths[count] = (one, f"{one}/replies?limit=100", f"{one}/clocks")
        get = client_of(floor)
        for count, parts in paths.items():
            with counted() as ran:
                for path in parts:
                    get(path)
            took = [sum(get(path) for path in parts) for _ in range(options.rounds)]
            print(f"open, {count} messages, three requests, {len(ran)} queries: {spread(took)}")


VIEWS = (
    "", "?state=open", "?state=closed", "?queue=q7", "?queue=q7&state=open",
    "?assignee=me", "?assignee=me&state=open", "?assignee=nobody&state=new", "?tag=t3",
    "?tag=t3&state=open", "?priority=urgent", "?priority=urgent&state=open", "?customer_id=%s",
)  # fmt: skip


def lists(options: argparse.Namespace) -> None:
    """First pages among 10,000 tickets, then among all of them."""
    with database(options.database):
        floor = make_floor_here(300)
        queues, some = _queues(), _some_customers(10_000)
        get = client_of(floor)
        views = [view % some[17] if "%s" in view else view for view in VIEWS]
        before: dict[str, float] = {}
        filled = 0
        for size in (10_000, options.tickets):
            begun = time.perf_counter()
            _fill(filled, size, queues, some, floor.agents)
            filled = size
            print(f"{size:,} tickets (written in {time.perf_counter() - begun:.0f} s)", flush=True)
            for view in views:
                get(f"/tickets{view}")
                took = sorted(get(f"/tickets{view}") for _ in range(options.rounds))
                middle = took[len(took) // 2] * 1000
                last = took[int(len(took) * 0.95)] * 1000
                than = f"  {middle / before[view]:.2f}x" if view in before else ""
                before.setdefault(view, middle)
                print(f"  {view[:40] or '(all)':40} p50 {middle:5.1f}  p95 {last:5.1f} ms{than}")


def _queues() -> list[str]:
    with begin(system("bench")) as work:
        return [setup.create_queue(work, name=f"Q{n}", slug=f"q{n}").id for n in range(40)]


def _some_customers(count: int) -> list[str]:
    ids = [new_id() for _ in range(count)]
    with begin(system("bench")) as work:
        rows = [
            {"id": one, "name": f"Customer {n}", "value_head_start_s": 0, "custom": {},
             "created_at": work.at, "last_contact_at": work.at, "version": 1}
            for n, one in enumerate(ids)
        ]  # fmt: skip
        for start in range(0, count, 1000):
            insert_rows(work.session, Customer, rows[start : start + 1000])
    return ids


def _fill(first: int, last: int, queues: list[str], some: list[str], people: list[str]) -> None:
    """Write tickets `first` to `last` inside the database, the same ones for the same numbers."""
    kind = "sqlite" if db.current().is_sqlite else "postgres"
    with db.current().write_session() as session:
        if kind == "postgres":  # a busy machine needs its time for a million
            session.execute(text("SET LOCAL statement_timeout = 0"))
        session.execute(text("CREATE TEMP TABLE bench_id (kind TEXT, place INTEGER, id TEXT)"))
        for name, ids in (("queue", queues), ("customer", some), ("person", people)):
            rows = [{"kind": name, "place": n, "id": one} for n, one in enumerate(ids)]
            session.execute(text("INSERT INTO bench_id VALUES (:kind, :place, :id)"), rows)
        session.execute(text("CREATE INDEX bench_id_place ON bench_id (kind, place)"))
        sizes = {"queues": len(queues), "customers": len(some), "people": len(people)}
        for start in range(first, last, 20_000):
            span = {"first": start, "last": min(last, start + 20_000) - 1, **sizes}
            session.execute(text(_TICKETS.format(**_DIALECT[kind])), span)
        tagged = text(
            "INSERT INTO ticket_tag (ticket_id, tag, opened_at, state) "
            "SELECT id, 't' || (number / 3 % 20), opened_at, state FROM ticket "
            "WHERE number % 3 = 0 AND number >= 100000 + :first"
        )
        session.execute(tagged, {"first": first})
        session.execute(text("DROP TABLE bench_id"))
        session.commit()
    with db.current().engine.connect() as connection:
        plain = connection.execution_options(isolation_level="AUTOCOMMIT")
        all_of_it = "VACUUM (ANALYZE) ticket, ticket_tag"
        plain.exec_driver_sql("ANALYZE" if kind == "sqlite" else all_of_it)


_DIALECT = {
    "postgres": {
        "new_id": "gen_random_uuid()",
        "as_id": "CAST({0} AS uuid)",
        "json": "CAST('{0}' AS jsonb)",
        "at": "TIMESTAMPTZ '2021-01-01 00:00:00+00' + n * INTERVAL '100 seconds'",
        "never": "TIMESTAMPTZ '9000-01-01 00:00:00+00'",
    },
    "sqlite": {
        "new_id": "lower(substr(hex(randomblob(4)), 1) || '-' || hex(randomblob(2)) || '-4' || "
        "substr(hex(randomblob(2)), 2) || '-a' || substr(hex(randomblob(2)), 2) || '-' || "
        "hex(randomblob(6)))",
        "as_id": "{0}",
        "json": "'{0}'",
        "at": "strftime('%Y-%m-%d %H:%M:%S', 1609459200 + n * 100, 'unixepoch') || '.000000'",
        "never": "'9000-01-01 00:00:00.000000'",
    },
}
for _words in _DIALECT.values():
    for _name in ("q.id", "p.id", "c.id"):
        _words[_name[0] + "_id"] = _words["as_id"].format(_name)
    _words["empty_list"], _words["empty_object"] = (_words["json"].format(w) for w in ("[]", "{}"))

# One ticket in 50 is live in some way.
_TICKETS = """
WITH RECURSIVE counted(n) AS (
  SELECT CAST(:first AS INTEGER) UNION ALL SELECT n + 1 FROM counted WHERE n < :last
), mixed AS (
  SELECT n, CAST(n AS BIGINT) * 7919 % 1000003 AS mix FROM counted
), stated AS (
  SELECT n, mix, CASE WHEN n % 50 = 0 THEN
    CASE n / 50 % 4 WHEN 0 THEN 'new' WHEN 1 THEN 'open' WHEN 2 THEN 'waiting_on_customer'
    ELSE 'waiting_on_third_party' END
    WHEN n % 10 = 1 THEN 'resolved' ELSE 'closed' END AS state FROM mixed
)
INSERT INTO ticket (id, number, subject, state, priority, queue_id, assignee_id, customer_id,
  channel, tags, fields, opened_at, reopened_count, next_due_at, updated_at, version)
SELECT {new_id}, 100000 + n, 'Ticket ' || n, state,
  CASE mix % 40 WHEN 0 THEN 'urgent' WHEN 1 THEN 'high' WHEN 2 THEN 'low' ELSE 'normal' END,
  {q_id}, CASE WHEN state = 'new' THEN NULL ELSE {p_id} END, {c_id},
  'email', {empty_list}, {empty_object}, {at}, 0, {never}, {at}, 1
FROM stated
JOIN bench_id q ON q.kind = 'queue' AND q.place = mix % :queues
JOIN bench_id p ON p.kind = 'person' AND p.place = mix / 7 % :people
JOIN bench_id c ON c.kind = 'customer' AND c.place = mix / 3 % :customers
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["create", "open", "lists"])
    parser.add_argument("--database", default="postgres", choices=["postgres", "sqlite"])
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--agents", type=int, default=20)
    parser.add_argument("--known", action="store_true", help="tickets of customers that are there")
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=60)
    options = parser.parse_args()
    {"create": create, "open": open_one, "lists": lists}[options.what](options)


if __name__ == "__main__":
    main()
