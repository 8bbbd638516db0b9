"""What keeps a flow from being published, said at the step and field that it concerns."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.ivr.checking import problems
from helpdesk.ivr.flow import as_content, read
from tests.ivr.flows import HOURS, KNOWN, QUEUE, choice, flow, node, shop


def wrong(content: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {(one.node_id, one.field): one.text for one in problems(read(content), KNOWN)}


def test_a_whole_flow_has_no_problem_and_is_stored_as_it_is_read() -> None:
    assert wrong(shop()) == {}
    stored = as_content(read(shop()))
    assert as_content(read(stored)) == stored


@pytest.mark.parametrize("content", [{}, {"nodes": None}, {"nodes": [1, {"kind": "menu"}]}])
def test_what_is_no_flow_has_no_step(content: dict[str, Any]) -> None:
    assert wrong(content)["", "nodes"] == "Add a step."


def test_each_field_says_what_it_lacks() -> None:
    found = wrong(
        flow(
            node("a", "menu", prompt="", retries="9", otherwise="gone"),
            node("b", "transfer", "A", number="0123", no_answer="", text="{name}"),
            node("c", "hours", calendar_id="x", open="a", closed="b"),
            node("d", "condition", asks="time", **{"from": "8"}, then="a", otherwise="b"),
            node("e", "condition", asks="tag", tags=" ", then="a", otherwise="b"),
            node("f", "lookup", what="visit", proof="field:x", next="a", refused="b"),
            language="xx",
            zone="Moon",
            greeting="Hello {name}",
        )
    )
    assert found["a", "prompt"] == "Fill this in."
    assert found["a", "retries"] == "Enter a whole number from 0 to 5."
    assert found["a", "otherwise"] == "That step is gone. Choose another."
    assert found["a", "choices"].startswith("Add what")
    assert found["b", "name"] == "No step leads here. Lead one here, or remove it."
    assert found["b", "number"].startswith("Write a number with +")
    assert found["b", "no_answer"] == "Choose where it goes on."
    assert found["b", "text"].startswith("A name can only stand")
    assert found["c", "calendar_id"] == "Choose the hours."
    assert found["d", "from"] == "Enter a time such as 09:00."
    assert ("d", "tags") not in found
    assert found["e", "tags"] == "Fill this in."
    assert {("f", "what"), ("f", "proof"), ("f", "prompt")} <= set(found)
    assert {("", "language"), ("", "zone"), ("", "greeting")} <= set(found)


def test_choices_of_a_menu_are_told_apart() -> None:
    found = wrong(
        flow(
            node("menu", "menu", prompt="?", otherwise="end", choices=[
                choice("1", "end", "bill"), choice("1", "end"), choice("x", "end"),
                choice("2", "end", "Bill"), choice("3", ""),
            ]),
            node("end", "hangup"),
        )
    )  # fmt: skip
    assert found["menu", "choice-0"] == "Key 1 stands here twice."
    assert found["menu", "choice-2"].startswith("Choose a key")
    assert found["menu", "choice-3"] == "“Bill” stands for two keys."
    assert found["menu", "choice-4"] == "Choose where it goes on."


def test_a_circle_without_the_caller_is_refused_and_one_by_key_is_not() -> None:
    again = flow(
        node("menu", "menu", prompt="?", choices=[choice("9", "menu")], otherwise="say"),
        node("say", "speak", text="Again.", next="hours"),
        node("hours", "hours", calendar_id=HOURS, open="menu", closed="line"),
        node("line", "queue", queue_id=QUEUE),
    )
    assert list(wrong(again)) == [("hours", "open")]
    assert "circle" in wrong(again)["hours", "open"]
    ring = flow(node("ring", "transfer", number="+442079460000", no_answer="ring"))
    assert list(wrong(ring)) == [("ring", "no_answer")]
