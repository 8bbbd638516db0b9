"""How fast tables and exports are taken over, and how much memory it takes; on both databases.

`python benchmarks/imports.py --rows 100000 --tickets 5000`: customers from a CSV file, the same
again (all are there), then a Zendesk export with three comments a ticket.
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helpdesk.core import db, migrating, secrets
from helpdesk.core.actors import Actor, system
from helpdesk.core.db import Database
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.imports import csv_rows, files, service, staging
from helpdesk.routing import setup
from helpdesk.workflows import importing
from tests.real.postgres import PostgresServer

ADMIN = Actor("user", new_id(), role="admin")


def table(rows: int) -> Iterator[bytes]:
    yield b"name,email,phone,organisation,tags\n"
    for n in range(rows):
        yield f"Person {n},p{n}@example.org,+35840{n:07},Company {n % 500},north\n".encode()


def export(tickets: int) -> Iterator[bytes]:
    for n in range(tickets // 4 + 1):
        yield (
            json.dumps(
                {"id": n, "name": f"Person {n}", "email": f"z{n}@example.org", "role": "end-user"}
            ).encode()
            + b"\n"
        )
    for n in range(tickets):
        comments = [
            {
                "id": n * 3 + c,
                "author_id": n // 4,
                "public": True,
                "body": "Where is my parcel? " * 8,
                "created_at": f"2024-03-04T10:0{c}:00Z",
            }
            for c in range(3)
        ]
        ticket = {
            "id": n,
            "subject": f"Parcel {n}",
            "status": "closed",
            "requester_id": n // 4,
            "created_at": "2024-03-04T10:00:00Z",
            "updated_at": "2024-03-05T10:00:00Z",
            "comments": comments,
        }
        yield json.dumps(ticket).encode() + b"\n"


def taken(format: str, pieces: Iterator[bytes]) -> tuple[float, float, int, dict[str, object]]:
    """(seconds to read, seconds to take over, rows, counts)."""
    import_id = new_id()
    with tempfile.TemporaryFile() as spool:
        for piece in pieces:
            spool.write(piece)
        spool.seek(0)
        size = files.save(import_id, io.BufferedReader(spool.raw), most=1 << 40)  # type: ignore[attr-defined]
    path = files.upload(import_id)
    mapping = {}
    if format in staging.TABLES:
        mapping = csv_rows.guess(format, staging.preview(path).header)
    with begin(ADMIN) as work:
        service.add(work, import_id, format=format, origin="", file_name="bench", size=size)
    with begin(ADMIN) as work:
        service.start(work, import_id, mapping=mapping, options={}, trial=False)
    started = perf_counter()
    with begin(importing.ACTOR) as work:
        service.take(work, import_id)
    importing._stage(import_id)
    read = perf_counter() - started
    started = perf_counter()
    while importing._batch(import_id):
        pass
    took = perf_counter() - started
    with reading(ADMIN) as work:
        run = service.get(work, import_id)
        return read, took, run.rows_done, dict(run.counts)


def measure(kind: str, url: str, rows: int, tickets: int) -> None:
    database = Database(url)
    db.use(database)
    migrating.upgrade(database)
    with begin(system("benchmark")) as work:
        setup.create_queue(work, name="General")
    for name, format, pieces in (
        ("customers, CSV", "customers_csv", table(rows)),
        ("the same again", "customers_csv", table(rows)),
        ("tickets, Zendesk", "zendesk", export(tickets)),
    ):
        read, took, count, _ = taken(format, pieces)
        print(
            f"{kind:10} {name:18} {count:>9,} rows  read {read:6.1f} s  taken over {took:7.1f} s"
            f"  {count / took:8,.0f} a second"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{kind:10} peak memory {peak:,.0f} MB")
    db.use(None)
    database.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--tickets", type=int, default=5_000)
    parser.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both")
    asked = parser.parse_args()
    migrating.import_models()
    secrets.configure("a key for benchmarks only, long enough to be one")
    with tempfile.TemporaryDirectory(prefix="hd-imports-") as folder:
        files.configure(Path(folder) / "imports")
        if asked.database != "postgres":
            measure("sqlite", f"sqlite:///{folder}/bench.db", asked.rows, asked.tickets)
        if asked.database != "sqlite":
            server = PostgresServer.make(durable=True)
            server.start()
            try:
                url = server.create_database("imports")
                measure("postgresql", url, asked.rows, asked.tickets)
            finally:
                server.remove()


if __name__ == "__main__":
    main()
