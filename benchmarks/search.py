"""How well the search ranks, and how long it takes over many tickets; on both databases.

Two parts. `--data FOLDER`: collections with judged questions (`corpus.jsonl.gz`, `queries.dev.tsv`,
`qrels.dev.tsv` in a folder each), nDCG@10 through the port. `--tickets N`: so many invented tickets
are put in as the relay would put them, then searched; `--keep FOLDER` keeps the SQLite file for
another run, and PostgreSQL then takes its rows from there at once instead of one batch after the
other. Not for what a browser waits for: that is the page's own benchmark.
"""

import argparse
import contextlib
import gzip
import itertools
import json
import math
import random
import sqlite3
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psycopg
from sqlalchemy import text

from helpdesk.core import db, migrating
from helpdesk.core.actors import system
from helpdesk.core.db import Database
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.search import permissions, queries, service
from helpdesk.search.queries import Filters
from helpdesk.search.service import Document
from tests.real.postgres import PostgresServer

ACTOR = system("benchmark")
READER = permissions.reader_of(ACTOR)
START = datetime(2020, 1, 1, tzinfo=UTC)
STATES = ("new", "open", "waiting_on_customer", "resolved", "closed", "closed", "closed")
SYLLABLES = [a + b for a in "bcdfghklmnprstvwz" for b in ("a", "e", "i", "o", "u", "ar", "en")]
REPEATS = 60
BATCH = 10_000


@contextlib.contextmanager
def opened(kind: str, keep: Path | None) -> Iterator[Database]:
    """An installation's database with all tables; thrown away afterwards unless kept."""
    with contextlib.ExitStack() as stack:
        if kind == "sqlite":
            folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            path = folder / "search.db"
            fresh = not path.exists()
            database = Database(f"sqlite:///{path}")
        else:
            server = PostgresServer.make(durable=True)
            stack.callback(server.remove)
            server.start()
            fresh = True
            database = Database(server.create_database("benchmark"))
        stack.callback(database.dispose)
        if fresh:
            migrating.create_from_models(database)
        db.use(database)
        stack.callback(db.use, None)
        yield database


# How well --------------------------------------------------------------------------------------


def quality(folder: Path, kind: str) -> float:
    with opened(kind, None) as database, gzip.open(folder / "corpus.jsonl.gz", "rt") as lines:
        names = {}
        documents = []
        for line in lines:
            row = json.loads(line)
            names[id_ := new_id()] = row["id"]
            documents.append(
                Document("article", id_, permissions.PUBLIC, START, row["title"], row["body"])
            )
        with begin(ACTOR) as work:
            service.put_all(work, documents)
        gather_statistics(database)
        judged: dict[str, dict[str, int]] = defaultdict(dict)
        for line in (folder / "qrels.dev.tsv").read_text("utf-8").splitlines():
            question, document, grade = line.split("\t")
            judged[question][document] = int(grade)
        gains = []
        for line in (folder / "queries.dev.tsv").read_text("utf-8").splitlines():
            question, words = line.split("\t")
            with reading(ACTOR) as work:
                found = queries.find(work, words, READER, limit=10)
            gains.append(gain([names[hit.id] for hit in found.hits], judged[question]))
    return statistics.mean(g for g in gains if g is not None)


def gain(found: list[str], judged: dict[str, int]) -> float | None:
    """nDCG@10; None when nothing was judged good."""
    good = sorted((grade for grade in judged.values() if grade > 0), reverse=True)[:10]
    if not good:
        return None
    reached = sum(judged.get(d, 0) / math.log2(n + 2) for n, d in enumerate(found[:10]))
    return reached / sum(grade / math.log2(n + 2) for n, grade in enumerate(good))


# How fast --------------------------------------------------------------------------------------


def invented_words(rng: random.Random, count: int) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(rng.choices(SYLLABLES, k=rng.randint(2, 4)))] = None
    return list(found)


