"""The form for closed hours: checked like any form, taken in once however often it is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select

from helpdesk.channels import pre_chat
from helpdesk.channels.models import Visitor, WidgetSite
from helpdesk.core.actors import Actor
from helpdesk.core.db import insert_if_absent
from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.tables import IdempotentAnswer
from helpdesk.core.work import Work, begin
from helpdesk.workflows import web_form

_ALWAYS: tuple[dict[str, Any], ...] = (
    {"key": "name", "label": "Your name", "kind": "text", "required": False},
    {"key": "email", "label": "Your e-mail address", "kind": "email", "required": True},
)


def check(
    site: WidgetSite, details: Mapping[str, str], answers: Mapping[str, str]
) -> dict[str, str]:
    """The answers to the site's own questions, as a chat keeps them.

    Invalid has a sentence per field, in the words of the form on the screen.
    """
    own = [f for f in site.pre_chat if f["key"] not in ("name", "email") and f["kind"] != "email"]
    wrong: dict[str, str] = {}
    kept: dict[str, str] = {}
    try:
        kept = pre_chat.check_answers(
            [*_ALWAYS, *own], {**answers, **{name: text for name, text in details.items() if text}}
        )
    except Invalid as error:
        wrong.update(error.fields)
    if not details["text"]:
        wrong["text"] = "Write what we can help with"
    if wrong:
        raise Invalid(fields=wrong)
    asked = {field["key"] for field in own}
    return {key: answer for key, answer in kept.items() if key in asked}


def take_in_once(
    actor: Actor,
    site: WidgetSite,
    visitor: Visitor | None,
    *,
    form_id: str,
    name: str,
    email: str,
    phone: str,
    text: str,
    answers: dict[str, str],
    page_url: str,
) -> str:
    """The reference to read out; a form that was sent twice has one."""
    content = hashlib.sha256(f"{email}\n{text}".encode()).hexdigest()

    def take_in(work: Work) -> str:
        return web_form.take_in(
            work,
            site,
            visitor,
            name=name or None,
            email=email,
            phone=phone or None,
            text=text,
            answers=dict(answers),
            page_url=page_url or None,
        )

    return once(actor, f"widget-offline {site.id} {form_id}", content, take_in)


def once(actor: Actor, sent: str, content: str, take_in: Callable[[Work], str]) -> str:
    """What `take_in` answered the first time that this was sent; Conflict for other content."""
    key = hashlib.sha256(sent.encode()).hexdigest()
    with begin(actor) as work:
        known = _known(work, key)
        if known is None:
            # The row first: whoever sends the same form meanwhile waits here for this transaction.
            row = {
                "key_hash": key,
                "request_hash": content,
                "status": 201,
                "body": "",
                "at": work.at,
            }
            if insert_if_absent(work.session, IdempotentAnswer, row):
                reference = take_in(work)
                work.session.get_one(IdempotentAnswer, key).body = reference
                return reference
            known = _known(work, key)
    if known is None or known.request_hash != content:
        raise Conflict("This form was sent before with another text. Write a new one.")
    return known.body


def _known(work: Work, key: str) -> IdempotentAnswer | None:
    wanted = select(IdempotentAnswer).where(IdempotentAnswer.key_hash == key)
    return work.session.scalars(wanted.execution_options(populate_existing=True)).first()
