"""Queues in the admin area: rules in and out, rows that grow, what the rules mean, conflicts."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from helpdesk.core.actors import system
from helpdesk.core.work import begin, reading
from helpdesk.identity import service
from helpdesk.routing import queries, setup
from helpdesk.routing.models import Queue
from helpdesk.routing.scenario import Scenario
from helpdesk.routing.simulation import run
from tests.web.admin import scene
from tests.web.signed_in import Browser, add_user, browser_as

SYSTEM = system("test")


def stored(queue_id: str) -> Queue:
    with reading(SYSTEM) as work:
        return work.session.get_one(Queue, queue_id)


def test_a_queue_is_made_with_all_its_rules(admin: Browser) -> None:
    general, english = scene.queue(), scene.skill("English")
    agent = add_user("agent")
    answer = scene.save(
        admin,
        "/admin/queues/new",
        **{
            "name": "Billing",
            "members": [agent],
            "strategy": "best_skill",
            f"need-{english}": "3",
            "target_s": "45",
            "offer-chat": "25",
            "wrap-chat": "0",
            "step-0-after": "120",
            "step-0-act": "add",
            "step-0-queue": general,
            "step-1-after": "60",
            "step-1-act": "lower",
            "step-1-skill": english,
            "step-1-level": "2",
            "step-2-after": "120",
            "step-2-act": "drop",
            "step-2-skill": english,
            "rule-0-when": "estimated_wait",
            "rule-0-over": "300",
            "rule-0-to": general,
            "outcome-0-label": "Refund given",
            "outcome-0-code": "",
            "closed_text": "Back at nine.",
        },
    )
    assert answer.status_code == 303, scene.words_of(answer.text)
    queue = stored(answer.headers["Location"].split("/")[-1].split("?")[0])
    assert (queue.slug, queue.strategy, queue.target_s) == ("billing", "best_skill", 45)
    assert queue.skills == {english: 3}
    assert queue.offer_s == {"chat": 25}
    assert queue.wrap_up_s == {"chat": 0}
    assert queue.relaxation == [
        {"after_s": 60, "drop": [], "lower": {english: 2}, "add_queues": []},
        {"after_s": 120, "drop": [english], "lower": {}, "add_queues": [general]},
    ]
    assert queue.overflow == [{"when": "estimated_wait", "over": 300, "to": general}]
    assert queue.outcomes == [{"code": "refund_given", "label": "Refund given"}]
    with reading(SYSTEM) as work:
        assert queries.members(work, queue.id) == [agent]


def test_a_form_sent_back_as_it_came_changes_nothing(admin: Browser) -> None:
    general, english = scene.queue(), scene.skill("English")
    steps = [{"after_s": 60, "drop": [], "lower": {english: 2}, "add_queues": [general]}]
    queue_id = scene.queue(
        "Billing",
        skills={english: 3},
        relaxation=steps,
        strategy="weighted",
        weights={"idle": 1.0, "load": 0.5, "today": 0.0, "skill": 2.0},
        wrap_up_s={"chat": 0},
    )
    assert scene.save(admin, f"/admin/queues/{queue_id}").status_code == 303
    assert stored(queue_id).version == 1


@pytest.mark.parametrize(
    "wrong, field",
    [
        ({"name": ""}, "name"),
        ({"slug": "Not A Slug"}, "slug"),
        ({"target_s": "soon"}, "target_s"),
        ({"target_percent": "101"}, "target_percent"),
        ({"strategy": "weighted", "weight_load": "-1"}, "weight_load"),
        ({"offer-chat": "1"}, "offer"),
        ({"wrap-chat": "1e3"}, "wrap"),
        ({"step-0-after": "60", "step-0-act": "drop"}, "step-0"),
        ({"step-0-after": "", "step-0-act": "add"}, "step-0"),
        ({"rule-0-when": "age", "rule-0-over": "60", "rule-0-to": ""}, "rule-0"),
        ({"outcome-0-label": "Resolved", "outcome-0-code": "resolved"}, "outcome-0"),
    ],
)
def test_what_cannot_be_is_said_where_it_stands(
    admin: Browser, wrong: dict[str, Any], field: str
) -> None:
    queue_id = scene.queue()
    answer = scene.save(admin, f"/admin/queues/{queue_id}", **wrong)
    assert answer.status_code == 400
    assert f'id="f-{field}-error"' in answer.text
    assert scene.form_of(answer.text).items() >= wrong.items()
    assert stored(queue_id).version == 1


def test_rows_come_and_go_without_being_stored(admin: Browser) -> None:
    queue_id = scene.queue()
    path = f"/admin/queues/{queue_id}"
    more = scene.form_of(scene.save(admin, path, _do="add:step", name="Half done").text)
    assert more["step-0-after"] == "60"
    assert more["name"] == "Half done"
    less = admin.post(path, data=more | {"_do": "remove:step:0"})
    assert "step-0-after" not in scene.form_of(less.text)
    assert stored(queue_id).name == "General"
    odd = admin.post(path, data=more | {"_do": "remove:step:99"})
    assert "step-0-after" in scene.form_of(odd.text)


def test_the_rules_stand_beside_the_form_in_words(admin: Browser) -> None:
    english, other = scene.skill("English"), scene.queue("Second line")
    agent = add_user("agent")
    page = scene.save(
        admin,
        "/admin/queues/new",
        **{
            "_do": "preview",
            "name": "Billing",
            "members": [agent],
            f"need-{english}": "3",
            "step-0-after": "90",
            "step-0-act": "drop",
            "step-0-skill": english,
            "rule-0-when": "nobody_signed_in",
            "rule-0-to": other,
            "target_s": "120",
        },
    )
    words = scene.words_of(page.text)
    assert "A chat for Billing goes to one of its people with English 3 or better" in words
    assert "one person serves it." in words
    assert "After 1 min of waiting, English is no longer needed." in words
    assert "When nobody who fits is signed in, it moves to Second line." in words
    assert "The aim is to answer 80 % within 2 min." in words
    assert "It is open day and night." in words


def test_two_who_edit_at_once_keep_both_changes(admin: Browser, app: Flask) -> None:
    queue_id = scene.queue()
    path = f"/admin/queues/{queue_id}"
    mine = scene.form_of(admin.get(path).text) | {"target_s": "30", "_do": ""}
    other = browser_as(app, "admin")
    assert scene.save(other, path, closed_text="Back at nine.").status_code == 303
    answer = admin.post(path, data=mine)
    assert answer.status_code == 409
    assert "Text when closed: their change stands here now" in scene.words_of(answer.text)
    again = scene.form_of(answer.text)
    assert (again["target_s"], again["closed_text"]) == ("30", "Back at nine.")
    assert admin.post(path, data=again).status_code == 303
    assert (stored(queue_id).target_s, stored(queue_id).closed_text) == (30, "Back at nine.")


def test_people_that_the_form_never_showed_stay(admin: Browser) -> None:
    queue_id, gone, here = scene.queue(), add_user("agent"), add_user("agent")
    technician = add_user("technician")
    with begin(SYSTEM) as work:
        setup.set_members(work, queue_id, [gone])
        service.deactivate(work, gone)
    scene.save(admin, f"/admin/queues/{queue_id}", members=[here, technician])
    with reading(SYSTEM) as work:
        assert set(queries.members(work, queue_id)) == {gone, here}


def test_a_closed_queue_can_be_opened_again(admin: Browser) -> None:
    queue_id = scene.queue()
    answer = admin.post(f"/admin/queues/{queue_id}/deactivate")
    assert not stored(queue_id).is_active
    assert "data-undo-form" in admin.get(answer.headers["Location"]).text
    admin.post(f"/admin/queues/{queue_id}/reactivate")
    assert stored(queue_id).is_active


def test_the_file_for_the_simulator_runs(admin: Browser) -> None:
    english, general = scene.skill("English"), scene.queue()
    step = {"after_s": 60, "drop": [english], "lower": {}, "add_queues": [general]}
    queue_id = scene.queue("Billing", skills={english: 2}, relaxation=[step])
    agents = [add_user("agent"), add_user("agent")]
    with begin(SYSTEM) as work:
        setup.set_members(work, queue_id, agents)
        setup.set_skills(work, agents[0], {english: 4})
    answer = admin.get(f"/admin/queues/{queue_id}/scenario.json")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="billing.json"'
    scenario = Scenario.from_dict(answer.json)
    assert sum(crew.size for crew in scenario.crews) == 2
    assert run(scenario).queues.keys() == {"billing", "general"}


def test_A2_markup_in_names_is_text_in_the_form_the_list_and_the_words(admin: Browser) -> None:
    queue_id = scene.queue(scene.PAYLOAD, closed_text=scene.PAYLOAD)
    scene.skill(scene.PAYLOAD[:60])
    for path in (f"/admin/queues/{queue_id}", "/admin/queues", "/admin/skills", "/admin"):
        page = admin.get(path).text
        assert "&lt;img src=x" in page
        assert "<img src=x" not in page


def test_E8_neither_version_nor_state_can_be_set_by_a_field(admin: Browser) -> None:
    queue_id = scene.queue()
    answer = scene.save(admin, f"/admin/queues/{queue_id}", is_active="", name="X")
    assert answer.status_code == 400
    assert stored(queue_id).name == "General"


def test_supervisors_read_the_rules_and_cannot_save(supervisor: Browser) -> None:
    queue_id = scene.queue()
    page = supervisor.get(f"/admin/queues/{queue_id}").text
    assert "disabled>" in page
    assert "save-bar" not in page
    assert "The aim is to answer" in page
    assert supervisor.post(f"/admin/queues/{queue_id}", data={"name": "X"}).status_code == 403
    assert stored(queue_id).name == "General"


@pytest.mark.parametrize("many", [2, 25])
def test_a_queue_asks_the_same_number_of_questions_for_few_and_many(
    admin: Browser, many: int
) -> None:
    queue_id = scene.queue()
    for number in range(many):
        scene.queue(f"Queue {number}")
        scene.skill(f"Skill {number}")
        add_user("agent")
    admin.get(f"/admin/queues/{queue_id}")
    with scene.statements() as asked:
        admin.get(f"/admin/queues/{queue_id}")
    assert len(asked) == 8
