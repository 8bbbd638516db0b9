"""Organisations over the API. Their people are listed by `customers?organisation_id=`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType, field

from helpdesk.core.errors import NotFound
from helpdesk.core.work import Work
from helpdesk.customers import organisations, queries
from helpdesk.customers.models import Organisation
from helpdesk.web.api.base import DESK, operation
from helpdesk.web.api.reading_in import version_asked
from helpdesk.web.api.shapes import Id, Listed, Paged, Version, View, given, listed
from helpdesk.web.bodies import Body

Name = Annotated[str, Meta(min_length=1, max_length=160)]
Domain = Annotated[str, Meta(min_length=1, max_length=253, examples=["example.com"])]
Domains = Annotated[list[Domain], Meta(max_length=50)]
Custom = Annotated[dict[str, Any], Meta(max_length=100)]


class OrganisationView(View):
    """A company or household group; `domains` are the mail domains of its people."""

    id: str
    name: str
    domains: list[str]
    custom: dict[str, Any]
    created_at: datetime
    version: int


class OrganisationsAsked(Paged):
    q: Annotated[str, Meta(max_length=80, description="How the name begins.")] = ""


class NewOrganisation(Body, frozen=True):
    name: Name
    domains: Domains = field(default_factory=list)
    custom: Custom = field(default_factory=dict)


class OrganisationChange(Body, frozen=True):
    version: Version | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    domains: Domains | UnsetType = UNSET
    custom: Custom | UnsetType = UNSET


@operation(
    "GET", "/organisations", who=DESK, query=OrganisationsAsked, gives=Listed[OrganisationView]
)
def list_organisations(work: Work, query: OrganisationsAsked) -> Listed[OrganisationView]:
    """List organisations by name."""
    page = queries.list_organisations(
        work, starts_with=query.q, cursor=query.place(), limit=query.limit
    )
    return listed(page, [_view(row) for row in page.items])


@operation(
    "POST",
    "/organisations",
    who=DESK,
    body=NewOrganisation,
    gives=OrganisationView,
    status=201,
)
def add_organisation(work: Work, body: NewOrganisation) -> OrganisationView:
    """Add an organisation."""
    return _view(organisations.create_organisation(work, **given(body)))


@operation("GET", "/organisations/<id:organisation_id>", who=DESK, gives=OrganisationView)
def get_organisation(work: Work, organisation_id: Id) -> OrganisationView:
    """Get one organisation."""
    found = work.session.get(Organisation, organisation_id)
    if found is None:
        raise NotFound
    return _view(found)


@operation(
    "PATCH",
    "/organisations/<id:organisation_id>",
    who=DESK,
    body=OrganisationChange,
    gives=OrganisationView,
    versioned=True,
)
def change_organisation(
    work: Work, organisation_id: str, body: OrganisationChange
) -> OrganisationView:
    """Change an organisation."""
    changed = organisations.change_organisation(
        work, organisation_id, version=version_asked(body.version), changes=given(body, "version")
    )
    return _view(changed)


def _view(row: Organisation) -> OrganisationView:
    return OrganisationView(
        id=row.id,
        name=row.name,
        domains=row.domains,
        custom=row.custom,
        created_at=row.created_at,
        version=row.version,
    )
