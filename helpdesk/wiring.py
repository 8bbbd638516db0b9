"""When X happened, then Y: the one readable table. The composition root calls `wire` once.

Reactions and duties are functions of workflows and packages; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from helpdesk.calendars import service as calendars
from helpdesk.calls import service as calls
from helpdesk.channels.attachments import Store
from helpdesk.clocks import case as clock_cases
from helpdesk.clocks import setup as service_levels
from helpdesk.core import work
from helpdesk.core.listening import Consumer, Duty, Job, WorkFactory
from helpdesk.core.work import Emitted, Observer
from helpdesk.customers import holders, timeline
from helpdesk.field_service import crew
from helpdesk.ivr import lookups
from helpdesk.ivr import service as flows
from helpdesk.ivr.queries import flows_using_calendar
from helpdesk.realtime.announce import announce
from helpdesk.realtime.telling import tell_waiting
from helpdesk.routing import setup, skill_uses
from helpdesk.rules import triggers as rule_triggers
from helpdesk.tickets import deadlines
from helpdesk.webhooks import kinds as webhook_kinds
from helpdesk.workflows import (
    articles_due,
    articles_found,
    articles_meant,
    articles_measured,
    call_flows,
    call_lookups,
    cases_bulk,
    cases_closing,
    cases_hearing,
    cases_sending,
    clocks,
    complaining,
    erasing,
    household_letters,
    importing,
    indexing,
    mail_out,
    mail_post,
    maintenance_due,
    missed_calls,
    noticing,
    password_links,
    people,
    phone_proving,
    planning_repair,
    planning_runs,
    portal_links,
    recordings_fetching,
    recordings_keeping,
    records,
    returning,
    ruling,
    ruling_trials,
    shops_in,
    surveying,
    surveying_later,
    sweeping,
    telephone,
    telephone_carrying,
    telephone_hearing,
    telephone_recording,
    telephone_repair,
    texts_files,
    texts_in,
    texts_sending,
    transcripts,
    triage_outcomes,
    triage_sorting,
    triage_training,
    upkeep,
    visit_alarm,
    visit_booking,
    visit_by_voice,
    visit_course,
    visit_durations,
    visit_further,
    visit_lookups,
    visit_reminding,
    visit_reports,
    visit_series,
    visit_travel,
    visit_upkeep,
    webhooks,
    webhooks_sending,
)

_store: Store | None = None


def wire(store: Store | None = None) -> None:
    """Make this process listen: the timeline inside each transaction, announcements after it.

    `store` is where attachments lie, for the labour that tidies them.
    """
    global _store
    _store = store
    work.silence()
    for observer in observers():
        work.observe(observer)
    work.announce_with(announce)
    register()


def register() -> None:
    """Tell packages of peers that they must not import."""
    for table in HOLDERS:
        holders.register_holder(table, "customer_id")
    calendars.register_use(setup.queues_using_calendar)
    calendars.register_use(service_levels.policies_using_calendar)
    calendars.register_use(flows_using_calendar)
    calendars.register_use(crew.using_calendar)
    skill_uses.register(crew.using_skill)
    flows.register_use(call_flows.numbers_leading_to)
    lookups.register(call_lookups.TICKET_STATUS)
    lookups.register(call_lookups.ORDER_STATUS)
    for one in (visit_lookups.VISIT_STATUS, *visit_by_voice.LOOK_UPS):
        lookups.register(one)
    clock_cases.hear_of_deadlines(deadlines.keep_copies)
    calls.followed_by(telephone.follow)
    calls.followed_by(telephone_recording.follow)
    telephone_carrying.settled_by("tape", telephone_recording.settled)


# Tables outside the customers package whose rows belong to a customer: a merge moves them.
HOLDERS = (
    "app_user",
    "visitor",
    "conversation",
    "work_item",
    "ticket",
    "ticket_participant",
    "clock_ledger",
    "outgoing_mail",
    "survey",
    "text_delivery",
    "kb_remark",
    "consent",
    "consent_link",
    "data_copy",
    "shop_order",
    "asset",
    "kb_offer",
    "kb_reading",
    "return_case",
    "complaint",
    "visit",
    "visit_place",
    "visit_promise",
    "slot_offer",
    "slot_ask",
    "maintenance_plan",
)


def observers() -> Sequence[Observer]:
    return [timeline.observe]


def announcer() -> Callable[[list[Emitted]], None]:
    """What the relay calls with every batch, so that no announcement depends on one process."""
    return partial(announce, from_relay=True)


FLOOR = Consumer("join the floor", people.join_the_floor)
DRIVERS = Consumer("who drives", crew.follow_accounts)
STRAYS = Consumer("collect strays", records.collect_strays)
HEARING = Consumer("chats on tickets", cases_hearing.hear)
DUPLICATES = Consumer("suggest duplicates", records.suggest_duplicates)
WEBHOOKS = Consumer("webhooks", webhooks.note_events)
SENDERS = Consumer("webhook senders", mode="errand", job="webhooks.send")
IMPORTS = Consumer("imports", mode="errand", job="imports.run")
MANY = Consumer("many tickets", mode="errand", job="tickets.bulk")

MISSED = Consumer("missed calls", missed_calls.note)
LETTERS = Consumer("answers leave by mail", mail_out.send_replies)
COPIES = Consumer("copies of chats", transcripts.send_wanted)
LINKS = Consumer("password links", password_links.send)
SIGN_IN_LINKS = Consumer("sign-in links", portal_links.send)
RECEIPTS = Consumer("receipts for forms", mail_out.acknowledge_forms)

NOTICES = Consumer("notices", noticing.tell)
RULES = Consumer("rules", ruling.react)
TRIALS = Consumer("rule trials", mode="errand", job="rules.try_out")
SURVEYS = Consumer("surveys", surveying.plan)
SURVEYS_LATER = Consumer("surveys after chats", surveying_later.plan)

TEXTS = Consumer("texts that came", texts_in.hear)
HOUSEHOLDS = Consumer("invitations to households", household_letters.send)
CODES = Consumer("codes by text", mode="errand", job="texts.send_code")
TEXTING = Consumer("texts leave", mode="errand", job="texts.send")
RECORDINGS = Consumer("files of recordings", mode="errand", job="recordings.fetch")
TEXT_FILES = Consumer("files of texts", mode="errand", job="texts.fetch")

FURTHER = Consumer("further windows", mode="errand", job="visits.look_further")
VISITS = Consumer("customers hear of visits", visit_reminding.plan)
TRIAGE = Consumer("triage", triage_sorting.note)
OUTCOMES = Consumer("triage outcomes", triage_outcomes.hear)
STOPPED = Consumer("triage was stopped", triage_outcomes.tell_admins)
TRAINING = Consumer("triage training", mode="errand", job="triage.train")

COPIES_OF_DATA = Consumer("copies of data", mode="errand", job="privacy.run")
ERASURES = Consumer("erasures", mode="errand", job="privacy.run")
SHOPS = Consumer("shops", shops_in.hear)
VISIT_REPORTS = Consumer("visit reports", mode="errand", job="visits.report")
PROVED = Consumer("orders of a proved address", shops_in.address_proved)

TRIPS = Consumer("finished drives", visit_travel.note_trips)
PLANNING = Consumer("re-plannings", mode="errand", job="field_service.plan")
MENDING = Consumer("events of the day", planning_repair.hear)
SERIES = Consumer("jobs of several days", visit_series.hear)

HOURS = Consumer("hours move deadlines", clocks.hours_changed)
FIELDS = Consumer("fields move deadlines", clocks.customers_changed)
INDEX = Consumer("what is found", indexing.renew)
ARTICLES = Consumer("articles that are found", articles_found.renew)
MEANT = Consumer("what articles mean", mode="errand", job="search.meaning")
REBUILD = Consumer("search rebuild", mode="errand", job="search.rebuild")
RECOMPUTE = Consumer("recompute deadlines", mode="errand", job="clocks.recompute")


def consumers() -> Mapping[str, Sequence[Consumer]]:
    """By kind of event, who reacts to it after the commit."""
    table = {
        "user.added": [FLOOR],
        "user.role_changed": [FLOOR, DRIVERS],
        "user.deactivated": [FLOOR, DRIVERS],
        "user.reactivated": [FLOOR],
        "user.password_link_asked": [LINKS],
        "user.sign_in_link_asked": [SIGN_IN_LINKS],
        "user.phone_proof_asked": [CODES],
        "household.invited": [HOUSEHOLDS],
        "conversation.ended": [COPIES, SURVEYS_LATER],
        "work.left": [MISSED],
        "customer.changed": [DUPLICATES, FIELDS],
        "contact_point.added": [DUPLICATES, PROVED],
        "contact_point.verified": [PROVED],
        "shop.heard": [SHOPS],
        "visit.report_due": [VISIT_REPORTS],
        "ticket.said_in_chat": [HEARING],
        "call.answered": [HEARING],
        "call.ended": [HEARING],
        "customer.merged": [STRAYS, FIELDS],
        "calendar.changed": [HOURS],
        "clocks.recompute_started": [RECOMPUTE],
        "rule.trial_started": [TRIALS],
        "ticket.opened": [RECEIPTS, TRIAGE],
        "ticket.replied": [LETTERS, OUTCOMES],
        "ticket.changed": [OUTCOMES],
        "ticket.resolved": [OUTCOMES],
        "triage.training_asked": [TRAINING],
        "triage.stopped": [STOPPED],
        "carrier.heard": [TEXTS],
        "texts.due": [TEXTING],
        "texts.files_due": [TEXT_FILES],
        "recordings.due": [RECORDINGS],
        "privacy.copy_asked": [COPIES_OF_DATA],
        "privacy.erasure_moved": [ERASURES],
        "webhook.due": [SENDERS],
        "import.due": [IMPORTS],
        "tickets.bulk_due": [MANY],
        "slots.missed": [FURTHER],
        "search.rebuild_started": [REBUILD],
        "search.meaning_due": [MEANT],
    }
    table.setdefault("visit.arrived", []).append(TRIPS)
    table.setdefault("plan.asked", []).append(PLANNING)
    for kind in planning_repair.EVENTS:
        table.setdefault(kind, []).append(MENDING)
    for kind in visit_series.EVENTS:
        table.setdefault(kind, []).append(SERIES)
    for kind in TOLD_OF_VISITS:
        table.setdefault(kind, []).append(VISITS)
    for kind in indexing.EVENTS:
        table.setdefault(kind, []).append(INDEX)
    for kind in (*articles_found.EVENTS, *articles_found.SECTION_EVENTS):
        table.setdefault(kind, []).append(ARTICLES)
    table.setdefault("ticket.resolved", []).append(SURVEYS)
    for kind in rule_triggers.EVENT_KINDS:
        table.setdefault(kind, []).append(RULES)
    for kind in NOTICED:
        table.setdefault(kind, []).append(NOTICES)
    for kind in webhook_kinds.NAMES:
        table.setdefault(kind, []).append(WEBHOOKS)
    return table


TOLD_OF_VISITS = ("visit.booked", "visit.moved", "visit.departed", "visit.cancelled")
NOTICED = (
    "rule.notified",
    "ticket.mentioned",
    "ticket.reply_troubled",
    "ticket.assigned",
    "ticket.replied",
    "ticket.customer_wrote",
    "ticket.resolved",
    "ticket.reopened",
    "clock.warned",
    "clock.breached",
    "article.review_due",
    "article.review_asked",
    "article.sent_back",
    "article.remarked",
    "return.late",
    "complaint.escalated",
    "visit.at_risk",
    "plan.ready",
    "plan.applied",
)


def duties() -> Sequence[Duty]:
    """What the sweeper does again and again."""
    return [
        Duty("expire offers", 0.5, _own(sweeping.expire_offers)),
        Duty("notice dead browsers", 1, _own(sweeping.notice_dead_browsers)),
        Duty("requeue lost contacts", 1, _own(sweeping.requeue_lost_contacts)),
        Duty("mend calls", 1, _own(sweeping.mend_calls)),
        Duty("ring back", 1, _own(sweeping.ring_back)),
        Duty("carry out orders", 1, _own(telephone_carrying.carry_out_due)),
        Duty("repair telephone calls", 10, _own(telephone_repair.compare)),
        Duty("work in reports", 5, _own(telephone_hearing.work_in_left_over)),
        Duty("end wrap-ups", 1, _own(sweeping.end_wrap_ups)),
        Duty("overflow", 1, _own(sweeping.overflow)),
        Duty("settle", 1, _own(sweeping.settle)),
        Duty("close resolved tickets", 300, _own(cases_closing.close_due)),
        Duty("tell waiting", 2, tell_waiting),
        Duty("tell deadlines", 1, _own(clocks.tell_deadlines)),
        Duty("say what waited", 0.5, _own(cases_sending.send_due)),
        Duty("time rules", 60, _own(ruling.look_at_time)),
        Duty("send surveys", 60, _own(surveying.send_due)),
        Duty("call text senders", 2, _own(texts_sending.call_senders)),
        Duty("call file fetchers", 5, _own(texts_files.call_fetchers)),
        Duty("call recording fetchers", 5, _own(recordings_fetching.call_fetchers)),
        Duty("call webhook senders", 2, _own(webhooks.call_senders)),
        Duty("call bulk workers", 10, _own(cases_bulk.call_workers)),
        Duty("call import workers", 5, _own(importing.call_workers)),
        Duty("publish articles", 5, _own(articles_due.publish_due)),
        Duty("tell late complaints", 30, _own(complaining.tell_late)),
        Duty("tell of visits", 5, _own(visit_reminding.send_due)),
        Duty("free held windows", 1, _own(visit_booking.expire_held)),
        Duty("make maintenance visits", 600, _own(maintenance_due.make_due)),
        Duty("settle promised visits", 5, _own(visit_course.settle_overdue)),
        Duty("make visit reports", 60, _own(visit_reports.call_overdue)),
        Duty("call planners", 10, _own(planning_runs.call_planners)),
        Duty("look ahead at promised visits", 30, _own(visit_alarm.look_ahead)),
        Duty("tell late returns", 30, _own(returning.tell_late)),
        Duty("remind of articles", 300, _own(articles_due.remind_due)),
        Duty("settle what articles did", 300, _own(articles_measured.settle_due)),
    ]


def jobs() -> Sequence[Job]:
    """Labour for the worker beyond housekeeping; `jobs.schedule` says when."""
    found = [
        Job("customers.scan_duplicates", upkeep.scan_duplicates, timeout_s=3600),
        Job("clocks.recompute", clocks.recompute_deadlines, timeout_s=3600),
        Job("search.rebuild", indexing.rebuild, timeout_s=3600),
        Job("search.meaning", articles_meant.run),
        Job("search.meaning_lacking", articles_meant.start_where_lacking),
        Job("channels.forget_expired_visitors", upkeep.forget_expired_visitors),
        Job("ivr.forget_refused_proofs", upkeep.forget_refused_proofs),
        Job("carriers.forget_old", upkeep.forget_books_of_carriers, timeout_s=3600),
        Job("webhooks.send", webhooks_sending.start_sender, timeout_s=60),
        Job("texts.send", texts_sending.run),
        Job("texts.send_code", phone_proving.run),
        Job("texts.fetch", texts_files.run),
        Job("recordings.fetch", recordings_fetching.run, timeout_s=1800),
        Job("tickets.bulk", cases_bulk.work_off, timeout_s=3600),
        Job("visits.forget_old", visit_upkeep.forget_old),
        Job("visits.look_further", visit_further.run, timeout_s=60),
        Job("imports.run", importing.run_slice),
        Job("visits.report", visit_reports.run),
        Job("privacy.run", erasing.run, timeout_s=3600),
        Job("webhooks.forget_old", webhooks.forget_old),
        Job("shops.forget_old", shops_in.forget_old),
        Job("rules.try_out", ruling_trials.run_trial, timeout_s=3600),
        Job("rules.forget_old", ruling.forget_old),
        Job("notices.forget_old", noticing.forget_old),
        Job("kb.forget_old", articles_measured.forget_old),
        Job("triage.train", triage_training.run, timeout_s=3600),
        Job("triage.train_again", triage_training.train_again),
        Job("triage.look_weekly", triage_outcomes.look_weekly),
        Job("triage.forget_old", triage_outcomes.forget_old),
        Job("field_service.plan", planning_runs.run),
        Job("field_service.calibrate", visit_travel.calibrate),
        Job("field_service.learn_durations", visit_durations.learn),
        Job("field_service.ask_roads", visit_travel.ask_ahead, timeout_s=1800),
    ]
    if _store is not None:
        forget = partial(upkeep.forget_unsent_attachments, _store)
        found.append(Job("channels.forget_unsent_attachments", forget))
        outlived = partial(recordings_keeping.delete_outlived, _store)
        found.append(Job("recordings.delete_outlived", outlived, timeout_s=3600))
    return found


def companions() -> Sequence[Callable[[object], None]]:
    """What runs in a thread beside a worker's labour, until what it is given turns true."""
    return [mail_post.run, triage_sorting.run]


def _own(run: Callable[[], None]) -> Callable[[WorkFactory], None]:
    """Duties of ours open their own small transactions."""
    return lambda _: run()
