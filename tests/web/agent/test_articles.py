"""Articles beside a case at the desk's door: suggested, put into words, noted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from helpdesk.core.work import begin
from helpdesk.kb import publishing, service
from helpdesk.workflows import articles_found
from tests.web.agent.office import Office
from tests.web.agent.test_conversations import in_hand
from tests.web.signed_in import Browser

Desk = Callable[[str], Browser]
CANARY = "kanarienvogel"
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def article(office: Office, title: str, body: str, **more: Any) -> str:
    with begin(office.actor("boss")) as work:
        made = service.add_article(work, title=title, body=body, **more).id
        publishing.take_step(work, made, "publish")
        articles_found.renew_articles(work, [made])
        return made


def test_E2_what_goes_into_a_reply_is_for_the_customer_and_its_use_is_noted(
    office: Office, desk_of: Desk
) -> None:
    started = in_hand(office, text="The radiator stays cold")
    inner = article(office, f"Radiator {CANARY}", f"Radiator: {CANARY}", audience="internal")
    body = f"Open the valve of the radiator.\n\n::: internal\n{CANARY}\n:::\n"
    public = article(office, "Radiator is cold", body)
    salla = desk_of("salla")
    path = f"/desk/articles/beside/conversation/{started.conversation_id}"
    found = salla.get(path).json
    assert found is not None
    items = {one["id"]: one for one in found["items"]}
    assert items[inner]["closed"] == "This article is for colleagues only."
    assert items[public]["closed"] == ""
    assert salla.get(f"{path}?had={found['mark']}").json == {"same": True}
    assert salla.get(f"{path}?q=%22%27%25)(*&had={found['mark']}").status_code == 200

    def insert(article_id: str, what: str, into: str) -> Any:
        return salla.post(
            f"{path}/insert", json={"article_id": article_id, "what": what, "into": into}
        )

    def solved(*, it_did: bool) -> Any:
        given = {"article_id": public, "solved": it_did}
        return salla.post(f"{path}/solved", json=given).json

    assert insert(public, "text", "reply").json["text"] == "Open the valve of the radiator."
    link = insert(public, "link", "reply").json["text"]
    assert link.startswith("Radiator is cold: http")
    assert link.endswith("/help/en/radiator-is-cold")
    for what, into in (("link", "reply"), ("text", "reply"), ("text", "note")):
        refused = insert(inner, what, into)
        assert refused.status_code == 403
        assert refused.json["detail"].startswith("This article is for colleagues only.")
        assert CANARY not in refused.text
    noted = insert(inner, "link", "note")
    assert noted.json["text"].endswith(f"/knowledge/{inner}")
    assert CANARY not in noted.json["text"]
    shown = salla.get(f"/desk/articles/{public}/preview?locale=en").text
    assert CANARY in shown
    assert "Internal note" in shown

    def line() -> tuple[bool, bool]:
        (one,) = [one for one in salla.get(path).json["items"] if one["id"] == public]
        return one["inserted"], one["solved"]

    assert solved(it_did=True) == {"solved": True}
    assert line() == (True, True)
    solved(it_did=False)
    assert line() == (True, False)


def test_a_search_that_breaks_holds_up_neither_the_page_nor_the_answer(
    office: Office, desk_of: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = in_hand(office)

    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("helpdesk.search.answering.Search", breaks)
    page = desk_of("salla").get(f"/desk/conversations/{started.conversation_id}")
    assert (page.status_code, "data-articles" in page.text) == (200, True)
    answer = desk_of("salla").get(f"/desk/articles/beside/conversation/{started.conversation_id}")
    assert answer.json["failed"] is True
    assert answer.json["items"] == []
