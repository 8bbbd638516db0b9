"""What an agent limited to the queues of their teams meets behind each address with an id.

Kept as data: a new route of the desk that names something by id fails tests/web/test_reach.py until
it has a row here. `DESK`: the same for the whole desk. `OWN`: a person's own, whoever they are.
Everything else answers a foreign id as one that is nobody's; the row holds what is sent along:
None for nothing, `form(...)`, `json(...)` or `file()`. Words in capitals are the scene's: ids, a
time to come.
"""

from __future__ import annotations

from typing import Any

DESK, OWN = "desk", "own"


def form(**fields: str) -> dict[str, Any]:
    return {"data": fields}


def json(**fields: Any) -> dict[str, Any]:
    return {"json": fields}


def file() -> dict[str, Any]:
    return {"file": True}


Row = dict[str, Any] | str | None

REACH: dict[str, Row] = {
    "agent.before_answering": OWN,
    # Cases on the desk.
    "agent.ticket": None,
    "agent.ticket_by_number": None,
    "agent.ticket_now": None,
    "agent.ticket_words": None,
    "agent.ticket_mail": None,
    "agent.ticket_clocks": None,
    "agent.preview_ticket_macro": None,
    "agent.use_ticket_macro": json(),
    "agent.change_ticket": form(field="subject", value="Mine", was="The invoice is wrong"),
    "agent.ticket_state": form(state="resolved"),
    "agent.ticket_hand": form(what="take"),
    "agent.ticket_tag": form(tag="mine"),
    "agent.ticket_reply": json(client_msg_id="x" * 20, text="From me"),
    "agent.ticket_upload": file(),
    "agent.save_ticket_draft": json(text="From me"),
    "agent.ticket_drafts": None,
    "agent.undo_pending": None,
    "agent.move_pending": json(at="TOMORROW"),
    "agent.step_pending": json(what="withdraw"),
    "agent.ticket_moments": None,
    "agent.make_promise": json(text="I call", due_at="TOMORROW"),
    "agent.end_promise": form(what="withdrawn"),
    "agent.add_task": form(text="Mine"),
    "agent.tick_task": form(done="1"),
    "agent.remove_task": form(),
    "agent.add_ticket_link": form(number="TICKET_OF_MINE"),
    "agent.remove_ticket_link": form(),
    "agent.follow_ticket": form(),
    "agent.unfollow_ticket": form(),
    "agent.add_ticket_participant": form(customer_id="CUSTOMER_OF_MINE"),
    "agent.remove_ticket_participant": form(),
    "agent.add_ticket_time": form(spent="20 min"),
    "agent.remove_ticket_time": form(),
    "agent.merge_ticket_form": None,
    "agent.merge_tickets": form(target="TICKET_OF_MINE"),
    "agent.undo_ticket_merge": form(),
    "agent.split_ticket_form": None,
    "agent.split_ticket": form(message="THREAD:1", subject="Mine"),
    "agent.undo_ticket_split": form(),
    # Conversations, mails, files.
    "agent.conversation": None,
    "agent.messages": None,
    "agent.join": json(),
    "agent.leave": json(),
    "agent.why_mine": None,
    "agent.why": None,
    "agent.upload": file(),
    "agent.transfer": json(to_queue="QUEUE_OF_MINE"),
    "agent.consult": json(user_id="COLLEAGUE"),
    "agent.take_over": json(),
    "agent.link_customer": json(customer_id="CUSTOMER_OF_MINE"),
    "agent.mail": None,
    "agent.mail_shown": None,
    "agent.mail_raw": None,
    "agent.download": None,
    # Records.
    "agent.customer": None,
    "agent.card": None,
    "agent.older_timeline": None,
    "agent.conversations_of": None,
    "agent.change": form(field="name", value="Mine", version="1"),
    "agent.add_tag": form(tag="mine"),
    "agent.remove_tag": form(),
    "agent.add_note": form(text="Mine"),
    "agent.remove_note": form(),
    "agent.add_point": form(value="mine@example.com"),
    "agent.change_point": form(),
    "agent.merge_form": None,
    "agent.merge": form(),
    "agent.undo_merge": form(),
    "agent.dismiss_duplicate": form(),
    # What the desk shares, and what is one's own.
    "agent.macro": DESK,
    "agent.ticket_macros": DESK,  # of the ticket it holds the id that was asked for
    "agent.save_macro": DESK,
    "agent.remove_macro": DESK,
    "agent.move_ticket_view": DESK,
    "agent.remove_ticket_view": DESK,
    "agent.bulk_progress": DESK,
    "agent.undo_bulk": DESK,
    "agent.remove_saved_search": OWN,
    "auth.revoke_token": OWN,
    # The same over the API.
    "api.get_ticket": None,
    "api.change_ticket": json(subject="Mine"),
    "api.pull_ticket": json(),
    "api.list_replies": None,
    "api.add_reply": json(body="From me", public=True),
    "api.upload_file": file(),
    "api.list_planned_replies": None,
    "api.cancel_planned_reply": json(),
    "api.get_ticket_bulk": OWN,
    "api.undo_ticket_bulk": OWN,
    "api.download_file": None,
    "api.ticket_history": None,
    "api.ticket_clocks": None,
    "api.list_promises": None,
    "api.add_promise": json(text="I call", due_at="TOMORROW"),
    "api.end_promise": json(outcome="withdrawn"),
    "api.list_checklist": None,
    "api.add_checklist_item": json(text="Mine"),
    "api.change_checklist_item": json(done=True),
    "api.remove_checklist_item": None,
    "api.list_time": None,
    "api.add_time": json(seconds=60),
    "api.remove_time": None,
    "api.list_links": None,
    "api.add_link": json(relation="related_to", ticket_id="TICKET_OF_MINE"),
    "api.remove_link": None,
    "api.list_followers": None,
    "api.add_follower": json(),
    "api.remove_follower": None,
    "api.list_participants": None,
    "api.add_participant": json(customer_id="CUSTOMER_OF_MINE"),
    "api.remove_participant": None,
    "api.merge_ticket": json(into="TICKET_OF_MINE"),
    "api.undo_ticket_merge": json(),
    "api.split_ticket": json(conversation_id="THREAD", seqs=[1], subject="Mine"),
    "api.undo_ticket_split": json(),
    "api.use_macro": json(),
    "api.get_conversation": None,
    "api.list_messages": None,
    "api.send_message": json(text="From me"),
    "api.end_conversation": json(),
    "api.transfer": json(to_agent="COLLEAGUE"),
    "api.finish_wrap_up": json(outcome="resolved"),
    "api.get_customer": None,
    "api.change_customer": json(name="Mine", version=1),
    "api.customer_timeline": None,
    "api.customer_metrics": None,
    "api.add_contact_point": json(kind="email", value="mine@example.com"),
    "api.remove_contact_point": None,
    "api.verify_contact_point": json(),
    "api.prefer_contact_point": json(),
    "api.add_tag": json(name="mine"),
    "api.remove_tag": None,
    "api.list_notes": None,
    "api.add_note": json(text="Mine"),
    "api.delete_note": None,
    "api.preview_merge": {"query_string": {"customer_id": "CUSTOMER_OF_MINE"}},
    "api.merge_customers": json(customer_id="CUSTOMER_OF_MINE"),
    "api.undo_merge": json(),
    "api.get_agent": DESK,
    "api.set_presence": OWN,
    "api.get_calendar": DESK,
    "api.get_canned_reply": DESK,
    "api.get_macro": DESK,
    "api.change_macro": DESK,
    "api.remove_macro": DESK,
    "api.get_organisation": DESK,
    "api.change_organisation": DESK,
    "api.get_queue": DESK,
    "api.get_ticket_rule": DESK,
    "api.get_skill": DESK,
    "api.change_ticket_view": DESK,
    "api.remove_ticket_view": DESK,
    "api.accept_offer": OWN,
    "api.decline_offer": OWN,
    "api.delete_saved_search": OWN,
}
