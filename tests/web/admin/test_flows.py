"""Call flows in the admin area: written, mended, published, rolled back, tried out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from helpdesk.core.actors import system
from helpdesk.core.work import begin, reading
from helpdesk.ivr import queries, service
from helpdesk.ivr.flow import read
from helpdesk.ivr.models import IvrFlow
from tests.ivr.flows import choice, flow, node, shop
from tests.web.admin import scene
from tests.web.signed_in import Browser

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def made(content: dict[str, Any] | None = None) -> str:
    queue = scene.queue()
    simple = flow(
        node("menu", "menu", "Main menu", prompt="1 or 2?", otherwise="line",
             choices=[choice("1", "line", "bill"), choice("2", "bye")]),
        node("line", "queue", "Line", queue_id=queue),
        node("bye", "hangup", "Goodbye"),
    )  # fmt: skip
    with begin(system("test")) as work:
        return service.add_flow(work, name="Main line", content=content or simple).id


def stored(flow_id: str) -> IvrFlow:
    with reading(system("test")) as work:
        return service.get_flow(work, flow_id)


def test_a_flow_is_added_changed_published_and_brought_back(admin: Browser) -> None:
    scene.queue()
    assert "No call flows yet" in scene.words_of(admin.get("/admin/flows").text)
    path = admin.post("/admin/flows/new").headers["Location"].partition("?")[0]
    flow_id = path.rpartition("/")[2]
    answer = scene.save(admin, path, name="Night line", greeting="Good evening.")
    assert answer.status_code == 303, scene.words_of(answer.text)
    admin.post(f"{path}/publish", data={"version": stored(flow_id).version, "note": "Evening"})
    assert stored(flow_id).live_version == 1
    scene.save(admin, path, greeting="Good night.")
    page = scene.words_of(admin.get("/admin/flows").text)
    assert "Changes not published" in page
    answer = admin.post(f"{path}/publish", data={"version": "1", "note": ""})
    assert answer.status_code == 409
    assert "Somebody changed this flow meanwhile" in scene.words_of(answer.text)
    admin.post(f"{path}/publish", data={"version": stored(flow_id).version})
    page = scene.words_of(admin.get(path).text)
    assert "The greeting: “Good evening.” became “Good night.”." in page
    assert "Evening" in page
    admin.post(f"{path}/versions/1/live")
    assert stored(flow_id).live_version == 1
    admin.post(f"{path}/versions/1/draft")
    assert read(stored(flow_id).draft).greeting == "Good evening."
    assert admin.post(f"{path}/versions/99999999999999/live").status_code == 404
    answer = admin.post(f"{path}/remove")
    assert "is removed" in scene.words_of(answer.text)
    assert admin.get(path).status_code == 404
    admin.post(f"{path}/restore")
    assert admin.get(path).status_code == 200


def test_rows_come_go_and_move_and_what_is_missing_stands_at_its_field(admin: Browser) -> None:
    path = f"/admin/flows/{made()}"
    fields = scene.form_of(admin.get(path).text)
    page = admin.post(path, data=fields | {"_do": "add:step:ask"}).text
    fields = scene.form_of(page)
    assert fields["step-3-name"] == "Ask for a number"
    assert fields["step-3-retries"] == "2"
    page = admin.post(path, data=fields | {"_do": "add_choice:menu"}).text
    fields = scene.form_of(page)
    assert (fields["choice-2-step"], fields["choice-2-key"]) == ("menu", "3")
    fields["choice-2-to"] = fields["step-3-id"]
    page = admin.post(path, data=fields | {"_do": "up:step:3"}).text
    fields = scene.form_of(page)
    assert fields["step-2-name"] == "Ask for a number"
    assert admin.post(path, data=fields).status_code == 303
    page = admin.get(path).text
    assert 'id="f-step-2-prompt-error"' in page
    assert "Mend what is marked first" in scene.words_of(page)
    version = scene.form_of(page)["version"]
    answer = admin.post(f"{path}/publish", data={"version": version})
    assert answer.status_code == 400
    assert "Mend 3 things in the draft first" in scene.words_of(answer.text)
    fields = scene.form_of(page)
    page = admin.post(path, data=fields | {"_do": "remove:choice:2"}).text
    page = admin.post(path, data=scene.form_of(page) | {"_do": "remove:step:2"}).text
    assert "nowhere yet" not in scene.words_of(page)
    assert admin.post(path, data=scene.form_of(page)).status_code == 303
    assert "f-step" not in "".join(x for x in admin.get(path).text.split('"') if "-error" in x)


def test_two_people_at_one_flow_lose_nothing(admin: Browser) -> None:
    path = f"/admin/flows/{made()}"
    mine = scene.form_of(admin.get(path).text)
    scene.save(admin, path, greeting="Hello.")
    answer = admin.post(path, data=mine | {"name": "My line"})
    assert answer.status_code == 409
    fields = scene.form_of(answer.text)
    assert (fields["name"], fields["greeting"]) == ("My line", "Hello.")
    assert admin.post(path, data=fields).status_code == 303


def test_a_pretended_call_walks_through_what_stands_in_the_form(admin: Browser) -> None:
    path = f"/admin/flows/{made(shop(queue=scene.queue('Bills')))}"
    form = {k: v for k, v in scene.form_of(admin.get(path).text).items() if k != "_was"}
    form |= {"greeting": "Not saved yet.", "pretend_hours": "open"}

    def turn(**given: str) -> Any:
        answer = admin.post(f"{path}/try", data=form | given)
        assert answer.status_code == 200, answer.text
        form["state"] = json.dumps(answer.json["state"])
        return answer.json

    first = turn()
    assert first["heard"][0] == "Not saved yet."
    assert first["ask"] == {"digits": 1, "finish_key": "", "speech": True}
    assert turn(speech="my request")["ask"]["digits"] == 0
    assert turn(digits="10432")["heard"] == ["Postcode?"]
    assert turn(digits="20095", pretend_proof="wrong")["heard"][0].startswith("These numbers")
    turn(digits="10432")
    done = turn(digits="20095")
    assert done["heard"][0].startswith("Your request 1 0 4 3 2")
    assert done["then"] == "The call ends."
    form["state"] = "[{"
    form["pretend_hours"] = "closed"
    form["pretend_caller"] = "recognised"
    again = turn()
    assert again["heard"] == ["Hello Kim."]
    assert again["then"] == "A message is taken for Bills."
    with reading(system("test")) as work:
        assert queries.calls_in_a_week(work) == {}


def test_supervisors_do_not_set_flows_up(supervisor: Browser) -> None:
    assert supervisor.get("/admin/flows").status_code == 403
    assert supervisor.post(f"/admin/flows/{made()}/publish", data={}).status_code == 403
