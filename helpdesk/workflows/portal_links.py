"""The mail with a link to sign in, or to prove an address, in the brand and language of the asker.

The page only notes that somebody asked; what the address is, is looked at here, so that neither the
answer nor its time tells anything. A colleague's address gets no link but the way to their own
door.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from helpdesk.channels.models import WidgetSite
from helpdesk.core.actors import STAFF
from helpdesk.core.work import Emitted, Work
from helpdesk.identity import links
from helpdesk.identity.events import SignInLinkAsked
from helpdesk.identity.models import SignInLink, User
from helpdesk.mail import mailboxes, place, ways, wording
from helpdesk.mail.models import Mailbox
from helpdesk.workflows import mail_out

KIND = "sign_in_link"
_LETTERS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "en": {
        "sign_in": (
            "Your sign-in link for {brand}",
            (
                "Hello,\n\nhere is the link you asked for. Open it in the browser where you "
                "asked:\n\n{link}\n\nOr type this code there: {code}\n\nBoth work once, for 15 "
                "minutes, and only in that browser.\n\nIf it was not you, do nothing. Nobody can "
                "sign in with this mail alone.\n\n{brand}"
            ),
        ),
        "prove": (
            "Confirm your address for {brand}",
            (
                "Hello,\n\nyou want to add this address to your account. Confirm it in the "
                "browser where you are signed in:\n\n{link}\n\nOr type this code there: {code}\n"
                "\nBoth work once, for 15 minutes.\n\nIf it was not you, do nothing.\n\n{brand}"
            ),
        ),
        "staff": (
            "Signing in to {brand}",
            (
                "Hello,\n\nsomebody asked for a link to the customer portal for this address. It "
                "belongs to an account of the team, which signs in here:\n\n{link}\n"
                "\nIf it was not you, do nothing.\n\n{brand}"
            ),
        ),
    },
    "de": {
        "sign_in": (
            "Ihr Anmeldelink für {brand}",
            (
                "Guten Tag,\n\nhier ist der Link, den Sie angefordert haben. Öffnen Sie ihn in "
                "dem Browser, in dem Sie ihn angefordert haben:\n\n{link}\n\nOder geben Sie dort "
                "diesen Code ein: {code}\n\nBeides gilt einmal, 15 Minuten lang und nur in "
                "diesem Browser.\n\nWaren Sie es nicht, müssen Sie nichts tun. Mit dieser Mail "
                "allein kann sich niemand anmelden.\n\n{brand}"
            ),
        ),
        "prove": (
            "Bestätigen Sie Ihre Adresse für {brand}",
            (
                "Guten Tag,\n\nSie möchten diese Adresse zu Ihrem Konto hinzufügen. Bestätigen "
                "Sie sie in dem Browser, in dem Sie angemeldet sind:\n\n{link}\n\nOder geben Sie "
                "dort diesen Code ein: {code}\n\nBeides gilt einmal und 15 Minuten lang.\n\n"
                "Waren Sie es nicht, müssen Sie nichts tun.\n\n{brand}"
            ),
        ),
        "staff": (
            "Anmeldung bei {brand}",
            (
                "Guten Tag,\n\njemand hat für diese Adresse einen Link zum Kundenportal "
                "angefordert. Sie gehört zu einem Konto des Teams, das sich hier "
                "anmeldet:\n\n{link}\n\nWaren Sie es nicht, müssen Sie nichts tun.\n\n{brand}"
            ),
        ),
    },
}


def send(work: Work, emitted: Sequence[Emitted]) -> None:
    """Reaction to `user.sign_in_link_asked`."""
    for one in emitted:
        event = one.event
        assert isinstance(event, SignInLinkAsked)
        link = work.session.get(SignInLink, event.link_id)
        if link is not None and link.expires_at > work.at and not links.has_enough(work, link):
            _write(work, link)


def _write(work: Work, link: SignInLink) -> None:
    site = work.session.get(WidgetSite, link.site_id) if link.site_id else None
    box = ways.box_to_send_by(work, site.queue_id if site else None)
    named = {"brand": site.name if site else brand_of(work, box)}
    here = place.here()
    user = work.session.scalar(select(User).where(User.email == link.email))
    kind = link.purpose
    if kind == "sign_in" and user is not None and not (user.role == "customer" and user.is_active):
        if user.role not in STAFF or not user.is_active:
            return  # a closed account: nobody is told so
        kind = "staff"
    # Also where the mail does not hold it, so that every mail counts for the day.
    token, named["code"] = links.issue(work, link)
    way = "/sign-in" if kind == "staff" else f"/portal/link/{token}"
    named["link"] = f"{here.base_url}{way}"
    subject, text = _LETTERS.get(link.language, _LETTERS["en"])[kind]
    mail_out.write_down(
        work,
        once_key=f"{KIND}:{link.id}",
        kind=KIND,
        box=box,
        brand=mailboxes.brand_of(work, box),
        to=("", link.email),
        from_name=named["brand"],
        subject=wording.filled(subject, named),
        text=wording.filled(text, named),
        is_automatic=True,
        sealed=True,
    )


def brand_of(work: Work, box: Mailbox | None) -> str:
    """The name that mails of this box go out under."""
    return mail_out.brand_name(mailboxes.brand_of(work, box))
