"""Articles from Markdown to what readers get: HTML, a table of contents, files, plain text. Pure.

HTML in Markdown is text, nothing is fetched from elsewhere, and nh3 looks at what comes out. What
is for colleagues only is taken out of the parsed text before anything is made of it, so that it is
in none of what readers (or their search, or feeds) get. Addresses of files and articles stay as
`file:ID` and `article:ID` until `addressed` puts in those of the page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.gfm_autolink import gfm_autolink_plugin

from helpdesk.kb import callouts, slugs

LONGEST = 200_000
DEEPEST = 20
MOST_LINES = 20_000
KEPT_RENDERED = 128
TITLES: Mapping[str, str] = {
    "info": "Note", "tip": "Tip", "warning": "Warning", "danger": "Danger",
    "internal": "Internal note", "unknown": "Not shown to readers",
}  # fmt: skip

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_OWN = re.compile(rf"(file|article):({_UUID})(#[\w-]{{1,100}})?\Z")
_LINK = re.compile(r"(https?://[^\s]+|mailto:[^\s]+|tel:[^\s]+|/(?![/\\])[^\s]*|#[^\s]*)\Z", re.I)
_PLACED = re.compile(
    rf'(<(?:a|img)\b[^>]*?) (href|src)="(file|article):({_UUID})(#[\w-]{{1,100}})?"'
)
_TAGS = {
    "a", "blockquote", "br", "code", "del", "div", "em", "h2", "h3", "h4", "h5", "h6", "hr", "img",
    "li", "ol", "p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title", "rel", "target"},
    "img": {"src", "alt", "title", "loading"},
    "ol": {"start"},
    "div": {"role", "tabindex"},
    "h2": {"id"}, "h3": {"id"}, "h4": {"id"}, "h5": {"id"}, "h6": {"id"},
    "th": {"scope"},
}  # fmt: skip
_CALLOUTS = {"callout", *(f"callout-{kind}" for kind in (*callouts.KINDS, callouts.UNKNOWN))}
_ALIGNED = {"align-left", "align-center", "align-right"}
_CLASSES = {
    "div": {*_CALLOUTS, "table-scroll"},
    "p": {"callout-title"},
    "td": _ALIGNED,
    "th": _ALIGNED,
}


@dataclass(frozen=True, slots=True)
class Heading:
    """A line of the table of contents; `level` 2 to 6, `anchor` the id in the page."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """`text` is what can be searched; `files` and `articles` are ids, each once, in order."""

    html: str
    text: str
    headings: tuple[Heading, ...]
    files: tuple[str, ...]
    articles: tuple[str, ...]


@lru_cache(maxsize=KEPT_RENDERED)
def rendered(body: str, *, internal: bool = False) -> Rendered:
    """The article for readers, or with what is for colleagues only (`internal`)."""
    shown = _parsed(body)
    if not internal and callouts.hidden_lines(shown):
        # Anew: a link that is explained in a hidden box would else be known outside of it.
        shown = callouts.without_hidden(_parsed(for_readers(body)))
    headings = _anchored(shown)
    _dress(shown)
    html = _MARKDOWN.renderer.render(shown, _MARKDOWN.options, {})
    return Rendered(
        html=_cleaned(html),
        text=_text(shown),
        headings=tuple(headings),
        files=tuple(dict.fromkeys(_named(shown, "file"))),
        articles=tuple(dict.fromkeys(_named(shown, "article"))),
    )


def addressed(
    html: str, *, file: Callable[[str], str | None], article: Callable[[str], str | None]
) -> str:
    """Put addresses of this page in; None for what the reader may not see: it leads nowhere."""

    def place(found: re.Match[str]) -> str:
        start, name, kind, own_id, anchor = found.groups()
        address = (file if kind == "file" else article)(own_id)
        if address is None:
            return start
        return f'{start} {name}="{_escaped(address)}{anchor or ""}"'

    return _PLACED.sub(place, html)


def text_of(body: str, *, internal: bool = False) -> str:
    """The words alone, a block a line."""
    return rendered(body, internal=internal).text


def for_readers(body: str) -> str:
    """The Markdown itself without what is for colleagues only."""
    for _ in range(3):
        hidden = callouts.hidden_lines(_parsed(body))
        if not hidden:
            return body
        body = _without(body, hidden)
    return text_of(body)  # nobody knows how; the words for readers are safe


def reader_tokens(body: str) -> Sequence[Token]:
    """The parsed article without what is for colleagues only, for whoever makes something of it."""
    return callouts.without_hidden(_parsed(for_readers(body)))


def notes_of(body: str) -> str:
    """The words that are for colleagues only, a block a line; empty where there are none."""
    lines = body.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    hidden = callouts.hidden_lines(_parsed(body))
    return "\n".join(text_of("\n".join(lines[a:b]), internal=True) for a, b in hidden).strip()


def problems(body: str) -> list[str]:
    """What its author should mend before readers see it, in sentences."""
    found = []
    tokens = _parsed(body)
    for token in tokens:
        if token.type == callouts.OPENING and token.meta["kind"] == callouts.UNKNOWN:
            word = token.meta["word"]
            found.append(f"There is no box “{word}”. Use info, tip, warning, danger or internal.")
        if token.type == "inline" and re.search(r"^\s*:{3,}", token.content, re.M):
            found.append("A line of colons (:::) opens or closes no box. Mend or remove it.")
        if token.level >= DEEPEST - 1:
            found.append("Something is nested too deeply to be shown.")
        if token.type == "inline" and any(_is_foreign(one) for one in token.children or ()):
            found.append("A picture lies on another server. Add it to the article instead.")
    return list(dict.fromkeys(found))


def _parser() -> MarkdownIt:
    md = MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST, "xhtmlOut": False})
    md.enable(["table", "strikethrough"])
    md.use(callouts.plugin)
    md.use(gfm_autolink_plugin)
    md.validateLink = _may_link  # type: ignore[method-assign]
    md.add_render_rule(callouts.OPENING, _open_box)
    md.add_render_rule(callouts.CLOSING, _close_box)
    md.add_render_rule("table_open", _open_table)
    md.add_render_rule("table_close", _close_table)
    return md


def _may_link(url: str) -> bool:
    return bool(_OWN.match(url) or (len(url) <= 2000 and _LINK.match(url)))


def _open_box(_renderer: object, tokens: Sequence[Token], at: int, *_: object) -> str:
    kind = tokens[at].meta["kind"]
    title = tokens[at].info if kind != callouts.UNKNOWN else ""
    words = _escaped(title or TITLES[kind])
    start = f'<div class="callout callout-{kind}" role="note">'
    return f'{start}\n<p class="callout-title">{words}</p>\n'


def _close_box(*_: object) -> str:
    return "</div>\n"


def _open_table(*_: object) -> str:
    return '<div class="table-scroll" tabindex="0"><table>\n'


def _close_table(*_: object) -> str:
    return "</table></div>\n"


def _parsed(body: str) -> list[Token]:
    text = body[:LONGEST]
    return _MARKDOWN.parse("\n".join(text.split("\n")[:MOST_LINES]))


def _anchored(tokens: Sequence[Token]) -> list[Heading]:
    """Give headings ids that no page's own can be, and move them below the page's title."""
    found: list[Heading] = []
    taken: set[str] = set()
    for at, token in enumerate(tokens):
        if token.type not in ("heading_open", "heading_close"):
            continue
        level = min(6, int(token.tag[1]) + 1)
        token.tag = f"h{level}"
        if token.type == "heading_open":
            text = _inline_text(tokens[at + 1])
            anchor = _free(f"h-{slugs.slug(text, instead='part')}", taken)
            token.attrSet("id", anchor)
            found.append(Heading(level, text, anchor))
    return found


def _free(anchor: str, taken: set[str]) -> str:
    count, made = 1, anchor
    while made in taken:
        count += 1
        made = f"{anchor}-{count}"
    taken.add(made)
    return made


def _dress(tokens: Sequence[Token]) -> None:
    """Links and pictures get what pages need; a picture from elsewhere becomes a link."""
    for token in tokens:
        if token.type in ("th_open", "td_open"):
            style = str(token.attrs.pop("style", ""))
            if style.startswith("text-align:"):
                token.attrSet("class", f"align-{style[11:]}")
            if token.type == "th_open":
                token.attrSet("scope", "col")
        for child in token.children or ():
            _dress_inline(child)


def _dress_inline(token: Token) -> None:
    if token.type == "link_open" and str(token.attrGet("href") or "").lower().startswith("http"):
        token.attrSet("rel", "noopener noreferrer")
        token.attrSet("target", "_blank")
    if _is_foreign(token):
        alt, address = _inline_text(token), str(token.attrGet("src"))
        token.type, token.tag, token.children = "text", "", None
        token.content = f"{alt} ({address})" if alt else address
    elif token.type == "image":
        token.attrSet("loading", "lazy")


def _is_foreign(token: Token) -> bool:
    return token.type == "image" and not str(token.attrGet("src")).startswith("file:")


def _named(tokens: Sequence[Token], kind: str) -> Iterator[str]:
    for token in tokens:
        for child in token.children or ():
            if child.type in ("link_open", "image"):
                own = _OWN.match(str(child.attrGet("href") or child.attrGet("src") or ""))
                if own and own.group(1) == kind:
                    yield own.group(2)


def _text(tokens: Sequence[Token]) -> str:
    lines: list[str] = []
    for token in tokens:
        if token.type == "inline":
            lines.append(_inline_text(token))
        elif token.type in ("fence", "code_block"):
            lines.append(token.content.strip("\n"))
        elif token.type == callouts.OPENING and token.info:
            lines.append(token.info)
    return "\n".join(line for line in lines if line.strip())


def _inline_text(token: Token) -> str:
    words = []
    for child in token.children or ():
        if child.type in ("text", "code_inline", "text_special"):
            words.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            words.append(" ")
        elif child.type == "image":
            words.append(_inline_text(child))
    return "".join(words).strip()


def _without(body: str, hidden: Sequence[tuple[int, int]]) -> str:
    lines = body.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for start, end in reversed(hidden):
        lines[start:end] = [""]
    return "\n".join(lines)


def _cleaned(html: str) -> str:
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        url_schemes={"http", "https", "mailto", "tel", "file", "article"},
        link_rel=None,
        strip_comments=True,
    )


def _escaped(text: str) -> str:
    return nh3.clean_text(text).replace("&#32;", " ").replace("&#47;", "/")


_MARKDOWN = _parser()
