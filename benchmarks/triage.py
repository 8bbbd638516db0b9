"""How well triage sorts, how honest it is about it, and how fast: `--data FOLDER`.

Takes `NAME.train.tsv[.gz]` files (`id, label, text`; label `__oos` belongs nowhere) and judges
`NAME.test.tsv[.gz]`, else `NAME.val.tsv[.gz]`, else a tenth that is held back. What is acted on is
decided by the threshold that training alone chose. `--write FOLDER` keeps gold and predictions.
"""

import argparse
import gzip
import random
import sys
from collections import defaultdict
from pathlib import Path
from time import process_time

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from helpdesk.triage import calibration, thresholds
from helpdesk.triage.judging import FOREIGN
from helpdesk.triage.learning import Example, learn

Rows = list[tuple[str, str, str]]
FIELD = "label"
FOREIGN_TRAFFIC = 0.18


def read(path: Path) -> Rows:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        lines = (line.rstrip("\n").split("\t", 2) for line in file)
        return [(one[0], one[1], one[2]) for one in lines if len(one) == 3]


def found(folder: Path, name: str, part: str) -> Path | None:
    return next((p for p in sorted(folder.glob(f"{name}.{part}.tsv*"))), None)


def split(rows: Rows, share: float = 0.1) -> tuple[Rows, Rows]:
    """A tenth of each label held back."""
    by_label = defaultdict(list)
    for row in rows:
        by_label[row[1]].append(row)
    dice, kept, held = random.Random(7), [], []
    for mine in by_label.values():
        dice.shuffle(mine)
        cut = max(1, round(len(mine) * share))
        held += mine[:cut]
        kept += mine[cut:]
    return kept, held


def few(rows: Rows, count: int, seed: int) -> Rows:
    by_label = defaultdict(list)
    for row in rows:
        if row[1] != FOREIGN:
            by_label[row[1]].append(row)
    dice = random.Random(seed)
    return [one for mine in by_label.values() for one in dice.sample(mine, min(count, len(mine)))]


def examples(rows: Rows) -> list[Example]:
    return [Example(text, {FIELD: label}) for _, label, text in rows]


def report(title: str, train: Rows, test: Rows, write: Path | None = None) -> None:
    began = process_time()
    learned = learn(examples(train))
    took = process_time() - began
    figures = learned.figures[FIELD]
    choice = thresholds.choose(figures.points)
    began = process_time()
    judged = learned.model.judge([text for _, _, text in test], explained=False)
    seconds = process_time() - began
    best = [one.guesses[FIELD][0] for one in judged]
    sure = np.array([one.confidence for one in best])
    right = np.array([one.label == row[1] for one, row in zip(best, test, strict=True)])
    home = np.array([row[1] != FOREIGN for row in test])
    least = choice.threshold if choice.threshold is not None else 2.0
    acts = (sure >= least) & ~np.array([one.is_foreign for one in judged])
    print(f"{title}: {len(train)} examples, {len(test)} judged")
    print(f"  accuracy              {right[home].mean():.4f}  (foreseen {figures.accuracy:.4f})")
    error = calibration.error(sure[home], right[home])
    print(f"  calibration error     {error:.4f}  (foreseen {figures.calibration_error:.4f})")
    acting(acts, right, home, least, choice.why)
    print(f"  texts a second        {len(test) / seconds:,.0f}; training took {took:.0f} s")
    if write:
        keep(write, title, test, best, acts)


def acting(acts: np.ndarray, right: np.ndarray, home: np.ndarray, least: float, why: str) -> None:
    """What acting by itself comes to, with foreign texts weighing as many as in real traffic."""
    weights = np.ones(len(acts))
    if not home.all():
        weights[~home] = home.sum() * FOREIGN_TRAFFIC / (1 - FOREIGN_TRAFFIC) / (~home).sum()
    done = (weights * acts).sum()
    good = (weights * (acts & right)).sum()
    gained = 100 * thresholds.utility(good, done - good) / weights.sum()
    print(f"  acts from             {least:.2f} {why}")
    print(f"  acts on               {done / weights.sum():.4f}")
    print(f"  of texts at home      {acts[home].mean():.4f}")
    print(f"  of which right        {good / done if done else 0:.4f}")
    print(f"  utility per hundred   {gained:.1f} (off: 0)")
    if not home.all():
        print(f"  foreign let through   {acts[~home].mean():.4f}")


def keep(folder: Path, title: str, test: Rows, best: list, acts: np.ndarray) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = title.replace(" ", "-")
    gold = "".join(f"{row[0]}\t{row[1]}\n" for row in test)
    (folder / f"{name}.gold.tsv").write_text(gold)
    lines = zip(test, best, acts, strict=True)
    said = "".join(f"{r[0]}\t{b.label}\t{b.confidence:.6f}\t{int(a)}\n" for r, b, a in lines)
    (folder / f"{name}.pred.tsv").write_text(said)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", default="", help="a set's name")
    parser.add_argument("--write", type=Path, help="a folder for gold and predictions")
    parser.add_argument("--no-few", action="store_true", help="leave out ten examples a label")
    wanted = parser.parse_args()
    for path in sorted(wanted.data.glob("*.train.tsv*")):
        name = path.name.split(".")[0]
        if wanted.only and name != wanted.only:
            continue
        train = read(path)
        held = found(wanted.data, name, "test") or found(wanted.data, name, "val")
        train, test = (train, read(held)) if held else split(train)
        report(name, train, test, wanted.write)
        if not wanted.no_few:
            report(f"{name} ten each", few(train, 10, 1), test, wanted.write)


if __name__ == "__main__":
    main()
