"""A caller hangs up while their agent is still on the way to the phone: nobody has answered them.

So the agent has nothing to wrap up, and the call counts, and is worked on, as one that was missed;
also where somebody else had answered before, and handed the call on or was lost.
Not for callers in line (see `routing.service.leave`).
"""

from __future__ import annotations

from helpdesk.calls import queries as calls
from helpdesk.channels import service as conversations
from helpdesk.core.work import Work
from helpdesk.routing import assignments
from helpdesk.routing import service as routing
from helpdesk.routing.holding import HeldItem


def before_anybody_answered(work: Work, held: HeldItem) -> bool:
    """Whether it is so; then the work is taken from its agent, who is free for the next.

    Only while the call is held can nobody come into it.
    """
    if held.channel != "call":
        return False
    if not calls.is_unattended(work, held.subject_id):
        return False
    conversations.get_conversation(work, held.subject_id, for_update=True)
    call = calls.find_call(work, held.subject_id, for_update=True)
    item = routing.item_of(work, held.subject_kind, held.subject_id, for_update=True)
    assignment = assignments.open_for_item(work, held.id)
    if call is None or item is None or assignment is None:
        return False
    was_answered = call.answered_at is not None
    leg = calls.leg_of(work, held.subject_id, assignment.agent_id) if was_answered else None
    is_there = was_answered and (leg is None or leg.state != "ringing")
    if is_there or assignment.contact_ended_at is not None:
        return False
    assignments.release(work, assignment, item, "caller_left")
    routing.left_unanswered(work, item, was_answered=was_answered)
    routing.look_for_work(work, assignment.agent_id)
    return True
