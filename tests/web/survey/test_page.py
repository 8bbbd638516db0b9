"""The page behind a survey's link, as a browser without cookies meets it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from helpdesk.consents.models import Consent
from helpdesk.core.actors import system
from helpdesk.core.work import begin, reading
from helpdesk.mail.models import OutgoingMail
from helpdesk.surveys.models import Survey
from tests.web.admin import scene
from tests.web.survey.asked import asked, only

SYSTEM = system("test")


def test_the_question_is_answered_with_a_comment_and_thanked_for(
    app: Flask, client: FlaskClient
) -> None:
    link = asked()
    page = client.get(link)
    assert "How satisfied are you" in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    answer = client.post(link, data={"score": "4", "comment": "Fine"})
    assert answer.status_code == 303
    assert "Thank you" in client.get(link).text
    assert (only().score, only().comment) == (4, "Fine")
    assert "Fine" not in client.get(link).text


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_F13_a_program_that_opens_the_link_answers_nothing(
    app: Flask, client: FlaskClient, method: str
) -> None:
    link = asked()
    for path in (f"{link}?score=1", f"{link}/stop"):
        assert client.open(path, method=method).status_code == 200
    assert only().state == "sent"
    with reading(SYSTEM) as work:
        assert work.session.scalars(select(Consent)).all() == []
    assert 'value="1" checked' in client.get(f"{link}?score=1").text


def test_L10_sent_twice_the_first_one_counts(app: Flask, client: FlaskClient) -> None:
    link = asked()
    for score in ("5", "1"):
        assert client.post(link, data={"score": score}).status_code == 303
    assert only().score == 5


def test_what_is_missing_or_wrong_is_said_and_the_comment_stays(
    app: Flask, client: FlaskClient
) -> None:
    link = asked()
    for score in ("", "0", "6", "٣", "1e0", "99999999999"):
        page = client.post(link, data={"score": score, "comment": scene.PAYLOAD})
        assert page.status_code == 400
        assert "Choose a number" in page.text
        assert "<img src=x" not in page.text
        assert "&lt;img src=x" in page.text
    assert only().state == "sent"


def test_a_link_that_has_ended_and_one_that_never_was(app: Flask, client: FlaskClient) -> None:
    link = asked()
    with begin(SYSTEM) as work:
        work.session.execute(update(Survey).values(expires_at=work.at))
    assert client.get(link).status_code == 410
    assert client.post(link, data={"score": "5"}).status_code == 410
    assert only().score is None
    for wrong in ("/survey/x", f"{link}x", "/survey/" + "a" * 32, "/survey/../admin"):
        assert client.get(wrong).status_code == 404
        assert client.post(wrong, data={"score": "5"}).status_code in (404, 405)
        assert client.post(f"{wrong}/stop").status_code in (404, 405)


def test_no_more_surveys_by_the_button_and_by_a_mail_programs_own(
    app: Flask, client: FlaskClient
) -> None:
    link = asked()
    assert "no further surveys" in client.get(f"{link}/stop").text
    one_click = client.post(f"{link}/stop", data={"List-Unsubscribe": "One-Click"})
    assert one_click.status_code == 200
    with reading(SYSTEM) as work:
        [refused] = work.session.scalars(select(Consent)).all()
        assert refused.address == "ada@example.org"
        [mail] = work.session.scalars(select(OutgoingMail)).all()
        assert mail.unsubscribe_url.endswith(f"{link}/stop")


def test_a_german_customer_reads_german(app: Flask, client: FlaskClient) -> None:
    page = client.get(asked("nps", language="de-AT"))
    assert "Wie wahrscheinlich empfehlen Sie uns" in page.text
    assert 'lang="de"' in page.text
    assert len(re.findall(r'type="radio"', page.text)) == 11


def test_a_question_of_ones_own_is_literal(app: Flask, client: FlaskClient) -> None:
    page = client.get(asked(question="{{7*7}} <b>ok</b> %s?"))
    assert "{{7*7}} &lt;b&gt;ok&lt;/b&gt; %s?" in page.text


def test_the_folder_of_the_link_is_in_no_log(
    app: Flask, client: FlaskClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    link = asked()
    client.get(link)
    client.post(link, data={"score": "3"})
    assert link.rpartition("/")[2] not in caplog.text
