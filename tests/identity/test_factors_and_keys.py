"""Second factor, bearer tokens, links and sessions: each secret good as often as it should be."""

from __future__ import annotations

import threading
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select, text

from helpdesk.core import clock
from helpdesk.core.actors import system
from helpdesk.core.db import Database
from helpdesk.core.errors import Invalid
from helpdesk.core.work import begin, reading
from helpdesk.identity import resets, service, sessions, sign_in, tokens, totp
from helpdesk.identity.models import ApiToken, SignInSession
from tests.identity.people import PASSWORD, add, as_user, nobody, password_hash


def switch_on(user_id: str) -> tuple[str, list[str]]:
    """Two-step sign-in with a code of a minute ago; the app's secret and the recovery codes."""
    with clock.moved_to(clock.now() - timedelta(seconds=90)), begin(as_user(user_id)) as work:
        secret = totp.start(work, user_id)
        code = pyotp.TOTP(secret).at(work.at)
        return secret, totp.confirm(work, user_id, code)


def owe_code(email: str) -> str:
    """Sign in with the password; the id of the session that owes a code."""
    with begin(nobody()) as work:
        attempt = sign_in.start(work, email)
    right = attempt.check(PASSWORD)
    with begin(nobody()) as work:
        opened = sign_in.finish(work, attempt, right, agent=None)
    assert opened is not None
    assert opened.stage == "code"
    return opened.id


def test_a_code_is_good_once_even_for_two_at_the_same_time(database: Database) -> None:
    user_id = add(email="ada@example.org")
    secret, _ = switch_on(user_id)
    code = pyotp.TOTP(secret).at(clock.now())
    pending = [owe_code("ada@example.org") for _ in range(2)]
    barrier, ends = threading.Barrier(2), []

    def go(session_id: str) -> None:
        barrier.wait()
        with begin(nobody()) as work:
            ends.append(sign_in.finish_with_code(work, session_id, code))

    both = [threading.Thread(target=go, args=(session_id,)) for session_id in pending]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sum(opened is not None for opened in ends) == 1
    with begin(nobody()) as work:
        left = work.session.scalar(select(SignInSession.id).where(SignInSession.stage == "code"))
        assert left is not None
        assert sign_in.finish_with_code(work, left, code) is None


def test_a_session_that_owes_the_code_opens_nothing(database: Database) -> None:
    user_id = add(email="ada@example.org")
    switch_on(user_id)
    session_id = owe_code("ada@example.org")
    with reading(nobody()) as work:
        assert not sessions.live_roles(work, [session_id])


def test_a_recovery_code_works_once_in_any_spelling(database: Database) -> None:
    user_id = add(email="ada@example.org")
    _, codes = switch_on(user_id)
    spelled = codes[3].replace("-", " ").upper()
    session_id = owe_code("ada@example.org")
    with begin(nobody()) as work:
        assert sign_in.finish_with_code(work, session_id, spelled) is not None
    with begin(nobody()) as work:
        user = service.get_user(work, user_id)
        assert len(user.recovery_hashes) == 9
        assert not totp.use_recovery_code(work, user, codes[3])


def test_F2_switching_the_second_factor_ends_other_sessions_and_tokens(database: Database) -> None:
    user_id = add()
    with begin(system("test")) as work:
        keep, other = (
            sessions.open_session(work, user_id, stage="full", address=None, agent=None)
            for _ in range(2)
        )
        _, token = tokens.create(work, user_id, "report")
        secret = totp.start(work, user_id)
        totp.confirm(work, user_id, pyotp.TOTP(secret).at(work.at), keep=keep.id)
    with reading(system("test")) as work:
        assert sessions.live_roles(work, [keep.id])
        assert not sessions.live_roles(work, [other.id])
        assert tokens.find(work, token) is None


@pytest.mark.parametrize("code", ["000000", "12345", "abcdef", "", "１２３４５６", "9" * 5000])
def test_a_wrong_first_code_switches_nothing_on(database: Database, code: str) -> None:
    user_id = add()
    with begin(as_user(user_id)) as work:
        secret = totp.start(work, user_id)
        step = int(work.at.timestamp()) // totp.STEP_S
    near = {pyotp.TOTP(secret).generate_otp(step + n) for n in range(-2, 4)}
    if code in near:
        code = next(c for c in ("111111", "222222", "333333", "444444") if c not in near)
    with pytest.raises(Invalid), begin(as_user(user_id)) as work:
        totp.confirm(work, user_id, code)
    with reading(system("test")) as work:
        assert not totp.is_on(service.get_user(work, user_id))


