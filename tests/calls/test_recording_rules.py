"""What was said about recording in one queue, and what it means in another."""

from __future__ import annotations

import pytest

from helpdesk.recordings.rules import covers, is_to_ask

CASES = [  # the queue's mode, what was said and how, recorded there, asked there
    ("never", "given", "key", False, False),
    ("never", "", "", False, False),
    ("always", "given", "announcement", True, False),
    ("always", "given", "key", True, False),
    ("always", "", "", False, True),
    ("always", "refused", "other key", False, False),
    ("always", "withdrawn", "key", False, False),
    ("always", "dropped", "", False, True),
    ("ask", "given", "announcement", False, True),
    ("ask", "given", "key", True, False),
    ("ask", "refused", "no key", False, False),
    ("ask", "", "", False, True),
]


@pytest.mark.parametrize("mode, state, how, recorded, asked", CASES)
def test_what_holds_in_another_queue(
    mode: str, state: str, how: str, recorded: bool, asked: bool
) -> None:
    assert covers(mode, state, how) is recorded
    assert is_to_ask(mode, state, how, is_other_queue=True) is asked


def test_a_question_that_stands_is_not_asked_twice_in_one_queue() -> None:
    assert not is_to_ask("ask", "asked", "", is_other_queue=False)
    assert is_to_ask("ask", "asked", "", is_other_queue=True)
