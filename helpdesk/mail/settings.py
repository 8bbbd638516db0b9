"""What an administrator decides about e-mail for the whole installation."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from helpdesk.core import stored_settings
from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work
from helpdesk.mail import permissions

NAME = "mail"


@dataclass(frozen=True, slots=True)
class MailSettings:
    """`checked_by`: the mail server whose Authentication-Results are believed. `lmtp_port` 0: off.

    `inner_hosts`: mail servers of mailboxes may stand inside the own network. `plus_addresses`:
    answers come back to an address with the ticket's token behind a plus sign. `queue_id`: where
    mail goes that no mailbox with a queue claims; empty: to the chat site's queue.
    """

    checked_by: str = ""
    inner_hosts: bool = False
    plus_addresses: bool = False
    lmtp_port: int = 0
    queue_id: str = ""


def of(work: Work) -> MailSettings:
    stored = stored_settings.get(work, NAME, asdict(MailSettings()))
    return MailSettings(**{name: stored[name] for name in asdict(MailSettings())})


def change(work: Work, **given: Any) -> MailSettings:
    """Store what is given on top of what is there."""
    permissions.require_set_up(work)
    wanted = MailSettings(**{**asdict(of(work)), **given})
    port = wanted.lmtp_port
    if port and not 1024 <= port <= 65535:
        raise Invalid(fields={"lmtp_port": "Write a port from 1024 to 65535, or 0 for none."})
    if len(wanted.checked_by) > 253 or any(c.isspace() for c in wanted.checked_by):
        raise Invalid(fields={"checked_by": "Write the server's name as it stands in its header."})
    stored_settings.put(work, NAME, asdict(wanted))
    return wanted
