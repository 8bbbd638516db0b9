"""Lists: pages that hold still, limits, parameters, and a fixed number of queries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from helpdesk.core import clock
from helpdesk.core.actors import system
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin
from helpdesk.routing import setup
from tests.web.api.conftest import Floor, Program, ProgramOf, add_customer

LISTS = [
    "/customers",
    "/conversations",
    "/queues",
    "/agents",
    "/skills",
    "/organisations",
    "/users",
    "/canned-replies",
    "/widget-sites",
    "/calendars",
    "/audit",
    "/phone-numbers",
    "/text-templates",
    "/text-opt-outs",
    "/callbacks",
    "/calls",
    "/articles",
    "/article-sections",
    "/article-segments",
    "/article-remarks",
    "/products",
    "/orders",
    "/assets",
    "/returns",
    "/complaints",
    "/visits",
    "/visit-types",
    "/technicians",
    "/parts",
    "/maintenance-plans",
]


def walk(program: Program, path: str, **query: Any) -> Iterator[dict[str, Any]]:
    """All pages of a list."""
    cursor = ""
    while True:
        page = program.get(path, **query, **({"cursor": cursor} if cursor else {}))
        yield page
        cursor = page["next_cursor"]
        if not cursor:
            return


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL that any engine runs meanwhile."""
    ran: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        ran.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield ran
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def some_customers(count: int) -> list[str]:
    ids = []
    now = clock.now()
    for n in range(count):
        with clock.moved_to(now - timedelta(minutes=count - n)):
            ids.append(
                add_customer(f"Customer {n}", contact_points=[("email", f"{n}@example.org")])
            )
    return ids


def test_pages_hold_every_row_once_while_others_are_added(program: ProgramOf) -> None:
    agent, ids = program("agent"), some_customers(10)
    seen: list[str] = []
    for page in walk(agent, "/customers", limit=3):
        seen += [item["id"] for item in page["items"]]
        add_customer("Newcomer")  # on top of the list, where no page leads back to
    assert seen == list(reversed(ids))


def test_pages_of_few_hold_every_row_once(program: ProgramOf) -> None:
    agent = program("agent")
    names = [f"Skill {n:02d}" for n in range(7)]
    with begin(system("test")) as work:
        for name in names:
            setup.create_skill(work, name)
    pages = list(walk(agent, "/skills", limit=3))
    assert [item["name"] for page in pages for item in page["items"]] == names
    assert len(pages) == 3


def test_messages_come_in_the_order_of_seq(program: ProgramOf, floor: Floor) -> None:
    agent, talk = program("agent"), floor.chat()
    for n in range(5):
        agent.post(f"/conversations/{talk}/messages", {"text": f"note {n}"})
    path = f"/conversations/{talk}/messages"
    seqs = [m["seq"] for page in walk(agent, path, limit=2) for m in page["items"]]
    assert seqs == [1, 2, 3, 4, 5, 6]
    assert [m["seq"] for m in agent.get(path, since=4)["items"]] == [5, 6]


@pytest.mark.parametrize("path", LISTS)
def test_K4_an_endless_limit_is_cut_and_odd_cursors_are_refused(
    program: ProgramOf, path: str
) -> None:
    admin = program("admin")
    for limit in ("1000000", "1e9", "9" * 300, "100.0"):
        assert len(admin.get(path, limit=limit)["items"]) <= 100
    for limit in ("0", "-5", "-1e6"):
        assert len(admin.get(path, limit=limit)["items"]) <= 1
    for query in (
        {"limit": "many"},
        {"limit": ""},
        {"limit": "0x10"},
        {"cursor": "x"},
        {"cursor": "WzFd"},
        {"cursor": "WzFd." + "0" * 64},
        {"cursor": "😀"},
    ):
        answer = admin.call("GET", path, query_string=query)
        assert answer.status_code == 400, (query, answer.get_data(as_text=True))
        assert answer.mimetype == "application/problem+json"


def test_K4_more_than_a_hundred_are_given_in_pages(program: ProgramOf) -> None:
    agent = program("agent")
    with begin(system("test")) as work:
        for n in range(120):
            setup.create_skill(work, f"Skill {n}")
    first, second = walk(agent, "/skills", limit=500)
    assert (len(first["items"]), len(second["items"])) == (100, 20)


