"""What lies with another team, one of everything, for tests of who sees it."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from helpdesk.calls import service as calls
from helpdesk.calls.models import Callback
from helpdesk.channels.models import Attachment
from helpdesk.core.actors import Actor
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.customers import merge, queries, records, suggestions
from helpdesk.customers import service as customers
from helpdesk.field_service import maintenance, needs
from helpdesk.identity import service as people
from helpdesk.identity import sessions, teams
from helpdesk.identity.models import User
from helpdesk.notices import service as notices
from helpdesk.owned import assets
from helpdesk.owned import service as orders
from helpdesk.owned.told import LineTold, OrderTold
from helpdesk.recordings.models import CallRecording
from helpdesk.returns import service as returns
from helpdesk.routing.models import WorkItem
from helpdesk.texts import opt_outs
from helpdesk.tickets import checklists, following, links, time_spent
from helpdesk.tickets import service as tickets
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import (
    cases,
    cases_line,
    cases_macros,
    cases_merge,
    cases_sending,
    cases_split,
    complaining,
    mail_in,
    promising,
    visit_booking,
)
from tests.field_service import crew_scene as crew
from tests.web.agent import office as o
from tests.web.agent.office import Office
from tests.web.signed_in import Browser, browser_as

SECRET = "Zinfandel"


@dataclass
class Scene:
    """Salla is limited to the heating team; everything named here lies with billing."""

    office: Office
    app: Flask
    ids: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)

    @property
    def salla(self) -> Browser:
        return browser_as(self.app, "agent", user_id=self.office.people["salla"])

    @property
    def boss(self) -> Browser:
        return browser_as(self.app, "supervisor", user_id=self.office.people["boss"])

    def limited(self) -> Actor:
        with reading(o.SETUP) as work:
            return sessions.actor_of(work, work.session.get_one(User, self.office.people["salla"]))


def furnished(app: Flask) -> Scene:
    """An office at work, with one of everything that lies with billing."""
    office = o.furnish()
    made = Scene(office, app)
    with begin(o.SETUP) as work:
        team = teams.create_team(work, "Heating team")
        teams.set_queues(work, team.id, [office.heating])
        teams.add_member(work, team.id, office.people["salla"])
        people.change_profile(work, office.people["salla"], sees_own_teams=True)
    _records(made)
    _owned(made)
    _cases(made)
    _chat(made)
    _mail(made)
    _unsaid(made)
    _recording(made)
    _telephone(made)
    _visits(made)
    return made


def open_case(scene: Scene, customer_id: str, queue: str, subject: str) -> cases.Opened:
    word = SECRET if queue == scene.office.billing else "Riesling"
    with begin(o.SETUP) as work:
        return cases.open_case(
            work, customer_id=customer_id, subject=subject, body=f"{word} {subject}",
            channel="email", queue=queue,
        )  # fmt: skip


def _records(scene: Scene) -> None:
    office, boss = scene.office, scene.office.actor("boss")
    for name in ("customer_id", "other_id", "twin"):
        with begin(boss) as work:
            made = customers.create_customer(
                work,
                name=f"{SECRET} {name}",
                contact_points=[("email", f"{name.replace('_', '')}@{SECRET.lower()}.example")],
            )
            scene.ids[name] = made.id
        open_case(scene, made.id, office.billing, f"{name} is not served")
    with begin(boss) as work:
        customer_id = scene.ids["customer_id"]
        scene.ids["note_id"] = customers.add_note(work, customer_id, f"{SECRET} likes tea").id
        scene.ids["tag_id"] = customers.add_tag(work, customer_id, SECRET.lower()).id
        scene.ids["customers.merge_id"] = merge.merge(
            work, scene.ids["other_id"], scene.ids["twin"]
        ).id
        point = customers.points.add_contact_point(
            work, customer_id, kind="phone", value="+358401234567"
        )
        scene.ids["point_id"] = point.id
        for one in (customer_id, scene.ids["other_id"]):
            customers.points.add_contact_point(work, one, kind="email", value="both@x.example")
        suggestions.renew(work, [customer_id])
    with reading(boss) as work:
        (pair,) = queries.suggestions(work).items
        scene.ids["suggestion_id"] = pair.id
    mine = o.add_customer(office, "Aino Mine")
    scene.words["CUSTOMER_OF_MINE"] = mine
    scene.words["TICKET_OF_MINE"] = open_case(scene, mine, office.heating, "Mine").ticket.id


def _owned(scene: Scene) -> None:
    """What the other team's customer has bought and owns."""
    with begin(o.SETUP) as work:
        theirs = records.find(work, scene.ids["customer_id"])
        told = OrderTold(external_id=SECRET, number=SECRET, lines=[LineTold(name=SECRET)])
        scene.ids["order_id"] = orders.tell_order(work, "web", told, customer=theirs).id
        thing = assets.add(work, scene.ids["customer_id"], name=SECRET, serial=SECRET)
        scene.ids["asset_id"] = scene.ids["subject_id"] = thing.id


