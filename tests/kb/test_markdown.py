"""Articles from Markdown: nothing harmful comes out, and nothing internal reaches readers."""

from __future__ import annotations

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk.kb import markdown

FILE = "019a0b52-7c1e-7a44-9d0b-5f4b7e6c1a20"
OTHER = "019a0b52-7c1e-7a44-9d0b-5f4b7e6c1a21"

HIDDEN = {
    "plain": "::: internal\nCANARY\n:::",
    "colons in code": "::: internal\n```\n:::\nCANARY\n```\n:::",
    "a box inside": "::: internal\n::: warning\nx\n:::\nCANARY\n:::",
    "code in a list": "::: internal\n- ```\n  :::\n  CANARY\n  ```\n:::",
    "never closed": "::: internal\nx\n\nCANARY",
    "in a list": "- item\n  ::: internal\n  CANARY\n  :::\n- next",
    "right behind a bullet": "- ::: internal\n  CANARY\n  :::\n",
    "in a quote": "> x\n> ::: internal\n> CANARY\n> :::\n",
    "behind a paragraph": "words\n::: internal\nCANARY\n:::\nmore",
    "behind a table": "|a|\n|-|\n|1|\n::: internal\nCANARY\n:::",
    "in another case": ":::Internal Only us\nCANARY\n:::",
    "a slip": "::: interal\nCANARY\n:::",
    "more colons": "::::: internal\n:::\nCANARY\n:::::",
    "in a box": ":::: info\n::: internal\nCANARY\n:::\n::::",
    "a heading": "::: internal\n# CANARY\n:::",
    "a title": "::: internal CANARY\nx\n:::",
    "a link's address": "::: internal\n[a]: https://example.com/CANARY\n:::\n\n[a]",
    "a picture": f"::: internal\n![CANARY](file:{FILE})\n:::",
    "windows lines": "::: internal\r\nCANARY\r\n:::\r\n",
}


@pytest.mark.parametrize("body", HIDDEN.values(), ids=HIDDEN.keys())
def test_E2_what_is_internal_is_in_nothing_that_readers_get(body: str) -> None:
    body = f"Before.\n\n{body}\n"
    shown = markdown.rendered(body)
    assert "Before." in shown.html
    for made in (shown.html, shown.text, str(shown.headings), markdown.for_readers(body)):
        assert "CANARY" not in made
    assert FILE not in shown.files
    inside = markdown.rendered(body, internal=True)
    assert "CANARY" in inside.html + str(inside.articles)
    assert markdown.for_readers(body) != body


PIECES = st.sampled_from([
    "", "::: internal", "::: info", ":::", "::::", ":::: internal", "```", "~~~", "- a", "  ",
    "> q",
    "    code", "# h", "| a | b |", "|-|-|", "  :::", "- ::: internal", "> :::", "1. x", "`:::`",
])  # fmt: skip


@settings(max_examples=150)
@given(st.lists(PIECES, max_size=14), st.lists(PIECES, max_size=6))
def test_what_readers_get_twice_is_the_same(before: list[str], after: list[str]) -> None:
    """Stripping leaves nothing to strip, and the two ways of stripping agree."""
    body = "\n".join([*before, "::: internal", "CANARY", *after])
    stripped = markdown.for_readers(body)
    assert markdown.for_readers(stripped) == stripped
    if "CANARY" not in markdown.rendered(stripped).text:
        assert "CANARY" not in markdown.rendered(body).text


BAD = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))", "[x](java\tscript:alert(1))", "![x](javascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)", "[x](vbscript:x)", "<javascript:alert(1)>",
    "[x](&#106;avascript:alert(1))", '[x](https://a "onmouseover=alert(1)")', "[x](//evil.example)",
    "<iframe srcdoc='<script>alert(1)</script>'>", "# <svg/onload=alert(1)>",
    "[x](file:///etc/passwd)",
    "```\n</code></pre><script>alert(1)</script>\n```",
    "::: info <img src=x onerror=alert(1)>\nx\n:::",
    '![" onerror="alert(1)](file:' + FILE + ")", "<a id=config name=cookie>x</a>",
    "<base href=//x>",
    '| a |\n|:-:|\n| <b style="position:fixed">x</b> |', "<form action=//evil><input></form>",
]  # fmt: skip


