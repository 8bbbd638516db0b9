"""Our numbers at a carrier: added, changed, switched off. None is ever deleted: calls name it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from helpdesk.carriers.models import PhoneNumber
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.customers import contact_points
from helpdesk.customers.field_values import line

LANGUAGES = (
    ("en-GB", "English (UK)"),
    ("en-US", "English (US)"),
    ("da-DK", "Danish"),
    ("nl-NL", "Dutch"),
    ("fi-FI", "Finnish"),
    ("fr-FR", "French"),
    ("de-DE", "German"),
    ("it-IT", "Italian"),
    ("nb-NO", "Norwegian"),
    ("pl-PL", "Polish"),
    ("pt-PT", "Portuguese"),
    ("es-ES", "Spanish"),
    ("sv-SE", "Swedish"),
)
FIELDS = (
    "number",
    "name",
    "queue_id",
    "flow_id",
    "greeting",
    "language",
    "takes_calls",
    "takes_texts",
)
LONGEST_NAME, LONGEST_GREETING = 80, 500
MOST = 500


def list_numbers(work: Work) -> Sequence[PhoneNumber]:
    """Active ones first, by name."""
    wanted = select(PhoneNumber).order_by(PhoneNumber.is_active.desc(), PhoneNumber.name)
    return work.session.scalars(wanted.limit(MOST)).all()


def get_number(work: Work, number_id: str, *, for_update: bool = False) -> PhoneNumber:
    wanted = select(PhoneNumber).where(PhoneNumber.id == number_id)
    if for_update:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = work.session.scalar(wanted)
    if found is None:
        raise NotFound("This number does not exist.")
    return found


def add_number(work: Work, **given: Any) -> PhoneNumber:
    """`given` are the FIELDS; Invalid says beside which of them what is wrong."""
    _only_admins(work)
    made = PhoneNumber(id=new_id(), created_at=work.at, **_checked(work, given, None))
    work.session.add(made)
    work.session.flush()
    work.audit("phone_number.added", "phone_number", made.id, name=made.name, number=made.number)
    return made


def change_number(work: Work, number_id: str, *, version: int, **given: Any) -> PhoneNumber:
    """Conflict (`stale`) when it was changed since `version`."""
    _only_admins(work)
    found = get_number(work, number_id, for_update=True)
    if found.version != version:
        raise Conflict("Somebody changed this number meanwhile.", code="stale")
    values = _checked(work, given, found)
    changed = sorted(name for name, value in values.items() if getattr(found, name) != value)
    for name in changed:
        setattr(found, name, values[name])
    if changed:
        found.version += 1
        work.audit(
            "phone_number.changed", "phone_number", found.id, name=found.name, changed=changed
        )
    return found


def switch(work: Work, number_id: str, *, on: bool) -> PhoneNumber:
    """A number that is off tells its callers that it is not in service."""
    _only_admins(work)
    found = get_number(work, number_id, for_update=True)
    if found.is_active != on:
        found.is_active = on
        found.version += 1
        what = "switched_on" if on else "switched_off"
        work.audit(f"phone_number.{what}", "phone_number", found.id, name=found.name)
    return found


def _checked(work: Work, given: Mapping[str, Any], own: PhoneNumber | None) -> dict[str, Any]:
    wrong: dict[str, str] = {}
    values = {name: given[name] for name in FIELDS}
    try:
        values["number"] = contact_points.phone(str(given["number"]).strip())
    except Invalid as error:
        wrong["number"] = error.fields.get("phone", error.message)
    for name, longest in (("name", LONGEST_NAME), ("greeting", LONGEST_GREETING)):
        try:
            values[name] = line(given[name], name, longest=longest)
        except Invalid as error:
            wrong[name] = error.fields.get(name, error.message)
    if "name" not in wrong and not values["name"]:
        wrong["name"] = "Give the number a name."
    if given["language"] not in {code for code, _ in LANGUAGES}:
        wrong["language"] = "Choose a language from the list."
    if not (given["takes_calls"] or given["takes_texts"]):
        wrong["takes_calls"] = "A number takes calls, texts or both."
    if "number" not in wrong and _is_taken(work, values["number"], own):
        wrong["number"] = "This number is in the list already."
    if wrong:
        raise Invalid(fields=wrong)
    return values


def _is_taken(work: Work, number: str, own: PhoneNumber | None) -> bool:
    holder = work.session.scalar(select(PhoneNumber.id).where(PhoneNumber.number == number))
    return holder is not None and (own is None or holder != own.id)


def _only_admins(work: Work) -> None:
    if not (work.actor.is_admin or work.actor.kind == "system"):
        raise Forbidden("Only administrators set up telephone numbers.")
