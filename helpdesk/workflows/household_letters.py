"""The mail that asks somebody to join a household, in its reader's language where that is known.

It names the sender by their address alone, since a name could hold anybody's words, and it holds
no secret: whoever signs in with the address that it went to finds the invitation. Not for joining
(see `customers.households`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from helpdesk.core.work import Emitted, Work
from helpdesk.customers import households, records
from helpdesk.customers.events import HouseholdInvited
from helpdesk.customers.models import HouseholdInvitation
from helpdesk.identity.models import User
from helpdesk.mail import mailboxes, place, ways, wording
from helpdesk.workflows import mail_out, portal_links

KIND = "household"
PAGE = "/portal/household"
_SUBJECTS: Mapping[str, str] = {
    "en": "An invitation to a household at {brand}",
    "de": "Eine Einladung in einen Haushalt bei {brand}",
}
_TEXTS: Mapping[str, str] = {
    "en": "Hello,\n\n{from} asks you to join their household at {brand}, so that you can see "
    "matters together. Sign in with this address and you find the invitation:\n\n{link}\n\n"
    "It waits for 14 days. What you would share stands there before you accept, and you may "
    "leave at any time.\n\nIf you don't know who this is, do nothing.\n\n{brand}",
    "de": "Guten Tag,\n\n{from} bittet Sie, dem Haushalt bei {brand} beizutreten, damit Sie "
    "Anliegen gemeinsam sehen. Melden Sie sich mit dieser Adresse an, dort steht die "
    "Einladung:\n\n{link}\n\nSie wartet 14 Tage. Was Sie teilen würden, steht dort, bevor Sie "
    "annehmen, und Sie können jederzeit wieder gehen.\n\nKennen Sie den Absender nicht, "
    "müssen Sie nichts tun.\n\n{brand}",
}


def send(work: Work, emitted: Sequence[Emitted]) -> None:
    """Reaction to `household.invited`."""
    for one in emitted:
        event = one.event
        assert isinstance(event, HouseholdInvited)
        row = work.session.get(HouseholdInvitation, event.invitation_id)
        is_due = row is not None and row.withdrawn_at is None and row.expires_at > work.at
        if row is not None and is_due and not households.has_enough(work, row):
            _write(work, row)


def _write(work: Work, row: HouseholdInvitation) -> None:
    box = ways.box_to_send_by(work, None)
    brand = mailboxes.brand_of(work, box)
    language = _language(work, row)
    named = {
        "brand": brand.name if brand else portal_links.brand_of(work, box),
        "from": row.from_address,
        "link": f"{place.here().base_url}{PAGE}",
    }
    mail_out.write_down(
        work,
        once_key=f"{KIND}:{row.id}",
        kind=KIND,
        box=box,
        brand=brand,
        to=("", row.email),
        from_name=portal_links.brand_of(work, box),
        subject=wording.filled(_SUBJECTS[language], named),
        text=wording.filled(_TEXTS[language], named),
        is_automatic=True,
    )


def _language(work: Work, row: HouseholdInvitation) -> str:
    """That of whoever signs in with the address, else that of who asks."""
    invited = work.session.scalar(select(User).where(User.email == row.email))
    for user in (invited, work.session.get(User, row.invited_by)):
        known = records.find(work, user.customer_id) if user and user.customer_id else None
        if known is not None and wording.short(known.language or "") in _TEXTS:
            return wording.short(known.language or "")
    return "en"
