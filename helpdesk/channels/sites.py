"""Web sites that embed the chat: who may, where, and how a site proves who its visitor is.

A site's `key` is public and only names it. Its secret never leaves the two servers: the host site
signs identities with it. Not for what a visitor does once the chat is there (see `visitors`).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Sequence
from typing import Any, cast
from urllib.parse import urlsplit

from sqlalchemy import select, update

from helpdesk.channels import colours, pre_chat
from helpdesk.channels.models import WidgetSite
from helpdesk.core import clock, db, secrets
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work

MOST_ORIGINS = 20
KEPT_S = 1.0
_KEY = "channels.sites"
CHANGEABLE = frozenset(
    {
        "name",
        "allowed_origins",
        "queue_id",
        "colour",
        "greeting",
        "offline_text",
        "pre_chat",
        "calls",
        "is_active",
    }
)
_LENGTHS = {"name": 80, "greeting": 300, "offline_text": 300}
_HOST = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9\-.]*[a-z0-9])?|\[[0-9a-f:.]+\]")


def create_site(
    work: Work,
    *,
    name: str,
    queue_id: str,
    allowed_origins: Sequence[str] = (),
    colour: str = colours.DEFAULT,
    greeting: str = "",
    offline_text: str = "",
    pre_chat: Sequence[Any] = (),
    calls: bool = True,
    is_default: bool = False,
) -> tuple[WidgetSite, str]:
    """A new site and its secret, which is readable only now (and after a rotation)."""
    require_admin(work)
    secret = secrets.new_token("hdss_")
    given = {
        "name": name,
        "queue_id": queue_id,
        "allowed_origins": allowed_origins,
        "colour": colour,
        "greeting": greeting,
        "offline_text": offline_text,
        "pre_chat": pre_chat,
        "calls": calls,
    }
    site = WidgetSite(
        id=new_id(),
        key=secrets.new_token("hds_"),
        secret_sealed=secrets.seal(secret),
        is_default=is_default or default_site(work) is None,
        is_active=True,
        created_at=work.at,
        version=1,
        **_cleaned(given),
    )
    if site.is_default:
        work.session.execute(update(WidgetSite).values(is_default=False))
    work.session.add(site)
    forget_known(work)
    work.audit("widget_site.created", "widget_site", site.id, name=site.name)
    return site, secret


def change_site(work: Work, site_id: str, *, version: int | None = None, **changes: Any) -> None:
    """Change fields of CHANGEABLE. `version` is the one the form was made from."""
    require_admin(work)
    unknown = set(changes) - CHANGEABLE
    if unknown:
        raise Invalid(f"A site has no {', '.join(sorted(unknown))}.")
    site = get_site(work, site_id)
    if version is not None and version != site.version:
        raise Conflict("Somebody changed this site meanwhile. Load it again.")
    cleaned = _cleaned(changes)
    before = {name: getattr(site, name) for name in cleaned if getattr(site, name) != cleaned[name]}
    if not before:
        return
    for name, value in cleaned.items():
        setattr(site, name, value)
    site.version += 1
    forget_known(work)
    after = {name: cleaned[name] for name in before}
    work.audit("widget_site.changed", "widget_site", site.id, before=before, after=after)


def make_default(work: Work, site_id: str) -> None:
    """The site that a chat belongs to when it names none."""
    require_admin(work)
    site = get_site(work, site_id)
    work.session.execute(update(WidgetSite).values(is_default=False))
    site.is_default = True
    forget_known(work)
    work.audit("widget_site.made_default", "widget_site", site.id)


def rotate_secret(work: Work, site_id: str) -> str:
    """A fresh secret; identities signed with the old one are refused from now on."""
    require_admin(work)
    site = get_site(work, site_id)
    secret = secrets.new_token("hdss_")
    site.secret_sealed = secrets.seal(secret)
    site.version += 1
    forget_known(work)
    work.audit("widget_site.secret_rotated", "widget_site", site.id)
    return secret


def list_sites(work: Work) -> list[WidgetSite]:
    return list(work.session.scalars(select(WidgetSite).order_by(WidgetSite.name, WidgetSite.id)))


def get_site(work: Work, site_id: str) -> WidgetSite:
    site = work.session.get(WidgetSite, site_id)
    if site is None:
        raise NotFound()
    return site


def known(work: Work) -> Sequence[WidgetSite]:
    """All sites, at most a second old and only for reading: each visitor's socket asks for one."""
    kept = db.current().remembered.get(_KEY)
    if kept is not None and clock.monotonic() - kept[0] < KEPT_S:
        return cast(Sequence[WidgetSite], kept[1])
    rows = work.session.scalars(select(WidgetSite)).all()
    columns = WidgetSite.__table__.columns.keys()
    copies = [WidgetSite(**{name: getattr(row, name) for name in columns}) for row in rows]
    db.current().remembered[_KEY] = (clock.monotonic(), copies)
    return copies


def forget_known(work: Work) -> None:
    """A site is being changed: read them anew now, and again after the commit."""

    def drop() -> None:
        db.current().remembered.pop(_KEY, None)

    drop()
    work.after_commit(drop)


def default_site(work: Work) -> WidgetSite | None:
    """The active site that a chat belongs to when it names none."""
    wanted = select(WidgetSite).where(WidgetSite.is_default, WidgetSite.is_active)
    return work.session.scalars(wanted.limit(1)).first()


