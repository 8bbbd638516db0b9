"""How well articles are found, also by misspelt questions, and how long it takes; both databases.

Two parts. `--data FOLDER`: collections with judged questions (`corpus.jsonl.gz`, `queries.dev.tsv`,
`qrels.dev.tsv` in a folder each): nDCG@10 of the questions as they are and with two slips in each;
`--meaning`: found by their meaning too, by the model of the extra `meaning`.
`--articles N`: so many invented articles, then searched and suggested from; `--keep FOLDER` keeps
the SQLite file for another run. Not for tickets and messages (see `search`).
"""

import argparse
import gzip
import itertools
import json
import random
import sqlite3
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sqlalchemy import text

from benchmarks.search import ACTOR, Watch, gain, invented_words, opened, pour
from helpdesk.core.db import Database
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.search import (
    answering,
    article_tables,
    articles,
    meaning,
    nearness,
    vectors,
    wordllama_model,
)
from helpdesk.search.articles import Article
from helpdesk.search.finding import Answer, Reader

READER = Reader(frozenset({"public"}))
SLIPS = 2
BATCH = 5_000
REPEATS = 100
LETTERS = "abcdefghijklmnopqrstuvwxyz"


# How well --------------------------------------------------------------------------------------


def quality(folder: Path, kind: str, seeds: int, *, by_meaning: bool = False) -> str:
    """nDCG@10 of a collection: as asked, and on average with slips."""
    with opened(kind, None) as database:
        with gzip.open(folder / "corpus.jsonl.gz", "rt") as lines:
            rows = [json.loads(line) for line in lines]
        with begin(ACTOR) as work:
            articles.put_all(work, (Article(r["id"], "en", r["title"], r["body"]) for r in rows))
        if by_meaning:
            read_meaning([row["id"] for row in rows])
        gather_statistics(database)
        judged: dict[str, dict[str, int]] = defaultdict(dict)
        for line in (folder / "qrels.dev.tsv").read_text("utf-8").splitlines():
            question, document, grade = line.split("\t")
            judged[question][document] = int(grade)
        asked = [
            (question, words)
            for line in (folder / "queries.dev.tsv").read_text("utf-8").splitlines()
            for question, words in [line.split("\t")]
        ]
        clean = mean_gain(judged, asked, by_meaning=by_meaning)
        slipped = []
        for seed in range(seeds):
            rng = random.Random(seed)
            wrong = [(q, misspelt(rng, words)) for q, words in asked]
            slipped.append(mean_gain(judged, wrong, by_meaning=by_meaning))
    line = f"nDCG@10 {clean:.4f}"
    if slipped:
        line += f", with {SLIPS} slips {statistics.mean(slipped):.4f}"
        line += f" ({statistics.mean(slipped) - clean:+.4f})"
    return line


def find(
    words: str,
    reader: Reader,
    longest_s: float = answering.LONGEST_S,
    *,
    by_meaning: bool = False,
) -> Answer:
    with reading(ACTOR) as work:
        return answering.find(
            work.session, words, reader, longest_s=longest_s, by_meaning=by_meaning
        )


def read_meaning(ids: list[str]) -> None:
    """Make the vectors as a worker does, and hold them as a web process does."""
    meaning.choose(wordllama_model.PACKAGES, wordllama_model.WordLlamaModel)
    for start in range(0, len(ids), 500):
        with begin(ACTOR) as work:
            where = vectors.shelves_for(work, meaning.embedder(), but=frozenset())
            vectors.renew(work, meaning.embedder(), ids[start : start + 500], where)
    nearness.MEMORY.hold_now()


def suggest(words: str, reader: Reader) -> Answer:
    with reading(ACTOR) as work:
        return answering.suggest(work.session, words, reader)


def mean_gain(
    judged: dict[str, dict[str, int]], asked: list[tuple[str, str]], *, by_meaning: bool = False
) -> float:
    gains = []
    for question, words in asked:
        found = find(words, READER, longest_s=60, by_meaning=by_meaning)
        gains.append(gain([hit.id for hit in found.hits], judged[question]))
    return statistics.mean(one for one in gains if one is not None)


def misspelt(rng: random.Random, question: str) -> str:
    """The question with slips in two of its words: a letter wrong, missing, too many or swapped."""
    words = question.split(" ")
    long = [n for n, word in enumerate(words) if len(word) >= 4 and word.isalpha()]
    for n in rng.sample(long, min(SLIPS, len(long))):
        words[n] = slip(rng, words[n])
    return " ".join(words)


def slip(rng: random.Random, word: str) -> str:
    at = rng.randrange(len(word))
    letter = rng.choice(LETTERS)
    if rng.random() < 0.25 and at + 1 < len(word):
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return rng.choice(
        (
            word[:at] + word[at + 1 :],
            word[:at] + letter + word[at:],
            word[:at] + letter + word[at + 1 :],
        )
    )


# How fast --------------------------------------------------------------------------------------


