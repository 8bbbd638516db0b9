"""Words with * for anything, compared in linear time. Pure.

There are no regular expressions in rules: one written with the best intent can stall the program on
a long mail. A * stands for any number of characters; everything else is literal.
"""

from __future__ import annotations

LONGEST_PATTERN = 200
MOST_STARS = 10
LONGEST_TEXT = 100_000


def fits(pattern: str, text: str) -> bool:
    """Whether the whole text is like the pattern, without regard to capitals.

    The parts between the stars are looked for from left to right, each once: what comes earliest is
    always good enough, so nothing is ever tried a second time.
    """
    parts = pattern.casefold().split("*")
    text = text[:LONGEST_TEXT].casefold()
    if len(parts) == 1:
        return text == parts[0]
    first, *middle, last = parts
    if len(text) < len(first) + len(last) or not text.startswith(first):
        return False
    if not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def trouble_with(pattern: str) -> str:
    """What is wrong with a pattern; empty when it can be used."""
    if len(pattern) > LONGEST_PATTERN:
        return f"Use at most {LONGEST_PATTERN} characters."
    if pattern.count("*") > MOST_STARS:
        return f"Use at most {MOST_STARS} stars."
    return ""
