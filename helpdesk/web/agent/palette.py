"""What Ctrl-K finds beside the page's own commands: customers, as somebody types."""

from __future__ import annotations

from typing import Any

from helpdesk.core.work import reading
from helpdesk.customers.search import search
from helpdesk.web import doors
from helpdesk.web.agent import door
from helpdesk.web.agent.work_pane import name_or_unknown
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow

SHOWN = 8


@door.get("/palette")
@allow("agent", "supervisor", "admin")
def found() -> dict[str, Any]:
    with reading(doors.actor()) as work:
        hits = search(work, query_text("q"), SHOWN)
    return {
        "items": [
            {
                "title": " · ".join(
                    part for part in (name_or_unknown(h.name), h.organisation, h.contact) if part
                ),
                "group": "Customers (similar spelling)" if h.near else "Customers",
                "icon": "user-round",
                "href": f"/desk/customers/{h.customer_id}",
                "customer_id": h.customer_id,
                "event": "customer",
            }
            for h in hits
        ]
    }
