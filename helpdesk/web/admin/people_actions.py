"""What is done to one person at once: password link, sign-out, deactivate and back."""

from __future__ import annotations

from flask import Response

from helpdesk.core.work import begin
from helpdesk.identity import permissions, resets, service, sessions
from helpdesk.web import doors
from helpdesk.web.admin import door
from helpdesk.web.admin.people import show_link
from helpdesk.web.doors import allow


@door.post("/people/<id:user_id>/password-link")
@allow("admin")
def person_password_link(user_id: str) -> Response:
    with begin(doors.actor()) as work:
        name = service.get_user(work, user_id).name
        link = resets.link(doors.settings().base_url, resets.issue(work, user_id))
    return show_link(user_id, name, link)


@door.post("/people/<id:user_id>/sign-out")
@allow("admin")
def person_sign_out(user_id: str) -> Response:
    with begin(doors.actor()) as work:
        permissions.require(permissions.may_administer(work.actor))
        service.get_user(work, user_id)
        ended = sessions.end_all(work, user_id)
        work.audit("user.signed_out", "user", user_id, sessions=len(ended))
    return doors.go(f"/admin/people/{user_id}?note=ended")


@door.post("/people/<id:user_id>/deactivate")
@allow("admin")
def person_deactivate(user_id: str) -> Response:
    with begin(doors.actor()) as work:
        service.deactivate(work, user_id)
    return doors.go(f"/admin/people/{user_id}?note=deactivated")


@door.post("/people/<id:user_id>/reactivate")
@allow("admin")
def person_reactivate(user_id: str) -> Response:
    with begin(doors.actor()) as work:
        service.reactivate(work, user_id)
    return doors.go(f"/admin/people/{user_id}?note=reactivated")
