"""What the widget's recorder sends: its fields checked like the form's, its sound by its bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import BinaryIO

from helpdesk.calls import recorded_sounds
from helpdesk.channels.attachments import FolderStore, Stored
from helpdesk.channels.models import Visitor, WidgetSite
from helpdesk.channels.pre_chat import check_answers
from helpdesk.core.actors import Actor
from helpdesk.core.errors import Invalid
from helpdesk.web.widget import offline
from helpdesk.workflows import voice_messages
from helpdesk.workflows.voice_messages import GRACE_S, LARGEST, LONGEST_S, Left

LONGEST = {"site": 40, "form_id": 64, "name": 160, "email": 254, "phone": 40, "about": 120,
           "page_url": 500, "seconds": 4}  # fmt: skip
_FORM_ID = re.compile(r"[\w-]{16,64}")
NO_SOUND = "This recording can't be used. Record it again, or write to us instead."


def fields_of(form: Mapping[str, str]) -> dict[str, str]:
    """Every field as text; Invalid for what is too long."""
    found = {name: form.get(name, "").replace("\0", "").strip() for name in LONGEST}
    wrong = {
        name: "Use fewer characters" for name, most in LONGEST.items() if len(found[name]) > most
    }
    if not _FORM_ID.fullmatch(found["form_id"]):
        wrong["form_id"] = "This needs 16 to 64 letters, digits, - or _."
    if wrong:
        raise Invalid(fields=wrong)
    return found


def need_a_way_back(details: Mapping[str, str]) -> None:
    """Whom nobody knows has to say how they are reached: by e-mail, or by telephone."""
    if not details["phone"]:
        field = {"key": "email", "label": "Your e-mail address", "kind": "email", "required": True}
        check_answers([field], {"email": details["email"]} if details["email"] else {})


def keep(
    store: FolderStore, stream: BinaryIO, claimed: str
) -> tuple[Stored, recorded_sounds.Recorded]:
    """In the store; Invalid (`too_long`, `no_sound`, `file_too_large`) without a trace."""
    stored = store.save(stream, most=LARGEST)
    with store.open(stored.id) as file:
        sound = recorded_sounds.read(file.read(), int(claimed) if claimed.isdecimal() else 0)
    if sound is None or sound.seconds > LONGEST_S + GRACE_S:
        store.remove(stored.id)
        if sound is None:
            raise Invalid(NO_SOUND, code="no_sound")
        raise Invalid("Messages last at most three minutes.", code="too_long")
    return stored, sound


def take_in_once(
    actor: Actor, site: WidgetSite, visitor: Visitor | None, form_id: str, left: Left
) -> str:
    """The reference to read out; a recording that was sent twice has one."""
    return offline.once(
        actor,
        f"widget-voice {site.id} {form_id}",
        left.stored.sha256,
        lambda work: voice_messages.take_in(work, site, visitor, left),
    )
