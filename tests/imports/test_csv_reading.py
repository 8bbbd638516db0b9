"""CSV as people have it (I8): encodings, separators, quotes, NUL, monstrous lines."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.imports import csv_reading
from helpdesk.imports.csv_reading import Row


def read(raw: bytes) -> list[Row]:
    shape = csv_reading.shape_of(raw[: csv_reading.SAMPLE], whole=True)
    return list(csv_reading.rows(io.BytesIO(raw), shape))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", list(csv_reading.SEPARATORS))
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_I8_encodings_separators_and_line_ends_are_found(
    encoding: str, separator: str, ending: str
) -> None:
    text = ending.join(
        separator.join(row) for row in (("name", "email"), ("Zoë Grün", "zoe@example.org"))
    )
    found = [row.cells for row in read(text.encode(encoding))]
    assert found == [["name", "email"], ["Zoë Grün", "zoe@example.org"]]


def test_I8_a_quote_that_is_never_closed_costs_its_own_row_alone() -> None:
    raw = b'a,b\n1,"open\n' + b"".join(b"%d,x\n" % n for n in range(2, 3000))
    rows = read(raw)
    assert [row.line for row in rows if row.problem] == [2]
    assert "never closed" in rows[1].problem
    assert rows[-1].cells == ["2999", "x"]
    assert len(rows) == 3000


def test_I8_every_line_with_an_open_quote_is_told_and_ends_soon() -> None:
    raw = b"a,b\n" + b'1,"x\n2,y"z\n' * 500
    rows = read(raw)
    assert rows[0].cells == ["a", "b"]
    assert all(row.problem for row in rows[1:2])


def test_I8_quoted_line_breaks_belong_to_the_row() -> None:
    rows = read(b'a,b\n"one\ntwo ""2""",x\n3,y\n')
    assert [row.cells for row in rows] == [["a", "b"], ['one\ntwo "2"', "x"], ["3", "y"]]
    assert [row.line for row in rows] == [1, 2, 4]


def test_I8_a_nul_is_a_problem_of_its_row() -> None:
    rows = read(b"a,b\n1,x\0y\n2,z\n")
    assert [bool(row.problem) for row in rows] == [False, True, False]


def test_I8_a_line_of_megabytes_is_cut_and_told() -> None:
    rows = read(b"a,b\n" + b"x" * 5_000_000 + b"\n2,z\n")
    assert [bool(row.problem) for row in rows] == [False, True, False]
    assert len(rows[1].cells[0]) <= 200


def test_an_inch_mark_inside_a_cell_is_only_a_character() -> None:
    assert [row.cells for row in read(b'a,b\n1,5" pipe\n2,x\n')][1:] == [
        ["1", '5" pipe'],
        ["2", "x"],
    ]


@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff"), max_size=20),
            min_size=2,
            max_size=4,
        ).filter(lambda row: any(row)),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_the_standard_writer_writes_comes_back(table: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([["a", "b"], *table])
    found = [row.cells for row in read(out.getvalue().encode())]
    assert found == [["a", "b"], *table]
