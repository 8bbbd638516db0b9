"""Canned replies over the API: those that the asking agent may use."""

from __future__ import annotations

from helpdesk.channels import queries
from helpdesk.core.work import Work
from helpdesk.web.api.base import DESK, operation
from helpdesk.web.api.shapes import Listed, Paged, View, listed, page_of_few


class CannedReplyView(View):
    """A text that agents insert by its shortcut; without `team_id` it is everybody's."""

    id: str
    shortcut: str
    title: str
    text: str
    team_id: str | None
    version: int


@operation("GET", "/canned-replies", who=DESK, query=Paged, gives=Listed[CannedReplyView])
def list_canned_replies(work: Work, query: Paged) -> Listed[CannedReplyView]:
    """List everybody's canned replies and those of your teams, by shortcut."""
    rows = queries.canned_replies(work, work.actor.team_ids)
    page = page_of_few(rows, query, lambda row: (row.shortcut, row.id))
    fields = CannedReplyView.__struct_fields__
    found = [CannedReplyView(**{f: getattr(row, f) for f in fields}) for row in page.items]
    return listed(page, found)
