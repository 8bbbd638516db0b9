"""`helpdesk mail deliver`, as a mail server calls it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from helpdesk import wiring
from helpdesk.cli import main
from helpdesk.core import db
from helpdesk.core.work import begin
from helpdesk.customers import timeline
from helpdesk.routing import setup
from tests.real.server import Installation
from tests.workflows.people import SETUP

MAIL = "From: Ada <ada@x.example>\nSubject: Printer\nMessage-ID: <1@x.example>\n\nIt burns.\n"


def test_a_mail_on_standard_input_is_kept_and_told_as_json(
    start_server: Callable[..., Installation],
) -> None:
    server = start_server("sqlite", roles=())
    db.use(server.database)
    try:
        with begin(SETUP) as work:
            setup.create_queue(work, name="Help")
    finally:
        db.use(None)
    first = server.command("mail", "deliver", "--json", given=MAIL)
    assert first.returncode == 0, first.stderr
    told = json.loads(first.stdout)
    assert (told["outcome"], told["number"]) == ("ticket", "T-10001")
    again = json.loads(server.command("mail", "deliver", "--json", given=MAIL).stdout)
    assert (again["outcome"], again["ticket"]) == ("duplicate", told["ticket"])
    none = server.command("mail", "deliver", "--json", given="\x00\x01: ~\x02\x7f" * 400)
    assert (none.returncode, json.loads(none.stdout)["outcome"]) == (0, "quarantine")
    assert "not a mail" in json.loads(none.stdout)["reason"]
    bad = server.command("mail", "deliver", "--json", given="To: " + "a@b.example, " * 20_000)
    assert (bad.returncode, json.loads(bad.stdout)["outcome"]) == (0, "quarantine")


def test_a_mail_is_to_be_tried_again_where_the_set_up_lacks_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HELPDESK_SECRET_KEY", raising=False)
    found = CliRunner().invoke(main, ["mail", "deliver", "--data", str(tmp_path)], input=MAIL)
    assert found.exit_code == 75
    assert f"no installation in {tmp_path}" in found.output


def test_the_command_listens_to_all_that_the_program_listens_to() -> None:
    """It leaves the wiring out for speed, so what the wiring adds must be added there too."""
    assert list(wiring.observers()) == [timeline.observe]
