"""A POST with an Idempotency-Key has one effect."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from helpdesk.core.actors import system
from helpdesk.core.tables import IdempotentAnswer
from helpdesk.core.work import reading
from helpdesk.customers.models import Customer, CustomerNote
from tests.web.api.conftest import Floor, ProgramOf, add_customer


def customers_there() -> int:
    with reading(system("test")) as work:
        return work.session.scalar(select(func.count()).select_from(Customer)) or 0


def test_the_same_key_and_body_have_one_effect_and_one_answer(program: ProgramOf) -> None:
    agent = program("agent")
    first = agent.call("POST", "/customers", {"name": "Ada"}, key="a-1")
    again = agent.call("POST", "/customers", {"name": "Ada"}, key="a-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_data() == again.get_data()
    assert first.headers["Location"] == again.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert customers_there() == 1


def test_the_same_key_with_another_body_is_refused(program: ProgramOf) -> None:
    agent = program("agent")
    agent.post("/customers", {"name": "Ada"}, key="a-1")
    other = agent.call("POST", "/customers", {"name": "Bob"}, key="a-1")
    assert (other.status_code, other.json["code"]) == (409, "idempotency_key_reused")
    assert customers_there() == 1


def test_a_key_belongs_to_one_person_and_one_address(program: ProgramOf) -> None:
    one, other = program("agent"), program("agent")
    customer = one.post("/customers", {"name": "Ada"}, key="same")["id"]
    assert other.post("/customers", {"name": "Ada"}, key="same")["id"] != customer
    assert one.post("/organisations", {"name": "Ada"}, key="same")["id"]
    assert customers_there() == 2


def test_a_refused_request_may_be_tried_again_with_its_key(program: ProgramOf) -> None:
    agent = program("agent")
    assert agent.call("POST", "/customers", {"tags": ["vip"]}, key="k").status_code == 400
    assert agent.call("POST", "/customers", {"name": "Ada"}, key="k").status_code == 201


@pytest.mark.parametrize("key", ["", " ", "two words", "x" * 201, "ünï", "a\tb"])
def test_odd_keys_are_refused(program: ProgramOf, key: str) -> None:
    answer = program("agent").call("POST", "/customers", {"name": "Ada"}, key=key)
    assert (answer.status_code, answer.json["code"]) == (400, "bad_idempotency_key")
    assert customers_there() == 0


def test_two_at_once_have_one_effect(program: ProgramOf) -> None:
    agent, customer = program("agent"), add_customer()
    start = Barrier(8)

    def write(_: int) -> tuple[int, str]:
        start.wait()
        answer = agent.call(
            "POST", f"/customers/{customer}/notes", {"text": "Call back"}, key="note-1"
        )
        return answer.status_code, answer.json["id"]

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(write, range(8)))
    assert len(answers) == 1
    assert answers.pop()[0] == 201
    with reading(system("test")) as work:
        assert work.session.scalar(select(func.count()).select_from(CustomerNote)) == 1


def test_L10_a_message_sent_five_times_is_posted_once(program: ProgramOf, floor: Floor) -> None:
    agent = program("agent")
    floor.sit_down(agent.user_id)
    talk = floor.chat()
    agent.post(f"/offers/{agent.get('/offers')['items'][0]['offer_id']}/accept")
    body = {"text": "Hello", "public": True, "client_msg_id": "m-1"}
    start = Barrier(5)

    def send(_: int) -> tuple[int, int]:
        start.wait()
        answer = agent.call("POST", f"/conversations/{talk}/messages", body)
        return answer.status_code, answer.json["seq"]

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(send, range(5)))
    assert sorted(status for status, _ in answers) == [200, 200, 200, 200, 201]
    assert {seq for _, seq in answers} == {2}


def test_a_stored_answer_keeps_its_secret_sealed(program: ProgramOf, floor: Floor) -> None:
    admin = program("admin")
    body = {"name": "Blog", "queue_id": floor.queue_id}
    secret = admin.post("/widget-sites", body, key="site-1")["secret"]
    assert admin.post("/widget-sites", body, key="site-1")["secret"] == secret
    with reading(system("test")) as work:
        stored = work.session.scalars(select(IdempotentAnswer.body)).one()
    assert secret not in stored
    assert stored
