"""Asking for an erasure: by the customer in the portal, or a colleague for somebody on the phone.

The mail's link confirms it, so nobody erases what another mailbox knows. Where a customer can't be
reached by mail, a supervisor confirms in their place and says how they made sure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from helpdesk.core.errors import Conflict, Forbidden, Invalid
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.customers import permissions
from helpdesk.mail import mailboxes, place, ways
from helpdesk.mail.wording import filled, short
from helpdesk.privacy import erasures, settings
from helpdesk.privacy.models import Erasure
from helpdesk.workflows import mail_out

KIND = "erasure"
_LETTERS: Mapping[str, tuple[str, str]] = {
    "en": (
        "Erase all data? Please confirm",
        (
            "Hello,\n\nyou (or somebody for you) asked us to erase all that we keep about you. "
            "Confirm it here:\n\n{link}\n\nThe link is good for two days. {pause}\n\n"
            "If it was not you, do nothing.\n\n{brand}"
        ),
    ),
    "de": (
        "Alle Daten löschen? Bitte bestätigen",
        (
            "Guten Tag,\n\nSie (oder jemand für Sie) haben uns gebeten, alles zu löschen, was wir "
            "über Sie speichern. Bestätigen Sie es hier:\n\n{link}\n\nDer Link gilt zwei Tage. "
            "{pause}\n\nWaren Sie es nicht, müssen Sie nichts tun.\n\n{brand}"
        ),
    ),
}
# Nothing to think over, one day, more.
_PAUSES: Mapping[str, tuple[str, str, str]] = {
    "en": (
        "Once you confirm, it is erased at once.",
        "After you confirm, one day passes in which you can stop it.",
        "After you confirm, {days} days pass in which you can stop it.",
    ),
    "de": (
        "Nach Ihrer Bestätigung wird sofort gelöscht.",
        "Nach Ihrer Bestätigung vergeht ein Tag, in dem Sie es anhalten können.",
        "Nach Ihrer Bestätigung vergehen {days} Tage, in denen Sie es anhalten können.",
    ),
}


def by_mail(
    work: Work, customer_id: str, address: str, *, source: str, language: str, reason: str = ""
) -> Erasure:
    """Note it and mail the link. Conflict: `no_mail`, `erasing`."""
    if not ways.can_send(work):
        raise Conflict("No mail leaves here yet.", code="no_mail")
    row, token = erasures.ask(work, customer_id, source=source, reason=reason)
    box = ways.box_to_send_by(work, None)
    brand = mailboxes.brand_of(work, box)
    spoken = short(language) if short(language) in _LETTERS else "en"
    subject, text = _LETTERS[spoken]
    days = settings.of(work).waiting_days
    named = {
        "link": f"{place.here().base_url}/portal/erase/{token}",
        "pause": _PAUSES[spoken][min(days, 2)].replace("{days}", str(days)),
        "brand": mail_out.brand_name(brand),
    }
    mail_out.write_down(
        work,
        once_key=f"{KIND}:{row.id}:{new_id()}",
        kind=KIND,
        box=box,
        brand=brand,
        to=("", address),
        from_name=named["brand"],
        subject=subject,
        text=filled(text, named),
        is_automatic=True,
        sealed=True,
        customer_id=customer_id,
    )
    return row


def by_desk(work: Work, customer_id: str, reason: str) -> Erasure:
    """A colleague notes that they asked; the mail goes to their best address."""
    customer = permissions.get_customer(work, customer_id)
    address = mail_out.best_address(work, customer.id)
    if address is None:
        raise Conflict("No e-mail address is on their record.", code="no_address")
    return by_mail(
        work, customer.id, address, source="desk", language=customer.language or "en",
        reason=reason,
    )  # fmt: skip


def confirm_for(work: Work, customer_id: str, reason: str) -> datetime:
    """A supervisor confirms for somebody who can't: `reason` says how they made sure."""
    if not work.actor.is_supervisor:
        raise Forbidden("A supervisor can confirm this for a customer.")
    if not reason.strip():
        raise Invalid(fields={"reason": "Say how you made sure that it is them."})
    customer = permissions.get_customer(work, customer_id)
    row = erasures.open_of(work, customer.id)
    if row is None:
        row, _ = erasures.ask(work, customer.id, source="desk", reason=reason)
    row.reason = " ".join(reason.replace("\0", "").split())[:300]
    work.audit("customer.erasure_confirmed_for", "customer", customer.id)
    return erasures.confirm(work, row)
