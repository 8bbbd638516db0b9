"""Reads a TwiML document against the grammar: elements that are known to be right, or an error.

Exists so that what our hooks answer is judged at the first hearing. The only place that reads XML:
a document type, and with it every entity of one's own, is refused before anything else is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.parsers import expat

from helpdesk.exchange.grammar import DOCUMENT_LIMIT, RESPONSES, RULES, Kind, Rule

CANNOT_PARSE = 12100
NOT_ALLOWED = 12200
TOO_LARGE = 11750
SAY_TEXT = 13520


class TwimlError(Exception):
    """The document can't be used; `code` is the carrier's number for why."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Element:
    name: str
    attributes: Mapping[str, str]
    children: tuple[Element, ...] = ()
    text: str = ""

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.attributes.get(name)
        return default if value is None else value == "true"

    def number(self, name: str, default: int) -> int:
        return int(self.attributes.get(name, default))


def read(body: bytes, kind: Kind) -> tuple[Element, ...]:
    """The verbs of a document in order; raises TwimlError."""
    if len(body) > DOCUMENT_LIMIT:
        raise TwimlError(TOO_LARGE, f"the document has more than {DOCUMENT_LIMIT} bytes")
    root = _parse(body)
    if root.name != "Response":
        raise TwimlError(CANNOT_PARSE, f"the document begins with {root.name}, not with Response")
    _refuse(root.attributes, {}, "Response")
    if root.text:
        raise TwimlError(NOT_ALLOWED, "there are words between the verbs")
    for verb in root.children:
        if verb.name not in RESPONSES[kind]:
            raise TwimlError(NOT_ALLOWED, f"{verb.name} is no verb of a {kind} document")
        _check(verb)
    return root.children


def _check(element: Element) -> None:
    rule = RULES[element.name]
    _refuse(element.attributes, rule.attributes, element.name)
    for name in rule.required - element.attributes.keys():
        raise TwimlError(NOT_ALLOWED, f"{element.name} needs {name}")
    for name, value in element.attributes.items():
        if wrong := rule.attributes[name](value):
            raise TwimlError(NOT_ALLOWED, f"{name} of {element.name} {wrong}: {value!r}")
    _check_text(element, rule)
    for child in element.children:
        if child.name not in rule.children:
            raise TwimlError(NOT_ALLOWED, f"{child.name} may not stand in {element.name}")
        _check(child)
    _check_whole(element)


def _check_text(element: Element, rule: Rule) -> None:
    wrong = "has no text" if rule.text is None and element.text else None
    if rule.text is not None:
        wrong = rule.text(element.text)
    if element.children and element.text:
        wrong = "has both words and elements"
    elif element.children:
        wrong = None
    if wrong:
        code = SAY_TEXT if element.name == "Say" else NOT_ALLOWED
        raise TwimlError(code, f"the text of {element.name} {wrong}")


def _check_whole(element: Element) -> None:
    """What can't be seen from one attribute."""
    match element.name:
        case "Play" if bool(element.text) == ("digits" in element.attributes):
            raise TwimlError(NOT_ALLOWED, "Play needs an address or digits, and not both")
        case "Dial":
            _check_dial(element)
        case "Client" if not element.text and not any(
            child.name == "Identity" for child in element.children
        ):
            raise TwimlError(NOT_ALLOWED, "Client names nobody")
        case "Message" if not element.text and not element.children:
            raise TwimlError(NOT_ALLOWED, "Message is empty")


def _check_dial(element: Element) -> None:
    names = [child.name for child in element.children]
    if not names and not element.text:
        raise TwimlError(NOT_ALLOWED, "Dial dials nobody")
    if len(names) > 10:
        raise TwimlError(NOT_ALLOWED, "Dial calls ten at most")
    if len(names) > 1 and not set(names) <= {"Number", "Client"}:
        raise TwimlError(NOT_ALLOWED, "a Conference or Queue stands alone in Dial")


def _refuse(written: Mapping[str, str], allowed: Mapping[str, object], where: str) -> None:
    for name in written:
        if name not in allowed:
            raise TwimlError(NOT_ALLOWED, f"{where} has no attribute {name}")


class _Builder:
    """Collects what expat calls out into a tree."""

    def __init__(self) -> None:
        self.open: list[tuple[str, dict[str, str], list[Element], list[str]]] = []
        self.root: Element | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.open) >= 8:
            raise TwimlError(NOT_ALLOWED, "the document is nested too deeply")
        if self.open and name not in RULES:
            raise TwimlError(NOT_ALLOWED, f"there is no verb {name}")
        self.open.append((name, attributes, [], []))

    def end(self, name: str) -> None:
        name, attributes, children, words = self.open.pop()
        element = Element(name, attributes, tuple(children), "".join(words).strip())
        if self.open:
            self.open[-1][2].append(element)
        else:
            self.root = element

    def data(self, words: str) -> None:
        self.open[-1][3].append(words)

    def doctype(self, *_: object) -> None:
        raise TwimlError(CANNOT_PARSE, "the document declares a type, which is not read")


def _parse(body: bytes) -> Element:
    builder, parser = _Builder(), expat.ParserCreate()
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = builder.doctype
    try:
        parser.Parse(body.strip(), True)
    except expat.ExpatError as error:
        raise TwimlError(CANNOT_PARSE, f"the document is no XML: {error}") from error
    assert builder.root is not None
    return builder.root
