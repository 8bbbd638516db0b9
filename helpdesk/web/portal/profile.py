"""One's own data: name, language, zone, how and when one is reached, and one's addresses."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any

import msgspec
from flask import Response

from helpdesk.core.errors import Conflict, HelpdeskError, Invalid, NotFound, TooMany
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import contact_points, points, service
from helpdesk.identity import links
from helpdesk.identity.service import zones
from helpdesk.mail import ways
from helpdesk.web import doors
from helpdesk.web.auth import base
from helpdesk.web.bodies import Body, form_body
from helpdesk.web.doors import allow
from helpdesk.web.portal import door, frame, numbers, signing_in, speech
from helpdesk.web.portal.frame import Here
from helpdesk.web.portal.writing import writes
from helpdesk.workflows import phone_proving, portal_records

TO = "/portal/profile"
CODE = f"{TO}/code"
# Zones by place; the rest are other names of them, and of no use to choose from.
PLACES = frozenset(
    {"Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian",
     "Pacific", "UTC"}
)  # fmt: skip


class Profile(Body, frozen=True):
    version: int
    name: Annotated[str, msgspec.Meta(max_length=400)] = ""
    language: str = ""
    timezone: str = ""
    preferred_channel: str = ""
    preferred_time: str = ""


class NewEmail(Body, frozen=True):
    email: str = ""


class NewPhone(Body, frozen=True):
    phone: str = ""


class Code(Body, frozen=True):
    code: str = ""


@door.get("/profile")
@allow("customer")
def profile() -> Response:
    with reading(doors.actor()) as work:
        return _page(work)


@door.post("/profile")
@allow("customer")
def save_profile() -> Response:
    form = form_body(Profile)
    changes = {
        "name": form.name,
        "language": form.language,
        "timezone": form.timezone,
        "preferred_channel": form.preferred_channel,
        "preferred_time": form.preferred_time,
    }
    try:
        with begin(doors.actor()) as work:
            _check(frame.mine(work), form)
            portal_records.change(work, version=form.version, changes=changes)
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            return _page(work, error.status, given=form, error=error)
    response = doors.go(f"{TO}?note=saved")
    # The pages speak the language that was just chosen, whatever a link had chosen before.
    frame.keep(response, frame.LANGUAGE, form.language)
    return response


@door.post("/profile/email")
@allow("customer")
def add_email() -> Response:
    """A further address; a mail to it asks for its proof."""
    form = form_body(NewEmail)
    try:
        return _ask(contact_points.email(form.email[:254]))
    except HelpdeskError as error:
        return _wrong(error, "email", form.email)


@door.post("/profile/points/<id:point_id>/confirm")
@allow("customer")
def confirm_point(point_id: str) -> Response:
    with reading(doors.actor()) as work:
        customer = frame.mine(work).signed_in
        point = portal_records.own_point(work, customer.id, point_id)
        if point.verified_at is not None:
            raise NotFound()
        work.session.expunge(point)
    if point.kind == "phone":
        try:
            return numbers.ask(point)
        except (Invalid, TooMany) as error:
            with reading(doors.actor()) as work:
                return _page(work, error.status, message=numbers.why_not(error))
    try:
        return _ask(point.value)
    except HelpdeskError as error:
        return _wrong(error, "email", "")


@door.post("/profile/phone")
@allow("customer")
def add_phone() -> Response:
    """A telephone number as the customer says it; a code is texted to it where texts go out.

    Where none is tried (a landline, enough for today) the number stays added: *Confirm* says why.
    """
    form = form_body(NewPhone)
    try:
        writes.spend(doors.actor().id)
        with begin(doors.actor()) as work:
            point = points.add_own(work, kind="phone", value=form.phone)
            is_owed = point.verified_at is None and phone_proving.can_prove(work)
            work.session.flush()
            work.session.expunge(point)
    except HelpdeskError as error:
        return _wrong(error, "phone", form.phone)
    if is_owed:
        with suppress(Invalid, TooMany):
            return numbers.ask(point)
    return doors.go(f"{TO}?note=added")


@door.post("/profile/points/<id:point_id>/remove")
@allow("customer")
def remove_point(point_id: str) -> Response:
    try:
        with begin(doors.actor()) as work:
            customer = frame.mine(work).signed_in
            portal_records.remove_point(work, customer.id, point_id)
    except Conflict as error:
        with reading(doors.actor()) as work:
            return _page(work, error.status, message="profile.last")
    return doors.go(f"{TO}?note=removed")


@door.get("/profile/code")
@allow("customer")
def profile_code() -> Response:
    return _code()


@door.post("/profile/code")
@allow("customer")
def confirm_by_code() -> Response:
    browser, given = signing_in.browser_mark(), form_body(Code).code
    actor = doors.actor()
    with begin(signing_in.program()) as work:
        link = links.use_code(work, browser, given, purpose="prove") if browser else None
    if link is None or link.user_id != actor.id:
        return _code(400, "sign_in.wrong_code")
    return signing_in.proved(link)


def _ask(email: str) -> Response:
    actor = doors.actor()
    browser = signing_in.browser_mark() or links.new_browser()
    with begin(actor) as work:
        at = frame.mine(work)
        if not ways.can_send(work):
            raise Conflict("No mail leaves here.", code="no_mail")
        asked = links.Asked(email, browser, site_id=at.brand.site_id, language=at.say.language)
        links.ask(work, asked, purpose="prove", user_id=actor.id, device=base.device())
    return signing_in.keep_browser(doors.go(f"{CODE}?note=code_sent"), browser)


def _check(at: Here, form: Profile) -> None:
    wrong: dict[str, str] = {}
    if not form.name:
        wrong["name"] = at.say("form.needed")
    elif len(form.name) > 120:
        wrong["name"] = at.say("form.long", most=120)
    if form.language not in speech.LANGUAGES:
        wrong["language"] = at.say("form.check")
    if form.timezone and form.timezone not in zones():
        wrong["timezone"] = at.say("form.check")
    if wrong:
        raise Invalid(fields=wrong)


def _wrong(error: HelpdeskError, field: str, given: str) -> Response:
    """The page with what is wrong beside the one field it is about."""
    with reading(doors.actor()) as work:
        if isinstance(error, TooMany):
            answer = _page(work, 429, message="sign_in.wait", added={field: given})
            return base.try_later(error, answer)
        if isinstance(error, Conflict):
            return _page(work, error.status, message="sign_in.no_mail", added={field: given})
        many = isinstance(error, Invalid) and f"{points.MOST}" in str(error.fields.values())
        key = (
            "profile.many" if many else {"email": "sign_in.email"}.get(field, "profile.phone_wrong")
        )
        return _page(work, 400, added={field: given}, wrong={field: key})


def _page(
    work: Work,
    status: int = 200,
    *,
    given: Profile | None = None,
    error: HelpdeskError | None = None,
    message: str = "",
    added: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
) -> Response:
    at = frame.mine(work)
    customer, say = at.signed_in, at.say
    if isinstance(error, Conflict):
        message = "profile.stale"
    form: Any = given or Profile(
        version=customer.version,
        name=customer.name,
        language=speech.chosen(customer.language, say.language),
        timezone=customer.timezone or say.zone,
        preferred_channel=customer.preferred_channel or "",
        preferred_time=customer.preferred_time or "",
    )
    return frame.show(
        "profile.html",
        at,
        status,
        area="profile",
        form=form,
        version=customer.version,
        points=portal_records.own_points(work, customer.id),
        own_email=doors.reader().email,
        by_mail=ways.can_send(work),
        by_text=phone_proving.can_prove(work),
        zones=_zones(str(form.timezone)),
        channels=_choices(at, "channel", service.CHANNELS),
        times=_choices(at, "time", service.TIMES),
        added={"email": "", "phone": "", **(added or {})},
        message=say(message) if message else "",
        errors={
            **(error.fields if isinstance(error, Invalid) else {}),
            **{name: say(key) for name, key in (wrong or {}).items()},
        },
    )


def _zones(chosen: str) -> list[tuple[str, str]]:
    known = [one for one in zones() if one.partition("/")[0] in PLACES or one == chosen]
    return [(one, one.replace("_", " ")) for one in sorted(known)]


def _choices(at: Here, name: str, known: tuple[str, ...]) -> list[tuple[str, str]]:
    any_ = ("", at.say("profile.any"))
    return [any_, *((one, at.say(f"profile.{name}.{one}")) for one in known)]


def _code(status: int = 200, wrong: str = "") -> Response:
    with reading(doors.actor()) as work:
        at = frame.mine(work)
    errors = {"code": at.say(wrong)} if wrong else {}
    return frame.show("sent.html", at, status, area="profile", errors=errors, action=CODE)
