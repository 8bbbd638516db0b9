"""Under which name somebody wrote before their record was merged into another one.

A merge hands conversations to the record that stays. What was said in them was still said by the
one it was said by: a colleague who reads "Greta" above Jonas's words is misled. Not for mails,
which carry the name of their sender.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import bindparam, or_, select

from helpdesk.channels.models import Conversation
from helpdesk.core.work import Work
from helpdesk.customers.models import Customer, Merge

HOLDER = "conversation.customer_id"
_HOLDERS = select(Conversation.customer_id).where(
    Conversation.id.in_(bindparam("ids", expanding=True))
)
_MERGES = (
    select(Customer.name, Merge.undo)
    .join(Customer, Customer.id == Merge.merged_id)
    .where(
        Merge.undone_at.is_(None),
        or_(
            Merge.kept_id.in_(_HOLDERS),
            Merge.kept_id.in_(select(Customer.id).where(Customer.merged_into_id.in_(_HOLDERS))),
        ),
    )
    .order_by(Merge.at, Merge.id)
)


def former_names(work: Work, conversation_ids: Collection[str]) -> dict[str, str]:
    """{conversation: name} of those whose customer was another record once, the first of them."""
    if not conversation_ids:
        return {}
    found: dict[str, str] = {}
    for name, undo in work.session.execute(_MERGES, {"ids": list(conversation_ids)}):
        moved = set(undo.get("rows", {}).get(HOLDER, ()))
        for one in moved.intersection(conversation_ids):
            if name:
                found.setdefault(one, name)
    return found
