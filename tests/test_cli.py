"""The commands an operator types: each does its work or says in one line what is missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from helpdesk.core.actors import system
from helpdesk.core.config import Settings
from helpdesk.core.work import begin, reading
from helpdesk.mail import mailboxes
from helpdesk.mail.models import OutgoingMail
from helpdesk.supervise import checking
from tests.real import starting
from tests.real.server import ROOT, Installation

Helpdesk = Callable[..., subprocess.CompletedProcess[str]]
PASSWORD = "correct horse battery staple"


@pytest.fixture
def helpdesk(tmp_path: Path) -> Helpdesk:
    """`helpdesk("db", "status", HELPDESK_X="1", given="input")` over a folder of the test's own.

    `again=True`: a command that another test starts by itself, as an operator does, comes here from
    a program that is loaded already.
    """

    def run(
        *words: str, given: str = "", again: bool = False, **env: str
    ) -> subprocess.CompletedProcess[str]:
        kept = {
            k: v
            for k, v in os.environ.items()
            if not k.startswith("HELPDESK_") and k not in ("DATABASE_URL", "REDIS_URL")
        }
        data = {"HELPDESK_DATA": str(tmp_path / "data"), "HELPDESK_SECRET_KEY": "k" * 40}
        if again:
            return starting.run(
                words, environment={**kept, **data, **env}, given=given, place=tmp_path
            )
        return subprocess.run(
            [sys.executable, "-m", "helpdesk.cli", *words],
            input=given,
            env={**kept, "PYTHONPATH": str(ROOT), **data, **env},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


def test_a_misspelt_setting_is_one_clear_line_and_exit_code_2(helpdesk: Helpdesk) -> None:
    said = helpdesk("db", "status", HELPDESK_PORTS="80")
    assert said.returncode == 2
    assert said.stderr.count("\n") == 1
    assert "HELPDESK_PORT" in said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize("role", ["web", "relay", "sweeper", "worker"])
def test_a_role_by_itself_says_which_setting_it_lacks(helpdesk: Helpdesk, role: str) -> None:
    said = helpdesk(role)
    assert said.returncode == 2
    assert "REDIS_URL" in said.stderr
    said = helpdesk(role, HELPDESK_SECRET_KEY="", REDIS_URL="redis://127.0.0.1:1")
    assert said.returncode == 2
    assert "HELPDESK_SECRET_KEY" in said.stderr


def test_the_database_is_upgraded_once(helpdesk: Helpdesk) -> None:
    assert helpdesk("db", "status").returncode == 1
    first = helpdesk("db", "upgrade")
    assert first.returncode == 0
    assert "0001" in first.stdout
    assert "up to date" in helpdesk("db", "upgrade", again=True).stdout
    assert helpdesk("db", "status").returncode == 0


def test_users_and_tokens_are_made(helpdesk: Helpdesk) -> None:
    helpdesk("db", "upgrade", again=True)
    made = helpdesk(
        *("user", "add", "Ada@example.org", "--name", "Ada Byron", "--role", "admin"),
        "--password-stdin",
        given=f"{PASSWORD}\n",
    )
    assert made.returncode == 0, made.stderr
    again = helpdesk(
        *("user", "add", "ada@example.org", "--name", "Ada", "--password-stdin"),
        given=f"{PASSWORD}\n",
        again=True,
    )
    assert again.returncode == 1
    assert "Traceback" not in again.stderr

    token = helpdesk("token", "create", "ada@example.org")
    assert token.returncode == 0, token.stderr
    assert len(token.stdout.strip()) > 30
    assert len(token.stdout.splitlines()) == 1


def test_a_weak_password_is_refused(helpdesk: Helpdesk) -> None:
    helpdesk("db", "upgrade", again=True)
    said = helpdesk(
        *("user", "add", "a@example.org", "--name", "A B", "--password-stdin"),
        given="12345678\n",
        again=True,
    )
    assert said.returncode == 1
    assert "password" in said.stderr


def test_a_token_for_nobody_is_refused(helpdesk: Helpdesk) -> None:
    helpdesk("db", "upgrade", again=True)
    said = helpdesk("token", "create", "nobody@example.org", again=True)
    assert said.returncode == 2
    assert "nobody@example.org" in said.stderr


def test_check_of_an_empty_place_says_what_to_do_and_is_no_failure(helpdesk: Helpdesk) -> None:
    said = helpdesk("check")
    assert said.returncode == 0, said.stdout
    assert "warn  data folder" in said.stdout
    assert "helpdesk up" in said.stdout


def test_check_finds_what_is_wrong(helpdesk: Helpdesk, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data").chmod(0o755)
    said = helpdesk(
        "check",
        "--json",
        REDIS_URL="redis://127.0.0.1:1",
        DATABASE_URL="postgresql://nobody@127.0.0.1:1/none",
        HELPDESK_BASE_URL="http://help.example.org",
    )
    assert said.returncode == 1
    states = {found["name"]: found for found in json.loads(said.stdout)}
    assert states["data folder"]["state"] == "fail"
    assert states["data folder"]["mend"].startswith("chmod 700")
    assert states["redis"]["state"] == "fail"
    assert states["database"]["state"] == "fail"
    assert states["address"]["state"] == "warn"
    assert states["python"]["state"] == "ok"


def test_check_says_that_migrations_are_missing(helpdesk: Helpdesk, tmp_path: Path) -> None:
    helpdesk("db", "upgrade", again=True)
    (tmp_path / "data" / "helpdesk.db").write_bytes(b"")
    said = helpdesk("check")
    assert said.returncode == 1
    assert "helpdesk db upgrade" in said.stdout


def test_search_is_rebuilt(helpdesk: Helpdesk) -> None:
    helpdesk("db", "upgrade", again=True)
    said = helpdesk("search", "rebuild")
    assert said.returncode == 0, said.stderr
    assert "rebuilt" in said.stdout


def test_a_scenario_that_is_none_is_refused(helpdesk: Helpdesk, tmp_path: Path) -> None:
    path = tmp_path / "scenario.json"
    path.write_text('{"queues": 3}')
    said = helpdesk("simulate", str(path))
    assert said.returncode == 2
    assert "not a scenario" in said.stderr


@pytest.mark.slow
@pytest.mark.parametrize("server", ["sqlite", "postgres"], indirect=True)
def test_single_roles_make_a_whole_installation(server: Installation) -> None:
    said = server.command("check", "--json")
    states = {found["name"]: found["state"] for found in json.loads(said.stdout)}
    assert said.returncode == 0, said.stdout
    for role in ("web", "relay", "sweeper", "worker", "redis", "database", "migrations", "port"):
        assert states[role] == "ok", (role, said.stdout, server.logs())


def test_check_knows_whether_mail_comes_in_and_goes_out(settings: Settings) -> None:
    def mail(**given: Any) -> checking.Finding:
        with reading(system("test")) as work:
            return checking.whether_mail_goes(work, replace(settings, **given))

    assert mail().state == "warn"
    assert "password links" in mail().told
    assert mail(smtp_url="smtp://127.0.0.1:25").state == "warn"
    with begin(system("test")) as work:
        box = mailboxes.add_mailbox(work, name="Support", address="support@shop.example")
        work.insert(
            OutgoingMail, id=box.id, once_key="k", kind="reply", message_id="m@x.example",
            to_address="a@b.example", from_address="c@d.example", subject="", text="",
            created_at=work.at, next_try_at=work.at, state="queued",
        )  # fmt: skip
    assert mail().state == "fail"
    assert "1 wait to go out" in mail().told
    assert mail(smtp_url="smtp://127.0.0.1:25").state == "ok"
    with begin(system("test")) as work:
        mailboxes.note_failure(work, box.id, "Wrong password")
    assert "support@shop.example cannot be fetched" in mail(smtp_url="smtp://x:25").told
