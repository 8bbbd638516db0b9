"""What leaves by text: whether it may, and into the books with it. It is sent after the commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from helpdesk.channels import queries, service
from helpdesk.channels.models import Attachment, Conversation
from helpdesk.consents.purposes import SERVICE
from helpdesk.core.errors import Conflict, Forbidden, Invalid
from helpdesk.core.work import Work
from helpdesk.routing import assignments
from helpdesk.routing.models import WorkItem
from helpdesk.texts import outbox, parts, rules, templates, threads
from helpdesk.texts.models import TextThread
from helpdesk.workflows import chat, consenting


def needed_thread(
    work: Work, conversation: Conversation, text: str, *, is_template: bool = False
) -> TextThread:
    """The pair of numbers to write with; a refusal says why nothing may go, and what to do."""
    thread = threads.of_conversation(work, conversation.id)
    if thread is None:
        raise Conflict(
            "This conversation went on in a newer one. Write there.", code="conversation_ended"
        )
    require_free(work, thread, text, is_template=is_template)
    return thread


def require_free(
    work: Work,
    thread: TextThread,
    text: str,
    *,
    is_template: bool,
    customer_id: str = "",
    purpose: str = SERVICE,
) -> None:
    """Conflict (`opted_out`, `no_consent`, `window_closed`), Invalid (`too_long`)."""
    found = consenting.may_send(work, purpose, thread.channel, customer_id, thread.theirs)
    if not found.allowed:
        code = "opted_out" if found.code == consenting.STOPPED else "no_consent"
        raise Conflict(found.why, code=code)
    free = is_template or thread.channel != "whatsapp"
    if not free and not rules.is_open(thread.last_in_at, work.at):
        raise Conflict(
            "More than 24 hours have passed since the customer wrote, so WhatsApp takes only a "
            "template. Choose one."
            if thread.last_in_at
            else "The customer has not written by WhatsApp yet, so it takes only a template. "
            "Choose one.",
            code="window_closed",
        )
    if len(text) > parts.LONGEST:
        raise Invalid(
            f"A text holds at most {parts.LONGEST:,} characters. Send it in parts.", code="too_long"
        )


def queue(
    work: Work,
    thread: TextThread,
    conversation: Conversation,
    posted: service.Posted,
    text: str,
    files: Sequence[Attachment] = (),
    *,
    content_sid: str = "",
    variables: Mapping[str, str] | None = None,
) -> None:
    """Put a message that was just posted into the books."""
    if posted.repeated:
        return
    outbox.put(
        work,
        thread,
        conversation_id=conversation.id,
        seq=posted.seq,
        customer_id=conversation.customer_id,
        text=text,
        attachments=[file.id for file in files],
        content_sid=content_sid,
        variables=variables,
    )


def cut_wrap_up_short(work: Work, item: WorkItem) -> str | None:
    """The conversation goes on while somebody wraps it up: that ends; answers whose it was."""
    held = assignments.open_for_item(work, item.id)
    if held is None:
        return None
    assignments.end_by_time_limit(work, held, item)
    return held.agent_id


def answer_by_machine(
    work: Work, thread: TextThread, conversation: Conversation, text: str
) -> None:
    """What nobody wrote: our hours, help."""
    posted = service.post(work, conversation.id, author="system", text=text)
    outbox.put(
        work,
        thread,
        conversation_id=conversation.id,
        seq=posted.seq,
        customer_id=conversation.customer_id,
        text=text,
        is_automatic=True,
    )


def send_template(
    work: Work,
    conversation_id: str,
    template_id: str,
    values: Mapping[str, str],
    *,
    client_msg_id: str | None = None,
) -> service.Posted:
    """Send a template's words in one's own conversation."""
    conversation = queries.get_visible(work, conversation_id)
    if conversation.agent_id != work.actor.id:
        raise Forbidden("This conversation is not yours.", code="not_your_conversation")
    if conversation.channel not in threads.CHANNELS:
        raise Invalid("Templates go into texts alone.", code="no_text")
    return post_template(work, conversation, template_id, values, client_msg_id=client_msg_id)


def post_template(
    work: Work,
    conversation: Conversation,
    template_id: str,
    values: Mapping[str, str],
    *,
    client_msg_id: str | None = None,
) -> service.Posted:
    template = templates.get(work, template_id)
    if template.archived_at is not None:
        raise Conflict("This template was put aside. Choose another.", code="archived")
    if conversation.channel == "whatsapp" and not template.content_sid:
        raise Invalid("WhatsApp has not approved this template.", code="not_approved")
    given = {name: values.get(name, "").strip() for name in templates.variables(template.body)}
    text = templates.filled(template.body, given)
    thread = needed_thread(work, conversation, text, is_template=True)
    author = f"agent:{work.actor.id}"
    posted = service.post(
        work, conversation.id, author=author, text=text, client_msg_id=client_msg_id
    )
    by_id = template.content_sid if conversation.channel == "whatsapp" else ""
    queue(work, thread, conversation, posted, text, content_sid=by_id, variables=given)
    chat.said_in_chat(work, posted, conversation.id, author, public=True)
    return posted
