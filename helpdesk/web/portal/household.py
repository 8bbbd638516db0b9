"""One's household: who is in it, who sees what, inviting, joining, leaving, taking back."""

from __future__ import annotations

from typing import Any, Literal

from flask import Response

from helpdesk.core.errors import Conflict, HelpdeskError, Invalid, NotFound, TooMany
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import households
from helpdesk.mail import ways
from helpdesk.web import doors
from helpdesk.web.auth import base
from helpdesk.web.bodies import Body, form_body
from helpdesk.web.doors import allow
from helpdesk.web.portal import door, frame
from helpdesk.web.portal.writing import writes

HERE = "/portal/household"
WRONG = {"full": "household.full", "elsewhere": "household.elsewhere", "last": "household.last"}


class Invitation(Body, frozen=True):
    email: str = ""
    sees: Literal["all", "own"] = "own"


class Role(Body, frozen=True):
    sees: Literal["all", "own"]


@door.get("/household")
@allow("customer")
def household() -> Response:
    with reading(doors.actor()) as work:
        return _page(work)


@door.post("/household/invitations")
@allow("customer")
def invite_to_household() -> Response:
    form = form_body(Invitation)
    try:
        writes.spend(doors.actor().id)
        with begin(doors.actor()) as work:
            if not ways.can_send(work):
                raise Conflict("No mail leaves here.", code="no_mail")
            households.invite(
                work, form.email[:254], sees_all=form.sees == "all",
                from_address=doors.reader().email,
            )  # fmt: skip
    except NotFound:
        raise
    except HelpdeskError as error:
        return _wrong(error, given=form.email)
    return doors.go(f"{HERE}?note=invited")


@door.post("/household/invitations/<id:invitation_id>/<step>")
@allow("customer")
def answer_invitation(invitation_id: str, step: str) -> Response:
    """Join or decline as whoever was asked, or withdraw as whoever asked."""
    steps = {
        "accept": (households.accept, "joined"),
        "decline": (households.decline, "removed"),
        "withdraw": (households.withdraw, "removed"),
    }
    return _do(steps, step, invitation_id)


@door.post("/household/members/<id:member_id>/role")
@allow("customer")
def change_household_role(member_id: str) -> Response:
    form = form_body(Role)
    try:
        with begin(doors.actor()) as work:
            households.set_sees_all(work, member_id, sees_all=form.sees == "all")
    except Conflict as error:
        return _wrong(error)
    return doors.go(f"{HERE}?note=saved")


@door.post("/household/members/<id:member_id>/<step>")
@allow("customer")
def move_member(member_id: str, step: str) -> Response:
    steps = {"remove": (households.remove, "left"), "undo": (households.undo, "came_back")}
    return _do(steps, step, member_id)


def _do(steps: dict[str, Any], step: str, subject_id: str) -> Response:
    if step not in steps:
        raise NotFound()
    change, note = steps[step]
    try:
        with begin(doors.actor()) as work:
            change(work, subject_id)
    except Conflict as error:
        return _wrong(error)
    return doors.go(f"{HERE}?note={note}")


def _wrong(error: HelpdeskError, given: str = "") -> Response:
    with reading(doors.actor()) as work:
        if isinstance(error, TooMany):
            return base.try_later(error, _page(work, 429, "sign_in.wait", given=given))
        if isinstance(error, Invalid):
            return _page(work, 400, given=given, wrong="sign_in.email")
        return _page(work, error.status, WRONG.get(error.code, "sign_in.no_mail"), given=given)


def _page(
    work: Work, status: int = 200, message: str = "", *, given: str = "", wrong: str = ""
) -> Response:
    at = frame.mine(work)
    home = households.home(work)
    return frame.show(
        "household.html",
        at,
        status,
        area="profile",
        home=home,
        asked=households.for_me(work),
        by_mail=ways.can_send(work),
        given=given,
        sees=[(key, at.say(f"household.sees_{key}")) for key in ("own", "all")],
        message=at.say(message) if message else "",
        errors={"email": at.say(wrong)} if wrong else {},
    )
