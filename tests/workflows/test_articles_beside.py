"""Articles beside a case: what is looked for, what its customer may have, and what is noted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpdesk.core.config import Settings
from helpdesk.core.db import Database
from helpdesk.core.errors import Forbidden, NotFound
from helpdesk.core.work import begin, reading
from helpdesk.customers import service as customers
from helpdesk.kb import plain, publishing, segments, settings, writing
from helpdesk.mail import place
from helpdesk.workflows import articles_beside, articles_found, cases, knowledge
from helpdesk.workflows.articles_beside import Case
from tests.workflows.people import Floor, make_floor
from tests.workflows.test_cases import NOW, TEST, open_one
from tests.workflows.test_knowledge import VISITOR, write

CANARY = "kanarienvogel"


@pytest.fixture
def floor(database: Database, clock_at: Callable[..., None], tmp_path: Path) -> Floor:
    place.configure(Settings(data=tmp_path, secret_key="k" * 40, base_url="http://localhost"))
    clock_at(NOW)
    return make_floor("Anna", "Ben")


def indexed(floor: Floor) -> None:
    with begin(floor.anna) as work:
        articles_found.renew_some(work, None)


def suggested(floor: Floor, case_id: str, asked: str = "", had: str = "") -> Any:
    with reading(floor.anna) as work:
        case = articles_beside.case_of(work, "ticket", case_id)
        return articles_beside.suggest(work, case, asked=asked, had=had)


def chosen(floor: Floor, case_id: str, article_id: str, into: Any, *, whole: bool) -> Any:
    with reading(floor.anna) as work:
        case = articles_beside.case_of(work, "ticket", case_id)
        return articles_beside.choose(work, case, article_id, into, whole=whole)


def test_what_was_said_last_is_looked_for_and_thanks_are_left_out() -> None:
    said = articles_beside.said
    assert said("Boiler", ["Thanks!", "It shows error four", "Hello there"]) == (
        "Boiler It shows error four Hello there"
    )
    assert said("", ["ok"]) == "ok"
    assert said("Cold", ["Cold", "Cold"]) == "Cold"
    assert len(said("x" * 500, ["y" * 500])) == articles_beside.LONGEST_SAID


def test_E2_an_article_as_a_message_is_plain_and_without_what_colleagues_note() -> None:
    body = f"""## Steps
1. Press *reset*
2. Wait, see [the list](https://x.example/list)

   for long

- one
  - inner

| a | b |
|---|---|
| 1 | 2 |

::: warning Hot
Careful
:::
::: internal {CANARY}
{CANARY}
:::
> ::: internal
> {CANARY}
"""
    text, is_whole = plain.plain(body)
    assert text == (
        "Steps\n\n1. Press reset\n2. Wait, see the list (https://x.example/list)\n   for long\n\n"
        "- one\n   - inner\n\na | b\n1 | 2\n\nHot:\nCareful"
    )
    assert is_whole
    assert plain.plain(body, 30) == ("Steps\n\n1. Press reset", False)


def test_E2_what_its_customer_may_not_read_is_shown_with_a_sign_and_never_handed_out(
    floor: Floor,
) -> None:
    with begin(TEST) as work:
        gold = segments.add_segment(work, name="Gold", tags=["gold"]).id
    ticket = open_one(floor, subject="The meter blinks red").ticket
    public = write(floor.anna, f"The meter blinks.\n\n::: internal\n{CANARY}\n:::\n")
    inner = write(floor.anna, f"The meter blinks. {CANARY}", audience="internal")
    theirs = write(floor.anna, "The meter blinks.", audience="segment", segment_id=gold)
    indexed(floor)
    closed = {one.hit.id: one.closed for one in suggested(floor, ticket.id).items}
    assert closed[public] == ""
    assert closed[inner] == "This article is for colleagues only."
    assert closed[theirs] == "This article is for other customers."
    assert chosen(floor, ticket.id, public, "reply", whole=True).text == "The meter blinks."
    for article_id in (inner, theirs):
        for into, whole in (("reply", False), ("reply", True), ("note", True)):
            with pytest.raises(Forbidden, match="This article is for"):
                chosen(floor, ticket.id, article_id, into, whole=whole)
        kept = chosen(floor, ticket.id, article_id, "note", whole=False)
        assert (kept.is_closed, kept.text) == (True, "")
    with begin(floor.anna) as work:
        customers.add_tag(work, ticket.customer_id, "gold")
    assert chosen(floor, ticket.id, theirs, "reply", whole=False).title == "Reset it"
    with pytest.raises(NotFound), reading(VISITOR) as work:
        articles_beside.case_of(work, "ticket", ticket.id)


def test_the_customers_language_comes_first_and_nothing_is_looked_for_twice(floor: Floor) -> None:
    with begin(TEST) as work:
        settings.change(work, {"locales": ["en", "de"]})
    english = write(floor.anna, "The meter blinks red after a reset of the meter.")
    both = write(floor.anna, "A meter.")
    with begin(floor.anna) as work:
        writing.add_language(work, both, "de", title="Zähler", body="Der Zähler, meter.")
        publishing.take_step(work, both, "publish")
    indexed(floor)
    ticket = open_one(floor, subject="The meter blinks red").ticket
    with begin(floor.anna) as work:
        customers.change_customer(work, ticket.customer_id, version=1, changes={"language": "de"})
    found = suggested(floor, ticket.id)
    assert [(one.hit.id, one.hit.locale, one.is_foreign) for one in found.items] == [
        (both, "de", False),
        (english, "en", True),
    ]
    assert suggested(floor, ticket.id, had=found.mark) is None
    assert suggested(floor, ticket.id, asked="reset", had=found.mark).items
    with begin(floor.anna) as work:
        cases.customer_wrote(work, ticket.id, text="And it smells of burning")
    assert suggested(floor, ticket.id, had=found.mark) is not None


def test_how_an_article_was_used_stands_on_it_in_the_ticket_and_its_conversation(
    floor: Floor,
) -> None:
    ticket = open_one(floor, subject="The meter blinks red").ticket
    article_id = write(floor.anna, "The meter blinks.")
    indexed(floor)
    with begin(floor.anna) as work:
        case: Case = articles_beside.case_of(work, "ticket", ticket.id)
        knowledge.use_article(work, article_id, "conversation", case.ids[1], "inserted")
        knowledge.use_article(work, article_id, "ticket", ticket.id, "solved")
    assert suggested(floor, ticket.id).items[0].ways == {"inserted", "solved"}
