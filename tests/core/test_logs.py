"""Log lines: one event is one line, and no secret is in it."""

from __future__ import annotations

import logging

import pytest

from helpdesk.core import logs, secrets


def line(message: str, *values: object, error: BaseException | None = None) -> str:
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("helpdesk.test", logging.INFO, "f", 1, message, values, info)
    return logs.OneLine().format(record)


@pytest.mark.parametrize(
    "text",
    [
        "a\r\nERROR forged",
        "a\x1b[31mred",
        "a\x00b",
        "a\u2028b",
        "a\u202eb",
        "a\x85b",
        "a\tb",
        "\ud800",
    ],
)
def test_J5_control_characters_cannot_make_a_line_or_a_colour(text: str) -> None:
    written = line("name %s", text)
    assert written.isprintable()
    assert written.encode()


def test_J5_a_traceback_stays_on_its_line() -> None:
    try:
        raise ValueError("first\nsecond")
    except ValueError as error:
        written = line("failed", error=error)
    assert "\n" not in written
    assert "ValueError" in written


@pytest.mark.parametrize("prefix", ["hd_", "hdb_", "hdd_", "hdr_"])
def test_K6_tokens_are_masked_wherever_they_stand(prefix: str) -> None:
    token = secrets.new_token(prefix)
    written = line("GET /set-password/%s?x=1", token)
    assert token not in written
    assert "[token]" in written


@pytest.mark.parametrize(
    "text",
    [
        "password=hunter2hunter2",
        '{"password": "hunter2hunter2"}',
        "Authorization: Bearer hunter2hunter2",
        "Cookie: hunter2hunter2",
        "postgresql://helpdesk:hunter2hunter2@db/helpdesk",
    ],
)
def test_K6_named_secrets_are_masked(text: str) -> None:
    assert "hunter2" not in line("%s", text)
