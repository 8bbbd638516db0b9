"""One batch of an import: rows become customers, organisations and tickets, or problems.

What a batch refers to is looked up at once, its rows are checked one by one, and what they make is
inserted together. A row is checked wholly before it makes anything, so it is taken as a whole or
not at all. A trial makes nothing but links under a name of its own, which go with its end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from sqlalchemy import func, select

from helpdesk.core.db import insert_if_absent, insert_rows
from helpdesk.core.errors import Invalid
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.customers import contact_points, search
from helpdesk.customers.events import CustomerAdded
from helpdesk.customers.models import (
    ContactPoint,
    Customer,
    CustomerTag,
    OrganisationDomain,
    Tag,
    TimelineEntry,
)
from helpdesk.customers.models import Organisation as OrganisationRow
from helpdesk.identity.models import User
from helpdesk.imports import queries, service
from helpdesk.imports.article_records import Language, Piece, Place
from helpdesk.imports.csv_owned import AssetRow, OrderRow, ProductRow
from helpdesk.imports.models import Import, ImportLink
from helpdesk.imports.records import (
    Case,
    FieldName,
    Organisation,
    Person,
    Record,
    RowProblem,
    fingerprint,
)
from helpdesk.imports.staging import ARTICLES, OWNED, TABLES
from helpdesk.workflows.importing_articles import Bookcase
from helpdesk.workflows.importing_fields import Fitted, OwnFields
from helpdesk.workflows.importing_files import Brought
from helpdesk.workflows.importing_lines import Row, Tally
from helpdesk.workflows.importing_owned import Storeroom
from helpdesk.workflows.importing_tickets import Shelf
from helpdesk.workflows.importing_wanted import collect

_OWNED = (ProductRow, OrderRow, AssetRow)


class Batch:
    """Rows of one transaction; `take` them, then `finish`. `brought`: files they came with."""

    def __init__(self, work: Work, run: Import, brought: Brought | None = None) -> None:
        self.work, self.run, self.brought = work, run, brought or Brought()
        self.is_trial = run.is_trial
        self._origin = service.trial_origin(run.id) if run.is_trial else run.origin
        self._origins = [run.origin, self._origin]
        self.tally = Tally()
        self._links: dict[tuple[str, str], str | None] = {}
        self._names: dict[tuple[str, str], str] = {}
        self._emails: dict[str, str] = {}
        self._phones: dict[str, str] = {}
        self._users: dict[str, str] = {}
        self._organisations: dict[str, str] = {}
        self._rows: dict[type[Any], list[dict[str, Any]]] = {}
        self._customers: list[str] = []
        self._domains: list[tuple[str, str]] = []
        self._tags: dict[str, list[str]] = {}
        is_table = run.format in TABLES
        # Zammad's records don't say which of their values belong to fields that were added.
        self._fields = OwnFields(
            work, strict=is_table, count_unknown=not is_table and run.format != "zammad"
        )
        self.shelf = Shelf(self)
        self.bookcase = Bookcase(self)
        self.storeroom = Storeroom(self)

    def take(self, rows: Sequence[Row]) -> None:
        articles = [row.record for row in rows if isinstance(row.record, (Place, Piece, Language))]
        if self.run.format in ARTICLES:
            self.bookcase.look_up(articles)
        elif self.run.format in OWNED:
            self.storeroom.look_up([r.record for r in rows if isinstance(r.record, _OWNED)])
        else:
            self._look_up([row.record for row in rows if isinstance(row.record, get_args(Record))])
        for row in rows:
            if row.record is None:
                self.tally.refuse(row.line, row.problem)
                continue
            try:
                if isinstance(row.record, (Place, Piece, Language)):
                    self.bookcase.take(row.record)
                elif isinstance(row.record, _OWNED):
                    self.storeroom.take(row.record)
                else:
                    self._apply(row.record)
            except RowProblem as problem:
                self.tally.refuse(row.line, str(problem))

    def finish(self) -> Tally:
        """Write what the rows have made; answers what came of them."""
        if not self.is_trial:
            self._write()
        insert_rows(self.work.session, ImportLink, self._rows.get(ImportLink, []))
        return self.tally

    def add(self, table: type[Any], **values: Any) -> None:
        """A row to insert with the others of its table; the same columns each time."""
        self._rows.setdefault(table, []).append(values)

    def link(self, kind: str, external_id: str, own_id: str | None, name: str = "") -> None:
        if not external_id or (kind, external_id) in self._links:
            return
        self._links[kind, external_id] = own_id
        self._names[kind, external_id] = name
        self.add(
            ImportLink,
            origin=self._origin, kind=kind, external_id=external_id, own_id=own_id,
            import_id=self.run.id, name=name[:120],
        )  # fmt: skip

    def known(self, kind: str, external_id: str) -> bool:
        return bool(external_id) and (kind, external_id) in self._links

    def linked(self, kind: str, external_id: str) -> str | None:
        return self._links.get((kind, external_id)) if external_id else None

    def name_of(self, colleague_id: str) -> str:
        """What a colleague of the other desk is called."""
        return self._names.get(("agent", colleague_id), "")

    def user(self, email: str) -> str | None:
        return self._users.get(email)

    def customer_of(self, case: Case) -> str:
        """Whose a case is; the record is made where the case says enough. RowProblem otherwise."""
        found = self.linked("person", case.requester_id)
        if found is None and case.requester_email:
            found = self._emails.get(case.requester_email)
        if found is None and case.requester_phone:
            found = self._phones.get(case.requester_phone)
        if found is not None:
            return found
        if not (case.requester_email or case.requester_phone or case.requester_name):
            raise RowProblem(
                f"The file has nobody with the id {case.requester_id}."
                if case.requester_id
                else "It does not say whose it is."
            )
        return self._new_customer(
            Person(
                case.requester_id,
                case.requester_name,
                (case.requester_email,) if case.requester_email else (),
                (case.requester_phone,) if case.requester_phone else (),
                organisation_id=case.organisation_id,
                created_at=case.opened_at,
            )
        )

    def own_fields(self, subject: str, given: Mapping[str, Any]) -> Fitted:
        """Values for fields of ours; RowProblem where a chosen column does not fit."""
        names = {
            name: self._names[pair] for name in given if (pair := ("field", name)) in self._names
        }
        return self._fields.fitted(subject, given, names)

    def values(self, fitted: Fitted) -> dict[str, Any]:
        """The values of a row that is taken over, counted."""
        for word, number in fitted.counts.items():
            self.tally.count("field", word, number)
        return fitted.values

    def _look_up(self, records: Sequence[Record]) -> None:
        """Everything that these records may refer to, in a handful of queries."""
        wanted: set[tuple[str, str]] = set()
        emails: set[str] = set()
        phones: set[str] = set()
        names: set[str] = set()
        for record in records:
            collect(record, wanted, emails, phones, names)
        self.recall_links(wanted)
        self._emails |= self._holders("email", emails - self._emails.keys())
        self._phones |= self._holders("phone", phones - self._phones.keys())
        people = select(User.email, User.id).where(
            User.email.in_(emails), User.is_active, User.role != "customer"
        )
        self._users |= dict(self.work.session.execute(people).all())
        lowered = {name.lower() for name in names} - self._organisations.keys()
        if lowered:
            self._organisations |= {
                name.lower(): id_
                for name, id_ in self.work.session.execute(
                    select(OrganisationRow.name, OrganisationRow.id).where(
                        func.lower(OrganisationRow.name).in_(lowered)
                    )
                )
            }
        if self.is_trial:
            # What a trial has counted lives in its links alone.
            self._recall("email", emails, self._emails)
            self._recall("phone", phones, self._phones)
            self._recall("name", {name.lower()[:120] for name in names}, self._organisations)
        self.shelf.look_up(records)

    def recall_links(self, wanted: set[tuple[str, str]]) -> None:
        """What (kind, external id) became before, of those that are not known yet."""
        missing = wanted - self._links.keys()
        for pair, (own_id, name) in queries.links(self.work, self._origins, missing).items():
            self._links[pair], self._names[pair] = own_id, name

    def _recall(self, kind: str, values: set[str], known: dict[str, str]) -> None:
        wanted = {(kind, value) for value in values - known.keys()}
        for (_, value), (own_id, _) in queries.links(self.work, [self._origin], wanted).items():
            if own_id:
                known[value] = own_id

    def _holders(self, kind: str, values: set[str]) -> dict[str, str]:
        """Whose an address is: who holds it proved, else the record that has had it longest."""
        if not values:
            return {}
        rows = self.work.session.execute(
            select(ContactPoint.value, ContactPoint.customer_id)
            .join(Customer, Customer.id == ContactPoint.customer_id)
            .where(
                ContactPoint.kind == kind,
                ContactPoint.value.in_(values),
                Customer.merged_into_id.is_(None),
            )
            .order_by(ContactPoint.verified_at.is_(None), ContactPoint.id)
        )
        found: dict[str, str] = {}
        for value, customer_id in rows:
            found.setdefault(value, customer_id)
        return found

    def _apply(self, record: Record) -> None:
        if isinstance(record, FieldName):
            self.link("field", record.external_id, None, record.name)
        elif isinstance(record, Organisation):
            self._organisation(record)
        elif isinstance(record, Person):
            self._person(record)
        elif isinstance(record, Case):
            self.shelf.case(record)
        else:
            self.shelf.words(record)

    def _organisation(self, record: Organisation) -> None:
        if self.known("organisation", record.external_id):
            self.tally.count("organisation", "there")
            return
        held = self._organisations.get(record.name.lower())
        self.tally.count("organisation", "there" if held else "added")
        self.link(
            "organisation",
            record.external_id,
            held or self._new_organisation(record.name, record.domains, record.custom),
        )

    def _new_organisation(
        self, name: str, domains: Sequence[str] = (), custom: Mapping[str, Any] | None = None
    ) -> str:
        values = self.values(self.own_fields("organisation", custom or {}))
        organisation_id = self._organisations[name.lower()] = new_id()
        if self.is_trial:
            self.link("name", name.lower()[:120], organisation_id)
        self.add(
            OrganisationRow,
            id=organisation_id, name=name, domains=[], custom=values, created_at=self.work.at,
            version=1,
        )  # fmt: skip
        for text in domains[:20]:
            try:
                domain = contact_points.domain(text)
            except Invalid:
                continue
            if domain not in contact_points.SHARED_DOMAINS:
                self._domains.append((organisation_id, domain))
        return organisation_id

    def _person(self, record: Person) -> None:
        external_id = record.external_id or fingerprint(record)
        if self.known("agent" if record.ours else "person", external_id):
            self.tally.count("colleague" if record.ours else "customer", "there")
            return
        if record.ours:
            user_id = next((self._users[e] for e in record.emails if e in self._users), None)
            self.link("agent", external_id, user_id, record.name)
            self.tally.count("colleague", "found" if user_id else "unknown")
            return
        held = next((self._emails[e] for e in record.emails if e in self._emails), None)
        if held is None and not record.emails:
            held = next((self._phones[p] for p in record.phones if p in self._phones), None)
        if held is not None:
            self.link("person", external_id, held)
            self.tally.count("customer", "there")
            if self.run.format in TABLES:
                address = next(iter((*record.emails, *record.phones)))
                raise RowProblem(f"{address} belongs to a customer who is there already.")
            return
        self._new_customer(record, external_id)

    def _new_customer(self, record: Person, external_id: str = "") -> str:
        custom = self.values(self.own_fields("customer", record.custom))
        organisation_id = self.linked("organisation", record.organisation_id)
        if organisation_id is None and record.organisation_name:
            organisation_id = self._organisations.get(record.organisation_name.lower())
            if organisation_id is None:
                organisation_id = self._new_organisation(record.organisation_name)
                self.tally.count("organisation", "added")
        customer_id, since = new_id(), record.created_at or self.work.at
        self.add(
            Customer,
            id=customer_id, name=record.name, organisation_id=organisation_id,
            language=record.language, value_head_start_s=0, custom=custom, created_at=since,
            last_contact_at=since, version=1,
        )  # fmt: skip
        for kind, values, held in (
            ("email", record.emails, self._emails),
            ("phone", record.phones, self._phones),
        ):
            for value in values:
                held.setdefault(value, customer_id)
                self._point(customer_id, kind, value)
                if self.is_trial:
                    self.link(kind, value, customer_id)
        self.entry(customer_id, CustomerAdded.kind, since, None, {"source": "import"})
        if record.tags:
            self._tags[customer_id] = list(record.tags)
        self._customers.append(customer_id)
        self.link("person", external_id or record.external_id, customer_id)
        self.tally.count("customer", "added")
        return customer_id

    def _point(self, customer_id: str, kind: str, value: str) -> None:
        self.add(
            ContactPoint,
            id=new_id(), customer_id=customer_id, kind=kind, value=value, as_given=value,
            is_preferred=False, created_at=self.work.at,
        )  # fmt: skip

    def entry(
        self, customer_id: str, kind: str, at: Any, subject_id: str | None, facts: Mapping[str, Any]
    ) -> None:
        """A line of the customer's timeline, at its own time."""
        self.add(
            TimelineEntry,
            event_id=new_id(), customer_id=customer_id, at=at, kind=kind,
            actor=self.work.actor.label, subject_id=subject_id, facts=dict(facts),
        )  # fmt: skip

    def _write(self) -> None:
        session = self.work.session
        for table in (OrganisationRow, Customer, ContactPoint, TimelineEntry):
            insert_rows(session, table, self._rows.get(table, []))
        self._write_domains()
        self._write_tags()
        self.shelf.write(self._rows)
        if self._customers:
            search.index(self.work, self._customers)

    def _write_domains(self) -> None:
        """A domain belongs to one organisation; the first one keeps it."""
        session = self.work.session
        got: dict[str, list[str]] = {}
        for organisation_id, domain in self._domains:
            row = {"domain": domain, "organisation_id": organisation_id}
            if insert_if_absent(session, OrganisationDomain, row):
                got.setdefault(organisation_id, []).append(domain)
        for organisation_id, domains in got.items():
            found = session.get(OrganisationRow, organisation_id)
            if found is not None:
                found.domains = domains
        session.flush()

    def _write_tags(self) -> None:
        session = self.work.session
        names = {name for tags in self._tags.values() for name in tags}
        for name in sorted(names):
            insert_if_absent(session, Tag, {"id": new_id(), "name": name})
        ids = dict(session.execute(select(Tag.name, Tag.id).where(Tag.name.in_(names))).all())
        insert_rows(
            session,
            CustomerTag,
            [
                {"customer_id": customer_id, "tag_id": ids[name]}
                for customer_id, tags in self._tags.items()
                for name in tags
            ],
        )