def test_F17_a_revoked_token_is_dead_at_once_and_only_its_hash_is_stored(
    database: Database,
) -> None:
    user_id = add()
    with begin(as_user(user_id, "agent")) as work:
        row, token = tokens.create(work, user_id, "report", days=1)
    with reading(nobody()) as work:
        assert tokens.find(work, token) is not None
        stored = " ".join(
            str(v) for v in work.session.execute(text("SELECT * FROM api_token")).one()
        )
        assert token not in stored
        assert token.removeprefix(tokens.PREFIX) not in stored
    with begin(as_user(user_id, "agent")) as work:
        tokens.revoke(work, user_id, row.id)
    with reading(nobody()) as work:
        assert tokens.find(work, token) is None
        assert not tokens.live_roles(work, [row.id])


def test_a_token_ends_with_its_date_and_notes_its_use_at_most_once_a_minute(
    database: Database,
) -> None:
    user_id, start = add(), clock.now()
    with clock.moved_to(start), begin(as_user(user_id, "agent")) as work:
        row, token = tokens.create(work, user_id, "report", days=1)
    used = []
    for seconds in (0, 30, 61):
        with clock.moved_to(start + timedelta(seconds=seconds)), begin(nobody()) as work:
            tokens.touch(work, row.id)
            used.append(work.session.scalar(select(ApiToken.used_at)))
    assert used == [start, start, start + timedelta(seconds=61)]
    with clock.moved_to(start + timedelta(days=1)), reading(nobody()) as work:
        assert tokens.find(work, token) is None


def test_F13_a_link_is_used_up_by_use_and_not_by_looking(database: Database) -> None:
    user_id = add(password=False)
    with begin(system("test")) as work:
        token = resets.issue(work, user_id)
    for _ in range(3):
        with reading(nobody()) as work:
            assert resets.look(work, token) is not None
    barrier, ends = threading.Barrier(4), []

    def go() -> None:
        barrier.wait()
        try:
            with begin(system("link")) as work:
                service.set_password(work, resets.use(work, token), password_hash())
            ends.append("set")
        except Invalid as error:
            ends.append(error.code)

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["link_gone", "link_gone", "link_gone", "set"]


def test_F13_a_link_ends_after_a_day_and_with_the_next_link(database: Database) -> None:
    user_id = add()
    with begin(system("test")) as work:
        first = resets.issue(work, user_id)
        second = resets.issue(work, user_id)
    with reading(nobody()) as work:
        assert resets.look(work, first) is None
        assert resets.look(work, second) is not None
    late = clock.now() + resets.GOOD_FOR + timedelta(seconds=1)
    with clock.moved_to(late), reading(nobody()) as work:
        assert resets.look(work, second) is None


def test_F5_a_link_is_made_of_the_configured_address() -> None:
    assert resets.link("https://desk.example.org/", "hdr_x") == (
        "https://desk.example.org/set-password/hdr_x"
    )


def test_a_session_ends_when_idle_and_in_any_case_after_a_fortnight(database: Database) -> None:
    user_id, start = add(), clock.now()
    with clock.moved_to(start), begin(nobody()) as work:
        opened = sessions.open_session(work, user_id, stage="full", address=None, agent=None)
    with clock.moved_to(start + sessions.IDLE), reading(nobody()) as work:
        assert sessions.find(work, opened.token) is None
    at = start
    while at < start + sessions.ABSOLUTE - timedelta(hours=6):
        at += timedelta(hours=6)
        with clock.moved_to(at), begin(nobody()) as work:
            assert sessions.find(work, opened.token) is not None
            sessions.touch(work, opened.id)
    with clock.moved_to(start + sessions.ABSOLUTE), begin(nobody()) as work:
        assert sessions.find(work, opened.token) is None
        assert sessions.sweep(work) == 1


def test_F1_a_renewed_session_has_a_new_token_and_the_old_one_is_dead(database: Database) -> None:
    user_id = add()
    with begin(nobody()) as work:
        first = sessions.open_session(work, user_id, stage="full", address=None, agent=None)
    with begin(nobody()) as work:
        second = sessions.renew(work, first.id)
    assert second is not None
    with reading(nobody()) as work:
        assert sessions.find(work, first.token) is None
        found = sessions.find(work, second.token)
    assert found is not None
    assert found.id == first.id
    assert found.csrf != first.csrf
