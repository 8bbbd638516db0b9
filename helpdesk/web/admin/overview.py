"""The first page: what is set up, what is missing, and whether every part of the program runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Response
from sqlalchemy import func, select

from helpdesk.calendars.models import CalendarRow
from helpdesk.carriers import numbers
from helpdesk.carriers.models import PhoneNumber
from helpdesk.channels import scanning
from helpdesk.channels.models import CannedReply, WidgetSite
from helpdesk.core.actors import DESK
from helpdesk.core.tables import Heartbeat
from helpdesk.core.work import Work, reading
from helpdesk.identity.models import User
from helpdesk.mail import ways
from helpdesk.mail.models import Mailbox
from helpdesk.mail.queries import count_in_state
from helpdesk.routing.models import Queue, QueueMember, Skill
from helpdesk.web import doors
from helpdesk.web.admin import door
from helpdesk.web.admin.frame import show
from helpdesk.web.admin.phone import missing_of
from helpdesk.web.doors import allow
from helpdesk.webhooks import queries as webhooks

SILENT_AFTER = timedelta(seconds=8)
ROLES = [
    ("web", "Pages and chat", "People see pages and talk"),
    ("relay", "Relay", "Passes on what happened"),
    ("sweeper", "Sweeper", "Watches deadlines and offers waiting work"),
    ("worker", "Worker", "Does long jobs in the background"),
]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to set up; `line` says how it stands, `todo` what to do next."""

    title: str
    href: str
    icon: str
    done: bool
    line: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """One role of the program by its heartbeats."""

    name: str
    what: str
    running: int
    last: datetime | None


@door.get("")
@allow("admin", "supervisor")
def overview() -> Response:
    if doors.reader().role != "admin":
        return doors.go("/admin/people")
    with reading(doors.actor()) as work:
        steps = steps_of(work)
        health = health_of(work)
        silent = webhooks.switched_off_by_itself(work)
        waiting = count_in_state(work, "waiting")
    unchecked = scanning.is_on() and not scanning.answers()
    return show(
        "overview.html", "overview", steps=steps, health=health, silent=silent,
        unchecked=unchecked, waiting=waiting,
    )  # fmt: skip


def steps_of(work: Work) -> Sequence[Step]:
    """What a working desk needs, in the order in which it is set up."""
    queues = work.session.scalars(select(Queue).where(Queue.is_active).order_by(Queue.name)).all()
    staffed = set(
        work.session.scalars(
            select(QueueMember.queue_id)
            .join(User, User.id == QueueMember.user_id)
            .where(User.is_active)
            .distinct()
        )
    )
    on_desk, waiting = work.session.execute(
        select(func.count(), func.count().filter(User.password_hash.is_(None))).where(
            User.is_active, User.role.in_(DESK)
        )
    ).one()
    sites = work.session.scalars(select(WidgetSite).where(WidgetSite.is_active)).all()
    mailboxes = work.session.scalar(
        select(func.count()).select_from(Mailbox).where(Mailbox.is_active)
    )
    calendars, skills, replies = (
        work.session.scalar(select(func.count()).select_from(table)) or 0
        for table in (CalendarRow, Skill, CannedReply)
    )
    skills_todo = "Name what some questions need, such as a language, if not everybody can help."
    replies_todo = "Write the sentences that agents type again and again."
    return [
        _people(on_desk, waiting),
        _queues(queues, staffed),
        _hours(queues, calendars),
        _sites(sites),
        _mail(mailboxes or 0, can_send=ways.can_send(work)),
        _telephone(numbers.list_numbers(work), sites),
        Step(
            "Skills", "/admin/skills", "star", bool(skills), _count(skills, "skill"),
            "" if skills else skills_todo,
        ),
        Step(
            "Canned replies", "/admin/canned", "message-square-quote", bool(replies),
            _count(replies, "reply", "replies"),
            "" if replies else replies_todo,
        ),
    ]  # fmt: skip


def _people(on_desk: int, waiting: int) -> Step:
    todo = ""
    if on_desk < 2:
        todo = "Add the people who answer customers."
    elif waiting:
        todo = f"{_count(waiting, 'person', 'people')} can't sign in yet. Give them a link."
    done = on_desk > 1 and not waiting
    return Step("People", "/admin/people", "users", done, f"{on_desk} on the desk", todo)


def _queues(queues: Sequence[Queue], staffed: set[str]) -> Step:
    empty = [queue.name for queue in queues if queue.id not in staffed]
    todo = ""
    if not queues:
        todo = "Make a queue: a line of work with the people who serve it."
    elif empty:
        todo = f"Nobody serves {_listed(empty)}."
    done = bool(queues) and not empty
    return Step("Queues", "/admin/queues", "layers", done, _count(len(queues), "queue"), todo)


def _hours(queues: Sequence[Queue], calendars: int) -> Step:
    always = [queue.name for queue in queues if queue.calendar_id is None]
    todo = ""
    if not calendars:
        todo = "Say when you are there. Without hours every queue is always open."
    elif always:
        todo = f"{_listed(always)} {'is' if len(always) == 1 else 'are'} open day and night."
    done = bool(calendars) and not always
    return Step(
        "Hours", "/admin/hours", "calendar-clock", done, _count(calendars, "calendar"), todo
    )


def _sites(sites: Sequence[WidgetSite]) -> Step:
    closed = [site.name for site in sites if not site.allowed_origins]
    todo = ""
    if not sites:
        todo = "Make a chat site and put its line of code into your pages."
    elif closed:
        todo = f"No page may show the chat of {_listed(closed)} yet. List its addresses."
    done = bool(sites) and not closed
    return Step("Chat sites", "/admin/sites", "globe", done, _count(len(sites), "site"), todo)


def _mail(mailboxes: int, *, can_send: bool) -> Step:
    todo = ""
    if not mailboxes:
        todo = "Add a mailbox. Without one no mail becomes a ticket."
    elif not can_send:
        todo = "Nothing names a server to send by, so answers wait."
    if not can_send and not mailboxes:
        todo += " Nobody gets a copy of a chat, a survey or a link for a new password either."
    done = bool(mailboxes) and can_send
    return Step(
        "E-mail", "/admin/mailboxes", "mail", done, _count(mailboxes, "mailbox", "mailboxes"), todo
    )


def _telephone(rows: Sequence[PhoneNumber], sites: Sequence[WidgetSite]) -> Step:
    """By a carrier's number, or from the company's own pages without one."""
    on = [row for row in rows if row.is_active]
    from_pages = any(site.calls for site in sites)
    todo = ""
    if on and missing_of(doors.settings()):
        todo = "The carrier's keys are missing, so nobody can telephone."
    elif not on and not from_pages:
        todo = "Add a number of a carrier, or let visitors call from your pages (Chat sites)."
    line = _count(len(on), "number") + (", calls from the page" if from_pages else "")
    return Step("Phone", "/admin/phone", "phone", not todo, line, todo)


def health_of(work: Work) -> Sequence[Health]:
    beats = work.session.execute(
        select(Heartbeat.role, Heartbeat.at).where(Heartbeat.at > work.at - timedelta(days=1))
    ).all()
    found = []
    for role, name, what in ROLES:
        times = [at for of, at in beats if of == role]
        running = sum(at > work.at - SILENT_AFTER for at in times)
        found.append(Health(name, what, running, max(times, default=None)))
    return found


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number or 'No'} {one if number == 1 else many or one + 's'}"


def _listed(names: list[str]) -> str:
    if len(names) > 3:
        return f"{', '.join(names[:3])} and {len(names) - 3} more"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