def _cases(scene: Scene) -> None:
    office, boss, ids = scene.office, scene.office.actor("boss"), scene.ids
    theirs = open_case(scene, ids["customer_id"], office.billing, "The invoice is wrong")
    ids["ticket_id"], scene.words["THREAD"] = theirs.ticket.id, theirs.conversation_id
    scene.words |= {"QUEUE_OF_MINE": office.heating, "COLLEAGUE": office.people["olu"]}
    with begin(boss) as work:
        ticket = tickets.hold(work, ids["ticket_id"])
        ids["number"] = str(ticket.number)
        ids["item_id"] = checklists.add_item(work, ticket, f"{SECRET} first").id
        ids["entry_id"] = time_spent.add_time(work, ticket, 600, text=SECRET).id
        following.follow(work, ticket, office.people["olu"])
        following.add_participant(work, ticket, ids["other_id"])
        other = tickets.hold(work, _ticket_of(work, ids["other_id"]).id)
        ids["link_id"] = links.link(work, ticket, other, "related_to")
        ids["macro_id"] = cases_macros.save(
            work, {"name": "Thank", "reply": "Thank you", "audience": "everybody"}
        ).id
    flows = open_case(scene, ids["customer_id"], office.billing, "Comes back").ticket.id
    with begin(boss) as work:
        ids["complaint_id"] = complaining.open_on_ticket(work, flows).id
        ids["return_id"] = returns.open_return(
            work, ticket_id=flows, customer_id=ids["customer_id"], order_id=ids["order_id"],
            order_number=SECRET, items=[], reason="other", wish="refund",
        ).id  # fmt: skip
    merged = open_case(scene, ids["customer_id"], office.billing, "Merged away").ticket.id
    split = open_case(scene, ids["customer_id"], office.billing, "Two matters")
    with begin(boss) as work:
        cases.reply(work, split.ticket.id, author=f"agent:{boss.id}", text="One", public=True)
        ids["tickets.merge_id"] = cases_merge.merge(work, merged, ids["ticket_id"]).id
        ids["split_id"] = cases_split.split(
            work, split.ticket.id, conversation_id=split.conversation_id, seqs=[1], subject="Two"
        ).id


def _chat(scene: Scene) -> None:
    started = o.writes(scene.office, f"{SECRET} in a chat", name=SECRET, queue="billing")
    scene.ids["conversation_id"] = started.conversation_id
    with reading(o.SETUP) as work:
        scene.ids["work_item_id"] = work.session.scalars(
            select(WorkItem.id).where(WorkItem.subject_id == started.conversation_id)
        ).one()


def _telephone(scene: Scene) -> None:
    """A call and a callback of theirs, and a number that wants no texts."""
    conversation_id, customer_id = scene.ids["conversation_id"], scene.ids["customer_id"]
    with begin(o.SETUP) as work:
        calls.begin(work, conversation_id, customer_id, carrier="browser")
        work.session.add(
            Callback(
                conversation_id=conversation_id, number="+358401234567", state="failed",
                keeps_since=work.at, created_at=work.at,
            )
        )  # fmt: skip
        opt_outs.stop(work, "+358401234567", customer_id=customer_id, words="No", told_by="desk")
    scene.ids |= {"call_id": conversation_id, "callback_id": conversation_id}


