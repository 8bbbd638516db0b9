"""A mail of ours that answers nothing: for a purpose that its reader may refuse, with the way to.

Another program (or a colleague) says what for and in which words; whether it may go is asked here.
"""

from __future__ import annotations

import hashlib

from helpdesk.consents import links, purposes
from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.work import Work
from helpdesk.customers import permissions
from helpdesk.mail import mailboxes, place, ways
from helpdesk.mail.wording import short
from helpdesk.workflows import consenting, mail_out

LONGEST_SUBJECT, LONGEST_TEXT = 200, 20_000
_FOOT = {
    "en": "You get this as {name}. No more of it: {link}",
    "de": "Sie bekommen dies als {name}. Nichts mehr davon: {link}",
}


def send(
    work: Work, customer_id: str, *, purpose: str, subject: str, text: str, once_key: str
) -> str:
    """Write it down; answers the address. Conflict: `no_consent`, `no_address`, `no_mail`.

    The same words under the same `once_key` go once; other words are another mail.
    """
    customer = permissions.get_customer(work, customer_id)
    _check(subject, text)
    known = purposes.get(work, purpose)
    address = mail_out.best_address(work, customer.id)
    if address is None:
        raise Conflict("No e-mail address is on their record.", code="no_address")
    told = consenting.may_send(work, purpose, "email", customer.id, address)
    if not told.allowed:
        raise Conflict(told.why, code="no_consent")
    if not ways.can_send(work):
        raise Conflict("No mail leaves here yet.", code="no_mail")
    told_once = f"{once_key}\n{customer.id}\n{purpose}\n{subject}\n{text}".encode(
        "utf-8", "replace"
    )
    language = short(customer.language or "en")
    url = ""
    if known.may_be_refused:
        token = links.issue(work, customer.id, known.key, address, language)
        url = f"{place.here().base_url}/portal/unsubscribe/{token}"
        foot = _FOOT.get(language, _FOOT["en"])
        text = f"{text}\n\n" + foot.replace("{link}", url).replace("{name}", known.name(language))
    box = ways.box_to_send_by(work, None)
    brand = mailboxes.brand_of(work, box)
    mail_out.write_down(
        work,
        once_key=f"purpose:{hashlib.sha256(told_once).hexdigest()}",
        kind="purpose",
        box=box,
        brand=brand,
        to=(customer.name, address),
        from_name=mail_out.brand_name(brand),
        subject=subject,
        text=text,
        customer_id=customer.id,
        unsubscribe_url=url,
    )
    work.audit("mail.sent_for_purpose", "customer", customer.id, purpose=purpose)
    return address


def _check(subject: str, text: str) -> None:
    wrong = {}
    if not subject.strip() or len(subject) > LONGEST_SUBJECT:
        wrong["subject"] = f"Write a subject of at most {LONGEST_SUBJECT} characters."
    if not text.strip() or len(text) > LONGEST_TEXT:
        wrong["text"] = f"Write a text of at most {LONGEST_TEXT:,} characters."
    if wrong:
        raise Invalid(fields=wrong)
