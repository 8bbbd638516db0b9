"""Rules: the list in its order, one rule with what it means and did, and trying it out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, request

from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.rules import queries, service, trials
from helpdesk.rules.actions import Action
from helpdesk.rules.models import RuleRow
from helpdesk.rules.service import Draft, draft_of
from helpdesk.tickets import queries as tickets
from helpdesk.web import doors, rule_words
from helpdesk.web.admin import door, forms, frame, rule_form
from helpdesk.web.admin.forms import Given, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow
from helpdesk.web.rule_words import Names
from helpdesk.web.sla_words import mid_sentence

HERE = "rules"


@door.get("/rules")
@allow("admin")
def rules_list() -> Response:
    return _list()


@door.get("/rules/new")
@allow("admin")
def new_rule() -> Response:
    with reading(doors.actor()) as work:
        form = rule_form.blank() | {"action": [dict(rule_form.BLANKS["action"])]}
        return _page(work, None, form, stored=rule_form.blank())


@door.post("/rules/new")
@allow("admin")
def add_rule() -> Response:
    given = forms.read(rule_form.SHAPE)
    if given.do:
        return _rows_changed(None, given)
    try:
        with begin(doors.actor()) as work:
            draft = rule_form.draft_of(given.values, rule_words.names_of(work))
            rule_id = service.add_rule(work, draft).id
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            return _refused(work, None, given, error)
    return doors.go(f"/admin/rules/{rule_id}?note=added")


@door.get("/rules/<id:rule_id>")
@allow("admin")
def rule(rule_id: str) -> Response:
    with reading(doors.actor()) as work:
        row = service.get_rule(work, rule_id)
        form = _values(row, rule_words.names_of(work))
        return _page(work, row, form, stored=form)


@door.post("/rules/<id:rule_id>")
@allow("admin")
def save_rule(rule_id: str) -> Response:
    given = forms.read(rule_form.SHAPE)
    if given.do:
        return _rows_changed(rule_id, given)
    try:
        with begin(doors.actor()) as work:
            draft = rule_form.draft_of(given.values, rule_words.names_of(work))
            service.change_rule(work, rule_id, draft, version=given.version)
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            row = service.get_rule(work, rule_id)
            if error.code != "stale":
                return _refused(work, row, given, error)
            now = _values(row, rule_words.names_of(work))
            shown, change = frame.stale(work, "rule", rule_id, given, now, rule_form.LABELS)
            return _page(work, row, shown, 409, stored=now, stale=change, dirty=True)
    return doors.go(f"/admin/rules/{rule_id}?note=saved")


@door.post("/rules/<id:rule_id>/on")
@allow("admin")
def rule_on(rule_id: str) -> Response:
    with begin(doors.actor()) as work:
        service.switch(work, rule_id, True)
    return doors.go(f"/admin/rules/{rule_id}?note=switched_on")


@door.post("/rules/<id:rule_id>/off")
@allow("admin")
def rule_off(rule_id: str) -> Response:
    with begin(doors.actor()) as work:
        service.switch(work, rule_id, False)
    return doors.go(f"/admin/rules/{rule_id}?note=switched_off")


@door.post("/rules/<id:rule_id>/up")
@allow("admin")
def rule_up(rule_id: str) -> Response:
    with begin(doors.actor()) as work:
        service.move(work, rule_id, up=True)
    return doors.go("/admin/rules")


@door.post("/rules/<id:rule_id>/down")
@allow("admin")
def rule_down(rule_id: str) -> Response:
    with begin(doors.actor()) as work:
        service.move(work, rule_id, up=False)
    return doors.go("/admin/rules")


@door.post("/rules/<id:rule_id>/remove")
@allow("admin")
def remove_rule(rule_id: str) -> Response:
    """Answers the list with the way back."""
    with begin(doors.actor()) as work:
        row = service.remove(work, rule_id)
        removed = (row.id, row.name)
    return _list(removed=removed)


@door.post("/rules/<id:rule_id>/restore")
@allow("admin")
def restore_rule(rule_id: str) -> Response:
    with begin(doors.actor()) as work:
        service.restore(work, rule_id)
    return doors.go("/admin/rules?note=restored")


@door.post("/rules/<id:rule_id>/versions/<int:number>")
@allow("admin")
def bring_rule_back(rule_id: str, number: int) -> Response:
    with begin(doors.actor()) as work:
        row = service.get_rule(work, rule_id)
        service.bring_back(work, rule_id, number, version=row.version)
    return doors.go(f"/admin/rules/{rule_id}?note=restored")


@door.post("/rules/<id:rule_id>/try")
@allow("admin")
def try_rule(rule_id: str) -> Response:
    wanted = forms.whole(request.form.get("wanted", ""), 0)
    with begin(doors.actor()) as work:
        trial_id = trials.start(work, rule_id, wanted).id
    return doors.go(f"/admin/rules/trials/{trial_id}")


@door.get("/rules/trials/<id:trial_id>")
@allow("admin")
def rule_trial(trial_id: str) -> Response:
    """The page, or only its changing part for our own script."""
    with reading(doors.actor()) as work:
        trial = queries.get_trial(work, trial_id)
        names = rule_words.names_of(work)
        values: dict[str, Any] = {
            "trial": trial,
            "lines": [_line(one, names) for one in trial.examples],
            "meaning": rule_words.sentences(draft_of(trial.name, trial.content), names),
        }
        if frame.is_part():
            return doors.fragment("admin/_rule_trial.html", **values)
        return show("rule_trial.html", HERE, **values)


def _list(**extra: Any) -> Response:
    with reading(doors.actor()) as work:
        rows = queries.list_rules(work)
        names = rule_words.names_of(work)
        lines = [(row, _short_words(row, names)) for row in rows]
        counts = queries.fired_in_a_week(work)
    return show("rules.html", HERE, **{"lines": lines, "counts": counts, "removed": None, **extra})


def _short_words(row: RuleRow, names: Names) -> dict[str, str]:
    said = draft_of(row.name, row.content)
    conditions = [mid_sentence(rule_words.condition_text(one, names)) for one in said.every]
    if said.some:
        some = (mid_sentence(rule_words.condition_text(one, names)) for one in said.some)
        conditions.append("one of these: " + "; ".join(some))
    does = "; ".join(rule_words.action_text(one, names) for one in said.actions)
    return {
        "when": rule_words.when_text(said),
        "asks": ", and ".join(conditions),
        "does": does[:1].upper() + does[1:],
        "stops": "yes" if said.stops else "",
    }


def _rows_changed(rule_id: str | None, given: Given) -> Response:
    form = forms.rearranged(given.values, given.do, rule_form.BLANKS)
    form = rule_form.with_new_subject(form, given.do)
    with reading(doors.actor()) as work:
        row = service.get_rule(work, rule_id) if rule_id else None
        return _page(work, row, form, given=given)


def _refused(work: Work, row: RuleRow | None, given: Given, error: HelpdeskError) -> Response:
    refused = frame.refusal(error)
    return _page(work, row, given.values, error.status, given=given, **refused)


def _page(
    work: Work,
    row: RuleRow | None,
    form: Values,
    status: int = 200,
    *,
    given: Given | None = None,
    stored: Values | None = None,
    **extra: Any,
) -> Response:
    names = rule_words.names_of(work)
    firings = queries.firings_of(work, row.id) if row else []
    on_tickets = {one.ticket_id: tickets.find_ticket(work, one.ticket_id) for one in firings}
    versions = queries.versions_of(work, row.id) if row else []
    return show(
        "rule.html",
        HERE,
        status,
        rule=row,
        form=form,
        was=forms.as_was(given.was if given else stored or {}),
        version=given.version if given else row.version if row else 0,
        names=names,
        words=rule_words,
        shapes=rule_form,
        preview=_meaning(form, names),
        firings=firings,
        on_tickets=on_tickets,
        versions=versions,
        who=frame.actor_names(work, [one.actor for one in versions]),
        meanings={
            one.version: rule_words.sentences(draft_of(one.name, one.content), names)
            for one in versions
        },
        sizes=trials.SIZES,
        **{"dirty": given is not None, **extra},
    )


def _meaning(form: Values, names: Names) -> list[str]:
    try:
        draft: Draft = rule_form.draft_of(form, names)
    except Invalid:
        return []
    return rule_words.sentences(draft, names)


def _values(row: RuleRow, names: Names) -> Values:
    return rule_form.values_of(draft_of(row.name, row.content), names)


def _line(one: dict[str, Any], names: Names) -> dict[str, Any]:
    """One example of a trial in words."""
    changes = [
        rule_words.change_text(field, before, after, names)
        for field, (before, after) in one["changes"].items()
    ]
    others = [
        rule_words.action_text(Action(kind, value, (), text), names)
        for kind, value, text in one["others"]
        if kind != "notify"
    ]
    others += ["tell colleagues by e-mail" for kind, _, _ in one["others"] if kind == "notify"]
    at = datetime.fromisoformat(one["at"])
    return {**one, "at": at, "does": [*changes, *others]}
