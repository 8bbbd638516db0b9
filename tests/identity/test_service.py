"""Changes to people: what ends with them, and that one administrator always stays."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from helpdesk.core.actors import Actor, system
from helpdesk.core.db import Database
from helpdesk.core.errors import Conflict, Forbidden, HelpdeskError, Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.tables import AuditEntry, EventRow
from helpdesk.core.work import Work, begin, reading
from helpdesk.identity import queries, resets, service, sessions, sign_in, teams, tokens
from helpdesk.identity.models import KnownDevice, User
from tests.identity.people import add, as_user, password_hash


def sign_everywhere(user_id: str) -> tuple[str, str, str, str]:
    """Two sessions' ids, a token's text and a link's token of this person."""
    with begin(system("test")) as work:
        first, second = (
            sessions.open_session(work, user_id, stage="full", address=None, agent=None)
            for _ in range(2)
        )
        _, token = tokens.create(work, user_id, "report")
        link = resets.issue(work, user_id)
        sign_in.remember_device(work, user_id, None)
    return first.id, second.id, token, link


def kinds(work: Work) -> set[str]:
    return set(work.session.scalars(select(EventRow.kind)))


def test_F2_a_new_password_ends_other_sessions_tokens_links_and_known_browsers(
    database: Database,
) -> None:
    user_id = add()
    keep, other, token, link = sign_everywhere(user_id)
    with begin(as_user(user_id, "agent")) as work:
        service.set_password(work, user_id, password_hash(), keep=keep)
    with reading(system("test")) as work:
        assert sessions.live_roles(work, [keep])
        assert not sessions.live_roles(work, [other])
        assert tokens.find(work, token) is None
        assert resets.look(work, link) is None
        assert work.session.scalar(select(func.count()).select_from(KnownDevice)) == 0
        assert {"user.password_changed", "user.sessions_ended", "user.tokens_revoked"} <= kinds(
            work
        )


def test_E10_nothing_works_for_somebody_who_was_deactivated(database: Database) -> None:
    admin, user_id = add("admin"), add()
    one, two, token, link = sign_everywhere(user_id)
    with begin(as_user(admin)) as work:
        service.deactivate(work, user_id)
    with reading(system("test")) as work:
        assert not sessions.live_roles(work, [one])
        assert not sessions.live_roles(work, [two])
        assert tokens.find(work, token) is None
        assert resets.look(work, link) is None
        assert "user.deactivated" in kinds(work)


def test_F1_another_role_signs_the_person_out_everywhere(database: Database) -> None:
    admin, user_id = add("admin"), add()
    one, _, token, _ = sign_everywhere(user_id)
    with begin(as_user(admin)) as work:
        service.change_role(work, user_id, "supervisor")
    with reading(system("test")) as work:
        assert not sessions.live_roles(work, [one])
        found = tokens.find(work, token)
        assert found is not None
        assert found.actor.role == "supervisor"
        entry = work.session.scalar(
            select(AuditEntry).where(AuditEntry.action == "user.role_changed")
        )
        assert entry is not None
        assert entry.details == {"before": "agent", "after": "supervisor"}


def demote(work: Work, user_id: str) -> None:
    service.change_role(work, user_id, "agent")


@pytest.mark.parametrize("remove", [demote, service.deactivate])
def test_L9_the_last_administrator_cannot_be_removed(
    database: Database, remove: Callable[[Work, str], object]
) -> None:
    admin = add("admin")
    with pytest.raises(Conflict), begin(as_user(admin)) as work:
        remove(work, admin)
    gone = add("admin")
    with begin(as_user(admin)) as work:
        service.deactivate(work, gone)
    with pytest.raises(Conflict), begin(as_user(admin)) as work:
        remove(work, admin)


def remove_each_other(one: str, two: str, remove: Callable[[Work, str], object]) -> list[str]:
    """Both at once; how it ended for each, in alphabetical order."""
    barrier, ends = threading.Barrier(2), []

    def go(actor: str, victim: str) -> None:
        barrier.wait()
        try:
            with begin(as_user(actor)) as work:
                remove(work, victim)
            ends.append("done")
        except HelpdeskError as error:
            ends.append(error.code)

    both = [threading.Thread(target=go, args=pair) for pair in ((one, two), (two, one))]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    return sorted(ends)


