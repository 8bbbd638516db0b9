"""The flow that a new installation begins with: a greeting, the hours, a queue, voicemail.

It is whole from the start, so that the first caller meets something sensible. Pure.
"""

from __future__ import annotations

from typing import Any

from helpdesk.ivr.kinds import KINDS


def first_flow(company: str, queue_id: str, calendar_id: str | None, zone: str) -> dict[str, Any]:
    """Into the queue while open, to voicemail while closed; without hours always into the queue."""
    nodes = [
        step("wait", "queue", "Wait for a person", queue_id=queue_id, text="One moment please."),
    ]
    if calendar_id:
        nodes = [
            step("hours", "hours", "Opening hours", calendar_id=calendar_id, open="wait",
                 closed="message"),
            *nodes,
            step("message", "voicemail", "Leave a message", queue_id=queue_id,
                 text="We are closed. Please leave a message after the tone."),
        ]  # fmt: skip
    hello = f"Welcome to {company}." if company else "Welcome."
    return {
        "language": "en-GB",
        "zone": zone,
        "greeting": hello,
        "greeting_known": "",
        "nodes": nodes,
    }


def step(id: str, kind: str, name: str, **says: Any) -> dict[str, Any]:
    """One step, with the usual words and numbers wherever none are given."""
    usual = {one.name: one.default for one in KINDS[kind].fields}
    return {"id": id, "kind": kind, "name": name, **usual, **says}
