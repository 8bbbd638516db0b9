"""Whose record a mail leads to.

A sender whom nothing speaks against leads to the record that holds the address; where none does, to
the first record that says it and holds no proof of another person. Everybody else gets a record of
their own: what is only claimed never leads to somebody's past.
"""

from __future__ import annotations

from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work
from helpdesk.customers import finding, points
from helpdesk.customers.contact_points import Address
from helpdesk.customers.finding import Found
from helpdesk.mail.sender import Sender
from helpdesk.workflows import claiming


def of(work: Work, who: Sender) -> Found:
    """The record of whoever wrote."""
    address = _readable(work, who.address)
    name = who.name
    if address is None:
        return finding.find_or_create(work, name=name or (who.address or "")[:160])
    if not who.sure:
        return finding.find_or_create(work, name=name, email=address.value)
    claiming.adopt(work, address)
    return finding.find_or_create(work, name=name, email=address.value, proved={"email"})


def _readable(work: Work, text: str | None) -> Address | None:
    """The address as records keep it; None for one that no record can hold."""
    if text is None:
        return None
    try:
        return points.read(work, "email", text)
    except Invalid:
        return None
