"""Texts taken apart: stems, numbers, addresses; and how far a misspelling is from a word."""

from __future__ import annotations

import pytest

from helpdesk.core.errors import Invalid
from helpdesk.search import spelling, words
from helpdesk.search.highlighting import Marker
from helpdesk.search.stemming import english, german, language_of


@pytest.mark.parametrize(
    "forms, stem",
    [
        (("charge", "charged", "charges", "charging"), "charg"),
        (("relational", "relate", "relating"), "relat"),
        (("happiness", "happy"), "happi"),
        (("hopping", "hopped", "hops"), "hop"),
    ],
)
def test_forms_of_an_english_word_share_a_stem(forms: tuple[str, ...], stem: str) -> None:
    assert {english(form) for form in forms} == {stem}


def test_forms_of_a_german_word_share_a_stem() -> None:
    assert german("rechnungen") == german("rechnung")
    assert german("vertrages") == german("vertrag")
    assert german("storungen") == german("storung")


def test_little_words_tell_the_language() -> None:
    assert language_of(["die", "rechnung", "ist", "nicht"]) == "de"
    assert language_of(["the", "bill", "is"]) == "en"
    assert language_of(["router"]) is None


@pytest.mark.parametrize(
    "text, whole",
    [
        ("see T-10432 please", "t10432"),
        ("Invoice 2024/0017", "20240017"),
        ("write to Anna.Meier@Example.com", "anna.meier@example.com"),
        ("call +49 (30) 123 45-67", "49301234567"),
    ],
)
def test_references_addresses_and_numbers_are_kept_whole(text: str, whole: str) -> None:
    assert whole in words.index("", text).body
    assert whole in [stem for unit in words.ask(text) for stem in unit.stems]


def test_a_number_is_the_same_at_home_and_abroad() -> None:
    abroad = set(words.index("", "+49 30 1234567").body)
    home = {stem for unit in words.ask("030 1234567") for stem in unit.stems}
    assert any(term.startswith("~") for term in abroad & home)


def test_accents_and_case_do_not_matter() -> None:
    assert words.index("", "CAFÉ Ｆｕｌｌ Straße").body == ("cafe", "full", "strass")
    assert words.index("", "café full strasse").body == ("cafe", "full", "strass")


def test_scripts_without_spaces_are_found_by_parts() -> None:
    (unit,) = words.ask("障害")
    assert unit.stems[0] in words.index("", "通信障害が発生").body


def test_little_words_count_only_where_there_are_no_others() -> None:
    assert [unit.word for unit in words.ask("where is the invoice")] == ["invoice"]
    assert [unit.word for unit in words.ask("who is it")] == ["who", "is", "it"]


def test_a_question_far_too_long_is_refused() -> None:
    with pytest.raises(Invalid):
        words.ask("%" * (words.LONGEST_QUERY + 1))


def test_slips_are_counted_as_people_make_them() -> None:
    assert spelling.distance("router", "rotuer") == 1
    assert spelling.distance("router", "routr") == 1
    assert spelling.distance("router", "printer") > 2
    assert "router" in spelling.one_slip("rotuer")


def test_the_nearest_spelling_wins_and_then_the_commonest() -> None:
    known = [("printer", 3), ("painter", 40), ("pointer", 9)]
    assert spelling.nearest("prinetr", known) == ["printer"]
    assert spelling.nearest("phinter", [("printer", 3), ("painter", 40)])[0] == "painter"


def test_marks_stand_on_what_was_asked_and_never_become_markup() -> None:
    pieces = Marker(frozenset({"charg"})).marked("<b>Charged</b> twice")
    assert [(piece.text, piece.marked) for piece in pieces] == [
        ("<b>", False),
        ("Charged", True),
        ("</b> twice", False),
    ]


def test_a_passage_shows_the_place_with_most_of_what_was_asked() -> None:
    text = "nothing here " * 60 + "the router lost its firmware today " + "and so on " * 60
    pieces = Marker(frozenset({"router", "firmwar"})).passage(text)
    assert [piece.text for piece in pieces if piece.marked] == ["router", "firmware"]
    assert len("".join(piece.text for piece in pieces)) < 300
