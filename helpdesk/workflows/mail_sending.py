"""Mails leave: taken from the books, composed, handed to a server, and noted.

A server that is away costs each of its mails a pause and nothing else. Runs in the post office.
"""

from __future__ import annotations

import logging
import re
from contextlib import ExitStack
from datetime import timedelta

from helpdesk.channels import service as channels
from helpdesk.channels.attachments import FolderStore
from helpdesk.channels.models import Attachment, Conversation
from helpdesk.core import clock, secrets
from helpdesk.core.actors import system
from helpdesk.core.errors import NotFound
from helpdesk.core.work import Work, begin, reading
from helpdesk.mail import lines, mailboxes, oauth, outbox, place, settings, smtp, ways, writing
from helpdesk.mail.models import Mailbox, OutgoingMail
from helpdesk.workflows import mail_out
from helpdesk.workflows.mail_settling import own_mark

log = logging.getLogger("helpdesk.mail")

ACTOR = system("mail")
REST = timedelta(seconds=60)
RELAY = "relay"
TOKENS = oauth.Tokens()


class Sender:
    """Keeps a line per server while there is something to send. One thread."""

    def __init__(self) -> None:
        self._relays: dict[str, smtp.Relay] = {}

    def send_due(self, *, most: int = 20) -> int:
        """Try what is due; answers how many were handed over."""
        with reading(ACTOR) as work:
            ids = [mail.id for mail in outbox.due(work, most=most)]
            if not ids or not ways.can_send(work):
                return 0
        done = 0
        away: set[str] = set()
        with ExitStack() as lines_open:
            lines_open.callback(self.close)
            for mail_id in ids:
                done += self._one(mail_id, away)
        return done

    def _one(self, mail_id: str, away: set[str]) -> int:
        with begin(ACTOR) as work:
            mail = outbox.take(work, mail_id)
            if mail is None:
                return 0
            box = mail_out.sending_box(work, mail)
        own = box.id if box is not None and box.outgoing == "smtp" else RELAY
        envelope = "" if mail.is_automatic else mail.from_address
        try:
            if own in away:
                raise smtp.Away("The mail server is away.")
            with reading(ACTOR) as work:
                letter = _letter(work, mail)
            raw = writing.compose(letter)
            self._relay(own, box).send(raw, envelope_from=envelope, to=mail.to_address)
        except (smtp.Away, oauth.NoToken) as error:
            self._away(own, away, error)
            self._not_now(mail_id, str(error))
        except smtp.Refused as error:
            self._refused(mail_id, error)
        except (ValueError, NotFound) as error:
            self._refused(mail_id, smtp.Refused(str(error), for_good=True))
        except Exception as error:
            log.exception("mail %s could not be sent", mail_id)
            self._not_now(mail_id, lines.told(error))
        else:
            with begin(ACTOR) as work:
                outbox.sent(work, mail_id)
                if box is not None and own == box.id and box.not_sending_since is not None:
                    mailboxes.note_sending(work, own, "")
            return 1
        return 0

    def _away(self, own: str, away: set[str], error: Exception) -> None:
        """This server is left alone until the next round; its mailbox says why."""
        if own in away:
            return
        away.add(own)
        if isinstance(error, smtp.NotLetIn):
            TOKENS.forget(own)
        if own != RELAY:
            with begin(ACTOR) as work:
                mailboxes.note_sending(work, own, str(error))

    def _relay(self, own: str, box: Mailbox | None) -> smtp.Relay:
        if own in self._relays:
            return self._relays[own]
        if own == RELAY or box is None:
            if not place.here().smtp_url:
                raise smtp.Away("No mail server is set up to send by.")
            server, password = smtp.server_of(place.here().smtp_url)
            relay = smtp.Relay(server, password=password, dial=lines.dialler(inner_allowed=True))
        else:
            with reading(ACTOR) as work:
                inner = settings.of(work).inner_hosts
            dial = lines.dialler(inner_allowed=inner)
            token = access_token(box, dial) if box.smtp.get("sign_in") == "oauth2" else ""
            password = mailboxes.secrets_of(box).get("smtp_password", "")
            relay = smtp.Relay(box.smtp, password=password, access_token=token, dial=dial)
        self._relays[own] = relay
        return relay

    def _not_now(self, mail_id: str, error: str) -> None:
        with begin(ACTOR) as work:
            outbox.not_now(work, [mail_id], error)

    def _refused(self, mail_id: str, error: smtp.Refused) -> None:
        if not error.for_good:
            self._not_now(mail_id, str(error))
            return
        with begin(ACTOR) as work:
            mail = outbox.failed(work, mail_id, str(error))
            _tell_colleagues(work, mail)

    def close(self) -> None:
        for relay in self._relays.values():
            relay.close()
        self._relays.clear()


