"""Surveys in the admin area: set up, and what customers answered, on screen and as a file."""

from __future__ import annotations

import csv
import io

from flask import Flask
from flask.testing import FlaskClient

from helpdesk.core.actors import system
from helpdesk.core.work import begin, reading
from helpdesk.surveys import setup
from helpdesk.surveys.models import SurveyPlan
from tests.web.admin import scene
from tests.web.signed_in import Browser, browser_as
from tests.web.survey.asked import asked
from tests.web.survey.asked import only as the_survey
from tests.workflows import test_surveying_chat as in_chat
from tests.workflows.people import make_floor

SYSTEM = system("test")


def only() -> SurveyPlan:
    with reading(SYSTEM) as work:
        [found] = setup.list_plans(work)
    return found


def test_a_survey_is_set_up_switched_on_changed_and_removed(admin: Browser) -> None:
    queue_id = scene.queue("Billing")
    fields = {"name": "After billing", "kind": "nps", "queues": [queue_id], "number": "2"}
    answer = scene.save(admin, "/admin/surveys/new", **fields)
    assert answer.status_code == 303
    row = only()
    assert (row.kind, row.delay_s, row.queue_ids, row.is_active) == (
        "nps", 2 * 86_400, [queue_id], False,
    )  # fmt: skip
    admin.post(f"/admin/surveys/{row.id}/on")
    page = scene.words_of(admin.get("/admin/surveys").text)
    assert "Billing" in page
    assert "2 d later" in page
    scene.save(admin, f"/admin/surveys/{row.id}", number="90", unit="minutes")
    assert only().delay_s == 5400
    assert scene.form_of(admin.get(f"/admin/surveys/{row.id}").text)["unit"] == "minutes"
    assert "is removed" in admin.post(f"/admin/surveys/{row.id}/remove").text
    admin.post(f"/admin/surveys/{row.id}/restore")
    assert only().is_active is False


def test_what_cannot_be_taken_comes_back(admin: Browser, app: Flask) -> None:
    answer = scene.save(admin, "/admin/surveys/new", name="", number="x", kind="xyz")
    assert answer.status_code == 400
    assert "Enter a whole number" in scene.words_of(answer.text)
    scene.save(admin, "/admin/surveys/new", name="One")
    path = f"/admin/surveys/{only().id}"
    mine = scene.form_of(admin.get(path).text)
    scene.save(browser_as(app, "admin"), path, name="Two")
    assert admin.post(path, data=mine | {"question": "Well?"}).status_code == 409


def test_a_preview_follows_what_is_chosen(admin: Browser) -> None:
    fields = scene.form_of(admin.get("/admin/surveys/new").text)
    page = admin.post(
        "/admin/surveys/new",
        data=fields | {"kind": "nps", "question": scene.PAYLOAD, "_do": "preview"},
    ).text
    assert "less share of answers from 0 to 6" in page
    assert "<img src=x" not in page


def test_A12_I3_answers_are_shown_and_saved_harmlessly(
    supervisor: Browser, client: FlaskClient
) -> None:
    first = asked(name=f"=1+1 {scene.PAYLOAD}")
    client.post(first, data={"score": "1", "comment": f'{scene.PAYLOAD}\n=cmd|"/C calc"!A0'})
    second = asked(email="bob@example.org", name="Bob")
    client.post(second, data={"score": "5", "comment": '=HYPERLINK("http://evil","x")'})
    page = supervisor.get("/admin/surveys/answers").text
    words = scene.words_of(page)
    assert "50.0 %" in words
    assert "Formula: answers of 4 or 5 / all answers." in words
    assert "2 answers; 2 asked, 100.0 % answered" in words
    assert "<img src=x" not in page
    low = scene.words_of(supervisor.get("/admin/surveys/answers?low=1").text)
    assert "1 of 5" in low
    assert "5 of 5" not in low
    answer = supervisor.get("/admin/surveys/answers.csv?days=30")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline="")))
    assert rows[0][:4] == ["Answered", "Survey", "Score", "Comment"]
    assert [row[2] for row in rows[1:]] == ["5", "1"]
    assert rows[1][3].startswith("'=HYPERLINK")
    assert rows[2][5].startswith("'=1+1")


def test_A12_what_was_said_in_the_chat_itself_is_shown_harmlessly(
    supervisor: Browser, app: Flask
) -> None:
    floor = make_floor("Anna")
    with begin(SYSTEM) as work:
        values = {"name": "After", "kind": "csat", "question": "", "queue_ids": []}
        plan = setup.add_plan(work, values | {"brand_id": None, "delay_s": 0, "valid_days": 30})
        setup.switch(work, plan.id, True)
    chat_id = in_chat.over(floor)
    assert in_chat.ask(chat_id) is not None
    in_chat.answer(chat_id, 1, scene.PAYLOAD)
    page = supervisor.get("/admin/surveys/answers").text
    assert f'href="/desk/conversations/{chat_id}"' in page
    conversation = supervisor.get(f"/desk/conversations/{chat_id}").text
    customer = supervisor.get(f"/desk/customers/{in_chat.customer_of(chat_id)}").text
    assert "Answered the survey" in scene.words_of(customer)
    assert f'href="/desk/conversations/{chat_id}"' in customer
    for shown in (page, conversation, customer):
        assert "<img src=x" not in shown
    rows = csv.reader(io.StringIO(supervisor.get("/admin/surveys/answers.csv").text))
    assert list(rows)[1][4] == chat_id


def test_A15_filters_take_garbage_without_a_word(admin: Browser) -> None:
    for query in ("days=x&kind=<b>&queue=1&agent='&low=9", "days=30&cursor=garbage"):
        answer = admin.get(f"/admin/surveys/answers?{query}")
        assert answer.status_code in (200, 400)
        assert "<b>" not in answer.text.replace("<b></b>", "")
    assert admin.get("/admin/surveys/answers.csv?days=999999").status_code == 200


def test_agents_see_neither(app: Flask) -> None:
    agent = browser_as(app, "agent")
    for path in ("/admin/surveys", "/admin/surveys/answers", "/admin/surveys/answers.csv"):
        assert agent.get(path).status_code in (403, 404)


def test_the_customers_timeline_says_what_was_asked_and_answered(
    app: Flask, admin: Browser, client: FlaskClient
) -> None:
    link = asked()
    client.post(link, data={"score": "2", "comment": scene.PAYLOAD})
    page = admin.get(f"/desk/customers/{the_survey().customer_id}").text
    words = scene.words_of(page)
    assert "Answered the survey" in words
    assert "2 of 5 , with a comment" in words or "2 of 5, with a comment" in words
    assert "Asked what they think" in words
