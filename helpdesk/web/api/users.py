"""People who can sign in, over the API; and who I am.

Passwords never pass here: a person chooses theirs by a link.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import select

from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.work import Work
from helpdesk.customers import permissions
from helpdesk.identity import queries, resets, service
from helpdesk.identity.models import User
from helpdesk.web import doors
from helpdesk.web.api.base import ADMIN, operation
from helpdesk.web.api.shapes import Address, Id, Listed, Paged, Version, View, given, listed
from helpdesk.web.bodies import Body

Role = Literal["admin", "supervisor", "agent", "technician", "customer"]
StaffRole = Literal["admin", "supervisor", "agent", "technician"]
Name = Annotated[str, Meta(min_length=1, max_length=120)]
PublicName = Annotated[str, Meta(min_length=1, max_length=60)]
Zone = Annotated[str, Meta(min_length=1, max_length=60, examples=["Europe/Helsinki"])]


class UserView(View):
    """A person who can sign in. `public_name` is what customers see of staff.

    `sees_own_teams`: an agent who sees only the work in the queues of their teams, and their own.
    """

    id: str
    email: str
    name: str
    public_name: str
    role: Role
    is_active: bool
    sees_own_teams: bool
    has_password: bool
    second_factor: bool
    last_sign_in_at: datetime | None
    version: int


class MeView(View):
    """Who the token stands for."""

    id: str
    email: str
    name: str
    public_name: str
    role: Role
    timezone: str
    team_ids: list[str]
    customer_id: str | None


class LinkView(View):
    """A link by which the person chooses a password; good once, until `expires_at`."""

    link: str
    expires_at: datetime


class UsersAsked(Paged):
    q: Annotated[str, Meta(max_length=100, description="Part of a name or e-mail.")] = ""
    role: Role | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class NewUser(Body, frozen=True):
    """`customer_id` is for role customer, which needs it."""

    email: Address
    name: Name
    role: Role
    public_name: PublicName | UnsetType = UNSET
    timezone: Zone = "UTC"
    customer_id: Id | None = None


class UserChange(Body, frozen=True):
    """With `version`, the change is refused when somebody made another one since."""

    version: Version | UnsetType = UNSET
    email: Address | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    public_name: PublicName | UnsetType = UNSET
    timezone: Zone | UnsetType = UNSET
    role: StaffRole | UnsetType = UNSET
    sees_own_teams: bool | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET


@operation("GET", "/me", who=("signed_in",), gives=MeView)
def me(work: Work) -> MeView:
    """Get whom the token stands for."""
    reader = doors.reader()
    return MeView(
        id=reader.id,
        email=reader.email,
        name=reader.name,
        public_name=reader.public_name,
        role=reader.role,
        timezone=reader.timezone,
        team_ids=sorted(work.actor.team_ids),
        customer_id=work.actor.customer_id,
    )


@operation("GET", "/users", who=ADMIN, query=UsersAsked, gives=Listed[UserView])
def list_users(work: Work, query: UsersAsked) -> Listed[UserView]:
    """List people by name, those who may no longer sign in too."""
    page = queries.list_users(
        work,
        role=query.role or None,
        search=query.q,
        active=None if query.active is UNSET else query.active,
        cursor=query.place(),
        limit=query.limit,
    )
    return listed(page, [_view(row) for row in page.items])


@operation("POST", "/users", who=ADMIN, body=NewUser, gives=UserView, status=201)
def add_user(work: Work, body: NewUser) -> UserView:
    """Add a person; make a password link for them next."""
    if body.customer_id is not None:
        try:
            permissions.get_customer(work, body.customer_id)
        except NotFound:
            raise Invalid(fields={"customer_id": "There is no such customer."}) from None
    return _get(work, service.create_user(work, **given(body)).id)


@operation("GET", "/users/<id:user_id>", who=ADMIN, gives=UserView)
def get_user(work: Work, user_id: str) -> UserView:
    """Get one person."""
    return _get(work, user_id)


@operation("PATCH", "/users/<id:user_id>", who=ADMIN, body=UserChange, gives=UserView)
def change_user(work: Work, user_id: str, body: UserChange) -> UserView:
    """Change a person's facts or role, or let them in no more.

    Another role signs the person out everywhere; so does `is_active: false`, which ends tokens
    too. The last administrator stays one.
    """
    now = work.session.scalar(select(User.version).where(User.id == user_id).with_for_update())
    if now is None:
        raise NotFound
    if body.version is not UNSET and body.version != now:
        raise Conflict("Somebody changed this person meanwhile. Look again and repeat.")
    facts = given(body, "version", "role", "is_active")
    if facts:
        service.change_profile(work, user_id, **facts)
    if body.role is not UNSET:
        service.change_role(work, user_id, body.role)
    if body.is_active is not UNSET:
        (service.reactivate if body.is_active else service.deactivate)(work, user_id)
    return _get(work, user_id)


@operation("POST", "/users/<id:user_id>/password-link", who=ADMIN, gives=LinkView, status=201)
def make_password_link(work: Work, user_id: str) -> LinkView:
    """Make a link by which a person chooses a password; earlier links stop working."""
    token = resets.issue(work, user_id)
    return LinkView(
        link=resets.link(doors.settings().base_url, token),
        expires_at=work.at + timedelta(seconds=resets.GOOD_FOR.total_seconds()),
    )


def _get(work: Work, user_id: str) -> UserView:
    work.session.flush()
    found = queries.find_user(work, user_id)
    if found is None:
        raise NotFound
    return _view(found)


def _view(row: queries.UserRow) -> UserView:
    return UserView(**{name: getattr(row, name) for name in UserView.__struct_fields__})
