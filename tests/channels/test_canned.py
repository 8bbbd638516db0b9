"""Canned replies: who words them, what a shortcut and a placeholder may be, what stays literal."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from helpdesk.channels import canned
from helpdesk.channels.models import CannedReply
from helpdesk.core.actors import Actor, Role, system
from helpdesk.core.db import Database
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.tables import AuditEntry
from helpdesk.core.work import begin, reading

LITERAL = [
    "{{7*7}}",
    "{{config}}",
    "{% import os %}",
    "${7*7}",
    "${name}",
    "%s%n",
    "{0.__class__.__mro__}",
    "{name.__class__}",
    "{{name}} <b>{agent!r}</b>",
]


def somebody(role: Role) -> Actor:
    return Actor("user", new_id(), role=role)


def made(text: str = "Hello {name}", shortcut: str = "hello", team_id: str | None = None) -> str:
    with begin(system("test")) as work:
        reply = canned.create_reply(
            work, shortcut=shortcut, title="Greeting", text=text, team_id=team_id
        )
        return reply.id


def test_the_customer_and_the_agent_are_named_and_nothing_else_is_replaced() -> None:
    filled = canned.fill("{name}, I am {agent}. {other}", name="Sam", agent="Ada")
    assert filled == "Sam, I am Ada. {other}"


def test_J4_a_customer_named_like_a_placeholder_stays_as_they_are() -> None:
    assert canned.fill("{name}/{agent}", name="{agent}", agent="{name}") == "{agent}/{name}"


@pytest.mark.parametrize("text", LITERAL)
def test_J3_J4_what_looks_like_a_template_is_stored_and_sent_as_written(
    database: Database, text: str
) -> None:
    reply_id = made(text)
    with reading(system("test")) as work:
        stored = canned.get_reply(work, reply_id).text
    assert stored == text
    assert canned.fill(stored.replace("{name}", ""), name="Sam", agent="Ada") == text.replace(
        "{name}", ""
    )


@pytest.mark.parametrize("text", ["Hi {nmae}", "{customer} hello", "{name} {agents}"])
def test_J3_a_placeholder_that_does_not_exist_is_said_at_save(
    database: Database, text: str
) -> None:
    with begin(system("test")) as work, pytest.raises(Invalid) as refused:
        canned.create_reply(work, shortcut="x", title="X", text=text)
    assert "Use {name} or {agent}." in refused.value.fields["text"]


@pytest.mark.parametrize(
    "text",
    ["Ω≈ç√∫˜µ≤≥÷", "田中さんにあげて下さい", "\u202etest\u202e", "'; DROP TABLE canned_reply; --",
     "<script>alert(1)</script>", "👩‍👧‍👦 🏳️‍🌈", "a\tb\n\nc", "%n%x%s", "null", "../../etc/passwd"],
)  # fmt: skip
def test_J9_odd_strings_come_back_as_they_were_given(database: Database, text: str) -> None:
    reply_id = made(text)
    with reading(system("test")) as work:
        assert canned.get_reply(work, reply_id).text == text


@pytest.mark.parametrize("shortcut", ["", "two words", "ä", "-x", "x" * 41, "a/b"])
def test_a_shortcut_is_one_plain_word(database: Database, shortcut: str) -> None:
    with begin(system("test")) as work, pytest.raises(Invalid) as refused:
        canned.create_reply(work, shortcut=shortcut, title="X", text="x")
    assert set(refused.value.fields) == {"shortcut"}


def test_a_slash_and_capitals_before_the_shortcut_do_no_harm(database: Database) -> None:
    reply_id = made(shortcut="/Hello-2")
    with reading(system("test")) as work:
        assert canned.get_reply(work, reply_id).shortcut == "hello-2"


def test_a_shortcut_stands_once_for_everybody_and_once_for_each_team(database: Database) -> None:
    team_id = new_id()
    made()
    made(team_id=team_id)
    for team in (None, team_id):
        with begin(system("test")) as work, pytest.raises(Invalid) as refused:
            canned.create_reply(work, shortcut="hello", title="X", text="x", team_id=team)
        assert "already" in refused.value.fields["shortcut"]


@pytest.mark.parametrize("role", ["agent", "technician", "customer"])
def test_only_supervisors_and_administrators_word_replies(database: Database, role: Role) -> None:
    reply_id = made()
    with begin(somebody(role)) as work:
        with pytest.raises(Forbidden):
            canned.create_reply(work, shortcut="x", title="X", text="x")
        with pytest.raises(Forbidden):
            canned.change_reply(
                work, reply_id, version=1, shortcut="hello", title="X", text="changed"
            )
        with pytest.raises(Forbidden):
            canned.remove_reply(work, reply_id, version=1)


def test_customers_find_no_reply(database: Database) -> None:
    reply_id = made()
    with reading(somebody("customer")) as work, pytest.raises(NotFound):
        canned.get_reply(work, reply_id)


def test_a_change_made_from_an_older_state_is_refused(database: Database) -> None:
    reply_id = made()
    facts = {"shortcut": "hello", "title": "Greeting"}
    with begin(somebody("supervisor")) as work:
        assert canned.change_reply(work, reply_id, version=1, text="New", **facts).version == 2
    with begin(somebody("supervisor")) as work, pytest.raises(Conflict) as refused:
        canned.change_reply(work, reply_id, version=1, text="Other", **facts)
    assert refused.value.code == "stale"


def test_saving_what_is_stored_already_writes_nothing(database: Database) -> None:
    reply_id = made()
    with begin(system("test")) as work:
        same = canned.change_reply(
            work, reply_id, version=1, shortcut="hello", title="Greeting", text="Hello {name}"
        )
        assert same.version == 1
    with reading(system("test")) as work:
        actions = work.session.scalars(
            select(AuditEntry.action).where(AuditEntry.subject_id == reply_id)
        ).all()
    assert actions == ["canned_reply.added"]


def test_a_removed_reply_can_be_made_again_from_what_removal_answers(database: Database) -> None:
    reply_id = made()
    with begin(system("test")) as work:
        was = canned.remove_reply(work, reply_id, version=1)
    with begin(system("test")) as work:
        assert canned.create_reply(work, **was).text == "Hello {name}"
        assert work.session.get(CannedReply, reply_id) is None
