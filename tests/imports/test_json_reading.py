"""JSON of other desks in every shape they give it, however large, broken or nested."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from helpdesk.imports import json_reading
from helpdesk.imports.json_reading import BadFile

LISTS = {"tickets", "users", "comments"}


def read(text: str | bytes) -> list[tuple[str, Any]]:
    raw = text if isinstance(text, bytes) else text.encode()
    return list(json_reading.records(io.BytesIO(raw), LISTS))


def test_an_object_a_line_an_array_and_pages_are_all_read() -> None:
    one, two = {"id": 1, "subject": "a"}, {"id": 2, "subject": "b"}
    assert read(f"{json.dumps(one)}\n{json.dumps(two)}\n") == [("", one), ("", two)]
    assert read(json.dumps([one, two])) == [("", one), ("", two)]
    pages = json.dumps({"tickets": [one], "count": 1}) + json.dumps({"count": 1, "tickets": [two]})
    assert read(pages) == [("tickets", one), ("tickets", two)]
    assert read(b"\xef\xbb\xbf" + json.dumps([one]).encode()) == [("", one)]


def test_lists_inside_a_record_stay_in_it() -> None:
    ticket = {"id": 1, "comments": [{"id": 2, "body": "x"}]}
    assert read(json.dumps(ticket)) == [("", ticket)]
    assert read(json.dumps({"tickets": [ticket]})) == [("tickets", ticket)]


def test_records_across_the_borders_of_pieces_are_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_reading, "PIECE", 7)
    rows = [{"id": n, "text": "ü" * n, "n": 10**n} for n in range(30)]
    assert [found for _, found in read(json.dumps(rows, ensure_ascii=False))] == rows


@pytest.mark.parametrize("text", ["[1, 2", '{"a": ', "hello", '[{"a": 1} {', '{"a" 1}', "[}", "{]"])
def test_broken_files_are_told_in_a_sentence(text: str) -> None:
    with pytest.raises(BadFile):
        read(text)


def test_a_record_nested_without_end_or_too_large_is_refused() -> None:
    with pytest.raises(BadFile):
        read('[{"a":' + "[" * 200_000)
    with pytest.raises(BadFile):
        read('[{"a":"' + "x" * (json_reading.LARGEST + json_reading.PIECE * 4))
