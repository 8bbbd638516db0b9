"""Rows H1-H7 of the hostile cases at the hooks of calls: forged, repeated, late, swapped, never."""

from __future__ import annotations

import threading
import xml.etree.ElementTree as ET
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from twilio.request_validator import RequestValidator

from helpdesk.calls.models import Call
from helpdesk.carriers.models import CarrierRepair, PhoneNumber
from helpdesk.core import clock
from helpdesk.core.aside import at_once
from helpdesk.core.db import Database
from helpdesk.customers import finding
from helpdesk.customers.models import Customer
from helpdesk.exchange.disturbance import Disturbance
from helpdesk.exchange.exchange import ACCOUNT_SID, AUTH_TOKEN
from helpdesk.routing.models import WorkItem
from helpdesk.workflows import calling, desk, telephone_hearing, telephone_repair
from tests.telephone.centre import HOOKS, NUMBER, Centre, opened

SID = "CA" + "7" * 32
FORM = {
    "AccountSid": ACCOUNT_SID, "CallSid": SID, "From": "+447400123456", "To": NUMBER,
    "CallStatus": "ringing", "Direction": "inbound",
}  # fmt: skip


def send(app: Flask, path: str, form: dict[str, str], signed: dict[str, str] | None = None) -> str:
    """A hook by hand; `signed` is what the signature is over, when that is something else."""
    client = app.test_client()
    sig = RequestValidator(AUTH_TOKEN).compute_signature(f"{HOOKS}{path}", signed or form)
    answer = client.post(
        f"/hooks/twilio{path}", data=form, headers={"X-Twilio-Signature": sig},
        base_url="http://localhost",
    )  # fmt: skip
    return f"{answer.status_code} {answer.get_data(as_text=True)}"


@pytest.mark.parametrize(
    "path",
    [
        "/voice",
        "/voice/agent",
        "/voice/wait",
        "/voice/next",
        "/status",
        "/voice/dialled/01900000-0000-7000-8000-000000000001",
        "/status?dialled=01900000-0000-7000-8000-000000000001",
    ],
)
def test_H1_what_the_carrier_did_not_sign_changes_nothing(centre: Centre, path: str) -> None:
    app = centre.app
    assert send(app, path, FORM, {**FORM, "CallStatus": "completed"}).startswith("403")
    assert send(app, path, FORM | {"More": "1"}, FORM).startswith("403")
    other = {**FORM, "AccountSid": "AC" + "1" * 32}
    assert send(app, path, other).startswith("403")
    twice = urlencode([*FORM.items(), ("CallStatus", "completed")])
    sig = RequestValidator(AUTH_TOKEN).compute_signature(f"{HOOKS}{path}", FORM)
    answer = app.test_client().post(
        f"/hooks/twilio{path}", data=twice, headers={"X-Twilio-Signature": sig},
        content_type="application/x-www-form-urlencoded", base_url="http://localhost",
    )  # fmt: skip
    assert answer.status_code == 403
    assert centre.count(Call) == 0


def test_H3_the_same_ring_twenty_times_at_once_is_one_call_with_one_answer(centre: Centre) -> None:
    answers: list[str] = []
    start = threading.Barrier(20)
    at = centre.exchange.now()

    def ring() -> None:
        start.wait()
        with clock.moved_to(at):
            answers.append(send(centre.app, "/voice", FORM))

    threads = [threading.Thread(target=ring) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers)) == 1
    assert answers[0].startswith("200")
    assert "<Enqueue" in answers[0]
    assert (centre.count(Call), centre.count(WorkItem), centre.count(Customer)) == (1, 1, 1)


