"""Proving a telephone number by a code that is texted to it."""

from __future__ import annotations

from flask import Response

from helpdesk.core.errors import HelpdeskError, Invalid, NotFound, TooMany
from helpdesk.core.work import begin, reading
from helpdesk.customers.models import ContactPoint
from helpdesk.identity import phone_proofs, throttle
from helpdesk.web import doors
from helpdesk.web.auth import base
from helpdesk.web.bodies import Body, form_body
from helpdesk.web.doors import allow
from helpdesk.web.portal import door, frame
from helpdesk.workflows import phone_proving, portal_claiming

TO = "/portal/profile"
CODE = f"{TO}/number"


class Code(Body, frozen=True):
    code: str = ""


def ask(point: ContactPoint) -> Response:
    """A text is on its way, as far as this page can tell; HelpdeskError where none is tried."""
    with begin(doors.actor()) as work:
        at = frame.mine(work)
        if not phone_proving.can_prove(work):
            raise NotFound()
        phone_proofs.ask(work, point.value, language=at.say.language, site_id=at.brand.site_id)
    return doors.go(f"{CODE}?note=code_sent")


@door.get("/profile/number")
@allow("customer")
def number_code() -> Response:
    return _page()


@door.post("/profile/number")
@allow("customer")
def prove_number() -> Response:
    """The code of a text, typed by whoever asked for it."""
    actor, given = doors.actor(), form_body(Code).code[:40]
    try:
        with begin(actor) as work:
            tried = phone_proofs.begin_code_try(work, actor.id)
        with begin(actor) as work:
            proof = phone_proofs.use_code(work, actor.id, given)
            if proof is not None:
                throttle.take_back(work, tried)
                customer = frame.mine(work).signed_in
                held = portal_claiming.prove_phone(work, customer.id, proof.number)
    except TooMany as error:
        return base.try_later(error, _page(429, "sign_in.wait"))
    if proof is None:
        return _page(400, "sign_in.wrong_code")
    return doors.go(f"{TO}?note={'number_proved' if held else 'claimed'}")


def why_not(error: HelpdeskError) -> str:
    """The key of what the profile says when no text is tried."""
    if isinstance(error, TooMany):
        return "sign_in.wait"
    is_far = isinstance(error, Invalid) and error.code == "not_reached"
    return "number.not_reached" if is_far else "profile.phone_wrong"


def _page(status: int = 200, wrong: str = "") -> Response:
    with reading(doors.actor()) as work:
        at = frame.mine(work)
    errors = {"code": at.say(wrong)} if wrong else {}
    return frame.show("number.html", at, status, area="profile", errors=errors, action=CODE)
