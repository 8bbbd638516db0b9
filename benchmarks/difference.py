"""The difference of two versions of a long article, in milliseconds of the processor.

    python -m benchmarks.difference

Both are 80 kB of Markdown made from words of a Zipf-like spread. Four kinds of change, from a few
words to everything; each is taken with ten texts, five times.
"""

from __future__ import annotations

import random
import time

from benchmarks.floor import spread
from helpdesk.kb.difference import difference

SIZE = 80_000
TEXTS, ROUNDS = 10, 5


def text(rng: random.Random) -> list[str]:
    """Paragraphs, headings and rows, 80 kB together."""
    words = [f"{chr(97 + n % 26)}{'aeiou'[n % 5]}{n}" for n in range(4_000)]
    weights = [1 / (n + 1) for n in range(len(words))]
    blocks, size = [], 0
    while size < SIZE:
        said = " ".join(rng.choices(words, weights, k=rng.randrange(5, 90)))
        block = rng.choice(("", "", "", "## ", "- ", "| ")) + said
        blocks.append(block)
        size += len(block) + 2
    return blocks


def reworded(rng: random.Random, block: str, share: float) -> str:
    return " ".join(f"new{word}" if rng.random() < share else word for word in block.split(" "))


CHANGES = {
    "a word in twenty blocks": lambda rng, blocks: [
        reworded(rng, one, 0.05) if rng.random() < 0.05 else one for one in blocks
    ],
    "a third of the words, everywhere": lambda rng, blocks: [
        reworded(rng, one, 0.33) for one in blocks
    ],
    "blocks moved about": lambda rng, blocks: rng.sample(blocks, len(blocks)),
    "another text": lambda rng, blocks: text(rng),
}


def main() -> None:
    for name, change in CHANGES.items():
        took = []
        for seed in range(TEXTS):
            rng = random.Random(seed)
            blocks = text(rng)
            before, after = "\n\n".join(blocks), "\n\n".join(change(rng, blocks))
            for _ in range(ROUNDS):
                begun = time.process_time()
                difference(before, after)
                took.append(time.process_time() - begun)
        print(f"{name:34} {spread(took)}")


if __name__ == "__main__":
    main()
