"""The port on both databases: what is put is found, best first, and what is taken out is gone."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from helpdesk.core.db import Database
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.search import queries, service
from helpdesk.search.permissions import INTERNAL, PUBLIC, SHARED, Reader
from helpdesk.search.queries import Filters
from tests.search.documents import DESK, NOON, SYSTEM, counts, document, find, ids, put, remove


def test_a_word_in_the_title_counts_more_and_all_words_are_only_wished(database: Database) -> None:
    title, body, _ = put(
        document("Router broken", "It blinks."),
        document("No internet", "The router blinks red since this morning, says the customer."),
        document("Invoice", "Paid twice."),
    )
    assert ids("router firmware") == [title, body]


def test_a_rare_word_tells_more_than_a_common_one(database: Database) -> None:
    put(*[document("Router", "The router again.", minutes=n) for n in range(30)])
    (rare,) = put(document("Help", "A zeppelin fell on it."))
    assert ids("router zeppelin")[0] == rare


def test_other_forms_of_a_word_are_found_in_both_languages(database: Database) -> None:
    english, german = put(
        document("Charged twice", "I was charged two times for it."),
        document("Rechnungen falsch", "Die Rechnungen sind nicht richtig, ich bitte um Prüfung."),
    )
    assert ids("charging") == [english]
    assert ids("Rechnung") == [german]
    assert ids("prufung") == [german]


@pytest.mark.parametrize("typed", ["T-10432", "t-104", "T10432", "10432"])
def test_a_ticket_is_found_by_its_number_and_the_beginning_of_it(
    database: Database, typed: str
) -> None:
    put(document("T-20777 Another"))
    (wanted,) = put(document("T-10432 No light"))
    assert ids(typed) == [wanted]


@pytest.mark.parametrize("typed", ["anna.meier@example.com", "anna.mei", "Anna.Meier@exam"])
def test_a_mail_address_is_found_exactly_and_as_it_begins(database: Database, typed: str) -> None:
    wanted, other = put(
        document("Mail", "from anna.meier@example.com"), document("Mail", "from bob@example.org")
    )
    assert ids(typed)[0] == wanted
    assert other not in ids(typed)[:1]


def test_a_telephone_number_is_found_however_it_is_written(database: Database) -> None:
    (wanted,) = put(document("Call back", "under +49 (30) 123 45-67 please"))
    put(document("Call back", "under +49 89 7654321 please"))
    for typed in ("030 1234567", "+49 30 1234567", "0049 30 123 45 67"):
        assert ids(typed)[:1] == [wanted], typed


def test_a_misspelt_word_is_mended_and_said_so_and_a_known_one_never(database: Database) -> None:
    (printer,) = put(document("Printer jams"))
    (painter,) = put(document("The painter came"))
    found = find("prniter")
    assert [hit.id for hit in found.hits] == [printer]
    assert found.instead == {"prniter": "printer"}
    assert ids("printer") == [printer]
    assert find("painter").instead == {}
    assert ids("painter") == [painter]


def test_what_nobody_writes_any_more_is_not_suggested(database: Database) -> None:
    (gone,) = put(document("Printer jams"))
    remove(("ticket", gone))
    found = find("prniter")
    assert (found.hits, found.instead) == ([], {})


def test_an_unfinished_last_word_is_completed_while_typing(database: Database) -> None:
    exact, longer = put(document("net"), document("network down"))
    assert ids("net") == [exact]
    assert set(ids("net", typing=True)) == {exact, longer}
    assert ids("netw") == [longer]


def test_a_document_put_again_is_found_by_its_new_words_only(database: Database) -> None:
    one = document("Router", "blinks red")
    put(one)
    put(document("Lamp", "glows", id=one.id))
    assert ids("router") == []
    assert ids("lamp") == [one.id]


def test_an_index_changed_often_counts_like_one_made_afresh(database: Database) -> None:
    rng = random.Random(7)
    words = ["router", "routers", "lamp", "lamps", "bill", "billing", "T-1001", "ann@example.com"]
    scopes = [PUBLIC, SHARED, INTERNAL]
    kept = {}
    names = [new_id() for _ in range(12)]
    for _ in range(60):
        name = rng.choice(names)
        if rng.random() < 0.3:
            remove(("ticket", name))
            kept.pop(name, None)
        else:
            one = document(
                " ".join(rng.choices(words, k=2)),
                " ".join(rng.choices(words, k=4)),
                id=name,
                scope=rng.choice(scopes),
            )
            put(one)
            kept[name] = one
    often = counts()
    with begin(SYSTEM) as work:
        service.clear(work)
    put(*kept.values())
    assert counts() == often


def test_filters_leave_out_what_does_not_fit(database: Database) -> None:
    queue, agent = new_id(), new_id()
    put(document("Lamp one", state="closed", tags=("vip",)))
    two, three = put(
        document("Lamp two", state="open", queue_id=queue, tags=("vip", "50%"), minutes=5),
        document("Lamp three", state="open", assignee_id=agent, kind="message", minutes=10),
    )
    assert ids("lamp", filters=Filters(states=frozenset({"open"}))) == [three, two]
    assert ids("lamp", filters=Filters(queue_id=queue)) == [two]
    assert ids("lamp", filters=Filters(assignee_id=agent)) == [three]
    assert ids("lamp", filters=Filters(kinds=frozenset({"message"}))) == [three]
    assert ids("lamp", filters=Filters(tag="50%")) == [two]
    assert ids("lamp", filters=Filters(tag="5_%")) == []
    later = NOON + timedelta(minutes=5)
    assert ids("lamp", filters=Filters(since=later)) == [three, two]
    assert len(ids("lamp", filters=Filters(until=later))) == 1


def test_a_common_word_with_a_filter_that_leaves_few_still_finds_them(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "RARE", 5)
    monkeypatch.setattr(queries, "_NEWEST", 10)
    queue = new_id()
    (old,) = put(document("Lamp", queue_id=queue))
    put(*[document("Lamp", minutes=n + 1) for n in range(40)])
    assert ids("lamp", filters=Filters(queue_id=queue)) == [old]


def test_common_words_alone_rank_the_newest_and_say_so(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "RARE", 5)
    monkeypatch.setattr(queries, "_NEWEST", 10)
    made = put(*[document("", f"lamp {'and bulb' if n % 2 else ''}", minutes=n) for n in range(60)])
    found = find("lamp", limit=3)
    assert found.is_partial
    assert next(hit.id for hit in found.hits) in made[-10:]
    both = find("lamp bulb", limit=5)
    assert all(made.index(hit.id) % 2 for hit in both.hits)


def test_several_of_one_group_are_shown_once(database: Database) -> None:
    group = new_id()
    best, _, other = put(
        document("Lamp", group_id=group),
        document("", "The lamp again", kind="message", group_id=group),
        document("", "A lamp elsewhere in a long sentence", kind="message"),
    )
    hits = find("lamp", grouped=True).hits
    assert [hit.id for hit in hits] == [best, other]
    assert hits[0].alike == 1


def test_things_of_one_moment_are_all_kept(database: Database) -> None:
    made = put(*[document(f"Lamp {n}") for n in range(50)])
    assert set(ids("lamp", limit=100)) == set(made)


# Who may read what -----------------------------------------------------------------------------

ANNA, BOB = new_id(), new_id()
CUSTOMER = Reader(frozenset({PUBLIC}), ANNA)


def test_E2_a_note_is_never_found_by_a_customer_nor_guessed_from_suggestions(
    database: Database,
) -> None:
    put(document("", "canaryword zzz", scope=INTERNAL, customer_id=ANNA, kind="message"))
    (own,) = put(document("My lamp", "canarywort", customer_id=ANNA))
    for words in ("canaryword", "canarywrod", "zzz"):
        found = find(words, CUSTOMER)
        assert [hit.id for hit in found.hits] in ([], [own])
        assert "canaryword" not in f"{found.hits} {list(found.instead.values())}"
    assert len(ids("canaryword")) >= 1


def test_E6_a_customer_learns_nothing_of_anothers_not_even_counts(database: Database) -> None:
    put(*[document("Lamp secretive", customer_id=BOB, minutes=n) for n in range(5)])
    (own,) = put(document("Lamp mine", customer_id=ANNA))
    (article,) = put(document("Lamp guide", scope=PUBLIC, kind="article"))
    found = find("lamp", CUSTOMER)
    assert {hit.id for hit in found.hits} == {own, article}
    assert all(hit.alike == 0 for hit in found.hits)
    assert find("secretive", CUSTOMER) == queries.NOTHING
    assert find("secretvie", CUSTOMER).instead == {}
    before = [hit.score for hit in find("lamp", CUSTOMER).hits]
    put(*[document("Lamp lamp", customer_id=BOB, minutes=n) for n in range(20)])
    assert [hit.score for hit in find("lamp", CUSTOMER).hits] == before
    with reading(SYSTEM) as work:
        shown = queries.latest(work, CUSTOMER).hits
    assert {hit.id for hit in shown} == {own, article}


def test_a_customer_finds_the_own_despite_a_slip(database: Database) -> None:
    (own,) = put(document("Lamp", "zeppelin", customer_id=ANNA))
    assert ids("zepplin", CUSTOMER) == [own]


# Odd input -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        '" AND OR NOT * ( :',
        "lamp'; DROP TABLE search_index; --",
        "' OR 1=1 --",
        "lamp & !bulb | (x <-> y):*",
        'title:"lamp" NEAR(a b)',
        "%" * 300,
        "lamp\x00bulb",
        "\ud800 lamp",
        "{{7*7}} ${7*7} %s%n",
        "(" * 200,
        "a" * 400,
        "~^-+.@_",
        "😀 lamp",
    ],
)
def test_J1_J2_syntax_is_taken_for_words(database: Database, typed: str) -> None:
    (lamp,) = put(document("lamp bulb"))
    found = ids(typed)
    assert found == ([lamp] if "lamp" in typed or "bulb" in typed else [])


def test_J9_odd_texts_are_kept_and_found(database: Database) -> None:
    odd = "a\x00b \ud800 \u202egnp.exe ﷽ ' \" \\ <script> kept"
    (made,) = put(document(odd[:50], odd))
    assert ids("kept") == [made]
    assert ids("script", DESK) == [made]
