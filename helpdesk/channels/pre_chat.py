"""What a site asks before a chat: what an administrator may set, what a visitor may answer.

Pure. The keys `name`, `email` and `phone` are about the person and reach the customer's record as
unproved contact points; every other key is an answer kept with the conversation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from helpdesk.core.errors import Invalid

KINDS = ("text", "email", "phone", "choice")
PERSON = ("name", "email", "phone")
MOST_FIELDS = 8
MOST_CHOICES = 20
LONGEST_ANSWER = 300

_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_EMAIL = re.compile(r"[^\s@<>\"(),;:\\]{1,64}@[^\s@<>\"(),;:\\.]+(\.[^\s@<>\"(),;:\\.]+)+")
_PHONE = re.compile(r"\+?[0-9 ()/.\-]{5,24}")


def clean_fields(fields: Sequence[Any]) -> list[dict[str, Any]]:
    """The fields as they are stored; Invalid names what is wrong with them."""
    if len(fields) > MOST_FIELDS:
        raise _wrong(f"Ask at most {MOST_FIELDS} questions.")
    cleaned = [_clean_field(field) for field in fields]
    if len({field["key"] for field in cleaned}) != len(cleaned):
        raise _wrong("Each question needs a key of its own.")
    return cleaned


def check_answers(fields: Sequence[Mapping[str, Any]], given: Mapping[str, Any]) -> dict[str, str]:
    """Answers to the fields asked, trimmed; what was not asked is dropped.

    Invalid maps each field's key to what is wrong, in words for the visitor.
    """
    answers: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for field in fields:
        key, value = str(field["key"]), given.get(field["key"], "")
        answer = value.strip() if isinstance(value, str) else ""
        problem = _problem(field, answer)
        if problem:
            wrong[key] = problem
        elif answer:
            answers[key] = answer
    if wrong:
        raise Invalid(fields=wrong)
    return answers


def labelled(
    fields: Sequence[Mapping[str, Any]], answers: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """Kept answers with their questions, for people; a question that is gone by its key."""
    labels = {str(field["key"]): str(field["label"]) for field in fields}
    return [(labels.get(key, key), str(value)) for key, value in answers.items() if value]


def is_email(text: str) -> bool:
    """True for what looks like one mail address; proof is another matter."""
    return len(text) <= 254 and _EMAIL.fullmatch(text) is not None


def _problem(field: Mapping[str, Any], answer: str) -> str | None:
    kind, label = field["kind"], str(field["label"])
    if not answer:
        if not field.get("required"):
            return None
        if label.endswith("?"):
            return f"Answer “{label}”"
        return f"Choose {_lower(label)}" if kind == "choice" else f"Enter {_lower(label)}"
    if len(answer) > LONGEST_ANSWER:
        return f"Use at most {LONGEST_ANSWER} characters"
    if kind == "email" and not is_email(answer):
        return "Enter an e-mail address like name@example.com"
    if kind == "phone" and not _PHONE.fullmatch(answer):
        return "Enter a phone number, like 030 123456 or +49 30 123456"
    if kind == "choice" and answer not in field.get("choices", ()):
        return "Choose one of the answers"
    return None


def _lower(label: str) -> str:
    """A label inside a sentence: "Your name" becomes "your name", "IBAN" stays."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def _clean_field(field: Any) -> dict[str, Any]:
    if not isinstance(field, Mapping):
        raise _wrong("Each question needs a key, a label and a kind.")
    key, label, kind = field.get("key"), field.get("label"), field.get("kind")
    if not isinstance(key, str) or not _KEY.fullmatch(key) or key == "text":
        raise _wrong("A key has lower-case letters, digits and _, and is not “text”.")
    if not isinstance(label, str) or not 1 <= len(label.strip()) <= 80:
        raise _wrong(f"The question “{key}” needs a label of at most 80 characters.")
    if kind not in KINDS:
        raise _wrong(f"The question “{key}” must be one of {', '.join(KINDS)}.")
    cleaned: dict[str, Any] = {
        "key": key,
        "label": label.strip(),
        "kind": kind,
        "required": field.get("required") is True,
    }
    if kind == "choice":
        cleaned["choices"] = _clean_choices(key, field.get("choices"))
    return cleaned


def _clean_choices(key: str, choices: Any) -> list[str]:
    texts = [c.strip() for c in choices or () if isinstance(c, str) and c.strip()]
    if not 2 <= len(texts) <= MOST_CHOICES or any(len(text) > 80 for text in texts):
        raise _wrong(f"The question “{key}” needs 2 to {MOST_CHOICES} short answers.")
    return texts


def _wrong(message: str) -> Invalid:
    return Invalid(fields={"pre_chat": message})
