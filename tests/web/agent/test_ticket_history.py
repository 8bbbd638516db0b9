"""What rules did and what customers answered, told beside the ticket, in words and harmlessly."""

from __future__ import annotations

from flask import Flask

from helpdesk.core.actors import system
from helpdesk.core.work import begin
from helpdesk.rules.models import RuleFiring
from helpdesk.workflows import cases_line
from tests.web.admin import scene
from tests.web.signed_in import browser_as
from tests.web.survey.asked import asked, only
from tests.workflows.ruling_scene import act, relay, rule, when

SYSTEM = system("test")


def history_of(app: Flask, ticket_id: str) -> str:
    return browser_as(app, "agent").get(f"/desk/tickets/{ticket_id}?side=history").text


def test_each_firing_says_which_rule_what_held_and_what_changed(app: Flask) -> None:
    rule(
        f"Lamps {scene.PAYLOAD}"[:80],
        "changed",
        every=(when("subject", "contains", "light"),),
        actions=(act("set_priority", "high"), act("set_state", "visit_booked")),
    )
    asked()
    with begin(SYSTEM) as work:
        cases_line.change(work, only().ticket_id, {"subject": "No light at all"})
    relay()
    page = history_of(app, only().ticket_id)
    words = scene.words_of(page)
    assert "Rule: Lamps <img" in words
    assert "A ticket was changed." in words
    assert "Subject line contains “light” (it is No light at all)" in words
    assert "Priority: Normal → High" in words
    assert "Not done: A ticket that is resolved can't become visit booked." in words
    assert "<img src=x" not in page


def test_a_chain_that_was_cut_is_said(app: Flask) -> None:
    rule_id = rule("Note", "reopened", actions=(act("add_note", text="x"),))
    asked()
    ticket_id = only().ticket_id
    with begin(SYSTEM) as work:
        for n in range(100):
            work.insert(
                RuleFiring, rule_id=rule_id, ticket_id=ticket_id, cause=str(n), at=work.at,
                version=1, trigger="changed", held=True, done={},
            )  # fmt: skip
        cases_line.set_state(work, ticket_id, "open")
    relay()
    assert "the rest was stopped" in scene.words_of(history_of(app, ticket_id))


def test_A12_an_answer_is_shown_with_its_comment_and_runs_nothing(app: Flask) -> None:
    link = asked("nps")
    app.test_client().post(link, data={"score": "3", "comment": scene.PAYLOAD})
    page = history_of(app, only().ticket_id)
    words = scene.words_of(page)
    assert "Asked the customer: Recommendation (NPS)" in words
    assert "The customer answered: Recommendation (NPS), 3 of 10" in words
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page