def test_L7_two_hooks_of_one_call_at_once_make_one_call(centre: Centre) -> None:
    answered = FORM | {"CallStatus": "in-progress"}
    hooks = [
        ("/voice", FORM), ("/voice", FORM | {"ForwardedFrom": "+447400999999"}),
        ("/status", answered), ("/voice/next", answered),
    ] * 3  # fmt: skip
    start = threading.Barrier(len(hooks))
    answers: list[str] = []
    at = centre.exchange.now()

    def tell(path: str, form: dict[str, str]) -> None:
        start.wait()
        with clock.moved_to(at):
            answers.append(send(centre.app, path, form))

    threads = [threading.Thread(target=tell, args=hook) for hook in hooks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(answer.startswith("20") for answer in answers)
    assert (centre.count(Call), centre.count(WorkItem), centre.count(Customer)) == (1, 1, 1)


def test_H4_an_end_that_comes_first_or_of_nobody_makes_no_ghost(centre: Centre) -> None:
    app = centre.app
    assert send(app, "/status", FORM | {"CallStatus": "completed"}).startswith("204")
    assert centre.count(Call) == 0
    assert "<Hangup" in send(app, "/voice", FORM)
    assert centre.count(Call) == 0
    unknown = FORM | {"CallSid": "CA" + "8" * 32, "StatusCallbackEvent": "participant-join"}
    assert send(app, "/voice/room", unknown).startswith("204")
    assert "<Hangup" in send(app, "/voice/next", unknown)
    assert "<Hangup" in send(app, "/voice/wait", unknown)
    assert centre.count(Call) == 0


def test_H4_what_comes_after_the_end_changes_nothing(centre: Centre) -> None:
    centre.caller.dial(NUMBER)
    sid = centre.caller.calls[-1].sid
    centre.caller.hang_up()
    version = centre.call.version
    late = FORM | {"CallSid": sid}
    for status in ("in-progress", "ringing", "completed"):
        send(centre.app, "/status", late | {"CallStatus": status, "SequenceNumber": "9"})
    join = {"StatusCallbackEvent": "participant-join", "ConferenceSid": "CF" + "0" * 32}
    send(centre.app, "/voice/room", late | join)
    assert "<Hangup" in send(centre.app, "/voice", late)
    assert (centre.count(Call), centre.call.version) == (1, version)


def test_H6_names_and_greetings_can_not_become_verbs(centre: Centre) -> None:
    evil = '</Say><Dial>+19005551234</Dial><Say> & " \x08 ’'
    with centre.at() as work:
        number = work.session.scalars(select(PhoneNumber)).one()
        number.greeting, number.name = evil, evil[:80]
    answer = send(centre.app, "/voice", FORM | {"CallerName": evil})
    document = ET.fromstring(answer.partition(" ")[2])
    assert [verb.tag for verb in document] == ["Say", "Enqueue"]
    assert "<Dial>" in (document[0].text or "")


def test_H7_a_caller_id_leads_to_a_record_and_reads_nothing_of_it_out(centre: Centre) -> None:
    with centre.at() as work:
        known = finding.find_or_create(
            work, name="Ada Secret", phone=centre.caller.number, proved=("phone",)
        ).customer.id
    centre.caller.dial(NUMBER)
    centre.exchange.advance(60)
    with centre.look() as work:
        assert work.session.scalars(select(WorkItem)).one().customer_id == known
    assert not any("Secret" in words for words in centre.caller.hear())
    assert centre.count(Customer) == 1


@pytest.mark.parametrize("number", ["anonymous", "", "+266696687", "sip:a@b", "client:boss"])
def test_a_caller_without_a_number_is_a_call_like_any_other(centre: Centre, number: str) -> None:
    assert "<Enqueue" in send(centre.app, "/voice", FORM | {"From": number})
    assert centre.count(Call) == 1


def test_nobody_is_let_into_a_call_that_is_not_theirs(centre: Centre) -> None:
    centre.comes_in(centre.anna)
    centre.caller.dial(NUMBER)
    centre.accepts(centre.anna)
    ben = centre.page(centre.ben)
    ben.connect({"call": centre.call.conversation_id})
    centre.exchange.advance(5)
    assert ben.call is None
    assert ben.hear()[-1].startswith("say: You are not in this call")
    stranger = centre.exchange.device("nobody_at_all", centre.application)
    stranger.connect({"call": centre.call.conversation_id})
    centre.exchange.advance(5)
    assert stranger.call is None
    assert set(centre.legs()) == {"caller", "anna"}
    for nonsense in ("", "1", "x" * 500, centre.floor.queue_id):
        ben.connect({"call": nonsense})
        centre.exchange.advance(5)
        assert ben.hear()[-1].startswith("say: ")


@pytest.mark.parametrize("seed", range(4))
def test_H4_callbacks_twice_late_swapped_or_lost_end_in_the_same_call(
    app: Flask, seed: int
) -> None:
    weather = Disturbance(duplicated=0.5, delayed=0.5, reordered=0.5, dropped=0.3, seed=seed)
    with opened(app, weather=weather) as centre:
        centre.comes_in(centre.anna)
        centre.caller.dial(NUMBER)
        centre.answers(centre.anna)
        centre.sweep(30)
        with centre.at(centre.anna) as work:
            calling.hold(work, centre.call.conversation_id, on=True)
        centre.sweep(5)
        assert not centre.talk(centre.caller, centre.page(centre.anna))
        with centre.at(centre.anna) as work:
            calling.hold(work, centre.call.conversation_id, on=False)
        centre.sweep(5)
        assert centre.talk(centre.caller, centre.page(centre.anna))
        centre.caller.hang_up()
        centre.sweep(60)
        repair(centre)
        centre.sweep(2)
        call = centre.call
        assert (call.doing, call.ended_why, call.hold_s) == ("ended", "visitor", 5)
        assert centre.count(Call) == 1
        assert centre.page(centre.anna).call is None
        assert centre.undone() == []


def repair(centre: Centre) -> None:
    with clock.moved_to(centre.exchange.now()):
        telephone_repair.compare()
    centre.exchange.settle()


def test_a_line_whose_end_was_never_told_is_found_and_written_down(app: Flask) -> None:
    with opened(app) as centre:
        centre.comes_in(centre.anna)
        centre.caller.dial(NUMBER)
        centre.answers(centre.anna)
        centre.exchange.advance(20)
        line = centre.page(centre.anna).call
        assert line
        centre.exchange.switch.live.pop(line.sid).status = "completed"
        repair(centre)
        assert centre.legs()["anna"].lost_at is not None
        with centre.look() as work:
            (found,) = work.session.scalars(select(CarrierRepair)).all()
        assert (found.what, found.conversation_id) == ("ended", centre.call.conversation_id)
        repair(centre)
        assert centre.count(CarrierRepair) == 1


def test_a_party_whose_line_is_not_there_is_lost_or_gone_and_written_down(centre: Centre) -> None:
    centre.comes_in(centre.anna)
    centre.caller.dial(NUMBER)
    centre.answers(centre.anna)
    centre.exchange.advance(20)
    repair(centre)
    assert centre.count(CarrierRepair) == 0, "nothing differs"
    with centre.at() as work:
        work.session.execute(
            text("UPDATE carrier_call SET ended_at = began_at WHERE party = 'ours'")
        )
    repair(centre)
    assert centre.legs()["anna"].lost_at is not None
    with centre.at() as work:
        work.session.execute(text("UPDATE carrier_call SET ended_at = began_at"))
    repair(centre)
    assert centre.call.ended_at is not None
    with centre.look() as work:
        kinds = [row.what for row in work.session.scalars(select(CarrierRepair))]
    assert kinds.count("lost") == 2


def test_a_line_that_the_carrier_still_holds_is_hung_up(centre: Centre) -> None:
    centre.comes_in(centre.anna)
    centre.caller.dial(NUMBER)
    centre.answers(centre.anna)
    with centre.at() as work:
        work.session.execute(text("UPDATE carrier_call SET ended_at = began_at"))
    with centre.at(centre.anna) as work:
        desk.end_by_agent(work, centre.call.conversation_id)
    assert centre.caller.call is not None, "nobody told the carrier"
    centre.exchange.advance(30)
    repair(centre)
    assert centre.caller.call is None
    assert centre.page(centre.anna).call is None
    with centre.look() as work:
        kinds = {row.what for row in work.session.scalars(select(CarrierRepair))}
    assert kinds == {"hung_up"}


def test_an_order_that_the_carrier_did_not_take_is_carried_out_later(centre: Centre) -> None:
    centre.comes_in(centre.anna)
    centre.caller.dial(NUMBER)
    centre.exchange.advance(5)
    centre.rest.fails = 2
    centre.answers(centre.anna)
    assert not centre.talk(centre.caller, centre.page(centre.anna))
    assert centre.undone()
    centre.sweep(4)
    assert centre.talk(centre.caller, centre.page(centre.anna))
    assert centre.undone() == []


def test_a_caller_hears_a_word_while_the_database_is_away(
    centre: Centre, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with centre.at() as work:
        work.session.execute(text("ALTER TABLE phone_number RENAME TO phone_number_away"))
    centre.caller.dial(NUMBER)
    centre.exchange.advance(2)
    assert centre.caller.hear()[-1].startswith("say: We have a technical problem")
    with centre.at() as work:
        work.session.execute(text("ALTER TABLE phone_number_away RENAME TO phone_number"))
    centre.exchange.advance(15)
    assert centre.call.doing == "waiting"
    assert centre.exchange.faults == []


def test_what_could_not_be_worked_in_is_tried_again_or_told(
    centre: Centre, database: Database
) -> None:
    centre.caller.dial(NUMBER)
    with centre.at() as work:
        is_sqlite = work.session.get_bind().dialect.name == "sqlite"
        work.session.execute(text("ALTER TABLE carrier_order RENAME TO carrier_order_away"))
    centre.caller.hang_up()
    with centre.at() as work:
        work.session.execute(text("ALTER TABLE carrier_order_away RENAME TO carrier_order"))
    assert centre.call.doing == "waiting"
    centre.exchange.advance(10)
    with clock.moved_to(centre.exchange.now()):
        telephone_hearing.work_in_left_over()
    if is_sqlite:  # says of a missing table what it says of a database that is away
        assert centre.call.doing == "ended"
        assert centre.count(CarrierRepair) == 0
    else:
        with centre.look() as work:
            assert {row.what for row in work.session.scalars(select(CarrierRepair))} == {"failed"}


def test_what_found_no_connection_free_is_tried_again(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_vain(work: object, row: object) -> None:
        raise NoConnectionFree("QueuePool limit reached")

    centre.caller.dial(NUMBER)
    with monkeypatch.context() as patched:
        patched.setattr(telephone_hearing, "_mean", in_vain)
        centre.caller.hang_up()
    assert centre.call.doing == "waiting"
    centre.exchange.advance(10)
    with clock.moved_to(centre.exchange.now()):
        telephone_hearing.work_in_left_over()
    assert centre.call.doing == "ended"
    assert centre.count(CarrierRepair) == 0


@pytest.mark.parametrize("path", ["/status", "/voice/left", "/voice/over"])
def test_an_end_whose_process_died_after_its_answer_is_worked_in_by_the_sweeper(
    centre: Centre, path: str
) -> None:
    telephone_hearing.use(lambda work: None)  # what it was about to do died with it
    with clock.moved_to(centre.exchange.now()):
        send(centre.app, "/voice", FORM)
        ended = FORM | {"CallStatus": "completed", "QueueResult": "hangup"}
        assert send(centre.app, path, ended)[:3] in ("200", "204")
    assert centre.call.doing == "waiting"
    telephone_hearing.use(at_once)
    centre.sweep(6)
    assert (centre.call.doing, centre.call.ended_why) == ("ended", "visitor")
    assert centre.undone() == []


def test_who_waits_in_vain_for_the_database_is_told_and_let_go(centre: Centre) -> None:
    with centre.at() as work:
        work.session.execute(text("ALTER TABLE phone_number RENAME TO phone_number_away"))
    try:
        centre.caller.dial(NUMBER)
        centre.exchange.advance(120)
        assert "call again later" in centre.caller.hear()[-1]
        assert centre.caller.call is None
    finally:
        with centre.at() as work:
            work.session.execute(text("ALTER TABLE phone_number_away RENAME TO phone_number"))
