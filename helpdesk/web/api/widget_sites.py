"""Sites that embed the chat, over the API. A secret is shown when made, never again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, field

from helpdesk.channels import sites
from helpdesk.channels.models import WidgetSite
from helpdesk.core.work import Work
from helpdesk.routing.models import Queue
from helpdesk.web.api.agents import require_known
from helpdesk.web.api.base import ADMIN, operation
from helpdesk.web.api.reading_in import version_asked
from helpdesk.web.api.shapes import (
    Id,
    Listed,
    Paged,
    Version,
    View,
    given,
    listed,
    page_of_few,
    plain,
)
from helpdesk.web.bodies import Body

Name = Annotated[str, Meta(min_length=1, max_length=80)]
Origins = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=300)]],
    Meta(max_length=20, examples=[["https://www.example.com"]]),
]
Colour = Annotated[str, Meta(pattern="^#[0-9a-fA-F]{6}$", examples=["#3157d5"])]
Words = Annotated[str, Meta(max_length=300)]


class Question(Body, frozen=True):
    """A field asked before the chat; `choices` for kind choice."""

    key: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,39}$")]
    label: Annotated[str, Meta(min_length=1, max_length=80)]
    kind: Literal["text", "email", "phone", "choice"]
    required: bool = False
    choices: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=80)]], Meta(max_length=20)
    ] = field(default_factory=list)


Questions = Annotated[list[Question], Meta(max_length=8)]


class SiteView(View):
    """A web site with the chat; `key` is public and stands in its script tag."""

    id: str
    key: str
    name: str
    allowed_origins: list[str]
    queue_id: str
    colour: str
    greeting: str
    offline_text: str
    pre_chat: list[dict[str, Any]]
    calls: bool
    is_active: bool
    is_default: bool
    created_at: datetime
    version: int


class SiteWithSecret(SiteView):
    """`secret` signs identities; keep it on your server. It is not shown again."""

    secret: str


class NewSite(Body, frozen=True):
    name: Name
    queue_id: Id
    allowed_origins: Origins = field(default_factory=list)
    colour: Colour | UnsetType = UNSET
    greeting: Words = ""
    offline_text: Words = ""
    pre_chat: Questions = field(default_factory=list)
    calls: bool = True
    is_default: bool = False


class SiteChange(Body, frozen=True):
    version: Version | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    queue_id: Id | UnsetType = UNSET
    allowed_origins: Origins | UnsetType = UNSET
    colour: Colour | UnsetType = UNSET
    greeting: Words | UnsetType = UNSET
    offline_text: Words | UnsetType = UNSET
    pre_chat: Questions | UnsetType = UNSET
    calls: bool | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET


@operation("GET", "/widget-sites", who=ADMIN, query=Paged, gives=Listed[SiteView])
def list_widget_sites(work: Work, query: Paged) -> Listed[SiteView]:
    """List the sites with the chat by name."""
    page = page_of_few(sites.list_sites(work), query, lambda row: (row.name, row.id))
    return listed(page, [_view(row) for row in page.items])


@operation("POST", "/widget-sites", who=ADMIN, body=NewSite, gives=SiteWithSecret, status=201)
def add_widget_site(work: Work, body: NewSite) -> SiteWithSecret:
    """Add a site; the answer is the only one that shows its secret."""
    require_known(work, Queue, [body.queue_id], "queue_id")
    site, secret = sites.create_site(work, **plain(given(body)))
    work.session.flush()
    return SiteWithSecret(**_facts(site), secret=secret)


@operation("GET", "/widget-sites/<id:site_id>", who=ADMIN, gives=SiteView)
def get_widget_site(work: Work, site_id: str) -> SiteView:
    """Get one site."""
    return _view(sites.get_site(work, site_id))


@operation(
    "PATCH",
    "/widget-sites/<id:site_id>",
    who=ADMIN,
    body=SiteChange,
    gives=SiteView,
    versioned=True,
)
def change_widget_site(work: Work, site_id: str, body: SiteChange) -> SiteView:
    """Change a site."""
    if body.queue_id is not UNSET:
        require_known(work, Queue, [body.queue_id], "queue_id")
    changes = plain(given(body, "version"))
    sites.change_site(work, site_id, version=version_asked(body.version), **changes)
    work.session.flush()
    return _view(sites.get_site(work, site_id))


@operation("POST", "/widget-sites/<id:site_id>/secret", who=ADMIN, gives=SiteWithSecret, status=201)
def rotate_widget_secret(work: Work, site_id: str) -> SiteWithSecret:
    """Make a new secret; what was signed with the former one is refused from now on."""
    secret = sites.rotate_secret(work, site_id)
    work.session.flush()
    return SiteWithSecret(**_facts(sites.get_site(work, site_id)), secret=secret)


@operation("POST", "/widget-sites/<id:site_id>/default", who=ADMIN, gives=SiteView)
def make_default_site(work: Work, site_id: str) -> SiteView:
    """Make this the site of chats that name none."""
    sites.make_default(work, site_id)
    work.session.flush()
    return _view(sites.get_site(work, site_id))


def _facts(row: WidgetSite) -> dict[str, Any]:
    return {name: getattr(row, name) for name in SiteView.__struct_fields__}


def _view(row: WidgetSite) -> SiteView:
    return SiteView(**_facts(row))
