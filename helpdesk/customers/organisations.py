"""Organisations and the mail domains by which their people are recognised.

A domain belongs to one organisation; it only ever leads to a suggestion, since anybody can claim
an address. Not for who belongs where (see `service.assign_organisation`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import delete, select

from helpdesk.core.db import insert_if_absent
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.customers import contact_points, custom_fields, field_values, permissions, search
from helpdesk.customers.events import OrganisationAdded, OrganisationChanged
from helpdesk.customers.field_values import LONGEST_NAME, line
from helpdesk.customers.models import ContactPoint, Organisation, OrganisationDomain

MOST_DOMAINS = 50


def create_organisation(
    work: Work,
    *,
    name: str,
    domains: Iterable[str] = (),
    custom: Mapping[str, Any] | None = None,
) -> Organisation:
    permissions.require_desk(work)
    organisation = Organisation(
        id=new_id(),
        name=line(name, "name", longest=LONGEST_NAME, needed=True),
        domains=_domains(domains),
        custom=_custom(work, custom or {}, {}),
        created_at=work.at,
        version=1,
    )
    work.session.add(organisation)
    work.session.flush()
    _hold_domains(work, organisation)
    work.emit(OrganisationAdded(organisation_id=organisation.id))
    return organisation


def change_organisation(
    work: Work, organisation_id: str, *, version: int, changes: Mapping[str, Any]
) -> Organisation:
    """Change name, domains or custom fields; Conflict when changed since `version`."""
    permissions.require_desk(work)
    unknown = sorted(str(field)[:40] for field in set(changes) - {"name", "domains", "custom"})
    if unknown:
        raise Invalid(fields=dict.fromkeys(unknown, "There is no such field."))
    organisation = (
        work.session.get(
            Organisation, organisation_id, with_for_update=True, populate_existing=True
        )
        if is_id(organisation_id)
        else None
    )
    if organisation is None:
        raise NotFound
    if organisation.version != version:
        raise Conflict("Somebody changed this organisation meanwhile. Look again and repeat.")
    before = organisation.name
    if "name" in changes:
        organisation.name = line(changes["name"], "name", longest=LONGEST_NAME, needed=True)
    if "domains" in changes:
        organisation.domains = _domains(changes["domains"])
        _hold_domains(work, organisation)
    if "custom" in changes:
        organisation.custom = _custom(work, changes["custom"], organisation.custom)
    organisation.version += 1
    work.session.flush()
    work.emit(OrganisationChanged(organisation_id=organisation.id, changed=sorted(changes)))
    work.audit("organisation.changed", "organisation", organisation.id, changed=sorted(changes))
    if organisation.name != before:
        search.index_organisation(work, organisation.id)
    return organisation


def suggest_organisation(work: Work, customer_id: str) -> Organisation | None:
    """The organisation whose domain the customer writes from, proved addresses first."""
    customer = permissions.get_customer(work, customer_id)
    if customer.organisation_id is not None:
        return None
    return of_addresses(work, addresses_of(work, customer.id))


def addresses_of(work: Work, customer_id: str) -> list[str]:
    rows = work.session.execute(
        select(ContactPoint.value, ContactPoint.verified_at).where(
            ContactPoint.customer_id == customer_id, ContactPoint.kind == "email"
        )
    ).all()
    return [value for value, proved in sorted(rows, key=lambda row: row[1] is None)]


def of_addresses(work: Work, emails: Iterable[str]) -> Organisation | None:
    domains = [contact_points.domain_of(email) for email in emails]
    wanted = [domain for domain in domains if domain not in contact_points.SHARED_DOMAINS]
    if not wanted:
        return None
    rows = work.session.execute(
        select(OrganisationDomain.domain, Organisation)
        .join(Organisation, Organisation.id == OrganisationDomain.organisation_id)
        .where(OrganisationDomain.domain.in_(wanted))
    )
    found = {row.domain: row.Organisation for row in rows}
    return next((found[domain] for domain in wanted if domain in found), None)


def _domains(given: Any) -> list[str]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise Invalid(fields={"domains": "List the domains."})
    domains = list(dict.fromkeys(contact_points.domain(text) for text in given))
    if len(domains) > MOST_DOMAINS:
        raise Invalid(fields={"domains": f"List at most {MOST_DOMAINS} domains."})
    shared = [domain for domain in domains if domain in contact_points.SHARED_DOMAINS]
    if shared:
        raise Invalid(fields={"domains": f"Anybody can have an address at {shared[0]}."})
    return domains


def _hold_domains(work: Work, organisation: Organisation) -> None:
    table = OrganisationDomain
    work.session.execute(delete(table).where(table.organisation_id == organisation.id))
    for domain in organisation.domains:
        row = {"domain": domain, "organisation_id": organisation.id}
        if not insert_if_absent(work.session, table, row):
            raise Conflict(f"{domain} belongs to another organisation.", code="domain_taken")


def _custom(work: Work, given: Any, present: Mapping[str, Any]) -> dict[str, Any]:
    fields = custom_fields.definitions(work, "organisation")
    return field_values.custom_values(given, fields, present)
