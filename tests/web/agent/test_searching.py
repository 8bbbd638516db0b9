"""The desk's search page and palette: marks, filters, saved searches, odd addresses."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpdesk.core.work import begin
from helpdesk.identity import teams
from helpdesk.jobs.relay import Relay
from helpdesk.wiring import INDEX
from helpdesk.workflows import cases, indexing
from tests.web.agent import office as o
from tests.web.agent.office import SETUP, Office
from tests.web.signed_in import Browser

Desk = Callable[[str], Browser]


def open_one(office: Office, subject: str, body: str, **given: object) -> cases.Opened:
    customer = o.add_customer(office, "Aino Virtanen")
    with begin(SETUP) as work:
        opened = cases.open_case(
            work,
            customer_id=customer,
            subject=subject,
            body=body,
            channel="email",
            queue=office.heating,
            **given,  # type: ignore[arg-type]
        )
    round_ = Relay({kind: [INDEX] for kind in indexing.EVENTS})
    while round_.round():
        pass
    return opened


def test_a_hit_is_marked_escaped_and_leads_to_its_ticket(office: Office, desk_of: Desk) -> None:
    opened = open_one(office, "Boiler <b>cold</b>", "The <script>boiler</script> hums.")
    page = desk_of("salla").get("/desk/search?q=boilers").text
    assert "<mark>Boiler</mark> &lt;b&gt;cold" in page
    assert "<script>boiler" not in page
    assert f'href="/desk/tickets/{opened.ticket.id}"' in page


def test_a_misspelt_word_is_said(office: Office, desk_of: Desk) -> None:
    open_one(office, "Boiler cold", "It hums.")
    page = desk_of("salla").get("/desk/search?q=bolier").text
    assert "Nobody wrote “bolier”" in page
    assert "<mark>Boiler</mark>" in page


def test_filters_stand_in_the_address_and_narrow(office: Office, desk_of: Desk) -> None:
    one = open_one(office, "Boiler cold", "It hums.", tags=["vip"])
    other = open_one(office, "Boiler loud", "It bangs.")
    page = desk_of("salla").get(f"/desk/search?q=boiler&tag=vip&queue={office.heating}").text
    assert one.ticket.id in page
    assert other.ticket.id not in page
    newest = desk_of("salla").get("/desk/search?tag=vip").text
    assert one.ticket.id in newest


def test_the_palette_finds_cases_beside_customers(office: Office, desk_of: Desk) -> None:
    opened = open_one(office, "Boiler cold", "It hums.")
    items = desk_of("salla").get("/desk/palette?q=boil").json["items"]  # type: ignore[index]
    assert items[0]["title"] == f"T-{opened.ticket.number} Boiler cold"
    assert items[0]["href"] == f"/desk/tickets/{opened.ticket.id}"
    assert items[-1]["href"] == "/desk/search?q=boil"
    aino = desk_of("salla").get("/desk/palette?q=aino").json["items"]  # type: ignore[index]
    assert aino[0]["group"] == "Customers"


def test_a_search_is_kept_found_again_and_deleted_by_its_owner_alone(
    office: Office, desk_of: Desk
) -> None:
    salla, olu = desk_of("salla"), desk_of("olu")
    kept = {"name": "Cold boilers", "q": "boiler cold", "tag": "vip"}
    assert salla.post("/desk/search/saved", data=kept).status_code == 303
    page = salla.get("/desk/search").text
    assert "Cold boilers" in page
    assert "/desk/search?q=boiler+cold&amp;tag=vip" in page
    path = page.split('action="/desk/search/saved/')[1].split('"')[0]
    assert "Cold boilers" not in olu.get("/desk/search").text
    assert olu.post(f"/desk/search/saved/{path}", data={}).status_code == 404
    assert salla.post(f"/desk/search/saved/{path}", data={}).status_code == 303
    assert "Cold boilers" not in salla.get("/desk/search").text


def test_a_search_needs_a_name_and_keeps_what_was_typed(office: Office, desk_of: Desk) -> None:
    answer = desk_of("salla").post("/desk/search/saved", data={"name": "", "q": "boiler"})
    assert answer.status_code == 400
    assert 'value="boiler"' in answer.text


@pytest.mark.parametrize(
    "query",
    [
        "q=%27%20OR%201=1--&state=%27;DROP&queue=x&assignee=%00&tag=%25&since=never&until=9999-12-31",
        "q=%22%20AND%20OR%20NOT%20*%20(%20:&scope=nowhere&show=-1",
        "q=" + "%25" * 10_000,
        "q=a&since=0001-01-01&show=1e9",
    ],
)
def test_J1_J2_odd_addresses_are_answered(office: Office, desk_of: Desk, query: str) -> None:
    open_one(office, "Boiler", "a")
    assert desk_of("salla").get(f"/desk/search?{query}").status_code in (200, 400)


def test_a_team_shares_a_search(office: Office, desk_of: Desk) -> None:
    with begin(SETUP) as work:
        team = teams.create_team(work, "Second line")
        for name in ("salla", "olu"):
            teams.add_member(work, team.id, office.people[name])
    kept = {"name": "Ours", "q": "boiler", "team_id": team.id}
    assert desk_of("salla").post("/desk/search/saved", data=kept).status_code == 303
    assert "Ours" in desk_of("olu").get("/desk/search").text
    assert "Ours" not in desk_of("nadia").get("/desk/search").text
    answer = desk_of("nadia").post("/desk/search/saved", data=kept)
    assert answer.status_code == 400
