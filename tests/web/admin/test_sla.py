"""Service levels on screen: made, put in order, previewed, removed and brought back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from helpdesk.clocks import recompute, service
from helpdesk.clocks.models import PolicyRow
from helpdesk.clocks.policies import Facts
from helpdesk.core.actors import system
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.web.sla_words import read_target, target_text
from helpdesk.workflows import clocks as workflow
from tests.web.admin import scene
from tests.web.admin.scene import PAYLOAD, words_of
from tests.web.signed_in import Browser

ME = system("test")
NEW = "/admin/sla/new"


def filled(browser: Browser, path: str = NEW, **changes: Any) -> MultiDict[str, str]:
    """The form of a page as a browser would send it, with some fields changed."""
    fields = MultiDict(scene.fields_of(browser.get(path).text, ""))
    for name, value in changes.items():
        fields.setlist(name, value if isinstance(value, list) else [value])
    return fields


def add(browser: Browser, name: str, **changes: Any) -> PolicyRow:
    targets = {"target-resolution.normal": "4 h", "target-first_response.urgent": "15"}
    answer = browser.post(NEW, data=filled(browser, name=name, **{**targets, **changes}))
    assert answer.status_code == 303, words_of(answer.text)[:600]
    return stored(name)


def stored(name: str) -> PolicyRow:
    with reading(ME) as work:
        return work.session.scalars(select(PolicyRow).where(PolicyRow.name == name)).one()


def names() -> list[str]:
    with reading(ME) as work:
        return list(work.session.scalars(select(PolicyRow.name).order_by(PolicyRow.position)))


def ticket(**facts: Any) -> None:
    with begin(ME) as work:
        service.open_ledger(work, new_id(), Facts(**facts), party="queue", state="new")


def test_a_level_is_made_with_its_targets_pauses_and_conditions(admin: Browser) -> None:
    queue = scene.queue("Billing")
    row = add(
        admin,
        "Gold",
        **{
            "cond-0-subject": "queue_id",
            "cond-0-operator": "any_of",
            "cond-0-values": "billing",
            "cond-1-subject": "tags",
            "cond-1-operator": "all_of",
            "cond-1-values": "vip, contract",
            "count_first_response": "calendar",
            "pause_resolution": ["customer"],
            "warn_percent": "70",
        },
    )
    assert row.targets == {"resolution": {"normal": 14400}, "first_response": {"urgent": 900}}
    assert row.conditions == [
        {"subject": "queue_id", "operator": "any_of", "values": [queue]},
        {"subject": "tags", "operator": "all_of", "values": ["vip", "contract"]},
    ]
    assert row.rules["first_response"] == {"business": False, "pauses": []}
    assert row.rules["resolution"] == {"business": True, "pauses": ["customer"]}
    told = words_of(admin.get("/admin/sla").text)
    assert "Queue is Billing; Tags include vip and contract" in told
    assert "Normal 4 h" in told


def test_what_was_saved_comes_back_on_the_form_and_saving_it_changes_nothing(
    admin: Browser,
) -> None:
    row = add(admin, "Gold", **{"cond-0-subject": "priority", "cond-0-operator": "any_of",
                                "cond-0-values": "High, urgent"})  # fmt: skip
    path = f"/admin/sla/{row.id}"
    answer = admin.post(path, data=filled(admin, path))
    assert answer.status_code == 303
    assert stored("Gold").version == 1


def test_a_priority_without_a_target_is_told_and_not_refused(admin: Browser) -> None:
    row = add(admin, "Gold", **{f"target-resolution.{p}": "8 h" for p in ("low", "high")})
    told = words_of(admin.get(f"/admin/sla/{row.id}").text)
    assert "High, Normal and Low have no target for first response." in told
    assert "Urgent has no target for resolution." in told
    assert "for next response. " not in told.split("It can be saved so.")[0]
    full = {f"target-{c}.{p}": "8 h" for c in ("resolution", "first_response")
            for p in ("low", "normal", "high", "urgent")}  # fmt: skip
    row = add(admin, "Full", **full)
    assert "It can be saved so." not in admin.get(f"/admin/sla/{row.id}").text


def test_values_of_a_closed_list_are_ticked(admin: Browser) -> None:
    row = add(admin, "Gold", **{"cond-0-subject": "priority", "cond-0-operator": "any_of",
                                "cond-0-values": ["high", "urgent"]})  # fmt: skip
    assert row.conditions[0]["values"] == ["high", "urgent"]
    page = admin.get(f"/admin/sla/{row.id}").text
    assert 'name="cond-0-values" value="high" checked' in page
    assert 'name="cond-0-values" value="low">' in page
    changed = filled(admin, f"/admin/sla/{row.id}", **{"cond-0-subject": "tags"})
    changed["_do"] = "subject:0:cond"
    page = admin.post(f"/admin/sla/{row.id}", data=changed).text
    assert 'aria-label="Values, with commas between them"' in page


@pytest.mark.parametrize(
    "changes,words",
    [
        ({"name": ""}, "Write a name"),
        ({"target-resolution.normal": "soon"}, "Write it like 30 min"),
        ({"target-resolution.normal": "9999 d"}, "between one second and a year"),
        ({"warn_percent": "120"}, "from 0 to 99"),
        ({"warn_percent": "x"}, "Enter a whole number"),
        (
            {"cond-0-subject": "queue_id", "cond-0-operator": "any_of", "cond-0-values": "Nowhere"},
            "There is no queue “Nowhere”",
        ),
        (
            {"cond-0-subject": "tags", "cond-0-operator": "any_of", "cond-0-values": ","},
            "Say what to compare with",
        ),
        (
            {
                "cond-0-subject": "organisation_id",
                "cond-0-operator": "any_of",
                "cond-0-values": "Acme",
            },
            "There is no organisation called “Acme”",
        ),
        (
            {"cond-0-subject": "nonsense", "cond-0-operator": "any_of", "cond-0-values": "1"},
            "Choose what the condition asks about",
        ),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_stays_as_typed(
    admin: Browser, changes: dict[str, str], words: str
) -> None:
    given = filled(admin, **{"name": "Gold", **changes})
    answer = admin.post(NEW, data=given)
    assert answer.status_code == 400
    told = words_of(answer.text)
    assert words in told
    assert names() == []


def test_the_preview_counts_the_open_tickets_that_would_get_the_level(admin: Browser) -> None:
    for priority in ("high", "high", "low"):
        ticket(priority=priority)
    add(admin, "All")
    asked = filled(
        admin,
        f"/admin/sla/{stored('All').id}",
        _do="preview",
        **{"cond-0-subject": "priority", "cond-0-operator": "any_of", "cond-0-values": "high"},
    )
    answer = admin.post(f"/admin/sla/{stored('All').id}", data=asked)
    told = words_of(answer.text)
    assert "It fits where priority is high." in told
    assert "Of 3 open tickets, 2 would get it; 0 have it now." in told
    assert stored("All").conditions == []


def test_rows_are_moved_by_buttons_and_an_old_list_is_not_taken(admin: Browser) -> None:
    for name in ("One", "Two", "Three"):
        add(admin, name)
    page = admin.get("/admin/sla").text
    ids = [stored(name).id for name in ("One", "Two", "Three")]
    assert f'value="{ids[1]},{ids[0]},{ids[2]}"' in page
    moved = {"ids": ",".join([ids[2], ids[0], ids[1]]), "moved": ids[2]}
    assert admin.post("/admin/sla/order", data=moved).status_code == 303
    assert names() == ["Three", "One", "Two"]
    stale = admin.post("/admin/sla/order", data={"ids": ids[0], "moved": ""})
    assert stale.status_code == 409
    assert "The list changed meanwhile" in words_of(stale.text)


def test_a_removed_level_is_made_anew_by_one_click(admin: Browser) -> None:
    row = add(admin, "Gold", **{"cond-0-subject": "tags", "cond-0-operator": "any_of",
                                "cond-0-values": "vip"})  # fmt: skip
    page = admin.post(f"/admin/sla/{row.id}/remove").text
    assert names() == []
    back = MultiDict(scene.fields_of(page, NEW))
    assert admin.post(NEW, data=back).status_code == 303
    again = stored("Gold")
    assert (again.targets, again.rules, again.conditions) == (
        row.targets, row.rules, row.conditions,
    )  # fmt: skip


def test_two_who_edit_one_level_lose_nothing(admin: Browser) -> None:
    row = add(admin, "Gold")
    path = f"/admin/sla/{row.id}"
    mine = filled(admin, path, description="mine")
    admin.post(path, data=filled(admin, path, warn_percent="60"))
    answer = admin.post(path, data=mine)
    assert answer.status_code == 409
    told = words_of(answer.text)
    assert "changed this while you had it open" in told
    assert "Warning: their change stands here now" in told
    assert 'value="mine"' in answer.text


def test_progress_is_shown_while_tickets_are_gone_over(admin: Browser) -> None:
    for _ in range(3):
        ticket()
    add(admin, "All")
    with begin(ME) as work:
        assert recompute.batch(work, size=2)
    running = admin.get("/admin/sla/progress").text
    assert "2 of 3" in words_of(running)
    assert 'hx-trigger="every 1s"' in running
    workflow.recompute_deadlines()
    done = admin.get("/admin/sla/progress").text
    assert "3 open tickets, 3 changed" in words_of(done)
    assert "hx-trigger" not in done
    assert admin.post("/admin/sla/recompute").status_code == 303
    with reading(ME) as work:
        assert recompute.is_running(work)


def test_a_supervisor_may_not_come_in(supervisor: Browser) -> None:
    assert supervisor.get("/admin/sla").status_code == 403


def test_names_are_shown_as_text(admin: Browser) -> None:
    add(admin, PAYLOAD[:70])
    for path in ("/admin/sla", f"/admin/sla/{stored(PAYLOAD[:70]).id}"):
        page = admin.get(path).text
        assert "<img src=x" not in page
        assert "49" not in page.split("{{7")[0][-10:]


@pytest.mark.parametrize(
    "text,seconds",
    [
        ("30 min", 1800), ("45", 2700), ("4 h", 14400), ("2 h 30 min", 9000), ("2h30", 9000),
        ("1 d", 86400), ("90 s", 90), ("1 H 5 S", 3605), ("", None),
    ],
)  # fmt: skip
def test_targets_are_read_as_people_write_them(text: str, seconds: int | None) -> None:
    assert read_target(text) == seconds
    assert read_target(target_text(seconds)) == seconds


@pytest.mark.parametrize("text", ["soon", "-5", "1.5 h", "4 h 4 h", "٣٠", "99999999999"])
def test_targets_that_mean_nothing_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text.replace(".", r"\.")):
        read_target(text)
