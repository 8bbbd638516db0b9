"""Who a mail is from, and how sure that is. Pure.

Anybody can write any name into a mail, so an address leads to a record only when nothing in the
mail speaks against it; two senders are nobody. Where our own mail server has checked the mail
(SPF, DKIM, DMARC), its verdict counts. It is never a proof that somebody works here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sender:
    """`address` is where the mail says it is from (None: nobody); `sure` lets it lead to a record.

    `doubt` says in words why not.
    """

    name: str
    address: str | None
    sure: bool
    doubt: str = ""


def identify(
    facts: Mapping[str, Any],
    *,
    own_addresses: frozenset[str] = frozenset(),
    staff_addresses: frozenset[str] = frozenset(),
    checked_by: str = "",
) -> Sender:
    """The sender. `checked_by` names the server whose Authentication-Results are believed."""
    boxes = [(str(name), str(address)) for name, address in facts["from"]]
    if facts["from_lines"] > 1:
        return Sender("", None, False, "It has two From lines.")
    if not boxes:
        return Sender(_bare_name(facts), None, False, "It does not say who it is from.")
    if len(boxes) > 1:
        return Sender("", None, False, "It names several senders.")
    name, address = boxes[0]
    if facts["from_strange"]:
        return Sender(name, None, False, "Its From line is not one address.")
    if address in own_addresses:
        return Sender(name, address, False, "It says it is from one of our own addresses.")
    if "@" in name and (other := _address_in(name)) and other != address:
        return Sender(name, address, False, f"The name it gives is another address ({other}).")
    senders = {box[1] for box in facts["sender"]}
    if senders - {address}:
        return Sender(name, address, False, f"It was sent by {sorted(senders - {address})[0]}.")
    replies = {box[1] for box in facts["reply_to"]} - {address}
    if replies & (staff_addresses | own_addresses):
        return Sender(name, address, False, "It wants answers to go to a colleague's address.")
    if checked_by and (failed := _failed_check(facts, address, checked_by)):
        return Sender(name, address, False, failed)
    return Sender(name, address, True)


def _bare_name(facts: Mapping[str, Any]) -> str:
    text = re.sub(r"[<>()\"]", " ", facts["from_raw"])
    return " ".join(text.split())[:160] if "@" not in text else ""


def _address_in(name: str) -> str:
    found = re.search(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", name)
    return found.group().lower() if found else ""


def _failed_check(facts: Mapping[str, Any], address: str, server: str) -> str:
    """The newest verdict of the server that we believe; others may have been written by anyone."""
    for line in facts["headers"].get("authentication-results", ()):
        who, _, results = line.partition(";")
        if (who.split() or [""])[0].lower() != server.lower():
            continue
        found = dict(re.findall(r"\b(dmarc|spf|dkim)\s*=\s*(\w+)", results.lower()))
        if found.get("dmarc") == "fail":
            return "Our mail server found that it is not from there (DMARC)."
        if "dmarc" not in found and found.get("spf") == "fail" and found.get("dkim") != "pass":
            return "Our mail server found that it is not from there (SPF)."
        return ""
    return ""
