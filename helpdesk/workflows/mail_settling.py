"""Where a mail belongs, decided and done in one transaction: a case, an answer, a note, quarantine.

The decisions are pure functions of `helpdesk.mail`; here they get what they need to know and their
answers are carried out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from helpdesk.channels import content_types, sites
from helpdesk.channels import service as channels
from helpdesk.channels.attachments import Stored
from helpdesk.channels.models import Attachment, Conversation
from helpdesk.core import secrets
from helpdesk.core.actors import STAFF
from helpdesk.core.work import Work
from helpdesk.customers.models import ContactPoint
from helpdesk.identity.models import User
from helpdesk.mail import mailboxes, queries, sender, service, threads
from helpdesk.mail import settings as mail_settings
from helpdesk.mail.classify import Verdict, classify, why_no_mail
from helpdesk.mail.models import IncomingMail, MailBody, Mailbox
from helpdesk.mail.sender import Sender
from helpdesk.routing import service as routing
from helpdesk.routing.models import Queue
from helpdesk.tickets import queries as tickets
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import cases, mail_bounced, mail_customers, mail_out

LONGEST_SHOWN = channels.LONGEST_MESSAGE - 200
GOES_ON = "\n\n(The mail goes on. Open it to read all of it.)"
NO_TEXT = "(This mail has no text.)"
WORDS = ("email", "form", "chat", "call")


@dataclass(slots=True)
class Case:
    """A mail on its way: what was read of it, and what was found out about it."""

    mail: IncomingMail
    facts: dict[str, Any]
    files: Sequence[tuple[Stored, str, str]]
    box: Mailbox | None
    who: Sender
    verdict: Verdict
    candidates: list[threads.Candidate]
    from_colleague: bool


def settle(
    work: Work,
    mail: IncomingMail,
    facts: dict[str, Any],
    files: Sequence[tuple[Stored, str, str]],
) -> bool:
    """Put the mail where it belongs; True when its files were kept."""
    case = _look_at(work, mail, facts, files)
    service.keep_facts(work, mail, facts)
    kept = _put(work, case)
    # At the end, so that the row is written once.
    mail.mailbox_id = case.box.id if case.box else None
    mail.kind, mail.doubt, mail.subject = case.verdict.kind, case.who.doubt, facts["subject"][:300]
    mail.sender_name, mail.sender_address = case.who.name[:160], case.who.address or ""
    return kept


def _put(work: Work, case: Case) -> bool:
    mail, kind = case.mail, case.verdict.kind
    if no_mail := why_no_mail(case.facts):
        service.park(work, mail, no_mail)
        return False
    if kind == "loop":
        service.park(work, mail, "It is a mail of our own that came back to us.")
        return False
    if kind in ("bounce", "delayed"):
        return _bounced(work, case)
    if kind == "away":
        return _away(work, case)
    placed = threads.place(case.candidates, case.who.address, sure=case.who.sure)
    if case.from_colleague and placed.joins is None and case.candidates:
        service.park(
            work,
            mail,
            "It says it is from a colleague and answers a mail of a case. A mail proves nobody; "
            "answers are written at the desk.",
        )
        return False
    if placed.joins is not None and placed.joins.ticket_id is not None:
        return _answer(work, case, placed.joins.conversation_id, placed.joins.ticket_id)
    return _open(work, case, placed.related)


def own_mark() -> str:
    """What mails of this installation carry, so that it knows its own."""
    return secrets.sign("mail loop mark", "")[:24]


def _look_at(
    work: Work,
    mail: IncomingMail,
    facts: dict[str, Any],
    files: Sequence[tuple[Stored, str, str]],
) -> Case:
    recipients = _recipients(mail, facts)
    boxes = mailboxes.mailboxes(work)
    box = next((b for b in boxes if b.id == mail.mailbox_id), None)
    box = box or mailboxes.written_to(boxes, recipients)
    own = frozenset(b.address for b in boxes)
    named = [address for _, address in facts["from"]]
    replies = [address for _, address in facts["reply_to"]]
    staff = _staff(work, [*named, *replies])
    chosen = mail_settings.of(work)
    who = sender.identify(
        facts,
        own_addresses=own,
        staff_addresses=staff,
        checked_by=chosen.checked_by,
    )
    verdict = classify(facts, own_marks=[own_mark()], envelope_from=mail.envelope_from)
    found = _candidates(work, facts, recipients)
    return Case(mail, facts, files, box, who, verdict, found, bool(staff & set(named)))


def _recipients(mail: IncomingMail, facts: dict[str, Any]) -> list[str]:
    """Every address it was sent to, the surest first."""
    found = list(mail.envelope_to)
    for name in ("delivered-to", "x-original-to", "envelope-to"):
        found += facts["headers"].get(name, [])
    found += [address for _, address in [*facts["to"], *facts["cc"]]]
    return [a.strip("<> ").lower() for a in found][:200]


def _staff(work: Work, addresses: Sequence[str]) -> frozenset[str]:
    if not addresses:
        return frozenset()
    rows = work.session.scalars(
        select(func.lower(User.email)).where(
            func.lower(User.email).in_(list(addresses)[:50]),
            User.role.in_(STAFF),
            User.is_active,
        )
    )
    return frozenset(rows)


def _candidates(
    work: Work, facts: dict[str, Any], recipients: Sequence[str]
) -> list[threads.Candidate]:
    ids = [*facts["references"], *facts["in_reply_to"]]
    found: list[tuple[str, threads.Proof]] = [
        (conversation_id, "reference") for conversation_id in queries.conversations_named(work, ids)
    ]
    for proof, numbers in (
        ("plus", threads.plus_numbers(recipients)),
        ("subject", threads.subject_numbers(facts["subject"])),
    ):
        for number in numbers[:5]:
            ticket = tickets.find_by_number(work, number)
            if ticket is not None:
                found += [(i, proof) for i in _threads_of(work, ticket)]  # type: ignore[misc]
    conversations = {
        row.id: row
        for row in work.session.scalars(
            select(Conversation).where(Conversation.id.in_([i for i, _ in found]))
        )
    } if found else {}  # fmt: skip
    return [
        threads.Candidate(i, conversations[i].ticket_id, proof, _who_is_in(work, conversations[i]))
        for i, proof in found
        if i in conversations
    ]


def _threads_of(work: Work, ticket: Ticket) -> Sequence[str]:
    return work.session.scalars(
        select(Conversation.id)
        .where(Conversation.ticket_id == ticket.id, Conversation.channel.in_(WORDS))
        .order_by(Conversation.channel != "email", Conversation.opened_at.desc())
        .limit(10)
    ).all()


def _who_is_in(work: Work, conversation: Conversation) -> frozenset[str]:
    """Addresses we have written to there, and the customer's own proved ones."""
    proved = work.session.scalars(
        select(ContactPoint.value).where(
            ContactPoint.customer_id == conversation.customer_id,
            ContactPoint.kind == "email",
            ContactPoint.verified_at.is_not(None),
        )
    )
    return queries.correspondents(work, conversation.id) | frozenset(proved)


