"""What articles and questions are taken apart into, slips, tiers and weights; for any input."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helpdesk.search import article_words, slips, spelling, tiers, weighing
from helpdesk.search.article_words import ask, fields, length, stream
from helpdesk.search.highlighting import Marker
from helpdesk.search.languages import language_of, stem
from helpdesk.search.ranking import Corpus, Sought
from helpdesk.search.synonyms import by_first_word
from helpdesk.search.tiers import Group
from helpdesk.search.understanding import understand
from helpdesk.search.vocabulary import Known
from helpdesk.search.weighing import Streams
from helpdesk.search.words import lowered

LOCALES = ("en", "de-AT", "fr", "ru", "ja", "th", "hi", "ar", "xx")
TEXTS = st.text(max_size=200)
WORDS = st.text(alphabet="abcdefgh", min_size=4, max_size=12)


@pytest.mark.parametrize(
    "asked, text, marked",
    [
        ("Zähler", "Zähler ablesen und zahlen", ["Zähler"]),
        ("zahlen", "Der Zähler, wir zahlen", ["zahlen"]),
        ("Häuser", "Ein Haus, viele Häuser, des Hauses", ["Haus", "Häuser", "Hauses"]),
        ("wählen", "Wahlen: wir wählen", ["Wahlen", "wählen"]),
        ("Zähler zahlen", "Zähler zahlen", ["Zähler", "zahlen"]),
    ],
)
def test_words_of_one_german_stem_that_are_no_forms_of_each_other_are_told_apart(
    asked: str, text: str, marked: list[str]
) -> None:
    def forms(word: str) -> tuple[str, ...]:
        return article_words.forms_of(word, ("de",))

    asked_words = lowered(asked).split()
    terms = frozenset(form for word in asked_words for form in forms(word))
    pieces = Marker(terms, forms, asked_words).marked(text)
    assert [one.text for one in pieces if one.marked] == marked


@example("AÆ𠀀", "de-AT")  # a word that touches a script without spaces has its stem all the same
@given(TEXTS, st.sampled_from(LOCALES))
def test_every_word_of_an_article_is_found_by_itself(text: str, locale: str) -> None:
    made = fields(locale, text, [], "")
    terms = set(made.title.split())
    assert terms == {term for _, term in made.vocabulary}
    assert length(made.title) == len(made.title.split())
    language = language_of(locale)
    for unit in ask(text[:60], [language]).units:
        if not unit.whole and unit.word in {word for word, _ in made.vocabulary}:
            assert set(unit.stems) & terms


@pytest.mark.parametrize(
    "locale, forms",
    [
        ("en", ("connect", "connected", "connecting", "connection", "connections")),
        ("en-GB", ("colour", "color", "colours")),
        ("de", ("rechnung", "rechnungen")),
        ("fr", ("activer", "activé", "activez")),
        ("es", ("facturas", "factura")),
        ("ru", ("пароль", "пароли", "паролем")),
    ],
)
def test_forms_of_a_word_share_a_term(locale: str, forms: tuple[str, ...]) -> None:
    assert len({stem(form, language_of(locale)) for form in forms}) == 1


@given(WORDS, st.randoms(use_true_random=False))
def test_two_words_within_slips_share_a_form(word: str, rng: random.Random) -> None:
    typed = word
    for _ in range(slips.most_slips(word)):
        typed = _slipped(rng, typed)
    if spelling.distance(word, typed) <= min(slips.most_slips(word), slips.most_slips(typed)):
        assert slips.forms(word) & slips.forms(typed)


def _slipped(rng: random.Random, word: str) -> str:
    at = rng.randrange(len(word))
    letter = rng.choice("abcxyz")
    return rng.choice(
        (
            word[:at] + word[at + 1 :],
            word[:at] + letter + word[at:],
            word[:at] + letter + word[at + 1 :],
            word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
        )
    )


def test_of_near_words_those_with_letters_swapped_come_first_then_the_commonest() -> None:
    near = slips.nearest("taht", [("that", 1), ("taut", 9), ("hat", 50), ("tat", 20), ("zebra", 9)])
    assert [one.word for one in near] == ["that", "tat", "taut"]
    assert slips.nearest("vpn", [("van", 90), ("vpns", 1)])[0].word == "vpns"


@given(st.tuples(*[st.integers(0, 9)] * 3), st.tuples(*[st.integers(1, 900)] * 3))
def test_more_of_a_term_is_never_a_worse_tier(
    counts: tuple[int, int, int], lengths: tuple[int, int, int]
) -> None:
    tier = tiers.tier_of(counts, lengths)
    assert 0 <= tier < tiers.TIERS
    for place in range(3):
        more = (*counts[:place], counts[place] + 1, *counts[place + 1 :])
        assert tiers.tier_of((more[0], more[1], more[2]), lengths) <= tier


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 9)), max_size=30), st.integers(1, 300))
def test_no_more_is_read_than_the_budget_and_what_tells_most_first(
    given_: list[tuple[int, int]], budget: int
) -> None:
    groups = [Group(1, f"t{n}", 0, *one) for n, one in enumerate(given_)]
    chosen = tiers.worth_reading(groups, budget)
    assert bool(chosen) == bool(groups)
    assert len(chosen) == 1 or sum(one.documents for one in chosen) <= budget
    left = [one for one in groups if one not in chosen and one.documents == 1]
    if left and chosen:
        assert max(one.weight for one in left) <= max(one.weight for one in chosen)


def _article(number: int, title: str, body: str) -> Streams:
    return Streams(number, stream(title.split()), "", stream(body.split()))


def test_a_word_twice_in_a_row_counts_twice() -> None:
    corpus = Corpus(10, 10, 40)
    sought = [Sought({"lamp": 1.0}, 3)]
    once, twice = _article(1, "", "lamp b c d"), _article(2, "", "lamp lamp c d")
    assert [one.number for one in weighing.ranked(corpus, sought, [once, twice])] == [2, 1]
    ordered = weighing.ranked(corpus, sought, [_article(2, "lamp", ""), _article(1, "lamp", "")])
    assert [one.number for one in ordered] == [1, 2]


def test_a_phrase_stands_in_one_field() -> None:
    corpus = Corpus(10, 10, 40)
    sought = [Sought({"card": 1.0}, 3)]
    phrase = (frozenset({"card"}), frozenset({"number", "numero"}))
    articles = [
        _article(1, "card", "number"),
        _article(2, "", "the card number"),
        _article(3, "", "card numero"),
        _article(4, "", "number card"),
    ]
    found = weighing.ranked(corpus, sought, articles, [phrase])
    assert {one.number for one in found} == {2, 3}


class Lexicon:
    """Words that somebody wrote, each with so many articles."""

    def __init__(self, **written: int) -> None:
        self._written = {word: Known(word, stem(word, "en"), n) for word, n in written.items()}

    def counts(self, terms: object) -> dict[str, int]:
        found: dict[str, int] = {}
        for one in self._written.values():
            if one.term in terms:  # type: ignore[operator]
                found[one.term] = found.get(one.term, 0) + one.documents
        return found

    def known(self, words: object) -> list[Known]:
        return [self._written[word] for word in words if word in self._written]  # type: ignore[attr-defined]

    def near(self, words: list[str]) -> list[Known]:
        forms = {form for word in words for form in slips.forms(word)}
        return [one for word, one in self._written.items() if slips.forms(word) & forms]

    def begun(self, start: str, most: int) -> list[Known]:
        return [one for word, one in self._written.items() if word.startswith(start)][:most]


def test_what_somebody_wrote_is_never_taken_for_something_else() -> None:
    lexicon = Lexicon(form=2, from_=1, farm=90, password=40)
    understood = understand(ask("form", ["en"]), lexicon)
    assert understood.instead == {}
    assert [set(one.terms) for one in understood.sought] == [{"form"}]


def test_what_nobody_wrote_is_mended_completed_or_parted() -> None:
    lexicon = Lexicon(reset=9, password=40, passwords=3)
    assert understand(ask("pasword", ["en"]), lexicon).instead == {"pasword": "password"}
    assert understand(ask("passw", ["en"]), lexicon).instead == {}
    parted = understand(ask("resetpassword", ["en"]), lexicon)
    assert parted.instead == {"resetpassword": "reset password"}
    assert understand(ask("zebra", ["en"]), lexicon).sought == []


@given(st.lists(st.sampled_from(["reset", "password", "lamp"]), min_size=1, max_size=5))
def test_a_question_of_known_words_is_looked_for_as_it_is(words: list[str]) -> None:
    understood = understand(ask(" ".join(words), ["en"]), Lexicon(reset=9, password=4, lamp=1))
    assert understood.instead == {}
    assert {term for one in understood.sought for term in one.terms} == {
        stem(word, "en") for word in words
    }


def test_synonyms_stand_under_their_first_word() -> None:
    found = by_first_word([["Wi-Fi", "WLAN", "wlan"], ["!?"]])
    assert found == {
        "wi": [(("wi", "fi"), (("wlan",),))],
        "wlan": [(("wlan",), (("wi", "fi"),))],
    }


def test_scripts_without_spaces_are_marked_where_they_are_meant() -> None:
    pieces = Marker(frozenset({"密码", "重置"})).marked("如何重置密码吗")
    assert [piece.text for piece in pieces if piece.marked] == ["重置密码"]


def test_the_best_passage_of_a_very_long_text_is_shown() -> None:
    text = "nothing here " * 3_000 + "the router lost its firmware" + " and so on" * 3_000
    pieces = Marker(frozenset({"router", "firmwar"})).passage(text)
    assert [piece.text for piece in pieces if piece.marked] == ["router", "firmware"]