def find_site(work: Work, key: str | None) -> WidgetSite | None:
    """The active site with this public key; without a key the default one."""
    if not key:
        return default_site(work)
    if len(key) > 40:
        return None
    wanted = select(WidgetSite).where(WidgetSite.key == key, WidgetSite.is_active)
    return work.session.scalars(wanted).first()


def site_to_chat_on(
    work: Work, *, key: str | None = None, site_id: str | None = None
) -> WidgetSite | None:
    """The same for reading, or the one of that id; one made this second is looked up."""
    for site in known(work):
        if site.is_active and (
            site.id == site_id if site_id else site.key == key if key else site.is_default
        ):
            return site
    if site_id is None:
        return find_site(work, key)
    row = work.session.get(WidgetSite, site_id)
    return row if row is not None and row.is_active else None


def origin_allowed(site: WidgetSite, origin: str | None, *, own: str = "") -> bool:
    """May a page of `origin` (as a browser writes it) embed this site's chat?

    `own` is this installation's origin, which always may.
    """
    if not origin or origin == "null":
        return False
    try:
        asked = clean_origin(origin)
    except ValueError:
        return False
    if own and asked == own:
        return True
    return any(_matches(asked, allowed) for allowed in site.allowed_origins)


def frame_ancestors(site: WidgetSite, *, own: str) -> str:
    """The sources of the frame's `frame-ancestors` directive."""
    return " ".join([own, *(o for o in site.allowed_origins if o != own)])


def clean_origin(text: str) -> str:
    """`https://www.example.com`: lower case, punycode, no path, no default port; else ValueError.

    `https://*.example.com` stands for every host below example.com, but not for itself.
    """
    parts = urlsplit(text.strip().lower())
    if parts.scheme not in ("http", "https") or parts.username is not None:
        raise ValueError("no web address")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("an origin has no path")
    netloc = parts.hostname or ""
    host = f"[{netloc}]" if ":" in netloc else _punycode(netloc)
    if not _HOST.fullmatch(host) or ".." in host or (host.startswith("*.") and host.count(".") < 2):
        raise ValueError("no host name")
    port = parts.port  # ValueError by itself when it is no port
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != default else "")


def identity_hash(secret: str, external_id: str, email: str = "") -> str:
    """What a host site sends beside an identity: hex HMAC-SHA256 of `external_id LF email`."""
    return hmac.new(secret.encode(), f"{external_id}\n{email}".encode(), "sha256").hexdigest()


def identity_fits(site: WidgetSite, external_id: str, email: str, given: str) -> bool:
    """True when the host site itself vouches for exactly this id and address."""
    if not external_id or any(ord(c) < 32 for c in external_id + email):
        return False  # a line break could move the border between the two
    own = identity_hash(secrets.unseal(site.secret_sealed), external_id, email)
    return hmac.compare_digest(own.encode(), given.strip().lower().encode("utf-8", "replace"))


def require_admin(work: Work) -> None:
    if not (work.actor.is_admin or work.actor.kind == "system"):
        raise Forbidden("Only administrators change widget sites.")


def _cleaned(given: dict[str, Any]) -> dict[str, Any]:
    cleaned = dict(given)
    wrong: dict[str, str] = {}
    for name, most in _LENGTHS.items():
        if name in cleaned:
            cleaned[name] = str(cleaned[name]).strip()
            if len(cleaned[name]) > most:
                wrong[name] = f"Use at most {most} characters."
    if "name" in cleaned and not cleaned["name"]:
        wrong["name"] = "Give the site a name."
    if "colour" in cleaned:
        cleaned["colour"] = str(cleaned["colour"]).strip().lower()
        if not colours.is_colour(cleaned["colour"]):
            wrong["colour"] = "Give the colour as six digits, like #3157d5."
    if "allowed_origins" in cleaned:
        try:
            cleaned["allowed_origins"] = _clean_origins(cleaned["allowed_origins"])
        except ValueError as error:
            wrong["allowed_origins"] = str(error)
    if wrong:
        raise Invalid(fields=wrong)
    if "pre_chat" in cleaned:
        cleaned["pre_chat"] = pre_chat.clean_fields(cleaned["pre_chat"])
    return cleaned


def _clean_origins(given: Iterable[str]) -> list[str]:
    origins: list[str] = []
    for text in given:
        try:
            origin = clean_origin(text)
        except ValueError as error:
            raise ValueError(f"“{text[:80]}” is no origin like https://www.example.com.") from error
        if origin not in origins:
            origins.append(origin)
    if len(origins) > MOST_ORIGINS:
        raise ValueError(f"List at most {MOST_ORIGINS} origins.")
    return origins


def _matches(asked: str, allowed: str) -> bool:
    if "://*." not in allowed:
        return asked == allowed
    scheme, _, rest = allowed.partition("://*")
    asked_scheme, _, asked_host = asked.partition("://")
    return asked_scheme == scheme and asked_host.endswith(rest) and len(asked_host) > len(rest)


def _punycode(host: str) -> str:
    star, bare = ("*.", host[2:]) if host.startswith("*.") else ("", host)
    try:
        return star + bare.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise ValueError("no host name") from error
