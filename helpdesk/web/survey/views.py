"""A survey's question, its answer, and the way to get none any more."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.work import begin, reading
from helpdesk.surveys import service, wording
from helpdesk.surveys.models import Survey
from helpdesk.surveys.scales import SCALES
from helpdesk.web import doors
from helpdesk.web.doors import allow
from helpdesk.web.survey import door
from helpdesk.workflows import surveying

LONGEST_NUMBER = 2


@door.get("/<token>")
@allow("public", cookies=False)
def question(token: str) -> Response:
    """The question; `?score=` only chooses, the answer is sent by the button."""
    with reading(doors.actor()) as work:
        survey = _get(service.find(work, token))
        if survey.state == "answered":
            return _page(survey, "thanks")
        if not service.is_open(survey, work.at):
            return _page(survey, "gone", 410)
        return _page(survey, "question", score=_number(request.args.get("score", "")))


@door.post("/<token>")
@allow("public", cookies=False)
def answer(token: str) -> Response:
    score, comment = _number(request.form.get("score", "")), request.form.get("comment", "")
    try:
        with begin(doors.actor()) as work:
            surveying.answer(work, token, score=score, comment=comment)
    except Conflict:
        pass  # sent twice: the first one counts, and both are thanked
    except Invalid as error:
        with reading(doors.actor()) as work:
            survey = _get(service.find(work, token))
            shown = {"score": score, "comment": comment, "errors": error.fields}
            return _page(survey, "question", 400, **shown)
    except NotFound:
        with reading(doors.actor()) as work:
            return _page(_get(service.find(work, token)), "gone", 410)
    return doors.go(f"/survey/{token}")


@door.get("/<token>/stop")
@allow("public", cookies=False)
def stop_page(token: str) -> Response:
    with reading(doors.actor()) as work:
        return _page(_get(service.find(work, token)), "stop")


@door.post("/<token>/stop")
@allow("public", cookies=False)
def stop_now(token: str) -> Response:
    """By the button, or by a mail program's own one (List-Unsubscribe-Post)."""
    with begin(doors.actor()) as work:
        survey = surveying.refuse(work, token)
        return _page(survey, "stopped")


def _get(survey: Survey | None) -> Survey:
    if survey is None:
        raise NotFound("This link leads nowhere. It may have been cut in two by a mail program.")
    return survey


def _number(text: str) -> int | None:
    plain = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    return int(text) if plain else None


def _page(survey: Survey, step: str, status: int = 200, **shown: Any) -> Response:
    given: dict[str, Any] = {"score": None, "comment": "", "errors": {}, **shown}
    response = doors.page(
        "survey/page.html",
        status,
        step=step,
        language=survey.language,
        words=wording.words(survey.kind, survey.language, survey.question),
        say=wording.page(survey.language),
        scale=SCALES[survey.kind],
        longest=service.LONGEST_COMMENT,
        **given,
    )
    # The address is a secret: it goes to nobody, and search engines keep out.
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