def access_token(box: Mailbox, dial: lines.Dial) -> str:
    """The mailbox's access token, fetched where the last one has ended; NoToken without one."""
    with TOKENS.alone(box.id):
        kept = TOKENS.get(box.id, box.version)
        return kept if kept is not None else _new_token(box.id, dial)


def _new_token(mailbox_id: str, dial: lines.Dial) -> str:
    # Read here: whoever was before us in the row may have got another refresh token.
    with reading(ACTOR) as work:
        box = mailboxes.get_mailbox(work, mailbox_id)
        hidden = mailboxes.secrets_of(box)
    token = oauth.fetch(
        box.oauth.get("token_url", ""),
        client_id=box.oauth.get("client_id", ""),
        client_secret=hidden.get("client_secret", ""),
        refresh_token=hidden.get("refresh_token", ""),
        scope=box.oauth.get("scope", ""),
        dial=dial,
    )
    if token.refresh and token.refresh != hidden.get("refresh_token"):
        with begin(ACTOR) as work:
            mailboxes.keep_refresh_token(work, mailbox_id, version=box.version, token=token.refresh)
    TOKENS.keep(mailbox_id, box.version, token)
    return token.access


def _letter(work: Work, mail: OutgoingMail) -> writing.Letter:
    store = FolderStore(place.here().attachments)
    files = []
    for attachment_id in mail.attachments:
        row = work.session.get(Attachment, attachment_id)
        if row is not None and row.erased_at is None:
            with store.open(row.id) as stream:
                files.append((row.name, row.type, stream.read()))
    if mail.calendar:
        files.append(("visit.ics", _calendar_type(mail.calendar), mail.calendar.encode()))
    return writing.Letter(
        message_id=mail.message_id,
        from_address=mail.from_address,
        from_name=mail.from_name,
        to_address=mail.to_address,
        to_name=mail.to_name,
        reply_to=mail.reply_to,
        subject=mail.subject,
        text=secrets.unseal(mail.text) if mail.is_sealed else mail.text,
        html=secrets.unseal(mail.html) if mail.is_sealed else mail.html,
        date=clock.now(),
        in_reply_to=mail.in_reply_to,
        references=mail.references,
        is_automatic=mail.is_automatic,
        loop_mark=own_mark(),
        unsubscribe_url=mail.unsubscribe_url,
        files=files,
    )


def _calendar_type(text: str) -> str:
    """Programs that read the entry look for its method in the type as well."""
    method = re.search(r"^METHOD:([A-Z]{4,10})\r?$", text, re.MULTILINE)
    return f"text/calendar; charset=utf-8; method={method[1] if method else 'PUBLISH'}"


def _tell_colleagues(work: Work, mail: OutgoingMail) -> None:
    """Whoever looks at the conversation must see that the customer did not get it."""
    if mail.conversation_id is None:
        return
    if work.session.get(Conversation, mail.conversation_id) is not None:
        text = f"The mail to {mail.to_address} was refused: {mail.error}"
        channels.post(work, mail.conversation_id, author="system", text=text, public=False)