def test_a_cursor_is_good_for_its_own_list_only(program: ProgramOf, floor: Floor) -> None:
    agent = program("agent")
    some_customers(2)
    cursor = agent.get("/customers", limit=1)["next_cursor"]
    assert agent.call("GET", f"/conversations?cursor={cursor}").status_code == 400
    assert agent.call("GET", f"/customers?cursor={cursor}").status_code == 200


def test_conversations_can_be_narrowed_to_callbacks(program: ProgramOf, floor: Floor) -> None:
    assert program("agent").get("/conversations", channel="callback")["items"] == []


@pytest.mark.parametrize("path", [*LISTS, "/me", "/search?q=a", "/offers"])
def test_A15_unknown_parameters_are_refused_and_not_reflected(
    program: ProgramOf, path: str
) -> None:
    admin = program("admin")
    for name in ("sort", "order", "page", "q\u2028", "<script>"):
        query = {name: "<script>alert(1)</script>", **({"q": "a"} if "?" in path else {})}
        answer = admin.call("GET", path.partition("?")[0], query_string=query)
        assert (answer.status_code, answer.json["code"]) == (400, "unknown_parameter")
        assert answer.mimetype == "application/problem+json"
        assert b"alert(1)" not in answer.get_data()


def test_A15_a_parameter_given_twice_is_refused(program: ProgramOf) -> None:
    answer = program("agent").call("GET", "/customers?limit=1&limit=2")
    assert (answer.status_code, answer.json["code"]) == (400, "repeated_parameter")


NASTY = [
    "' OR '1'='1",
    "'; DROP TABLE customer; --",
    '" AND OR NOT * ( :',
    "%" * 200,
    "NEAR(a b)",
    "a:*&!b|<->",
    "\\",
    "{{7*7}}",
    "\u202egnp.exe",
    "\x1b[31m",
    "𝕬" * 100,
]


@pytest.mark.parametrize(
    "address",
    ["/customers?q=", "/customers?email=", "/customers?phone=", "/customers?tag=", "/search?q=",
     "/users?q=", "/organisations?q=", "/audit?action=", "/conversations?state=",
     "/conversations?customer_id="],
)  # fmt: skip
def test_J1_J2_nothing_in_a_parameter_upsets_the_database(program: ProgramOf, address: str) -> None:
    admin = program("admin")
    add_customer("Ada")
    path, _, name = address.rstrip("=").partition("?")
    for text in NASTY:
        answer = admin.call("GET", path, query_string={name: text})
        assert answer.status_code in (200, 400), (text, answer.get_data(as_text=True))


def grow_customers(floor: Floor, agent: Program) -> str:
    add_customer("Ada", contact_points=[("email", f"{new_id()}@example.org")], tags=["vip"])
    return "/customers"


def grow_conversations(floor: Floor, agent: Program) -> str:
    floor.chat("Hello")
    return "/conversations"


def grow_messages(floor: Floor, agent: Program) -> str:
    with_talk = getattr(floor, "talk", None) or floor.chat("Hello")
    floor.talk = with_talk  # type: ignore[attr-defined]
    agent.post(f"/conversations/{with_talk}/messages", {"text": "note"})
    return f"/conversations/{with_talk}/messages"


def grow_users(floor: Floor, agent: Program) -> str:
    agent.post("/users", {"email": f"{new_id()}@example.org", "name": "Ada Byron", "role": "agent"})
    return "/users"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("grow", [grow_customers, grow_conversations, grow_messages, grow_users])
def test_a_list_costs_the_same_queries_with_ten_rows_and_a_hundred(
    program: ProgramOf, floor: Floor, grow: Callable[[Floor, Program], str]
) -> None:
    admin = program("admin")
    counts = []
    for wanted in (10, 90):
        for _ in range(wanted):
            path = grow(floor, admin)
        admin.get(path)  # the token's use is noted once a minute
        with statements() as ran:
            page = admin.get(path, limit=100)
        counts.append(len(ran))
        assert len(page["items"]) >= wanted
    assert counts[0] == counts[1]
    assert counts[1] < 12