def _visits(scene: Scene) -> None:
    """A booked visit of theirs, and a window that is on offer."""
    ids = scene.ids
    with begin(o.SETUP) as work:
        ids["technician_id"] = crew.add_technician(work, "Tea").id
        kind = crew.add_type(work)
        ids["place_id"] = crew.add_place(work, ids["customer_id"], address=SECRET)
        asked = visit_booking.offers(
            work, ids["customer_id"], visit_type=kind, ticket_id=ids["ticket_id"]
        )
        ids["ask_id"] = asked.id
        ids["visit_id"] = visit_booking.accept(work, asked.offers[0].id, note=SECRET).id
        other = visit_booking.accept(work, asked.offers[2].id, note=SECRET).id
        ids["need_id"] = needs.add(work, ids["visit_id"], needs_visit_id=other).id
        ids["slot_id"] = scene.words["SLOT"] = asked.offers[1].id
        ids["plan_id"] = maintenance.add(
            work, ids["customer_id"], place_id=ids["place_id"], visit_type_id=kind,
            rule="FREQ=YEARLY", starts_on=work.at.date(), note=SECRET,
        ).id  # fmt: skip


def _recording(scene: Scene) -> None:
    with begin(o.SETUP) as work:
        made = CallRecording(
            id=new_id(), conversation_id=scene.ids["conversation_id"],
            queue_id=scene.office.billing, line_sid="CA1", file="stored", file_id=new_id(),
            ordered_at=work.at,
        )  # fmt: skip
        work.session.add(made)
        scene.ids["recording_id"] = made.id


def _mail(scene: Scene) -> None:
    raw = (
        f"From: {SECRET} <post@{SECRET.lower()}.example>\r\nSubject: {SECRET}\r\n"
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"
        f"<p>{SECRET}</p>\r\n--b\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\n"
        f"{SECRET}\r\n--b--\r\n"
    ).encode()
    outcome = mail_in.deliver(io.BytesIO(raw))
    assert outcome.ticket_id is not None
    with begin(o.SETUP) as work:
        cases_line.change(work, outcome.ticket_id, {"queue_id": scene.office.billing})
        scene.ids["mail_id"], scene.ids["mail_ticket"] = outcome.mail_id, outcome.ticket_id
        scene.ids["attachment_id"] = work.session.scalars(select(Attachment.id)).one()
        scene.ids["file_id"] = scene.ids["attachment_id"]  # as the API calls it


def _unsaid(scene: Scene) -> None:
    """Salla's own, of the time when she worked for billing too: she sees it no longer."""
    ids, tomorrow = scene.ids, datetime.now(UTC) + timedelta(days=1)
    scene.words["TOMORROW"] = tomorrow.isoformat()
    with begin(replace(scene.limited(), queue_ids=None)) as work:
        cases_sending.keep_draft(work, ids["ticket_id"], text=f"{SECRET} begun", public=False)
        ids["pending_id"] = cases_sending.send_at(
            work, ids["ticket_id"], tomorrow, text=f"{SECRET} planned"
        ).id
        ids["clock_id"] = ids["promise_id"] = promising.promise(
            work, ids["ticket_id"], text=f"Call about {SECRET}", due_at=tomorrow
        )
        (ids["notice_id"],) = notices.give(
            work, [scene.office.people["salla"]], kind="promise", title=f"{SECRET} is due",
            ticket_id=ids["ticket_id"],
        )  # fmt: skip


def _ticket_of(work: Any, customer_id: str) -> Ticket:
    wanted = select(Ticket).where(Ticket.customer_id == customer_id).limit(1)
    return work.session.scalars(wanted).one()  # type: ignore[no-any-return]
