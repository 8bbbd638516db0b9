"""Sites that embed the chat: who may change them, which origins they let in, how they vouch."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from helpdesk.channels import sites
from helpdesk.channels.models import WidgetSite
from helpdesk.core.actors import Actor, system
from helpdesk.core.db import Database
from helpdesk.core.errors import Conflict, Forbidden, Invalid
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work, begin

QUEUE = new_id()


@pytest.fixture
def work(database: Database) -> Iterator[Work]:
    with begin(system("test")) as opened:
        yield opened


def site(*origins: str) -> WidgetSite:
    return WidgetSite(allowed_origins=list(origins))


@pytest.mark.parametrize(
    "given, stored",
    [
        ("https://www.example.com", "https://www.example.com"),
        ("HTTPS://WWW.Example.COM/", "https://www.example.com"),
        ("https://example.com:443", "https://example.com"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://*.example.com", "https://*.example.com"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_origin_is_stored_as_browsers_write_it(given: str, stored: str) -> None:
    assert sites.clean_origin(given) == stored


@pytest.mark.parametrize(
    "given",
    [
        "",
        "null",
        "*",
        "https://*",
        "https://*.com/x",
        "https://*.com",
        "example.com",
        "javascript:alert(1)",
        "https://example.com/path",
        "https://example.com?x",
        "https://user@example.com",
        "https://example.com; script-src *",
        "https://exa mple.com",
        "https://example.com:99999",
        "https://a.*.example.com",
    ],
)
def test_F15_what_is_no_origin_never_reaches_a_header(given: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  urlsplit has words of its own
        sites.clean_origin(given)


def test_F15_only_listed_origins_and_our_own_may_embed() -> None:
    listed = site("https://www.example.com", "https://*.shop.example")
    own = "https://help.example.org"
    for yes in (
        "https://www.example.com",
        "https://www.example.com:443",
        "https://a.shop.example",
        "https://a.b.shop.example",
        own,
    ):
        assert sites.origin_allowed(listed, yes, own=own), yes
    for no in (
        None,
        "",
        "null",
        "http://www.example.com",
        "https://example.com",
        "https://www.example.com:8443",
        "https://www.example.com.evil.example",
        "https://shop.example",
        "https://evilshop.example",
        "https://.shop.example",
        "not an origin",
    ):
        assert not sites.origin_allowed(listed, no, own=own), no


def test_frame_ancestors_name_each_origin_once() -> None:
    listed = site("https://www.example.com", "https://help.example.org")
    found = sites.frame_ancestors(listed, own="https://help.example.org")
    assert found == "https://help.example.org https://www.example.com"


def _found(work: Work, key: str | None) -> str | None:
    site = sites.find_site(work, key)
    return site.id if site else None


def test_the_first_site_is_the_default_and_another_may_take_its_place(work: Work) -> None:
    first, _ = sites.create_site(work, name="Shop", queue_id=QUEUE)
    second, _ = sites.create_site(work, name="Blog", queue_id=QUEUE)
    work.session.flush()
    assert _found(work, None) == first.id
    sites.make_default(work, second.id)
    work.session.flush()
    assert _found(work, None) == second.id
    assert [s.is_default for s in sites.list_sites(work)] == [True, False]


def test_a_site_is_found_by_its_key_while_it_is_active(work: Work) -> None:
    made, _ = sites.create_site(work, name="Shop", queue_id=QUEUE)
    work.session.flush()
    assert _found(work, made.key) == made.id
    assert sites.find_site(work, "hds_unknown") is None
    sites.change_site(work, made.id, is_active=False)
    work.session.flush()
    assert sites.find_site(work, made.key) is None


def test_only_administrators_change_sites(work: Work) -> None:
    made, _ = sites.create_site(work, name="Shop", queue_id=QUEUE)
    supervisor = Work(work.session, Actor("user", new_id(), "supervisor"), work.at)
    with pytest.raises(Forbidden):
        sites.change_site(supervisor, made.id, name="Mine")
    with pytest.raises(Forbidden):
        sites.rotate_secret(supervisor, made.id)
    with pytest.raises(Forbidden):
        sites.create_site(supervisor, name="Mine", queue_id=QUEUE)


def test_a_change_from_an_old_form_is_refused(work: Work) -> None:
    made, _ = sites.create_site(work, name="Shop", queue_id=QUEUE)
    sites.change_site(work, made.id, version=1, greeting="Hello")
    with pytest.raises(Conflict):
        sites.change_site(work, made.id, version=1, greeting="Hi")
    assert (made.greeting, made.version) == ("Hello", 2)


@pytest.mark.parametrize(
    "changes, field",
    [
        ({"name": " "}, "name"),
        ({"colour": "red; background: url(x)"}, "colour"),
        ({"allowed_origins": ["https://ok.example", "nonsense"]}, "allowed_origins"),
        ({"greeting": "x" * 301}, "greeting"),
        ({"pre_chat": [{"key": "x"}]}, "pre_chat"),
    ],
)
def test_a_change_that_cannot_be_used_names_its_field(
    work: Work, changes: dict[str, object], field: str
) -> None:
    made, _ = sites.create_site(work, name="Shop", queue_id=QUEUE)
    with pytest.raises(Invalid) as refused:
        sites.change_site(work, made.id, **changes)
    assert field in refused.value.fields


def test_the_secret_and_the_key_cannot_be_set_from_outside(work: Work) -> None:
    made, _ = sites.create_site(work, name="Shop", queue_id=QUEUE)
    with pytest.raises(Invalid):
        sites.change_site(work, made.id, secret_sealed="known")


def test_G13_an_identity_counts_only_with_the_sites_own_signature(work: Work) -> None:
    made, secret = sites.create_site(work, name="Shop", queue_id=QUEUE)
    proof = sites.identity_hash(secret, "c-1", "ida@example.com")
    assert sites.identity_fits(made, "c-1", "ida@example.com", proof)
    assert sites.identity_fits(made, "c-1", "ida@example.com", proof.upper())
    for id_, email, given in (
        ("c-1", "victim@example.com", proof),
        ("c-2", "ida@example.com", proof),
        ("c-1", "", proof),
        ("c-1", "ida@example.com", ""),
        ("c-1", "ida@example.com", proof[:-1]),
        ("c-1", "ida@example.com", "ü" * 64),
        ("", "c-1\nida@example.com", proof),
    ):
        assert not sites.identity_fits(made, id_, email, given)


def test_G13_a_line_break_cannot_move_the_border_between_id_and_address(work: Work) -> None:
    made, secret = sites.create_site(work, name="Shop", queue_id=QUEUE)
    proof = sites.identity_hash(secret, "c-1\nvictim@example.com", "x")
    assert not sites.identity_fits(made, "c-1", "victim@example.com\nx", proof)
    assert not sites.identity_fits(made, "c-1\nvictim@example.com", "x", proof)


def test_a_rotated_secret_ends_the_old_signatures(work: Work) -> None:
    made, secret = sites.create_site(work, name="Shop", queue_id=QUEUE)
    old = sites.identity_hash(secret, "c-1")
    fresh = sites.identity_hash(sites.rotate_secret(work, made.id), "c-1")
    assert not sites.identity_fits(made, "c-1", "", old)
    assert sites.identity_fits(made, "c-1", "", fresh)


def test_the_secret_is_not_readable_in_the_database(work: Work) -> None:
    made, secret = sites.create_site(work, name="Shop", queue_id=QUEUE)
    assert secret not in made.secret_sealed
