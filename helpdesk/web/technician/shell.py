"""The app itself: its page, its manifest and the service worker that keeps them on the phone.

Nothing here names a person, so a kept copy says nothing about anybody. Not for data (`day`).
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask import Response, current_app, make_response, render_template, url_for

from helpdesk.web import security
from helpdesk.web.doors import allow
from helpdesk.web.technician import door

SCOPE = "/tech"
STYLES = ("design/tokens.css", "technician/technician.css", "technician/work.css")
PICTURES = (
    "vendor/icons.svg",
    "technician/icon.svg",
    "technician/icon-192.png",
    "technician/icon-512.png",
    "core/theme-early.js",
)
# A phone may say where it is and take pictures for this door alone.
PERMISSIONS = security.PERMISSIONS.replace("geolocation=()", "geolocation=(self)").replace(
    "camera=()", "camera=(self)"
)


@door.get("")
@allow("technician")
def app_page() -> Response:
    return _shell()


@door.get("/shell")
@allow("public", cookies=False)
def shell_page() -> Response:
    """The same page for the service worker to keep: it may be fetched with an ended session."""
    return _shell()


@door.get("/manifest.webmanifest")
@allow("public", cookies=False)
def manifest() -> Response:
    answer = make_response(json.dumps(_manifest()))
    answer.mimetype = "application/manifest+json"
    return answer


@door.get("/worker.js")
@allow("public", cookies=False)
def worker() -> Response:
    """Its text names the state of every file it keeps, so that a changed file is a new worker."""
    files = [_asset(name) for name in (*STYLES, *PICTURES)]
    files += [f"/static/{name}" for name in _modules()]
    pages = [url_for("technician.shell_page"), url_for("technician.manifest")]
    states = "".join(_asset(name) for name in (*STYLES, *PICTURES, *_modules()))
    state = hashlib.sha256((states + _shell_text()).encode()).hexdigest()[:16]
    answer = make_response(
        render_template("technician/worker.js", state=state, files=[*pages, *files])
    )
    answer.mimetype = "text/javascript"
    answer.headers["Service-Worker-Allowed"] = SCOPE
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def _shell() -> Response:
    answer = make_response(_shell_text())
    answer.headers["Permissions-Policy"] = PERMISSIONS
    return answer


def _shell_text() -> str:
    return render_template(
        "technician/shell.html",
        styles=[_asset(name) for name in STYLES],
        modules=[f"/static/{name}" for name in _modules()],
    )


def _asset(name: str) -> str:
    asset: Any = current_app.jinja_env.globals["asset"]
    return str(asset(name))


def _modules() -> list[str]:
    """Every module of the app; they import each other by plain addresses (see `core/page.js`)."""
    asset: Any = current_app.jinja_env.globals["asset"]
    found = sorted(path.name for path in (asset.root / "technician").glob("*.js"))
    return ["core/icons.js", *(f"technician/{name}" for name in found)]


def _manifest() -> dict[str, Any]:
    icons = [("icon-192.png", "192x192"), ("icon-512.png", "512x512")]
    return {
        "id": SCOPE,
        "name": "Helpdesk technician",
        "short_name": "My visits",
        "description": "The visits of the day, with or without a net.",
        "start_url": SCOPE,
        "scope": SCOPE,
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#f5f6f8",
        "theme_color": "#3654c4",
        "icons": [
            {
                "src": _asset(f"technician/{name}"),
                "sizes": size,
                "type": "image/png",
                "purpose": "any maskable",
            }
            for name, size in icons
        ]
        + [{"src": _asset("technician/icon.svg"), "sizes": "any", "type": "image/svg+xml"}],
    }
