"""Articles over the API: written by the desk, read by whoever may, worked on by their owners."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from helpdesk.core.actors import Actor, system
from helpdesk.core.work import begin, reading
from helpdesk.kb import queries
from tests.web.api.conftest import Program, ProgramOf, add_customer
from tests.web.api.test_lists import statements, walk

CANARY = "canary-91c2"
BODY = f"# Reset\n\nPress **the** button.\n\n::: internal\n{CANARY}\n:::\n"


def write(by: Program, title: str = "Reset it", **more: Any) -> dict[str, Any]:
    given = {"title": title, "body": BODY, "audience": "public", "state": "published", **more}
    return by.post("/articles", given)


def customer(program: ProgramOf) -> Program:
    return program("customer", customer_id=add_customer("Kim", tags=["gold"]))


def test_E2_an_article_is_written_published_and_read_without_what_is_internal(
    program: ProgramOf,
) -> None:
    agent, kim = program("agent"), customer(program)
    made = write(agent, locale="de-ch", title="Zurücksetzen")
    assert (made["state"], made["locale"], made["slug"]) == (
        "published", "de-CH", "zuruecksetzen",
    )  # fmt: skip
    assert (made["number"], made["published_number"], made["is_live"]) == (1, 1, True)
    path = f"/articles/{made['id']}"
    read = kim.get(path, locale="fr")
    assert CANARY not in str(read)
    assert "<strong>the</strong>" in read["html"]
    assert "Press **the** button." in read["body"]
    assert CANARY in agent.get(path)["body"]
    assert CANARY not in str(agent.get(path, published="true"))
    written = {"title": "Reset it", "body": "Press it."}
    agent.call("PUT", f"{path}/languages/en", written)
    assert kim.get(path, locale="en")["locale"] == "de-CH"
    step = agent.post(f"{path}/steps", {"step": "publish", "versions": {"en": 1}})
    assert step["languages"] == ["de-CH", "en"]
    assert kim.get(path, locale="en")["title"] == "Reset it"
    change = {"version": step["version"], "body": "Press both.", "labels": ["Router"]}
    changed = agent.call("PATCH", path, change)
    assert changed.status_code == 200
    assert (changed.json["number"], changed.json["outdated"]) == (2, ["en"])
    stale = agent.call("PATCH", path, change)
    assert (stale.status_code, stale.json["code"]) == (409, "stale")
    for body in ({**written, "upon": 7}, {**written, "body": "x", "upon": 7}):
        answer = agent.call("PUT", f"{path}/languages/en", body)
        assert answer.status_code == (200 if body["body"] == "Press it." else 409)
    versions = agent.get(f"{path}/versions", limit=1)
    assert [one["number"] for one in versions["items"]] == [2]
    older = agent.get(f"{path}/versions", limit=1, cursor=versions["next_cursor"])
    assert [one["number"] for one in older["items"]] == [1]
    assert CANARY in agent.get(f"{path}/versions/1")["body"]
    for hidden in (f"{path}/versions", f"{path}/languages", "/article-remarks"):
        assert kim.call("GET", hidden).status_code == 404


def test_each_caller_lists_what_is_meant_for_them(program: ProgramOf) -> None:
    boss, kim, fitter = program("supervisor"), customer(program), program("technician")
    segment = boss.post("/article-segments", {"name": "Gold", "tags": ["gold"]})
    section = boss.post("/article-sections", {"names": {"en": {"name": "Billing"}}})
    closed = boss.post(
        "/article-sections", {"names": {"en": {"name": "Ours"}}, "audience": "internal"}
    )
    write(boss, "Everybody", section_id=section["id"])
    write(boss, "Gold only", audience="segment", segment_id=segment["id"])
    write(boss, "Internal", audience="internal")
    write(boss, "Hidden by its section", section_id=closed["id"])
    write(boss, "Unfinished", state="draft")

    def titles(one: Program, **query: Any) -> set[str]:
        return {row["title"] for page in walk(one, "/articles", limit=2, **query)
                for row in page["items"]}  # fmt: skip

    assert titles(kim) == {"Everybody", "Gold only"}
    assert titles(fitter) == {"Everybody", "Gold only", "Internal", "Hidden by its section"}
    assert len(titles(boss)) == 5
    assert titles(boss, state="draft") == {"Unfinished"}
    assert titles(kim, section_id=closed["id"]) == set()
    assert titles(kim, section_id=section["id"]) == {"Everybody"}
    (seen,) = kim.get("/article-sections")["items"]
    assert (seen["names"]["en"]["name"], seen["audience"]) == ("Billing", None)
    assert kim.call("GET", f"/article-sections/{closed['id']}").status_code == 404
    assert kim.call("POST", "/articles", {"title": "x"}).status_code == 404
    for path in (f"/article-sections/{section['id']}", f"/article-segments/{segment['id']}"):
        assert boss.call("DELETE", path).json["code"] == "in_use"
    change = {"version": 1, "name": "VIP", "tags": ["vip"]}
    assert boss.call("PUT", f"/article-segments/{segment['id']}", change).status_code == 200
    assert titles(kim) == {"Everybody"}


def test_a_list_of_articles_costs_the_same_however_long_it_is(program: ProgramOf) -> None:
    agent, kim = program("agent"), customer(program)
    for one in (agent, kim):
        write(agent)
        one.get("/articles")
        with statements() as few:
            one.get("/articles")
        for n in range(6):
            write(agent, f"More {n}")
        with statements() as many:
            one.get("/articles")
        assert len(many) == len(few)


def test_E4_files_ratings_and_remarks_go_by_who_reads(program: ProgramOf) -> None:
    agent, kim = program("agent"), customer(program)
    made = write(agent)
    path = f"/articles/{made['id']}"
    sent = {"file": (io.BytesIO(b"<svg onload=alert(1)>"), "../x\u202e.svg")}
    upload = agent.call("POST", f"{path}/files", data=sent)
    assert upload.status_code == 201, upload.get_data(as_text=True)
    file = upload.json
    assert kim.call("GET", f"/article-files/{file['id']}").status_code == 404
    text = agent.call(
        "PATCH", path, {"version": made["version"], "body": f"See {file['markdown']}."}
    )
    assert text.status_code == 200
    agent.post(f"{path}/steps", {"step": "publish"})
    assert f"/api/v1/article-files/{file['id']}" in kim.get(path)["html"]
    got = kim.call("GET", f"/article-files/{file['id']}")
    assert got.status_code == 200
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert got.mimetype == "application/octet-stream"
    got.close()
    for helpful in (True, False):
        assert kim.call("POST", f"{path}/ratings", {"helpful": helpful}).status_code == 204
    remark = kim.post(f"{path}/remarks", {"text": "Which button?"})
    assert remark["owner_id"] is None
    row = agent.get(path)
    assert (row["helpful"], row["unhelpful"]) == (0, 1)
    (waiting,) = agent.get("/article-remarks", owner_id=agent.user_id)["items"]
    assert (waiting["text"], waiting["number"]) == ("Which button?", 2)
    ended = agent.post(f"/article-remarks/{waiting['id']}/end", {"outcome": "answered"})
    assert ended["outcome"] == "answered"
    assert agent.get("/article-remarks")["items"] == []
    agent.post(f"{path}/steps", {"step": "archive"})
    for gone in (path, f"/article-files/{file['id']}"):
        assert kim.call("GET", gone).status_code == 404
    assert kim.call("POST", f"{path}/ratings", {"helpful": True}).status_code == 404


def test_an_article_is_noted_on_a_ticket_that_the_caller_sees(
    program: ProgramOf, floor: Any
) -> None:
    agent, kim = program("agent"), customer(program)
    made = write(agent)
    facts = {"subject": "Dark", "body": "It is dark.", "customer": {"email": "a@example.org"}}
    ticket = agent.post("/tickets", facts)["id"]
    use = {"how": "solved", "ticket_id": ticket}
    path = f"/articles/{made['id']}/uses"
    assert agent.call("POST", path, use).status_code == 204
    (used,) = agent.get(f"/tickets/{ticket}/articles")["items"]
    assert (used["title"], used["how"]) == ("Reset it", "solved")
    assert agent.call("POST", path, {"how": "solved"}).status_code == 400
    assert kim.call("POST", path, use).status_code == 404
    assert agent.get(f"/articles/{made['id']}")["uses"] == 1


def test_an_administrator_fetches_everything_as_a_folder_of_markdown(program: ProgramOf) -> None:
    agent, admin = program("agent"), program("admin")
    write(agent)
    answer = admin.call("GET", "/articles/export")
    assert answer.mimetype == "application/zip"
    names = zipfile.ZipFile(io.BytesIO(answer.get_data())).namelist()
    assert names == ["reset-it.md"]
    assert agent.call("GET", "/articles/export").status_code == 403
    assert admin.get("/audit", action="article.exported")["items"]


def test_nobody_sets_what_is_not_theirs_to_set(program: ProgramOf) -> None:
    agent = program("agent")
    for extra in ({"version": 9}, {"uses": 9}, {"is_live": True}, {"created_by": "x"}):
        answer = agent.call("POST", "/articles", {"title": "x", **extra})
        assert answer.status_code == 400
    refused = agent.call("POST", "/articles", {"title": "x", "state": "published"})
    assert (refused.status_code, refused.json["code"]) == (409, "not_ready")
    with reading(system("test")) as work:
        assert not queries.page(work, queries.Filter()).items
    with begin(Actor("user", agent.user_id, role="agent")) as work:
        assert not queries.page(work, queries.Filter(state="archived")).items
