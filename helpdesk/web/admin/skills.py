"""Skills: a list of names, with who has them and which queues ask for them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import Response
from sqlalchemy import select

from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.work import begin, reading
from helpdesk.routing import queries, setup
from helpdesk.routing.models import AgentState, Skill
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame
from helpdesk.web.admin.forms import Shape
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow

HERE = "skills"
SHAPE = Shape(texts=("name",), flags=("sure",))


@door.get("/skills")
@allow("admin")
def skills_list() -> Response:
    return _list()


@door.post("/skills")
@allow("admin")
def add_skill() -> Response:
    given = forms.read(SHAPE)
    try:
        with begin(doors.actor()) as work:
            setup.create_skill(work, given.values["name"])
    except Invalid as error:
        return _list(error.status, typed=given.values["name"], **frame.refusal(error))
    return doors.go("/admin/skills?note=added")


@door.post("/skills/<id:skill_id>")
@allow("admin")
def rename_skill(skill_id: str) -> Response:
    given = forms.read(SHAPE)
    try:
        with begin(doors.actor()) as work:
            found = work.session.get(Skill, skill_id)
            if found is not None and found.version != given.version:
                raise Conflict(
                    f"Somebody called this skill “{found.name}” meanwhile. "
                    f"Save again to call it “{given.values['name'][:60]}”.",
                    code="stale",
                )
            setup.rename_skill(work, skill_id, given.values["name"])
    except (Invalid, Conflict) as error:
        refused = frame.refusal(error)
        wrong = refused["errors"].get("name", refused["message"])
        row = {"id": skill_id, "name": given.values["name"], "error": wrong}
        return _list(error.status, renaming=row)
    return doors.go("/admin/skills?note=saved")


@door.post("/skills/<id:skill_id>/remove")
@allow("admin")
def remove_skill(skill_id: str) -> Response:
    """A skill that somebody has is gone for good with their levels, so that is asked first."""
    given = forms.read(SHAPE)
    try:
        with begin(doors.actor()) as work:
            held = _held(work.session.scalars(select(AgentState.skills)).all())[skill_id]
            skill = work.session.get(Skill, skill_id)
            if skill is not None and held and not given.values["sure"]:
                return _list(asked={"id": skill_id, "name": skill.name, "held": held})
            setup.remove_skill(work, skill_id)
            name = skill.name if skill else ""
    except Conflict as error:
        return _list(error.status, message=error.message)
    return _list(removed=None if held else {"name": name}, gone=name if held else "")


def _list(status: int = 200, **extra: Any) -> Response:
    with reading(doors.actor()) as work:
        rows = queries.skills(work)
        held = _held(work.session.scalars(select(AgentState.skills)).all())
        asking: dict[str, list[str]] = {}
        for queue in queries.queues(work):
            for skill_id in queue.skills:
                asking.setdefault(skill_id, []).append(queue.name)
    defaults = {"typed": "", "renaming": None, "asked": None, "removed": None, "gone": ""}
    values = {**defaults, **extra}
    return show("skills.html", HERE, status, rows=rows, held=held, asking=asking, **values)


def _held(skills: Any) -> Counter[str]:
    return Counter(skill_id for levels in skills for skill_id in levels)
