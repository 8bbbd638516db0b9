"""People: the list, adding somebody, and one person with role, teams, queues and skills."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from flask import Response, request

from helpdesk.core.actors import DESK
from helpdesk.core.errors import Conflict, HelpdeskError, Invalid, NotFound
from helpdesk.core.work import Work, begin, reading
from helpdesk.identity import queries, resets, service, sessions, teams
from helpdesk.identity.models import User
from helpdesk.routing import presence, setup
from helpdesk.routing import queries as routing
from helpdesk.routing.models import AgentState
from helpdesk.routing.state import DEFAULT_SLOTS
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame, lookups
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow

HERE = "people"
ROLES = [
    ("agent", "Agent"),
    ("supervisor", "Supervisor"),
    ("admin", "Administrator"),
    ("technician", "Technician"),
]
ROLE_WORDS = {**dict(ROLES), "customer": "Customer"}
CHANNELS = [
    ("chat", "Chats"),
    ("sms", "Texts"),
    ("form", "Web forms"),
    ("call", "Calls"),
    ("email", "E-mails"),
    ("callback", "Callbacks"),
    ("ticket", "Tickets"),
]
SHAPE = Shape(
    texts=("name", "public_name", "email", "role", "timezone"),
    flags=("work", "sees_own_teams"),
    lists=("teams", "queues"),
    levels=("skill", "capacity"),
)
LABELS = {
    "name": "Name",
    "public_name": "Public name",
    "email": "E-mail",
    "role": "Role",
    "timezone": "Time zone",
    "teams": "Teams",
    "sees_own_teams": "What they see",
    "queues": "Queues",
    "skill": "Skills",
    "capacity": "At the same time",
}
ZONES = [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())]


@door.get("/people")
@allow("admin", "supervisor")
def people_list() -> Response:
    role = query_text("role") if query_text("role") in ROLE_WORDS else ""
    inactive = query_text("show") == "inactive"
    with reading(doors.actor()) as work:
        page = queries.list_users(
            work,
            role=role or None,
            search=query_text("q"),
            active=not inactive,
            staff_only=not role,
            cursor=request.args.get("cursor"),
            limit=50,
        )
        ids = [row.id for row in page.items]
        values: dict[str, Any] = {
            "rows": page.items,
            "next_cursor": page.next_cursor,
            "teams_of": lookups.teams_of(work, ids),
            "queues_of": lookups.queues_of(work, ids),
        }
    values |= {"q": query_text("q"), "role": role, "inactive": inactive, "words": ROLE_WORDS}
    if frame.is_part():
        return doors.fragment("admin/_people_rows.html", **values)
    return show("people.html", HERE, roles=ROLES, **values)


@door.get("/people/new")
@allow("admin")
def new_person() -> Response:
    with reading(doors.actor()) as work:
        blank = _blank() | {"timezone": doors.reader().timezone}
        return _page(work, None, blank)


@door.post("/people/new")
@allow("admin")
def add_person() -> Response:
    given = forms.read(SHAPE)
    form = given.values
    try:
        with begin(doors.actor()) as work:
            _check_staff_role(form)
            user = service.create_user(
                work,
                email=form["email"],
                name=form["name"],
                public_name=form["public_name"],
                role=form["role"],
                timezone=form["timezone"] or "UTC",
                team_ids=_known_teams(work, form["teams"]),
            )
            if form["sees_own_teams"]:
                service.change_profile(work, user.id, sees_own_teams=True)
            if user.role in DESK:
                _set_work(work, user.id, form, set(form["queues"]))
            link = resets.link(doors.settings().base_url, resets.issue(work, user.id))
            user_id, name = user.id, user.name
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            shown = _page(work, None, form, error.status, **frame.refusal(error))
        return shown
    return show_link(user_id, name, link, added=True)


@door.get("/people/<id:user_id>")
@allow("admin", "supervisor")
def person(user_id: str) -> Response:
    with reading(doors.actor()) as work:
        user = _staff(work, user_id)
        return _page(work, user, _values(work, user))


@door.post("/people/<id:user_id>")
@allow("admin")
def save_person(user_id: str) -> Response:
    given = forms.read(SHAPE)
    try:
        with begin(doors.actor()) as work:
            user = _staff(work, user_id, lock=True)
            state = work.session.get(AgentState, user_id, with_for_update=True)
            if (user.version, state.version if state else 0) != (given.version, given.work_version):
                raise Conflict("Somebody changed this person meanwhile.", code="stale")
            _save(work, user, given)
    except (Invalid, Conflict) as error:
        return _again(user_id, given, error)
    return doors.go(f"/admin/people/{user_id}?note=saved")


def _save(work: Work, user: User, given: Given) -> None:
    form = given.values
    _check_staff_role(form)
    facts = {key: form[key] for key in ("name", "public_name", "email", "timezone")}
    before = lookups.teams_of(work, [user.id]).get(user.id, [])
    wanted = lookups.changed_membership(
        (team_id for team_id, _ in before), given.was.get("teams", []), form["teams"]
    )
    served = [queue_id for queue_id, _ in lookups.queues_of(work, [user.id]).get(user.id, [])]
    service.change_profile(work, user.id, **facts, sees_own_teams=bool(form["sees_own_teams"]))
    _set_teams(work, user.id, {team_id for team_id, _ in before}, wanted)
    if form["role"] in DESK:
        queues = lookups.changed_membership(served, given.was.get("queues", []), form["queues"])
        _set_work(work, user.id, form, queues)
    if form["role"] != user.role:
        service.change_role(work, user.id, form["role"])


def _again(user_id: str, given: Given, error: HelpdeskError) -> Response:
    """The form once more: with what is wrong, or with what somebody else changed meanwhile."""
    with reading(doors.actor()) as work:
        user = _staff(work, user_id)
        if error.code != "stale":
            return _page(
                work, user, given.values, error.status, given=given, **frame.refusal(error)
            )
        now = _values(work, user)
        shown, change = frame.stale(work, "user", user_id, given, now, LABELS)
        return _page(work, user, shown, 409, stale=change, dirty=True)


def _page(
    work: Work,
    user: User | None,
    form: Values,
    status: int = 200,
    *,
    given: Given | None = None,
    **extra: Any,
) -> Response:
    state = work.session.get(AgentState, user.id) if user else None
    stored = _values(work, user) if user else _blank()
    return show(
        "person.html",
        HERE,
        status,
        user=user,
        form=form,
        was=forms.as_was(given.was if given else stored),
        version=given.version if given else user.version if user else 0,
        work_version=given.work_version if given else state.version if state else 0,
        roles=ROLES,
        channels=CHANNELS,
        zones=ZONES,
        teams=forms.choices(queries.list_teams(work)),
        queues=forms.choices(routing.queues(work)),
        skills=routing.skills(work),
        sessions=sessions.of_user(work, user.id) if user else [],
        state=state,
        on_desk=user is None or user.role in DESK,
        words=ROLE_WORDS,
        **{"dirty": given is not None, **extra},
    )


def show_link(user_id: str, name: str, link: str, *, added: bool = False) -> Response:
    """The link to set a password, on the one page that ever shows it."""
    return show(
        "person_link.html",
        HERE,
        user_id=user_id,
        name=name,
        link=link,
        hours=int(resets.GOOD_FOR.total_seconds() // 3600),
        added=added,
    )


def _staff(work: Work, user_id: str, *, lock: bool = False) -> User:
    """A person of the staff; customers who sign in are looked after from their record."""
    user = service.get_user(work, user_id, lock=lock)
    if user.role == "customer":
        raise NotFound()
    return user


def _check_staff_role(form: Values) -> None:
    if form["role"] not in dict(ROLES):
        raise Invalid(fields={"role": "Choose one of the roles."})


def _known_teams(work: Work, team_ids: list[str]) -> list[str]:
    return [teams.get_team(work, team_id).id for team_id in team_ids]


def _set_teams(work: Work, user_id: str, now: set[str], wanted: set[str]) -> None:
    for team_id in sorted(wanted - now):
        teams.get_team(work, team_id)
        teams.add_member(work, team_id, user_id)
    for team_id in sorted(now - wanted):
        left = [row.id for row in queries.team_members(work, team_id) if row.id != user_id]
        teams.set_members(work, team_id, left)


def _set_work(work: Work, user_id: str, form: Values, queue_ids: set[str]) -> None:
    """Queues, skills and capacity; a form without that section (`work`) leaves them alone."""
    presence.ensure_agent(work, user_id)
    if not form["work"]:
        return
    setup.set_queues_of(work, user_id, queue_ids)
    setup.set_skills(work, user_id, _levels(form["skill"]))
    capacity = _capacity(form["capacity"])
    if capacity != presence.get_state(work, user_id).capacity:
        setup.set_capacity(work, user_id, capacity)


def _levels(given: dict[str, str]) -> dict[str, int]:
    levels = {skill: forms.whole(text, -1) for skill, text in given.items()}
    if any(not 1 <= level <= 5 for level in levels.values()):
        raise Invalid(fields={"skill": "Levels go from 1 to 5."})
    return levels


def _capacity(given: dict[str, str]) -> dict[str, int]:
    counts = {channel: forms.whole(text, -1) for channel, text in given.items()}
    unknown = set(counts) - dict(CHANNELS).keys()
    if unknown or any(not 0 <= count <= 20 for count in counts.values()):
        raise Invalid(fields={"capacity": "Use numbers from 0 to 20."})
    return counts


def _blank() -> Values:
    slots = {**DEFAULT_SLOTS, "form": 2}
    return {
        "name": "",
        "public_name": "",
        "email": "",
        "role": "agent",
        "timezone": "UTC",
        "teams": [],
        "sees_own_teams": "",
        "queues": [],
        "skill": {},
        "work": "1",
        "capacity": {channel: str(slots[channel]) for channel, _ in CHANNELS if channel in slots},
    }


def _values(work: Work, user: User) -> Values:
    """The form as the stored person fills it in."""
    state = work.session.get(AgentState, user.id)
    values = _blank() | {
        "name": user.name,
        "public_name": user.public_name,
        "email": user.email,
        "role": user.role,
        "timezone": user.timezone,
        "teams": [t for t, _ in lookups.teams_of(work, [user.id]).get(user.id, [])],
        "sees_own_teams": "1" if user.sees_own_teams else "",
        "queues": [q for q, _ in lookups.queues_of(work, [user.id]).get(user.id, [])],
    }
    if state is not None:
        values["skill"] = {skill: str(level) for skill, level in sorted(state.skills.items())}
        values["capacity"] = {c: str(n) for c, n in state.capacity.items() if n}
    return values