@pytest.mark.parametrize("remove", [demote, service.deactivate])
def test_L9_of_two_administrators_who_remove_each_other_one_stays(
    database: Database, remove: Callable[[Work, str], object]
) -> None:
    for _ in range(5):
        one, two = add("admin"), add("admin")
        with begin(system("test")) as work:
            for other in work.session.scalars(
                select(User).where(User.role == "admin", User.id.not_in([one, two]))
            ):
                other.role = "agent"
        assert remove_each_other(one, two, remove) == ["done", "forbidden"]
        with reading(system("test")) as work:
            left = work.session.scalar(
                select(func.count()).where(User.role == "admin", User.is_active.is_(True))
            )
        assert left == 1


def test_only_an_administrator_adds_and_changes_people(database: Database) -> None:
    agent, other = add(), add()
    for change in (
        lambda work: service.create_user(work, email="x@example.org", name="X", role="agent"),
        lambda work: service.change_role(work, other, "admin"),
        lambda work: service.change_role(work, agent, "admin"),
        lambda work: service.deactivate(work, other),
        lambda work: service.set_password(work, other, password_hash()),
        lambda work: service.change_profile(work, other, name="X"),
        lambda work: service.change_profile(work, agent, email="new@example.org"),
        lambda work: resets.issue(work, other),
        lambda work: teams.create_team(work, "X"),
        lambda work: tokens.create(work, other, "x"),
    ):
        with pytest.raises(Forbidden), begin(as_user(agent, "agent")) as work:
            change(work)


def test_an_administrator_makes_no_token_that_acts_as_somebody_else(database: Database) -> None:
    admin, user_id = add("admin"), add()
    with pytest.raises(Forbidden), begin(as_user(admin)) as work:
        tokens.create(work, user_id, "mine")


def test_an_email_belongs_to_one_person_whatever_its_case(database: Database) -> None:
    add(email="Ada@Example.org")
    with pytest.raises(Conflict) as caught:
        add(email=" ada@example.ORG ")
    assert caught.value.code == "email_taken"


@pytest.mark.parametrize(
    "email",
    ["", "ada", "ada@", "@x.org", "a b@x.org", "a@x.org,b@y.org", "a@x\r\n.org", "<a@x.org>"],
)
def test_what_is_no_address_is_refused(database: Database, email: str) -> None:
    with pytest.raises(Invalid) as caught:
        add(email=email)
    assert "email" in caught.value.fields


def test_E8_a_profile_takes_no_field_that_it_does_not_name(database: Database) -> None:
    user_id = add()
    for field in ("role", "is_active", "password_hash", "customer_id", "id"):
        with pytest.raises(KeyError), begin(as_user(user_id, "agent")) as work:
            service.change_profile(work, user_id, **{field: "admin"})


def test_a_list_of_people_pages_by_name_and_finds_by_part(database: Database) -> None:
    for name in ("Cleo", "Ada", "Bob"):
        add(name=name, email=f"{name.lower()}@example.org")
    with reading(system("test")) as work:
        first = queries.list_users(work, limit=2)
        rest = queries.list_users(work, limit=2, cursor=first.next_cursor)
        assert [u.name for u in (*first.items, *rest.items)] == ["Ada", "Bob", "Cleo"]
        assert rest.next_cursor is None
        assert [u.name for u in queries.list_users(work, search="%").items] == []
        assert [u.name for u in queries.list_users(work, search="BO").items] == ["Bob"]


def test_teams_hold_staff_and_tell_whom_a_change_concerns(database: Database) -> None:
    admin, one, two = add("admin"), add(), add()
    with begin(as_user(admin)) as work:
        team = teams.create_team(work, "  First   line ")
        teams.set_members(work, team.id, [one, two])
    with begin(as_user(admin)) as work:
        teams.set_members(work, team.id, [two])
        assert work.events()[-1].event.facts()["user_ids"] == [one]
    with reading(system("test")) as work:
        assert [(t.name, t.members) for t in queries.list_teams(work)] == [("First line", 1)]
        user = service.get_user(work, two)
        assert sessions.actor_of(work, user).team_ids == {team.id}
    with pytest.raises(Invalid), begin(as_user(admin)) as work:
        teams.set_members(work, team.id, [new_id()])
    with begin(as_user(admin)) as work:
        teams.remove_team(work, team.id)
    with pytest.raises(NotFound), reading(Actor("user", admin, role="admin")) as work:
        teams.get_team(work, team.id)


def test_names_are_told_to_colleagues_and_public_names_to_customers(database: Database) -> None:
    user_id = add(name="Ada Lovelace", public_name="Ada L")
    with reading(system("test")) as work:
        wanted = [user_id, user_id, new_id(), "garbage"]
        assert queries.names(work, wanted) == {user_id: "Ada Lovelace"}
        assert queries.public_names(work, wanted) == {user_id: "Ada L"}