def _bounced(work: Work, case: Case) -> bool:
    """A mail of ours came back: noted on it and in its conversation, and nowhere else."""
    bounce = case.verdict.bounce
    assert bounce is not None
    ids = [bounce.original, *case.facts["in_reply_to"], *reversed(case.facts["references"])]
    text = f"{case.facts['text']}\n{case.facts['quoted']}\n{case.facts['report']}"
    letter = queries.find_letter(work, [*ids, *threads.ids_of_ours(text[:300_000])])
    proved = letter is not None
    if letter is None and bounce.recipient:
        letter = queries.last_sent_to(work, bounce.recipient)
    if letter is None:
        service.park(work, case.mail, "It says that a mail did not arrive, but not one of ours.")
        return False
    seq = mail_bounced.note(work, letter, bounce, proved=proved)
    service.settle(
        work,
        case.mail,
        "attached",
        ticket_id=letter.ticket_id,
        conversation_id=letter.conversation_id,
        seq=seq,
        reason=bounce.diagnostic or bounce.why,
        customer_id=letter.customer_id,
    )
    return False


def _away(work: Work, case: Case) -> bool:
    """An automatic answer: a note beside what it answers. No state moves, no clock hears of it."""
    target = next((c.conversation_id for c in case.candidates), None)
    if target is None and case.who.address is not None:
        bare = threads.bare_subject(case.facts["subject"]).lower()
        sent = queries.last_letter_to(work, case.who.address)
        same = [s for s in sent if _same_matter(bare, s.subject)]
        target = next((s.conversation_id for s in [*same, *sent[:1]]), None)
    conversation = work.session.get(Conversation, target) if target else None
    if conversation is None:
        service.park(work, case.mail, "It is an automatic answer to nothing that we know of.")
        return False
    text = f"Automatic answer from {case.who.address or 'an unknown sender'}:\n\n{_words(case)}"
    posted = channels.post(
        work, conversation.id, author="system", text=text[: channels.LONGEST_MESSAGE], public=False
    )
    service.settle(
        work,
        case.mail,
        "attached",
        ticket_id=conversation.ticket_id,
        conversation_id=conversation.id,
        seq=posted.seq,
        reason=case.verdict.why,
        customer_id=conversation.customer_id,
    )
    return False


def _same_matter(bare: str, subject: str) -> bool:
    wanted = threads.bare_subject(subject).lower()
    return len(wanted) > 3 and wanted in bare


def _answer(work: Work, case: Case, conversation_id: str, ticket_id: str) -> bool:
    posted = cases.customer_wrote(
        work,
        ticket_id,
        conversation_id=conversation_id,
        text=_words(case),
        channel="email",
        attachments=_attachments(work, case),
    )
    if case.who.address:
        service.correspond(work, posted.conversation_id, [case.who.address])
    ticket = tickets.find_ticket(work, posted.ticket_id)
    service.settle(
        work,
        case.mail,
        "ticket" if posted.followed_up else "reply",
        ticket_id=posted.ticket_id,
        conversation_id=posted.conversation_id,
        seq=posted.seq,
        customer_id=ticket.customer_id if ticket else None,
    )
    return True


