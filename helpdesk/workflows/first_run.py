"""The first hour of an installation: company, administrator, hours, a queue, a site, a call flow.

Runs once; of two who send the wizard at the same time one wins. Not for anything that can be
changed later, which is everything else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from helpdesk.calendars import service as calendars
from helpdesk.channels import sites
from helpdesk.core.db import insert_if_absent
from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.tables import StoredSetting
from helpdesk.core.work import Work
from helpdesk.identity import queries, service
from helpdesk.ivr import service as flows
from helpdesk.ivr.starting import first_flow
from helpdesk.routing import setup
from helpdesk.workflows import call_flows

INSTALLATION = "installation"
QUEUE = "General"
FLOW = "Main line"
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
WEEK = (*WORKDAYS, "sat", "sun")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
DONE = "This installation is set up already. Sign in instead."


@dataclass(frozen=True, slots=True)
class Answers:
    """What the wizard asked. `days` is always, workdays or week; the times are `HH:MM`."""

    company: str
    name: str
    email: str
    password_hash: str
    timezone: str
    public_name: str = ""
    days: str = "always"
    opens: str = "09:00"
    closes: str = "17:00"
    origin: str = ""


def is_open(work: Work) -> bool:
    """Whether the wizard may run: nobody is here yet."""
    return (
        not queries.anybody_exists(work) and work.session.get(StoredSetting, INSTALLATION) is None
    )


def set_up(work: Work, answers: Answers) -> str:
    """Do it all in this transaction; answers the administrator's id. Conflict when it was done."""
    company = " ".join(answers.company.split())
    if not 1 <= len(company) <= 80 or not company.isprintable():
        raise Invalid(fields={"company": "Enter a name of up to 80 characters."})
    # The row is the lock: a second wizard waits for it, and finds it taken.
    row = {"name": INSTALLATION, "value": {"company": company}, "changed_at": work.at}
    if not insert_if_absent(work.session, StoredSetting, row) or queries.anybody_exists(work):
        raise Conflict(DONE, code="already_set_up")
    admin = service.create_user(
        work,
        email=answers.email,
        name=answers.name,
        public_name=answers.public_name,
        role="admin",
        password_hash=answers.password_hash,
        timezone=answers.timezone,
    )
    hours = _hours(work, answers)
    queue = setup.create_queue(work, name=QUEUE, calendar_id=hours)
    setup.set_members(work, queue.id, [admin.id])
    sites.create_site(
        work,
        name=company,
        queue_id=queue.id,
        allowed_origins=[answers.origin] if answers.origin else [],
        is_default=True,
    )
    content = first_flow(company, queue.id, hours, answers.timezone)
    flow = flows.add_flow(work, name=FLOW, content=content)
    flows.publish(work, flow.id, call_flows.known(work), note="", version=flow.version)
    work.audit("installation.set_up", "user", admin.id, company=company)
    return admin.id


def company(work: Work) -> str:
    """The company's name as the wizard or the administrator set it; empty before."""
    row = work.session.get(StoredSetting, INSTALLATION)
    return str(row.value.get("company", "")) if row else ""


def _hours(work: Work, answers: Answers) -> str | None:
    """The queue's calendar; None is open at all hours."""
    if answers.days == "always":
        return None
    for field in ("opens", "closes"):
        if not _TIME.fullmatch(getattr(answers, field)):
            raise Invalid(fields={field: "Enter a time such as 09:00."})
    days = WORKDAYS if answers.days == "workdays" else WEEK
    weekly: Mapping[str, object] = {day: [[answers.opens, answers.closes]] for day in days}
    plan = {"zone": answers.timezone, "weekly": weekly}
    return calendars.create_calendar(work, name="Opening hours", plan=plan).id
