"""Shows every part of the design system in one place, for eyes, screenshots and axe.

The composition root registers it in development and in tests only.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, render_template

from helpdesk.core import clock
from helpdesk.web.doors import allow

blueprint = Blueprint("styleguide", __name__, url_prefix="/styleguide")


@blueprint.get("")
@allow("public")
def parts() -> str:
    return _page("styleguide.html")


@blueprint.get("/desk")
@allow("public")
def desk() -> str:
    return _page("styleguide_desk.html")


def _page(template: str) -> str:
    return render_template(
        template, at=clock.now(), minute=timedelta(minutes=1), day=timedelta(days=1)
    )
