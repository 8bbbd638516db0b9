"""Templates of texts over the API: those that may be used, wording them, putting them aside."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from helpdesk.core.errors import NotFound
from helpdesk.core.work import Work
from helpdesk.texts import templates
from helpdesk.texts.models import TextTemplate
from helpdesk.web.api.base import DESK, SUPERVISE, operation
from helpdesk.web.api.reading_in import version_asked
from helpdesk.web.api.shapes import Listed, Paged, Version, View, given, listed, page_of_few
from helpdesk.web.bodies import Body

Name = Annotated[str, Meta(min_length=1, max_length=80)]
Language = Annotated[str, Meta(min_length=2, max_length=8, examples=["en", "pt_BR"])]
Words = Annotated[
    str, Meta(min_length=1, max_length=templates.LONGEST, examples=["Your order {{1}} has left."])
]
ContentId = Annotated[
    str, Meta(max_length=34, description="WhatsApp's id of it, once it is approved.")
]


class TextTemplateView(View):
    """Words written beforehand; `{{1}}`, `{{2}}` are filled in. An archived one is in no use."""

    id: str
    name: str
    language: str
    body: str
    content_sid: str
    archived_at: datetime | None
    created_at: datetime
    version: int


class NewTextTemplate(Body, frozen=True):
    name: Name
    language: Language
    body: Words
    content_sid: ContentId = ""


class TextTemplateChange(Body, frozen=True):
    version: Version | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    body: Words | UnsetType = UNSET
    content_sid: ContentId | UnsetType = UNSET


@operation("GET", "/text-templates", who=DESK, query=Paged, gives=Listed[TextTemplateView])
def list_text_templates(work: Work, query: Paged) -> Listed[TextTemplateView]:
    """List templates of texts by name. Agents see those in use, everybody else all."""
    rows = templates.every(work) if _may_edit(work) else templates.usable(work, "sms")
    page = page_of_few(rows, query, lambda row: (row.name, row.id))
    return listed(page, [_view(row) for row in page.items])


@operation(
    "POST",
    "/text-templates",
    who=SUPERVISE,
    body=NewTextTemplate,
    gives=TextTemplateView,
    status=201,
)
def add_text_template(work: Work, body: NewTextTemplate) -> TextTemplateView:
    """Add a template; its name is free in its language."""
    return _view(templates.add(work, **given(body)))


@operation("GET", "/text-templates/<id:template_id>", who=DESK, gives=TextTemplateView)
def get_text_template(work: Work, template_id: str) -> TextTemplateView:
    """Get one template."""
    row = templates.get(work, template_id)
    if row.archived_at is not None and not _may_edit(work):
        raise NotFound
    return _view(row)


@operation(
    "PATCH",
    "/text-templates/<id:template_id>",
    who=SUPERVISE,
    body=TextTemplateChange,
    gives=TextTemplateView,
    versioned=True,
)
def change_text_template(
    work: Work, template_id: str, body: TextTemplateChange
) -> TextTemplateView:
    """Change a template; what was sent with it stays as it was."""
    row = templates.get(work, template_id)
    facts = {name: getattr(row, name) for name in ("name", "language", "body", "content_sid")}
    values = facts | given(body, "version")
    version = version_asked(body.version)
    return _view(templates.change(work, template_id, version=version, **values))


@operation(
    "POST", "/text-templates/<id:template_id>/archive", who=SUPERVISE, gives=TextTemplateView
)
def archive_text_template(work: Work, template_id: str) -> TextTemplateView:
    """Put a template aside."""
    templates.archive(work, template_id, archived=True)
    return _view(templates.get(work, template_id))


@operation(
    "POST", "/text-templates/<id:template_id>/restore", who=SUPERVISE, gives=TextTemplateView
)
def restore_text_template(work: Work, template_id: str) -> TextTemplateView:
    """Take a template back into use."""
    templates.archive(work, template_id, archived=False)
    return _view(templates.get(work, template_id))


def _may_edit(work: Work) -> bool:
    return work.actor.role in SUPERVISE


def _view(row: TextTemplate) -> TextTemplateView:
    names = TextTemplateView.__struct_fields__
    return TextTemplateView(**{name: getattr(row, name) for name in names})
