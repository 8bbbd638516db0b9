"""Turns that a random walk seldom takes."""

from dataclasses import replace

import pytest

from helpdesk.routing.board import Board
from helpdesk.routing.requirements import Step
from helpdesk.routing.state import AgentState, Queue, WorkItem, after_refusal

NOW = 1_000.0
QUEUES = {"sales": Queue("sales"), "support": Queue("support")}
FULL = {"chat": 4}


def person(id_: str, idle_since: float = 0.0, *queues: str, **more: object) -> AgentState:
    return AgentState(id_, frozenset(queues or ("sales",)), idle_since=idle_since, **more)  # type: ignore[arg-type]


def chat(id_: str, queue: str = "sales", since: float = NOW, **more: object) -> WorkItem:
    return WorkItem(id_, "chat", queue, since, **more)  # type: ignore[arg-type]


def offers(board: Board) -> list[tuple[object, object]]:
    return [(pick.item.id, pick.agent) for pick in board.settle()]


def test_who_refused_is_asked_again_once_the_last_other_goes_off_duty() -> None:
    busy = person("busy", used=FULL)
    board = Board(QUEUES, NOW, agents=[person("refuser"), busy])
    board.add_item(after_refusal(chat("one"), "refuser"))
    assert offers(board) == []
    board.agent_changed(replace(busy, presence="break"))
    assert offers(board) == [("one", "refuser")]


def test_who_refused_is_asked_again_when_they_get_free_and_no_other_is_there() -> None:
    board = Board(QUEUES, NOW, agents=[person("only", used=FULL)])
    board.add_item(after_refusal(chat("one"), "only"))
    assert offers(board) == []
    board.finished("only", "chat", NOW)
    assert [(pick.agent, pick.starts_over) for pick in board.settle()] == [("only", True)]


def test_of_two_who_get_free_at_once_each_gets_what_only_they_can_do() -> None:
    both = person("both", NOW - 1, "sales", "support", used=FULL)
    one = person("one", NOW - 9, used=FULL)
    board = Board(QUEUES, NOW, agents=[both, one])
    board.add_item(chat("first", since=NOW - 50))
    board.add_item(chat("second", "support"))
    assert offers(board) == []
    board.withdrawn("both", "chat", NOW - 1)
    board.withdrawn("one", "chat", NOW - 9)
    assert offers(board) == [("first", "one"), ("second", "both")]


def test_a_kept_item_goes_to_others_when_its_preferred_agent_leaves() -> None:
    owner = person("owner", used=FULL)
    board = Board(QUEUES, NOW, agents=[owner, person("other")])
    board.add_item(chat("one", preferred=("owner",), preferred_for=60.0))
    assert offers(board) == []
    board.agent_left("owner")
    assert offers(board) == [("one", "other")]


def test_time_brings_steps_and_lapses_and_the_board_says_when() -> None:
    board = Board(QUEUES, NOW, agents=[person("owner", used=FULL), person("other")])
    board.add_item(chat("kept", preferred=("owner",), preferred_for=30.0))
    board.add_item(chat("skilled", skills={"french": 2}, steps=(Step(60, drop=("french",)),)))
    assert offers(board) == []
    assert board.next_due() == NOW + 30
    board.advance(NOW + 30)
    assert offers(board) == [("kept", "other")]
    assert board.next_due() == NOW + 60
    board.advance(NOW + 60)
    assert offers(board) == [("skilled", "other")]


def test_work_of_another_strategy_finds_people_who_stood_in_line_before_it_came() -> None:
    board = Board(QUEUES, NOW, agents=[person("early", 0.0, "sales", "support")])
    assert offers(board) == []
    board.add_item(chat("one", "support"))
    assert offers(board) == [("one", "early")]


def test_an_item_waits_only_once() -> None:
    board = Board(QUEUES, NOW, items=[chat("one")])
    with pytest.raises(ValueError, match="waiting already"):
        board.add_item(chat("one"))
    assert board.remove_item("one") == chat("one")
    assert board.remove_item("one") is None
    assert board.waiting() == 0