class Articles:
    """Invented articles with words as rare and as common as in a language (Zipf)."""

    def __init__(self) -> None:
        self.rng = random.Random(20)
        self.words = invented_words(self.rng, 40_000)
        self.weights = list(itertools.accumulate(1 / (n + 2.7) for n in range(len(self.words))))
        self.sections = [new_id() for _ in range(200)]

    def one(self) -> Article:
        rng = self.rng
        return Article(
            new_id(),
            rng.choices(("en", "de", "fr"), (6, 3, 1))[0],
            " ".join(self.some(6)),
            " ".join(self.some(rng.randint(60, 160))),
            tuple(" ".join(self.some(3)) for _ in range(3)),
            audience=frozenset(rng.choices(("public", "signed_in", "internal"), (8, 1, 1))),
            section_ids=(rng.choice(self.sections),),
            facts={"slug": "invented"},
        )

    def some(self, count: int) -> list[str]:
        return self.rng.choices(self.words, cum_weights=self.weights, k=count)


def fill(database: Database, invented: Articles, count: int) -> None:
    with database.read_session() as session:
        there = session.scalar(text("SELECT count(*) FROM search_article")) or 0
    began = perf_counter()
    for start in range(there, count, BATCH):
        with begin(ACTOR) as work:
            articles.put_all(work, (invented.one() for _ in range(min(BATCH, count - start))))
        if start % 20_000 == 0:
            print(f"  {start:,} in after {perf_counter() - began:.0f} s", flush=True)
    if there < count:
        each = (perf_counter() - began) / (count - there) * 1e3
        print(f"  put {count - there:,} in batches: {each:.2f} ms each", flush=True)
        gather_statistics(database)


def copy_over(source: Path, database: Database) -> None:
    """The same rows as in a kept SQLite file, loaded in bulk."""
    kept = sqlite3.connect(source)
    with database.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        with raw.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            for name in article_tables.TABLES:
                names = [row[1] for row in kept.execute(f"PRAGMA table_info({name})")]
                if name in ("search_shelf", "search_article"):
                    marks = ", ".join(["%s"] * len(names))
                    cursor.executemany(
                        f"INSERT INTO {name} ({', '.join(names)}) VALUES ({marks})",
                        kept.execute(f"SELECT {', '.join(names)} FROM {name}"),
                    )
                else:
                    pour(kept, cursor, name, names, name)
        raw.commit()
    kept.close()
    gather_statistics(database)


def speed(kind: str, count: int, keep: Path | None) -> None:
    with opened(kind, keep) as database:
        invented = Articles()
        if kind == "postgres" and keep is not None and (keep / "search.db").exists():
            copy_over(keep / "search.db", database)
        fill(database, invented, count)
        watch = Watch(database)
        for name, call in cases(invented).items():
            print(f"  {name:40} {watch.timed(call, REPEATS)}", flush=True)

        def put_one(n: int) -> None:
            with begin(ACTOR) as work:
                articles.put(work, invented.one())

        print(f"  {'put one, in a transaction of its own':40} {watch.timed(put_one)}", flush=True)


def cases(invented: Articles) -> dict[str, Callable[[int], object]]:
    rng = random.Random(3)
    words = invented.words

    def some(low: int, high: int) -> str:
        return words[rng.randrange(low, high)]

    def mixed(count: int) -> str:
        return " ".join(rng.choices(words, cum_weights=invented.weights, k=count))

    desk = Reader(frozenset({"public", "signed_in", "internal"}))
    one_locale = Reader(READER.keys, ("en",))
    section = Reader(READER.keys, (), invented.sections[0])
    return {
        "a question of eight words": lambda n: find(mixed(8), READER),
        "of one locale": lambda n: find(mixed(8), one_locale),
        "of the desk, which reads all": lambda n: find(mixed(8), desk),
        "in one section of 200": lambda n: find(mixed(4), section),
        "a common word": lambda n: find(some(0, 20), READER),
        "three common words": lambda n: find(f"{some(0, 30)} {some(0, 30)} {some(0, 30)}", READER),
        "a rare word": lambda n: find(some(20_000, 40_000), READER),
        "two slips in four words": lambda n: find(misspelt(rng, mixed(4)), READER),
        "a phrase": lambda n: find(f'"{some(0, 99)} {some(0, 99)}"', READER),
        "suggest: two letters": lambda n: suggest(some(0, 9_000)[:2], READER),
        "suggest: four letters": lambda n: suggest(some(0, 9_000)[:4], READER),
        "suggest: a word and a half": lambda n: suggest(
            f"{some(0, 900)} {some(0, 900)[:3]}", READER
        ),
        "suggest: five words and a half": lambda n: suggest(
            f"{mixed(5)} {some(0, 9_000)[:4]}", READER
        ),
    }


def gather_statistics(database: Database) -> None:
    """What the server's own housekeeping does within minutes."""
    with database.engine.connect() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("ANALYZE")
        else:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            for table in article_tables.TABLES:
                connection.exec_driver_sql(f"VACUUM ANALYZE {table}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with judged collections")
    parser.add_argument("--seeds", type=int, default=3, help="how often the slips are drawn")
    parser.add_argument("--meaning", action="store_true", help="find by meaning, too")
    parser.add_argument("--articles", type=int, default=0)
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--keep", type=Path, help="folder that keeps the SQLite file")
    options = parser.parse_args()
    kinds = ("sqlite", "postgres") if options.database == "both" else (options.database,)
    for kind in kinds:
        if options.data is not None:
            for folder in sorted(options.data.iterdir()):
                told = quality(folder, kind, options.seeds, by_meaning=options.meaning)
                print(f"{kind} {folder.name}: {told}", flush=True)
        if options.articles:
            print(f"{kind}, {options.articles:,} articles", flush=True)
            speed(kind, options.articles, options.keep)


if __name__ == "__main__":
    main()