def _open(work: Work, case: Case, related: threads.Candidate | None) -> bool:
    found = mail_customers.of(work, case.who)
    wishes = _wishes(case)
    opened = cases.open_case(
        work,
        customer_id=found.customer.id,
        subject=threads.bare_subject(case.facts["subject"])[:200] or _first_line(case),
        body=_words(case),
        channel="email",
        queue=_queue(work, case, wishes.get("queue")),
        priority=wishes.get("priority"),
        tags=wishes.get("tags", ()),
        attachments=_attachments(work, case),
        is_new_customer=found.is_new,
    )
    if case.who.address and case.who.sure:
        service.correspond(work, opened.conversation_id, [case.who.address])
    if case.who.doubt:
        note = f"Who wrote this mail is not sure. {case.who.doubt} Look twice before you answer."
        channels.post(work, opened.conversation_id, author="system", text=note, public=False)
    if related is not None:
        _tell_both(work, case, opened, related)
    mail_out.acknowledge(work, case.mail, case.box, case.who, case.verdict, opened.ticket,
                         opened.conversation_id)  # fmt: skip
    service.settle(
        work,
        case.mail,
        "ticket",
        ticket_id=opened.ticket.id,
        conversation_id=opened.conversation_id,
        seq=opened.seq,
        reason=case.who.doubt,
        customer_id=found.customer.id,
    )
    return True


def _queue(work: Work, case: Case, wished: str | None) -> str:
    """The queue asked for, else the mailbox's, else that of all other mail; none that is closed."""
    own = case.box.queue_id if case.box else None
    wanted = next((q for q in (wished, own) if q and routing.find_queue(work, q)), None)
    return wanted or queue_of_other_mail(work).id


def queue_of_other_mail(work: Work) -> Queue:
    """Where mail goes that no mailbox claims: the queue set for it, else the chat site's."""
    site = sites.default_site(work)
    chosen = mail_settings.of(work).queue_id
    return routing.prefer_queue(work, chosen or None, site.queue_id if site else None)


def _tell_both(work: Work, case: Case, opened: cases.Opened, related: threads.Candidate) -> None:
    """Colleagues on the other case learn that somebody else speaks of it."""
    who = case.who.address or "Somebody who gives no address"
    text = f"{who} wrote about this case and has a case of their own now: T-{opened.ticket.number}."
    channels.post(work, related.conversation_id, author="system", text=text, public=False)
    other = tickets.find_ticket(work, related.ticket_id) if related.ticket_id else None
    if other is not None:
        text = (
            f"This mail speaks of T-{other.number}, but its sender takes no part there. "
            "Nothing of that case was sent to them."
        )
        channels.post(work, opened.conversation_id, author="system", text=text, public=False)


def _wishes(case: Case) -> dict[str, Any]:
    """Control headers, heard only where the mailbox is for programs of ours."""
    if case.box is None or not case.box.is_trusted:
        return {}
    given = {
        name: case.facts["headers"].get(f"x-helpdesk-{name}", [""])[0].strip()
        for name in ("queue", "priority", "tags")
    }
    wishes: dict[str, Any] = {"queue": given["queue"] or None}
    if given["priority"].lower() in ("low", "normal", "high", "urgent"):
        wishes["priority"] = given["priority"].lower()
    wishes["tags"] = [t.strip()[:50] for t in given["tags"].split(",") if t.strip()][:10]
    return wishes


def _words(case: Case) -> str:
    text = case.facts["text"].strip("\n")
    notes = "\n".join(f"[{note}]" for note in case.facts["notes"])
    told = "\n\n".join(x for x in (text, notes) if x.strip())
    if not told.strip():
        return NO_TEXT
    return told if len(told) <= LONGEST_SHOWN else told[:LONGEST_SHOWN] + GOES_ON


def _first_line(case: Case) -> str:
    line = next((x.strip() for x in case.facts["text"].splitlines() if x.strip()), "")
    return line[:100] or "(no subject)"


def _attachments(work: Work, case: Case) -> list[Attachment]:
    """The mail's files as rows of nobody yet, and which of them are pictures in its text."""
    rows = []
    by_cid: dict[str, str] = {}
    for stored, name, cid in case.files:
        row = Attachment(
            id=stored.id,
            conversation_id=stored.id,  # until the words they belong to have a place
            message_id=None,
            uploaded_by="visitor",
            name=content_types.clean_name(name),
            type=stored.type,
            size=stored.size,
            sha256=stored.sha256,
            created_at=work.at,
            erased_at=None,
        )
        work.session.add(row)
        rows.append(row)
        if cid:
            by_cid[cid] = stored.id
    if case.facts["inline"]:
        body = work.session.get_one(MailBody, case.mail.id)
        body.inline = [by_cid.get(cid) for cid in case.facts["inline"]]
    work.session.flush()
    return rows
