"""The demo company's mailbox and the rules it keeps, so that a newcomer sees what both look like.

No server is named anywhere, so nothing is fetched and nothing leaves. Rules are switched on at the
end of the history: they look at what comes from then on, not at three months that nobody watched.
"""

from __future__ import annotations

from helpdesk.demo.history_work import HistoryWork
from helpdesk.mail import mailboxes
from helpdesk.rules import service as rules
from helpdesk.rules.actions import Action
from helpdesk.rules.conditions import Condition
from helpdesk.rules.service import Draft
from helpdesk.rules.triggers import DAY, Timer

RULES = (
    Draft(
        name="Power cuts come first",
        triggers=("opened", "customer_wrote"),
        every=(
            Condition("message_author", "any_of", ("customer",)),
            Condition(
                "message", "contains", ("power cut", "no electricity", "without power", "blackout")
            ),
        ),
        actions=(Action("set_priority", "urgent"), Action("add_tags", values=("outage",))),
    ),
    Draft(
        name="A low mark is looked into",
        triggers=("survey_answered",),
        every=(Condition("score", "at_most", ("2",)),),
        actions=(
            Action("add_tags", values=("low mark",)),
            Action("add_note", text="The customer gave a low mark. Please read it and call them."),
        ),
    ),
    Draft(
        name="Without an answer for two weeks",
        timer=Timer("in_state", 14 * DAY, state="waiting_on_customer"),
        actions=(
            Action("add_note", text="We have waited two weeks for the customer, so {ticket} ends."),
            Action("set_state", "resolved"),
        ),
    ),
)


def open_mailbox(work: HistoryWork, domain: str, company: str, queue_id: str) -> None:
    """The address on the company's letters; its mail would be handed over, not fetched."""
    brand = mailboxes.save_brand(
        work, None, name=company, sender_name=f"{company} service", language="en", is_default=True
    )
    mailboxes.add_mailbox(
        work,
        name="Service",
        address=f"service@{domain}",
        queue_id=queue_id,
        brand_id=brand.id,
        incoming="none",
    )


def keep_rules(work: HistoryWork) -> None:
    for draft in RULES:
        rules.switch(work, rules.add_rule(work, draft).id, True)
