"""What the loader and the frame are given: a site's public face, addresses of scripts, and policy.

Nothing of this is secret: it goes to every visitor of every page that embeds the chat.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
from functools import lru_cache
from typing import Any, cast

import orjson
from flask import current_app, request
from markupsafe import Markup

from helpdesk.channels import attachments, colours, looks
from helpdesk.channels.models import WidgetSite
from helpdesk.core.config import Settings
from helpdesk.core.work import Work
from helpdesk.kb import queries as articles
from helpdesk.mail import ways
from helpdesk.web import assets, doors
from helpdesk.workflows import chat

MODULES = (
    "widget/composer.js",
    "widget/dom.js",
    "widget/files.js",
    "widget/forms.js",
    "widget/host.js",
    "widget/line.js",
    "widget/log.js",
    "widget/menu.js",
    "widget/survey.js",
    "widget/text.js",
)
LATER = (
    "vendor/socket.io-client/socket.io.esm.min.js",
    "widget/articles.js",
    "widget/calling.js",
    "widget/booked.js",
    "widget/recorder.js",
    "core/voice.js",
)


def loader(*, zipped: bool) -> tuple[bytes, bool]:
    """The loader script, compressed where the browser takes it, and whether it is."""
    path = assets.folder("static") / "widget" / "widget.js"
    plain, small = _loader(str(path), path.stat().st_mtime_ns)
    return (small, True) if zipped else (plain, False)


@lru_cache(maxsize=4)
def _loader(path: str, changed: int) -> tuple[bytes, bytes]:
    with open(path, "rb") as file:
        plain = file.read()
    return plain, gzip.compress(plain, 9, mtime=0)


def loader_config(work: Work, site: WidgetSite) -> dict[str, Any]:
    """Enough to draw the button, and whether anybody is there."""
    brand = colours.readable(site.colour)
    return {
        "name": site.name,
        "label": "Open chat",
        "calls": site.calls,
        "brand": {"fill": brand.fill, "on_fill": brand.on_fill},
        "status": _status(work, site),
    }


def frame_values(work: Work, site: WidgetSite, settings: Settings) -> dict[str, Any]:
    """The values of templates/widget/frame.html."""
    brand = colours.readable(site.colour)
    shown = {
        "key": site.key,
        "name": site.name,
        "greeting": site.greeting,
        "offline_text": site.offline_text,
        "fields": site.pre_chat,
        "calls": site.calls,
        "origins": [doors.settings().origin, *site.allowed_origins],
        "brand": {
            "fill": brand.fill,
            "on_fill": brand.on_fill,
            "light": brand.light,
            "dark": brand.dark,
        },
        "icon": _icon(site),
        "status": _status(work, site),
        "articles": articles.is_any_live(work),
        "mail": ways.box_to_send_by(work, site.queue_id) is not None,
        "limits": {"files": attachments.MOST_PER_MESSAGE, "bytes": settings.max_upload},
    }
    # What only a chat or a call needs is fetched when it begins: mapped, but not preloaded.
    return {"site": shown, "importmap": _import_map(), "modules": MODULES}


def _icon(site: WidgetSite) -> str:
    """The address of the site's small picture, empty where it has none."""
    shown = looks.read(site.look).pictures.get("icon")
    return f"/portal/brand/pictures/{shown['id']}" if shown else ""


def policy(importmap: str, ancestors: str) -> str:
    """The frame's own policy: scripts of ours, this one import map, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(importmap.encode()).digest()).decode()
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'sha256-{digest}'",
            "style-src 'self'",
            "img-src 'self' blob:",
            f"connect-src 'self' ws://{request.host} wss://{request.host}",
            f"frame-ancestors {ancestors}",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _status(work: Work, site: WidgetSite) -> dict[str, Any]:
    """Open or not and how long it takes; how many people work here is nobody's business."""
    status = chat.site_status(work, site)
    public = ("open", "opens_at", "closed_text", "wait_p50_s", "wait_p90_s")
    return {name: status[name] for name in public if status.get(name) is not None}


def _import_map() -> Markup:
    """Module names as they are written, mapped to addresses that browsers may keep for ever."""
    asset = cast("assets.Assets", current_app.jinja_env.globals["asset"])
    imports = {f"/static/{name}": asset(name) for name in (*MODULES, *LATER)}
    # Our own file names only.
    return Markup(orjson.dumps({"imports": imports}).decode())  # noqa: S704