class Tickets:
    """Invented tickets with words as rare and as common as in a language (Zipf)."""

    def __init__(self) -> None:
        self.rng = random.Random(20)
        self.words = invented_words(self.rng, 40_000)
        self.weights = list(itertools.accumulate(1 / (n + 2.7) for n in range(len(self.words))))
        self.queues = [new_id() for _ in range(12)]
        self.agents = [new_id() for _ in range(60)]

    def one(self, n: int) -> Document:
        rng = self.rng
        id_ = new_id()
        title = rng.choices(self.words, cum_weights=self.weights, k=6)
        body = rng.choices(self.words, cum_weights=self.weights, k=30)
        return Document(
            "ticket",
            id_,
            permissions.SHARED,
            START + timedelta(seconds=150 * n),
            f"T-{10_001 + n} {' '.join(title)}",
            f"{' '.join(body)} order {n * 7919 % 10**9:09d} from person{n}@example.com",
            group_id=id_,
            customer_id=id_,
            state=rng.choice(STATES),
            queue_id=rng.choice(self.queues),
            assignee_id=rng.choice(self.agents),
            facts={"number": 10_001 + n},
        )


def fill(database: Database, tickets: Tickets, count: int) -> None:
    there = 0
    with reading(ACTOR) as work:
        there = work.session.scalar(text("SELECT count(*) FROM search_document")) or 0
    began, last = perf_counter(), perf_counter()
    for start in range(there, count, BATCH):
        documents = [tickets.one(n) for n in range(start, min(count, start + BATCH))]
        with begin(ACTOR) as work:
            service.put_all(work, documents)
        if start and start % 100_000 == 0:
            now = perf_counter()
            print(f"  {start:,} in; the last 100,000 in {now - last:.0f} s", flush=True)
            last = now
    if there < count:
        each = (perf_counter() - began) / (count - there) * 1e6
        print(f"  put {count - there:,} in batches: {each:.0f} µs each", flush=True)
        gather_statistics(database)


def copy_over(source: Path, database: Database) -> None:
    """The same index as in a kept SQLite file: what was built there, loaded in bulk."""
    columns = {
        "search_document": None,
        "search_word": ("scope", "word", "term", "documents"),
        "search_tally": ("scope", "documents", "title_words", "body_words"),
    }
    kept = sqlite3.connect(source)
    with database.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        with raw.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("DROP INDEX ix_search_index_terms")
            for name, known in columns.items():
                names = known or [row[1] for row in kept.execute(f"PRAGMA table_info({name})")]
                pour(kept, cursor, name, names, name)
            cursor.execute("CREATE TEMP TABLE plain (number BIGINT, title TEXT, body TEXT)")
            pour(kept, cursor, "search_index", ["rowid", "title", "body"], "plain")
            cursor.execute(
                """INSERT INTO search_index SELECT number, array_to_tsvector(
                    string_to_array(title || ' ' || body, ' ')
                    || ARRAY(SELECT '^' || t FROM unnest(string_to_array(title, ' ')) AS t)),
                title, body FROM plain ORDER BY number"""
            )
            cursor.execute("CREATE INDEX ix_search_index_terms ON search_index USING gin (terms)")
        raw.commit()
    kept.close()
    gather_statistics(database)


def pour(
    kept: sqlite3.Connection, cursor: psycopg.Cursor[Any], source: str, names: Any, target: str
) -> None:
    """Invented texts have no tabs, line breaks or backslashes, so lines need no care."""
    line = " || char(9) || ".join(f"coalesce({name}, '\\N')" for name in names)
    rows = kept.execute(f"SELECT {line} FROM {source}")
    listed = "" if target == "plain" else f"({', '.join(names)})"
    with cursor.copy(f"COPY {target} {listed} FROM STDIN") as copy:
        while part := rows.fetchmany(10_000):
            copy.write("".join(f"{text}\n" for (text,) in part))


def gather_statistics(database: Database) -> None:
    """What the server's own housekeeping does within minutes."""
    with database.engine.connect() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("ANALYZE")
        else:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            for table in ("search_index", "search_document", "search_word"):
                connection.exec_driver_sql(f"VACUUM ANALYZE {table}")


