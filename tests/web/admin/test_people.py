"""People in the admin area: added, changed, given a link, deactivated and brought back."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from helpdesk.core.actors import system
from helpdesk.core.db import Database
from helpdesk.core.work import begin, reading
from helpdesk.identity import queries, sessions
from helpdesk.identity.models import User
from helpdesk.routing import queries as routing
from helpdesk.routing import setup
from helpdesk.routing.models import AgentState
from tests.web.admin import scene
from tests.web.signed_in import Browser, add_user, browser_as

SYSTEM = system("test")


def stored(user_id: str) -> User:
    with reading(SYSTEM) as work:
        return work.session.get_one(User, user_id)


def state_of(user_id: str) -> AgentState:
    with reading(SYSTEM) as work:
        return work.session.get_one(AgentState, user_id)


def found(search: str) -> queries.UserRow:
    with reading(SYSTEM) as work:
        [row] = queries.list_users(work, search=search, active=None).items
    return row


def test_somebody_is_added_with_work_and_gets_a_link_that_opens(admin: Browser) -> None:
    queue_id, skill_id = scene.queue(), scene.skill("Swedish")
    given = {"name": "Noor Haddad", "email": "noor@example.org", "queues": [queue_id]}
    answer = scene.save(admin, "/admin/people/new", **given, **{f"skill-{skill_id}": "4"})
    assert answer.status_code == 200
    link = re.search(r'value="(http://localhost/set-password/[^"]+)"', answer.text)
    assert link is not None
    assert admin.client.application.test_client().get(link[1][16:]).status_code == 200
    row = found("noor")
    assert (row.role, row.public_name, row.has_password) == ("agent", "Noor", False)
    assert state_of(row.id).skills == {skill_id: 4}
    assert state_of(row.id).capacity["chat"] == 4
    with reading(SYSTEM) as work:
        assert routing.members(work, queue_id) == [row.id]


def test_C11_who_sees_only_their_teams_is_set_with_the_person_and_the_teams_queues(
    admin: Browser,
) -> None:
    queue_id, user_id = scene.queue(), add_user("agent")
    given = {"name": "Nights", "members": [user_id], "queues": [queue_id]}
    assert scene.save(admin, "/admin/teams/new", **given).status_code == 303
    assert scene.save(admin, f"/admin/people/{user_id}", sees_own_teams="1").status_code == 303
    with reading(SYSTEM) as work:
        actor = sessions.actor_of(work, work.session.get_one(User, user_id))
        (team,) = queries.list_teams(work)
    assert actor.queue_ids == {queue_id}
    page = admin.get(f"/admin/teams/{team.id}").text
    assert re.search(rf'value="{queue_id}"[^>]*checked', page)
    wrong = scene.save(admin, f"/admin/teams/{team.id}", queues=["nowhere"])
    assert wrong.status_code == 400
    removed = admin.post(f"/admin/teams/{team.id}/remove").text
    assert f'name="queues" value="{queue_id}"' in removed  # what brings the team back
    with reading(SYSTEM) as work:
        actor = sessions.actor_of(work, work.session.get_one(User, user_id))
    assert actor.queue_ids == frozenset()


@pytest.mark.parametrize(
    "wrong, field",
    [
        ({"email": "no address"}, "email"),
        ({"name": ""}, "name"),
        ({"role": "customer"}, "role"),
        ({"role": "root"}, "role"),
        ({"capacity-chat": "99"}, "capacity"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_the_input_stays(
    admin: Browser, wrong: dict[str, str], field: str
) -> None:
    given = {"name": "Noor", "email": "noor@example.org"} | wrong
    answer = scene.save(admin, "/admin/people/new", **given)
    assert answer.status_code == 400
    assert f"f-{field}-error" in answer.text
    assert scene.form_of(answer.text)["email"] == given["email"]
    with reading(SYSTEM) as work:
        assert len(queries.list_users(work, active=None).items) == 1


def test_an_address_that_is_taken_is_said_beside_the_address(admin: Browser) -> None:
    add_user("agent", email="noor@example.org")
    answer = scene.save(admin, "/admin/people/new", name="Noor", email="noor@example.org")
    assert answer.status_code == 409
    assert "f-email-error" in answer.text


def test_one_save_changes_facts_teams_queues_skills_and_capacity(admin: Browser) -> None:
    user_id, queue_id, skill_id = add_user("agent"), scene.queue(), scene.skill("Swedish")
    answer = scene.save(
        admin,
        f"/admin/people/{user_id}",
        **{
            "name": "Noor Haddad",
            "queues": [queue_id],
            f"skill-{skill_id}": "3",
            "capacity-chat": "2",
            "capacity-call": "0",
        },
    )
    assert answer.status_code == 303
    assert stored(user_id).name == "Noor Haddad"
    assert state_of(user_id).skills == {skill_id: 3}
    assert state_of(user_id).capacity == {"chat": 2, "sms": 2, "email": 1, "form": 2, "ticket": 1}
    scene.save(admin, f"/admin/people/{user_id}", queues=[], **{f"skill-{skill_id}": "0"})
    assert state_of(user_id).skills == {}
    with reading(SYSTEM) as work:
        assert routing.members(work, queue_id) == []


def test_saving_a_form_without_a_change_writes_nothing(admin: Browser) -> None:
    user_id = add_user("agent")
    scene.save(admin, f"/admin/people/{user_id}")
    version, work_version = stored(user_id).version, state_of(user_id).version
    scene.save(admin, f"/admin/people/{user_id}")
    assert (stored(user_id).version, state_of(user_id).version) == (version, work_version)


def test_two_who_edit_at_once_see_each_other_and_lose_nothing(admin: Browser, app: Flask) -> None:
    user_id, path = add_user("agent"), "/admin/people/{}"
    path = path.format(user_id)
    mine = scene.form_of(admin.get(path).text) | {"public_name": "Mine", "timezone": "Asia/Tokyo"}
    other = browser_as(app, "admin")
    assert scene.save(other, path, name="Theirs", public_name="Theirs too").status_code == 303
    answer = admin.post(path, data=mine)
    assert answer.status_code == 409
    words = scene.words_of(answer.text)
    assert "Ada Admin changed this while you had it open" in words
    assert "Name: their change stands here now" in words
    assert "Public name: you both changed it, and yours stands here" in words
    assert stored(user_id).public_name == "Theirs too"
    again = scene.form_of(answer.text)
    assert (again["name"], again["public_name"]) == ("Theirs", "Mine")
    assert again["timezone"] == "Asia/Tokyo"
    assert admin.post(path, data=again).status_code == 303
    assert (stored(user_id).name, stored(user_id).public_name) == ("Theirs", "Mine")


def test_queues_that_another_added_meanwhile_stay(admin: Browser, app: Flask) -> None:
    first, second = scene.queue("First"), scene.queue("Second")
    user_id = add_user("agent")
    scene.save(admin, f"/admin/people/{user_id}")
    mine = scene.form_of(admin.get(f"/admin/people/{user_id}").text) | {"queues": [first]}
    with begin(SYSTEM) as work:
        setup.set_members(work, second, [user_id])
    assert admin.post(f"/admin/people/{user_id}", data=mine).status_code == 303
    with reading(SYSTEM) as work:
        assert routing.members(work, first) == routing.members(work, second) == [user_id]


def test_a_new_role_signs_the_person_out(admin: Browser, app: Flask) -> None:
    theirs = browser_as(app, "agent")
    answer = scene.save(admin, f"/admin/people/{theirs.user_id}", role="supervisor")
    assert answer.status_code == 303
    assert stored(theirs.user_id).role == "supervisor"
    assert theirs.get("/account").status_code == 303


def test_the_only_administrator_keeps_the_role(admin: Browser) -> None:
    answer = scene.save(admin, f"/admin/people/{admin.user_id}", role="agent")
    assert answer.status_code == 409
    assert "only administrator" in answer.text
    assert stored(admin.user_id).role == "admin"


def test_deactivating_offers_the_way_back(admin: Browser, app: Flask) -> None:
    theirs = browser_as(app, "agent")
    path = f"/admin/people/{theirs.user_id}"
    answer = admin.post(f"{path}/deactivate")
    assert answer.status_code == 303
    assert theirs.get("/account").status_code == 303
    page = admin.get(answer.headers["Location"]).text
    assert "data-undo-form" in page
    assert f'action="{path}/reactivate"' in page
    assert admin.post(f"{path}/reactivate").status_code == 303
    assert stored(theirs.user_id).is_active


def test_signing_out_everywhere_ends_each_browser_of_that_person_only(
    admin: Browser, app: Flask
) -> None:
    theirs, others = browser_as(app, "agent"), browser_as(app, "agent")
    assert admin.post(f"/admin/people/{theirs.user_id}/sign-out").status_code == 303
    assert theirs.get("/account").status_code == 303
    assert others.get("/account").status_code == 200
    with reading(SYSTEM) as work:
        assert sessions.of_user(work, theirs.user_id) == []


def test_a_new_link_makes_the_old_one_worthless(admin: Browser) -> None:
    user_id = add_user("agent")
    links = []
    for _ in range(2):
        page = admin.post(f"/admin/people/{user_id}/password-link").text
        links += re.findall(r'value="http://localhost(/set-password/[^"]+)"', page)
    visitor = admin.client.application.test_client()
    assert "no longer works" in visitor.get(links[0]).text
    assert "Choose a password" in visitor.get(links[1]).text


def test_supervisors_look_and_change_nothing(supervisor: Browser) -> None:
    user_id = add_user("agent")
    page = supervisor.get(f"/admin/people/{user_id}").text
    assert '<fieldset class="bare" disabled>' in page
    assert "save-bar" not in page
    assert "/deactivate" not in page
    assert supervisor.post(f"/admin/people/{user_id}", data={"name": "X"}).status_code == 403
    assert supervisor.get("/admin/people/new").status_code == 403
    assert supervisor.get("/admin").headers["Location"] == "/admin/people"


def test_customers_who_sign_in_are_no_staff(admin: Browser) -> None:
    user_id = add_user("customer")
    assert admin.get(f"/admin/people/{user_id}").status_code == 404
    assert admin.post(f"/admin/people/{user_id}", data={}).status_code == 404


def test_the_list_finds_by_name_and_role_and_goes_on_by_cursor(admin: Browser) -> None:
    for number in range(55):
        add_user("agent", email=f"a{number:02}@example.org")
    add_user("technician", email="tilda@example.org")
    assert "tilda@" in admin.get("/admin/people?q=TILDA").text
    assert "a00@" not in admin.get("/admin/people?q=TILDA").text
    assert "tilda@" not in admin.get("/admin/people?role=agent").text
    first = admin.get("/admin/people?role=agent").text
    assert first.count("<tr data-row>") == 50
    onward = re.search(r'href="(/admin/people\?[^"]*cursor=[^"]+)"', first)
    assert onward is not None
    assert admin.get(onward[1].replace("&amp;", "&")).text.count("<tr data-row>") == 5
    part = admin.get("/admin/people?q=tilda", headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<div id="people"')


@pytest.mark.parametrize(
    "query",
    ["role=<script>", "cursor=x", "cursor=" + "A" * 3000, "show=%22%3E", "q=%25_%5C"],
)
def test_A15_odd_queries_are_refused_or_ignored_and_never_reflected(
    admin: Browser, query: str
) -> None:
    answer = admin.get(f"/admin/people?{query}")
    assert answer.status_code in (200, 400)
    assert "<script>" not in answer.text.split("</head>")[1]


def test_A2_a_name_full_of_markup_is_text_everywhere(admin: Browser) -> None:
    user_id = add_user("agent")
    scene.save(
        admin, f"/admin/people/{user_id}", name=scene.PAYLOAD, public_name=scene.PAYLOAD[:60]
    )
    for path in (f"/admin/people/{user_id}", "/admin/people", "/admin/teams/new", "/admin/audit"):
        page = admin.get(path).text
        assert "&lt;img src=x" in page
        assert "<img src=x" not in page
        assert "49" not in re.findall(r"onerror=window.__pwn=1&gt;&#34;&#39;(.{0,9})", page)
    assert stored(user_id).name == scene.PAYLOAD


@pytest.mark.parametrize(
    "extra",
    [{"is_admin": "1"}, {"password_hash": "x"}, {"customer_id": "x"}, {"step-0-after": "1"},
     {"version_": "9"}, {"is_active": ""}],
)  # fmt: skip
def test_E8_a_field_that_the_form_does_not_have_is_refused(
    admin: Browser, extra: dict[str, str]
) -> None:
    user_id = add_user("agent")
    answer = scene.save(admin, f"/admin/people/{user_id}", name="Changed", **extra)
    assert answer.status_code == 400
    assert stored(user_id).name == "Ada Agent"


def test_J9_odd_names_are_stored_as_they_are_or_refused_with_a_word(admin: Browser) -> None:
    user_id = add_user("agent")
    for name in ("Ω≈ç√∫", "田中さん", "Zoë O'Hara-Müller", "\u202etest", "👩‍👧 Ada", "NULL"):
        answer = scene.save(admin, f"/admin/people/{user_id}", name=name)
        assert answer.status_code in (303, 400)
        if answer.status_code == 303:
            assert stored(user_id).name == name
        else:
            assert "f-name-error" in answer.text


@pytest.mark.parametrize("many", [3, 45])
def test_the_list_asks_the_same_number_of_questions_for_few_and_many(
    admin: Browser, database: Database, many: int
) -> None:
    queue_id = scene.queue()
    people = [add_user("agent", email=f"p{n}@example.org") for n in range(many)]
    with begin(SYSTEM) as work:
        setup.set_members(work, queue_id, people)
    admin.get("/admin/people")
    with scene.statements() as asked:
        assert admin.get("/admin/people").status_code == 200
    assert len(asked) == 4