class Looked(HTMLParser):
    """Every tag and attribute of some HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {(name, value or "") for name, value in attrs}


@pytest.mark.parametrize("body", BAD)
def test_A1_A10_A14_nothing_in_markdown_runs_or_is_clickable_that_should_not_be(body: str) -> None:
    found = Looked(markdown.rendered(body).html)
    assert found.tags <= {"p", "a", "img", "h2", "pre", "code", "div", "table", "thead", "tr", "th",
                          "td", "tbody"}  # fmt: skip
    assert {name for name, _ in found.attributes} <= {
        "href", "rel", "target", "title", "src", "alt", "loading", "class", "role", "tabindex",
        "id", "scope",
    }  # fmt: skip
    for name, value in found.attributes:
        assert name != "id" or value.startswith("h-")
        assert name not in ("href", "src") or value.startswith(("https://a", f"file:{FILE}"))


def test_headings_get_anchors_of_their_own_below_the_title_of_the_page() -> None:
    shown = markdown.rendered("# Größe\n\n## Größe\n\n###### deep\n\n### 重置")
    assert [(h.level, h.anchor) for h in shown.headings] == [
        (2, "h-grosse"), (3, "h-grosse-2"), (6, "h-deep"), (4, "h-重置"),
    ]  # fmt: skip
    assert '<h2 id="h-grosse">Größe</h2>' in shown.html


def test_own_files_and_articles_get_the_addresses_of_the_page() -> None:
    body = f"![Lamp](file:{FILE}) [more](article:{OTHER}#h-x) [gone](article:{FILE})"
    shown = markdown.rendered(body)
    assert (shown.files, shown.articles) == ((FILE,), (OTHER, FILE))
    html = markdown.addressed(
        shown.html,
        file=lambda one: f"/help/files/{one}",
        article=lambda one: "/help/en/more" if one == OTHER else None,
    )
    assert f'src="/help/files/{FILE}"' in html
    assert '<a href="/help/en/more#h-x">more</a>' in html
    assert "<a>gone</a>" in html


def test_text_for_the_search_is_words_alone() -> None:
    body = "# Reset\n\nPress **the** `button`\nnow.\n\n- one\n- two\n\n|a|b|\n|-|-|\n|1|2|\n\n"
    body += "```\ncode\n```"
    assert markdown.text_of(body).split("\n") == [
        "Reset", "Press the button now.", "one", "two", "a", "b", "1", "2", "code",
    ]  # fmt: skip


def test_what_its_author_should_mend_is_said() -> None:
    assert markdown.problems("::: info\nx\n:::\n\n::: note\ny\n:::") == []
    assert "interal" in markdown.problems("::: interal\nx\n:::")[0]
    assert "colons" in markdown.problems("words\n\n    x\n\n- a\n\n:::\n")[0]
    assert "another server" in markdown.problems("![x](https://a.example/b.png)")[0]
    assert "deep" in markdown.problems("> " * 30 + "x")[0]


HOSTILE = {
    "quotes": ">" * 50_000,
    "brackets": "[" * 50_000,
    "links": "[a](" * 20_000,
    "stars": "*a **b " * 10_000,
    "backticks": "".join("`" * n + " " for n in range(300)),
    "lists": "".join("  " * n + "- a\n" for n in range(300)),
    "boxes": "::: info\n" * 5_000,
    "table": "|a" * 5_000 + "\n" + "|-" * 5_000 + "\n" + "|\n" * 500,
    "rows": "|a|\n|-|\n" + "|\n" * 90_000,
    "references": "".join(f"[{n}]: /x\n" for n in range(10_000)),
    "entities": "&amp;" * 30_000,
    "angles": "<" * 50_000,
    "lines": "\n" * 200_000,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_text_takes_long(body: str) -> None:
    began = time.process_time()
    markdown.rendered(body[: markdown.LONGEST])
    assert time.process_time() - began < 5
