"""What records of other desks refer to, so that a batch looks it up at once."""

from __future__ import annotations

from helpdesk.imports.records import Case, FieldName, Organisation, Person, Record, fingerprint


def collect(
    record: Record,
    links: set[tuple[str, str]],
    emails: set[str],
    phones: set[str],
    names: set[str],
) -> None:
    """Note what a record may refer to."""
    if isinstance(record, FieldName):
        links.add(("field", record.external_id))
    elif isinstance(record, Organisation):
        links.add(("organisation", record.external_id))
        names.add(record.name)
    elif isinstance(record, Person):
        external_id = record.external_id or fingerprint(record)
        links |= {("person", external_id), ("agent", external_id)}
        links.add(("organisation", record.organisation_id))
        emails |= set(record.emails)
        phones |= set(record.phones)
        names |= {record.organisation_name} - {""}
    elif isinstance(record, Case):
        links |= {("ticket", record.external_id or fingerprint(record))}
        links |= {("organisation", record.organisation_id), ("agent", record.assignee_id)}
        links |= {("person", record.requester_id), ("agent", record.requester_id)}
        emails |= {record.requester_email, record.assignee_email} - {""}
        phones |= {record.requester_phone} - {""}
        links |= {("field", name) for name in record.fields if name.isdigit()}
        for said in record.words:
            collect(said, links, emails, phones, names)
    else:
        links |= {("words", record.external_id), ("ticket", record.ticket_id)}
        links |= {("agent", record.author_id), ("person", record.author_id)}
        emails |= {record.author_email} - {""}
