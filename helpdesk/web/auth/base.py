"""The blueprint that the views of this door register on, and the cookies they set."""

from __future__ import annotations

from flask import Blueprint, Response, request

from helpdesk.core.actors import Actor, system
from helpdesk.core.errors import TooMany
from helpdesk.core.work import begin
from helpdesk.identity import sessions, sign_in
from helpdesk.identity.sessions import NewSession
from helpdesk.web import doors, marks

door = Blueprint("auth", __name__)


def anybody() -> Actor:
    """Somebody whose sign-in is not finished: an actor with an address and no rights."""
    return doors.nobody().actor


def device() -> str | None:
    return request.cookies.get(sign_in.device_cookie_name(doors.settings().https))


def keep(response: Response, opened: NewSession) -> Response:
    """Hand the browser its session's cookie; the token is nowhere else."""
    whole = opened.stage == "full"
    marks.set_cookie(
        response,
        sessions.cookie_name(doors.settings().https),
        opened.token,
        max_age=int(sessions.ABSOLUTE.total_seconds()) if whole else None,
    )
    doors.forget_standing()
    return response


def keep_device(response: Response, token: str) -> Response:
    name = sign_in.device_cookie_name(doors.settings().https)
    marks.set_cookie(response, name, token, max_age=int(sign_in.DEVICE_KEPT.total_seconds()))
    return response


def drop(response: Response) -> Response:
    marks.drop_cookie(response, sessions.cookie_name(doors.settings().https))
    doors.forget_standing()
    return response


def end_present_session() -> None:
    """Whatever session the browser came with ends when another begins."""
    here = doors.standing()
    present = here.session or here.owing
    if present is not None:
        with begin(system("sign-in")) as work:
            sessions.end(work, present.id)


def try_later(error: TooMany, response: Response) -> Response:
    """The page that says so, and when for programs."""
    response.headers["Retry-After"] = str(error.retry_after_s)
    return response
