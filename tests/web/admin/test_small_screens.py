"""Teams, skills, canned replies, custom fields, presence states, overview and the audit log."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from werkzeug.datastructures import MultiDict

from helpdesk.channels import canned
from helpdesk.channels.models import CannedReply
from helpdesk.core import audit, heartbeats
from helpdesk.core.actors import system
from helpdesk.core.db import Database
from helpdesk.core.ids import new_id
from helpdesk.core.tables import AuditEntry
from helpdesk.core.work import begin, reading
from helpdesk.customers import custom_fields
from helpdesk.identity import queries, teams
from helpdesk.routing import queries as routing
from helpdesk.routing import setup
from helpdesk.web.admin import audit_log
from tests.web.admin import scene
from tests.web.signed_in import Browser, add_user, browser_as

SYSTEM = system("test")


def all_of(read: Any, *given: Any) -> Any:
    with reading(SYSTEM) as work:
        return read(work, *given)


def test_a_team_is_made_changed_removed_and_brought_back_with_its_people(admin: Browser) -> None:
    user_id = add_user("agent")
    assert scene.save(admin, "/admin/teams/new", name="Night", members=[user_id]).status_code == 303
    [team] = all_of(queries.list_teams)
    assert scene.save(admin, f"/admin/teams/{team.id}", name="Late").status_code == 303
    page = admin.post(f"/admin/teams/{team.id}/remove").text
    assert all_of(queries.list_teams) == []
    undo = scene.fields_of(page, "/admin/teams/new")
    assert admin.post("/admin/teams/new", data=MultiDict(undo)).status_code == 303
    [back] = all_of(queries.list_teams)
    assert (back.name, back.members) == ("Late", 1)


def test_a_team_name_that_is_taken_is_said_beside_it(admin: Browser) -> None:
    scene.save(admin, "/admin/teams/new", name="Night")
    answer = scene.save(admin, "/admin/teams/new", name="Night")
    assert answer.status_code == 409
    assert "f-name-error" in answer.text


def test_a_skill_that_somebody_has_is_asked_about_and_one_in_use_is_kept(admin: Browser) -> None:
    skill_id, user_id = scene.skill("Swedish"), add_user("agent")
    with begin(SYSTEM) as work:
        setup.set_skills(work, user_id, {skill_id: 3})
    asked = admin.post(f"/admin/skills/{skill_id}/remove")
    assert "1 person has the skill" in scene.words_of(asked.text)
    assert len(all_of(routing.skills)) == 1
    queue_id = scene.queue(skills={skill_id: 2})
    assert admin.post(f"/admin/skills/{skill_id}/remove", data={"sure": "1"}).status_code == 409
    with begin(SYSTEM) as work:
        setup.change_queue(work, queue_id, skills={})
    assert admin.post(f"/admin/skills/{skill_id}/remove", data={"sure": "1"}).status_code == 200
    assert all_of(routing.skills) == []


def test_a_skill_that_nobody_has_goes_at_once_and_comes_back_by_undo(admin: Browser) -> None:
    skill_id = scene.skill("Swedish")
    page = admin.post(f"/admin/skills/{skill_id}/remove").text
    assert all_of(routing.skills) == []
    assert 'data-text="The skill “Swedish” is removed."' in page
    admin.post("/admin/skills", data={"name": "Swedish"})
    assert [skill.name for skill in all_of(routing.skills)] == ["Swedish"]


def test_a_skill_is_renamed_unless_somebody_was_faster_or_the_name_is_taken(
    admin: Browser,
) -> None:
    skill_id = scene.skill("Swedish")
    scene.skill("Finnish")
    path = f"/admin/skills/{skill_id}"
    assert admin.post(path, data={"name": "Svenska", "version": "1"}).status_code == 303
    late = admin.post(path, data={"name": "Swede", "version": "1"})
    assert late.status_code == 409
    assert "called this skill “Svenska” meanwhile" in scene.words_of(late.text)
    taken = admin.post(path, data={"name": "Finnish", "version": "2"})
    assert taken.status_code == 400
    assert "There is a skill of that name." in taken.text


def reply_facts(**changes: str) -> dict[str, str]:
    return {"shortcut": "hello", "title": "Greeting", "text": "Hello {name}"} | changes


def test_supervisors_word_replies_from_first_to_last(supervisor: Browser) -> None:
    assert scene.save(supervisor, "/admin/canned/new", **reply_facts()).status_code == 303
    [reply] = all_of(canned.every_reply)
    path = f"/admin/canned/{reply.id}"
    assert scene.save(supervisor, path, text="Hi {name}").status_code == 303
    page = supervisor.post(f"{path}/remove").text
    undo = dict(scene.fields_of(page, "/admin/canned/new"))
    assert supervisor.post("/admin/canned/new", data=undo).status_code == 303
    [back] = all_of(canned.every_reply)
    assert (back.text, back.shortcut) == ("Hi {name}", "hello")


@pytest.mark.parametrize(
    "wrong, field",
    [({"shortcut": "two words"}, "shortcut"), ({"title": ""}, "title"), ({"text": ""}, "text"),
     ({"text": "Hi {nmae}"}, "text"), ({"text": "x" * 4001}, "text")],
)  # fmt: skip
def test_J3_a_reply_that_cannot_be_is_said_beside_its_field(
    supervisor: Browser, wrong: dict[str, str], field: str
) -> None:
    answer = scene.save(supervisor, "/admin/canned/new", **reply_facts(**wrong))
    assert answer.status_code == 400
    assert f'id="f-{field}-error"' in answer.text


@pytest.mark.parametrize(
    "words", ["{{7*7}}", "{{config}}", "{% import os %}", "${7*7}", "%s%n", "{0.__class__}"]
)
def test_J3_J4_a_reply_is_never_a_template(supervisor: Browser, words: str) -> None:
    given = reply_facts(text=f"{words} {scene.PAYLOAD}")
    preview = supervisor.post("/admin/canned/preview", data=given).text
    assert scene.words_of(preview) == f"{words} {scene.PAYLOAD}"
    assert "<img" not in preview
    scene.save(supervisor, "/admin/canned/new", **given)
    [reply] = all_of(canned.every_reply)
    assert reply.text == f"{words} {scene.PAYLOAD}"
    for path in ("/admin/canned", f"/admin/canned/{reply.id}"):
        assert "<img src=x" not in supervisor.get(path).text


@pytest.mark.parametrize(
    "words",
    ["Ω≈ç√∫˜µ", "田中さん", "\u202etest", "'; DROP TABLE x; --", "👩‍👧‍👦", "a\nb\n\nc", "<b>"],
)  # fmt: skip
def test_J9_a_reply_comes_back_as_it_was_typed(supervisor: Browser, words: str) -> None:
    scene.save(supervisor, "/admin/canned/new", **reply_facts(text=words))
    [reply] = all_of(canned.every_reply)
    assert reply.text == words
    assert scene.form_of(supervisor.get(f"/admin/canned/{reply.id}").text)["text"] == words


def test_a_reply_for_a_team_that_is_not_there_is_not_found(supervisor: Browser) -> None:
    answer = scene.save(supervisor, "/admin/canned/new", **reply_facts(), team=new_id())
    assert answer.status_code in (400, 404)
    assert all_of(lambda work: work.session.scalars(select(CannedReply)).all()) == []


def test_a_field_is_added_moved_changed_and_brought_back(admin: Browser) -> None:
    scene.save(admin, "/admin/fields/new", label="Contract number")
    given = {"label": "Tariff", "kind": "choice", "choices": "Wind\nSun\n"}
    assert scene.save(admin, "/admin/fields/new", **given).status_code == 303
    first, second = all_of(custom_fields.definitions, "customer")
    assert (first.key, second.choices) == ("contract_number", ["Wind", "Sun"])
    admin.post(f"/admin/fields/{second.id}/move", data={"way": "up"})
    assert [f.key for f in all_of(custom_fields.definitions, "customer")] == [
        "tariff",
        "contract_number",
    ]
    scene.save(admin, f"/admin/fields/{second.id}", label="Price plan")
    page = admin.post(f"/admin/fields/{second.id}/remove").text
    undo = dict(scene.fields_of(page, "/admin/fields/new"))
    assert admin.post("/admin/fields/new", data=undo).status_code == 303
    back = all_of(custom_fields.definitions, "customer")[-1]
    assert (back.key, back.label, back.choices) == ("tariff", "Price plan", ["Wind", "Sun"])


def test_the_key_and_kind_of_a_field_stay_whatever_a_form_says(admin: Browser) -> None:
    scene.save(admin, "/admin/fields/new", label="Contract")
    [field] = all_of(custom_fields.definitions, "customer")
    scene.save(admin, f"/admin/fields/{field.id}", key="other", kind="number", subject="x")
    [after] = all_of(custom_fields.definitions, "customer")
    assert (after.key, after.kind) == ("contract", "text")


def test_own_presence_states_are_listed_and_the_houses_are_kept(admin: Browser) -> None:
    path = "/admin/presences"
    given = {"state-0-label": "Lunch", "state-0-counts_as": "break", "state-0-code": ""}
    assert scene.save(admin, path, **given).status_code == 303
    assert all_of(routing.presence_choices)[4:] == [("lunch", "Lunch", "break")]
    house = {"state-1-label": "Break", "state-1-counts_as": "available", "state-1-code": "break"}
    assert scene.save(admin, path, **house).status_code == 400
    late = scene.form_of(admin.get(path).text) | {"state-0-label": "Mine"}
    scene.save(admin, path, **{"state-0-label": "Theirs"})
    assert admin.post(path, data=late).status_code == 409


def test_the_overview_says_what_is_missing_and_what_does_not_run(admin: Browser) -> None:
    words = scene.words_of(admin.get("/admin").text)
    assert "0 of 8 are set up. Next: people." in words
    assert words.count("Not running") == 4
    scene.queue("Empty")
    with begin(SYSTEM) as work:
        heartbeats.beat(work, "relay")
    words = scene.words_of(admin.get("/admin").text)
    assert "Nobody serves Empty." in words
    assert "No mailboxes Add a mailbox. Without one no mail becomes a ticket." in words
    assert words.count("Not running") == 3


def test_the_log_tells_who_changed_what_and_narrows(admin: Browser, app: Flask) -> None:
    user_id, other = add_user("agent"), browser_as(app, "admin")
    scene.save(admin, f"/admin/people/{user_id}", name="Noor")
    scene.save(other, "/admin/teams/new", name="Night")
    lines = scene.words_of(admin.get("/admin/audit").text)
    assert "Ada Admin changed the account of Noor" in lines
    assert "Ada Admin added the team Night" in lines
    mine = scene.words_of(admin.get(f"/admin/audit?actor={admin.user_id}").text)
    assert "changed the account of Noor" in mine
    assert "added the team" not in mine
    assert "added the team" in scene.words_of(admin.get("/admin/audit?area=team").text)
    assert "Nothing found" in admin.get("/admin/audit?until=2001-01-01").text
    assert "Noor" in admin.get("/admin/audit?since=2001-01-01").text


def test_the_log_goes_on_page_by_page(admin: Browser) -> None:
    with begin(SYSTEM) as work:
        for number in range(120):
            work.audit("test.done", "test", None, number=number)
    seen: list[str] = []
    with reading(SYSTEM) as work:
        cursor = None
        for _ in range(3):
            page = audit_log.entries(work, audit_log.Filters("", "test", "", ""), cursor)
            seen += [row.details["number"] for row in page.items]
            cursor = page.next_cursor
    assert seen == list(range(119, -1, -1))
    assert cursor is None
    assert 'rel="next"' in admin.get("/admin/audit").text


@pytest.mark.parametrize("query", ["actor=<script>", "area=%25", "since=soon", "cursor=x"])
def test_A15_odd_filters_of_the_log_change_nothing_or_are_refused(
    admin: Browser, query: str
) -> None:
    answer = admin.get(f"/admin/audit?{query}")
    assert answer.status_code in (200, 400)
    assert "<script>" not in answer.text.split("</head>")[1]


def test_K7_the_check_of_the_log_finds_an_entry_that_was_changed_outside(
    admin: Browser, database: Database
) -> None:
    scene.save(admin, "/admin/teams/new", name="Night")
    with begin(SYSTEM) as work:
        audit.seal_waiting(work)
    assert "The log is whole" in admin.post("/admin/audit/verify").text
    with database.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            names = connection.execute(text("SELECT name FROM sqlite_master WHERE type='trigger'"))
            for name in names.scalars().all():
                connection.execute(text(f'DROP TRIGGER "{name}"'))
        else:
            connection.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE audit_entry SET actor = 'user:nobody'"))
        if connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE audit_entry ENABLE TRIGGER USER"))
    assert "The log was changed from outside" in admin.post("/admin/audit/verify").text


def test_A2_markup_in_the_details_of_the_log_is_text(admin: Browser) -> None:
    with begin(SYSTEM) as work:
        work.audit("test.done", scene.PAYLOAD[:30], None, name=scene.PAYLOAD, before=scene.PAYLOAD)
    page = admin.get("/admin/audit").text
    assert "&lt;img src=x" in page
    assert "<img src=x" not in page


def test_removing_a_team_leaves_its_replies_to_everybody_who_words_them(admin: Browser) -> None:
    with begin(SYSTEM) as work:
        team_id = teams.create_team(work, "Night").id
        canned.create_reply(work, shortcut="x", title="X", text="x", team_id=team_id)
    admin.post(f"/admin/teams/{team_id}/remove")
    assert "A team that is gone" in admin.get("/admin/canned").text


def test_each_save_leaves_a_line_in_the_log(admin: Browser) -> None:
    with reading(SYSTEM) as work:
        before = len(work.session.scalars(select(AuditEntry.id)).all())
    scene.save(admin, "/admin/canned/new", **reply_facts())
    scene.save(admin, "/admin/fields/new", label="Contract")
    admin.post("/admin/skills", data={"name": "Swedish"})
    with reading(SYSTEM) as work:
        assert len(work.session.scalars(select(AuditEntry.id)).all()) == before + 3