class Watch:
    """Times calls by the clock, and by what processor they took here and in the server.

    On a machine that is busy with other things only the second says what the search costs.
    """

    def __init__(self, database: Database) -> None:
        self._server: Path | None = None
        if not database.is_sqlite:
            with reading(ACTOR) as work:
                pid = work.session.scalar(text("SELECT pg_backend_pid()"))
            self._server = Path(f"/proc/{pid}/schedstat")

    def timed(self, call: Callable[[int], object], repeats: int = REPEATS) -> str:
        call(0)
        clocked, used = [], []
        for n in range(repeats):
            began, spent = perf_counter(), self._spent()
            call(n)
            clocked.append((perf_counter() - began) * 1000)
            used.append((self._spent() - spent) * 1000)
        return f"by the clock {_spread(clocked)}, by the processor {_spread(used)}"

    def _spent(self) -> float:
        theirs = int(self._server.read_text().split()[0]) / 1e9 if self._server else 0.0
        return process_time() + theirs


def _spread(times: list[float]) -> str:
    times = sorted(times)
    p95 = times[min(len(times) - 1, int(len(times) * 0.95))]
    return f"p50 {statistics.median(times):6.1f} p95 {p95:6.1f} ms"


def speed(kind: str, count: int, keep: Path | None) -> None:
    with opened(kind, keep) as database:
        tickets = Tickets()
        if kind == "postgres" and keep is not None and (keep / "search.db").exists():
            copy_over(keep / "search.db", database)
        fill(database, tickets, count)
        rng = random.Random(3)
        words = tickets.words

        def search(asked: str, **more: object) -> int:
            with reading(ACTOR) as work:
                return len(queries.find(work, asked, READER, grouped=True, **more).hits)  # type: ignore[arg-type]

        def some(low: int, high: int) -> str:
            return words[rng.randrange(low, high)]

        watch = Watch(database)
        cases: list[tuple[str, Callable[[int], object]]] = [
            ("one hit: a number", lambda n: search(f"T-{10_001 + rng.randrange(count)}")),
            ("one hit: an address", lambda n: search(f"person{rng.randrange(count)}@example.com")),
            ("a common word", lambda n: search(some(0, 20))),
            ("two common words", lambda n: search(f"{some(0, 30)} {some(0, 30)}")),
            ("a middling word", lambda n: search(some(200, 2_000))),
            ("a rare word", lambda n: search(some(20_000, 40_000))),
            (
                "a question of five words",
                lambda n: search(f"{some(0, 9)} {some(9, 99)} {some(99, 999)} {some(999, 9999)}"),
            ),
            ("a misspelt word", lambda n: search(misspelt(rng, some(500, 20_000)))),
            ("while typing", lambda n: search(some(200, 9_000)[:4], typing=True)),
            (
                "a common word, open tickets of a queue",
                lambda n: search(
                    some(0, 20),
                    filters=Filters(states=frozenset({"open"}), queue_id=one_queue(database, rng)),
                ),
            ),
        ]
        for name, call in cases:
            print(f"  {name:40} {watch.timed(call)}", flush=True)
        more = iter(range(count, count + 10_000))

        def put_one(n: int) -> None:
            with begin(ACTOR) as work:
                service.put(work, tickets.one(next(more)))

        print(f"  {'put one, in a transaction of its own':40} {watch.timed(put_one)}", flush=True)


def one_queue(database: Database, rng: random.Random) -> str:
    if "queues" not in database.remembered:
        with reading(ACTOR) as work:
            found = work.session.scalars(
                text("SELECT DISTINCT queue_id FROM search_document ORDER BY 1 LIMIT 12")
            )
            database.remembered["queues"] = [str(one) for one in found]
    return str(rng.choice(database.remembered["queues"]))


def misspelt(rng: random.Random, word: str) -> str:
    at = rng.randrange(len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with judged collections")
    parser.add_argument("--tickets", type=int, default=0)
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--keep", type=Path, help="folder that keeps the SQLite file")
    options = parser.parse_args()
    kinds = ("sqlite", "postgres") if options.database == "both" else (options.database,)
    for kind in kinds:
        if options.data is not None:
            for folder in sorted(options.data.iterdir()):
                print(f"{kind} {folder.name}: nDCG@10 {quality(folder, kind):.4f}", flush=True)
        if options.tickets:
            print(f"{kind}, {options.tickets:,} tickets", flush=True)
            speed(kind, options.tickets, options.keep)


if __name__ == "__main__":
    main()
