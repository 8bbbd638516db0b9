"""A link for a new password by mail, to whoever asked for one and has an account.

The page only notes that somebody asked; who that is, and whether anybody, is looked at afterwards,
so that an answer and its time tell nothing. Not for links that administrators hand over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import select

from helpdesk.core.work import Emitted, Work
from helpdesk.customers import records
from helpdesk.identity import resets
from helpdesk.identity.events import PasswordLinkAsked
from helpdesk.identity.models import User
from helpdesk.mail import mailboxes, place, ways, wording
from helpdesk.mail.models import MailBrand, OutgoingMail
from helpdesk.workflows import mail_out

KIND = "password_link"
PORTAL = "/portal/password"
AGAIN_AFTER = timedelta(minutes=5)
MOST_A_DAY = 5
_LETTERS: Mapping[str, tuple[str, str]] = {
    "en": (
        "A new password for {host}",
        (
            "Hello {name},\n\n"
            "somebody asked for a new password for your account at {host}. If that was you, choose "
            "one here:\n\n{link}\n\n"
            "The link works once, and for one hour. Until you use it your present password goes on "
            "working.\n\n"
            "If it was not you, do nothing, and give the link to nobody."
        ),
    ),
    "de": (
        "Ein neues Passwort für {host}",
        (
            "Hallo {name},\n\n"
            "jemand hat ein neues Passwort für Ihr Konto bei {host} angefordert. Waren Sie das, "
            "wählen Sie hier eines:\n\n{link}\n\n"
            "Der Link gilt einmal und eine Stunde lang. Bis dahin gilt Ihr bisheriges Passwort "
            "weiter.\n\n"
            "Waren Sie es nicht, müssen Sie nichts tun. Geben Sie den Link niemandem."
        ),
    ),
}


def send(work: Work, emitted: Sequence[Emitted]) -> None:
    """Reaction to `user.password_link_asked`."""
    for one in emitted:
        event = one.event
        if isinstance(event, PasswordLinkAsked) and event.user_id is not None:
            user = work.session.get(User, event.user_id)
            if user is not None and user.is_active and not _has_enough(work, user.email):
                _write(work, user, once_key=f"{KIND}:{one.id}")


def _write(work: Work, user: User, *, once_key: str) -> None:
    box = ways.box_to_send_by(work)
    brand = mailboxes.brand_of(work, box)
    subject, text = _LETTERS.get(_language(work, user, brand), _LETTERS["en"])
    here, token = place.here(), resets.issue_for_mail(work, user.id)
    link = resets.link(here.base_url, token, at=PORTAL if user.role == "customer" else resets.PAGE)
    named = {"host": here.host, "name": user.name, "link": link}
    mail_out.write_down(
        work,
        once_key=once_key,
        kind=KIND,
        box=box,
        brand=brand,
        to=(user.name, user.email),
        from_name=mail_out.brand_name(brand),
        subject=wording.filled(subject, named),
        text=wording.filled(text, named),
        is_automatic=True,
        sealed=True,
    )


def _language(work: Work, user: User, brand: MailBrand | None) -> str:
    """A customer's own, where it is known; else that of the brand."""
    customer = records.find(work, user.customer_id) if user.customer_id else None
    if customer is not None and customer.language:
        return wording.short(customer.language)
    return wording.short(brand.language) if brand else "en"


def _has_enough(work: Work, address: str) -> bool:
    """One was just sent, or several today: whoever asks and asks fills nobody's mailbox."""
    times = work.session.scalars(
        select(OutgoingMail.created_at)
        .where(
            OutgoingMail.to_address == address.lower(),
            OutgoingMail.created_at > work.at - timedelta(days=1),
            OutgoingMail.kind == KIND,
        )
        .order_by(OutgoingMail.created_at.desc())
    ).all()
    return len(times) >= MOST_A_DAY or (bool(times) and times[0] > work.at - AGAIN_AFTER)
