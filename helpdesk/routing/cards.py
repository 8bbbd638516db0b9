"""An offer as the agent's client shows it: who, on which channel, how long, and why them.

Made where the offer is made, so that nobody has to read it again to tell the agent.
"""

from __future__ import annotations

from typing import Any

from helpdesk.routing.models import Offer, WorkItem


def card(offer: Offer, item: WorkItem, queue_name: str, customer_name: str) -> dict[str, Any]:
    """What an agent sees of an offer before taking it."""
    about = {"conversation": "conversation_id", "ticket": "ticket_id"}.get(item.subject_kind)
    return {
        "offer_id": offer.id,
        "channel": offer.channel,
        "queue": queue_name,
        "customer_id": item.customer_id,
        "customer": customer_name,
        "conversation_id": item.subject_id if about == "conversation_id" else None,
        "ticket_id": item.subject_id if about == "ticket_id" else None,
        "work_item_id": item.id,
        "reason": item.reason,
        "waiting_since": item.waiting_since.isoformat(),
        "made_at": offer.made_at.isoformat(),
        "expires_at": offer.expires_at.isoformat(),
        "why": why_in_short(offer.why),
    }


def why_in_short(why: dict[str, Any]) -> str:
    """One line for the offer's card; the whole decision is on the explanation page."""
    words = {
        "longest_idle": "longest idle",
        "least_occupied": "least occupied",
        "fewest_today": "fewest today",
        "best_skill": "best skills",
        "weighted": "best by the queue's weights",
    }
    if why.get("strategy") == "by_name":
        return "You were chosen by name"
    chosen = words.get(why.get("strategy", ""), "next in turn")
    others = why.get("candidates_total", 1) - 1
    if why.get("reserved"):
        return "You know this customer"
    if others <= 0:
        return "You are the one who fits now"
    return f"You are {chosen} of {others + 1} who fit"
