"""What a site may ask before a chat, and which answers it takes."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.channels import pre_chat
from helpdesk.core.errors import Invalid

FIELDS = pre_chat.clean_fields(
    [
        {"key": "name", "label": "Your name", "kind": "text", "required": True},
        {"key": "email", "label": "Your e-mail address", "kind": "email"},
        {"key": "phone", "label": "Phone", "kind": "phone"},
        {
            "key": "about",
            "label": "What is it about?",
            "kind": "choice",
            "choices": ["Bill", "Move"],
        },
    ]
)


def test_answers_come_back_trimmed_and_without_what_was_not_asked() -> None:
    given = {"name": "  Ida Berg ", "email": "", "about": "Bill", "is_admin": "yes"}
    assert pre_chat.check_answers(FIELDS, given) == {"name": "Ida Berg", "about": "Bill"}


@pytest.mark.parametrize(
    "given, wrong",
    [
        ({}, {"name": "Enter your name"}),
        ({"name": "   "}, {"name": "Enter your name"}),
        ({"name": 5}, {"name": "Enter your name"}),
        ({"name": "x" * 301}, {"name": "Use at most 300 characters"}),
        (
            {"name": "Ida", "email": "ida@nowhere"},
            {"email": "Enter an e-mail address like name@example.com"},
        ),
        (
            {"name": "Ida", "phone": "call me"},
            {"phone": "Enter a phone number, like 030 123456 or +49 30 123456"},
        ),
        ({"name": "Ida", "about": "Else"}, {"about": "Choose one of the answers"}),
    ],
)
def test_a_wrong_answer_is_told_in_words_beside_its_field(
    given: dict[str, Any], wrong: dict[str, str]
) -> None:
    with pytest.raises(Invalid) as refused:
        pre_chat.check_answers(FIELDS, given)
    assert refused.value.fields == wrong


@pytest.mark.parametrize(
    "address",
    ["a@b.example", "first.last+tag@sub.example.org", "ü@example.de", "x@xn--bcher-kva.example"],
)
def test_mail_addresses_that_exist_are_taken(address: str) -> None:
    assert pre_chat.is_email(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a@b",
        "a b@c.example",
        "a@b@c.example",
        "a@b..example",
        "a@b.example\nBcc: x@y.example",
    ],
)
def test_what_is_no_mail_address_is_refused(address: str) -> None:
    assert not pre_chat.is_email(address)


@pytest.mark.parametrize(
    "field",
    [
        "name",
        {"key": "Name", "label": "Name", "kind": "text"},
        {"key": "text", "label": "Text", "kind": "text"},
        {"key": "a", "label": "", "kind": "text"},
        {"key": "a", "label": "A", "kind": "file"},
        {"key": "a", "label": "A", "kind": "choice", "choices": ["only one"]},
    ],
)
def test_a_question_that_could_not_be_asked_is_refused(field: Any) -> None:
    with pytest.raises(Invalid):
        pre_chat.clean_fields([field])


def test_answers_are_shown_with_their_questions_even_when_a_question_is_gone() -> None:
    kept = {"about": "Bill", "phone": "", "former": "yes"}
    assert pre_chat.labelled(FIELDS, kept) == [("What is it about?", "Bill"), ("former", "yes")]


def test_two_questions_need_two_keys() -> None:
    twice = [{"key": "a", "label": "A", "kind": "text"}] * 2
    with pytest.raises(Invalid):
        pre_chat.clean_fields(twice)
