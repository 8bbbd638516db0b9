"""HTML of strangers, made harmless: few tags, no ids, nothing fetched, nothing positioned.

What came from elsewhere (`remote`) and what lies in the mail (`inline`) is taken out and numbered,
so that whoever shows it decides. Runs in the reading child, since the time of the library grows
with the square of some inputs; bounded before. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape

import nh3

from helpdesk.mail.limits import MOST_HTML, MOST_TAG_DEPTH

REMOTE = "remote-image-"
INLINE = "inline-image-"
MOST_PICTURES = 300
MOST_ATTRIBUTES = 100

_TAGS = {
    "a", "abbr", "b", "bdo", "big", "blockquote", "br", "caption", "center", "cite", "code", "col",
    "colgroup", "dd", "del", "div", "dl", "dt", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6",
    "hr", "i", "img", "ins", "kbd", "li", "ol", "p", "pre", "q", "s", "samp", "small", "span",
    "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt",
    "u", "ul", "var", "wbr",
}  # fmt: skip
_GONE = {
    "script", "style", "title", "noscript", "template", "iframe", "object", "embed", "svg", "math",
    "textarea", "select", "head", "noembed", "noframes", "applet", "canvas", "audio", "video",
}  # fmt: skip
_SIZES = {"width", "height", "align", "valign", "bgcolor"}
_ATTRIBUTES = {
    "*": {"style", "dir", "lang", "title", "align"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "border"},
    "font": {"color", "size", "face"},
    "table": {"border", "cellpadding", "cellspacing", *_SIZES},
    "td": {"colspan", "rowspan", *_SIZES},
    "th": {"colspan", "rowspan", *_SIZES},
    "tr": _SIZES,
    "col": {"span", "width"},
    "ol": {"start", "type"},
}
_STYLES = {
    "color", "background-color", "font-family", "font-size", "font-style", "font-weight",
    "font-variant", "line-height", "letter-spacing", "text-align", "text-decoration", "text-indent",
    "text-transform", "vertical-align", "white-space", "padding", "padding-top", "padding-right",
    "padding-bottom", "padding-left", "margin-top", "margin-bottom", "border", "border-top",
    "border-right", "border-bottom", "border-left", "border-color", "border-style", "border-width",
    "border-collapse", "border-radius", "border-spacing", "width", "max-width", "height",
    "list-style-type", "direction",
}  # fmt: skip
_SCHEMES = {"http", "https", "mailto", "tel", "cid", "data"}
_VOID = frozenset({"br", "hr", "img", "wbr", "col", "input", "meta", "link", "base", "area"})
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]*)((?:[^<>]){0,20000})>?")
_BAD_STYLE = re.compile(r"url\s*\(|expression|@import|\\|javascript:|position\s*:|image-set", re.I)
_DATA_PICTURE = re.compile(r"data:image/(png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=\s]+\Z", re.I)
_LINK = re.compile(r"(https?://|mailto:|tel:)[^\x00-\x20]+", re.I)


@dataclass(slots=True)
class Safe:
    """`html` holds `remote-image-0` and `inline-image-0` where pictures were."""

    html: str
    remote: list[str] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)  # content ids
    defect: str = ""


def clean(html: str) -> Safe:
    """The harmless part; empty with a defect when the HTML is beyond the bounds."""
    if len(html) > MOST_HTML:
        return Safe("", defect="the formatted text is too long to be shown")
    if too_deep(html):
        return Safe("", defect="the formatted text is nested too deep to be shown")
    safe = Safe("")
    seen: dict[str, str] = {}

    def attribute(tag: str, name: str, value: str) -> str | None:
        if name == "style":
            return None if len(value) > 2000 or _BAD_STYLE.search(unescape(value)) else value
        if name in ("href", "src"):
            value = re.sub(r"[\x00-\x20]+", "" if name == "src" else "%20", value.strip())
        if tag == "a" and name == "href":
            return value if _LINK.fullmatch(value) and len(value) <= 8000 else None
        if tag == "img" and name == "src":
            return _picture(value, safe, seen)
        return value if len(value) <= 300 else None

    safe.html = nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags=_GONE,
        attributes=_ATTRIBUTES,
        attribute_filter=attribute,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
        filter_style_properties=_STYLES,
        set_tag_attribute_values={"a": {"target": "_blank"}},
        strip_comments=True,
    )
    if len(safe.html) > MOST_HTML:
        return Safe("", defect="the formatted text is too long to be shown")
    return safe


def _picture(value: str, safe: Safe, seen: dict[str, str]) -> str | None:
    if value in seen:
        return seen[value]
    if len(safe.remote) + len(safe.inline) >= MOST_PICTURES:
        return None
    low = value[:8].lower()
    if low.startswith("cid:"):
        safe.inline.append(unescape(value[4:])[:300])
        name = f"{INLINE}{len(safe.inline) - 1}"
    elif _DATA_PICTURE.match(value):
        return value
    elif low.startswith(("http:", "https:", "//")) and len(value) <= 2000:
        safe.remote.append(f"https:{value}" if value.startswith("//") else value)
        name = f"{REMOTE}{len(safe.remote) - 1}"
    else:
        return None
    seen[value] = name
    return name


def too_deep(html: str) -> bool:
    """Whether tags stand open in each other far deeper than any program writes."""
    depth = deepest = 0
    for found in _TAG.finditer(html):
        closing, tag, rest = found.groups()
        if rest.count("=") > MOST_ATTRIBUTES:
            return True
        name = tag.lower()
        if name in _VOID or rest.endswith("/") or name in ("p", "li", "td", "tr", "th", "dt", "dd"):
            continue
        depth = max(0, depth - 1) if closing else depth + 1
        deepest = max(deepest, depth)
        if deepest > MOST_TAG_DEPTH:
            return True
    return False


_BREAKS = {"br": "\n", "/tr": "\n", "li": "\n- ", "/li": "", "hr": "\n"}
_BLOCKS = frozenset({
    "p", "div", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "dl", "center",
})  # fmt: skip
_SPLIT = re.compile(r"<(/?[a-z][a-z0-9]*)([^<>]*)>")
_HREF = re.compile(r'href="([^"]*)"')


def to_text(safe_html: str) -> str:
    """Sanitised HTML as plain text; quotes are marked with `>`, links keep their address."""
    lines: list[str] = [""]
    quote = 0
    link = ""
    link_text = ""

    def newline() -> None:
        lines.append("> " * min(quote, 9))

    at = 0
    for found in [*_SPLIT.finditer(safe_html), None]:
        piece = safe_html[at : found.start() if found else len(safe_html)]
        text = re.sub(r"[ \t\r\n]+", " ", unescape(piece))
        if text:
            fresh = lines[-1].rstrip("> ") == "" and not lines[-1].endswith("- ")
            lines[-1] += text.lstrip() if fresh else text
            link_text += text
        if found is None:
            break
        at = found.end()
        tag = found.group(1)
        if tag == "blockquote" or tag == "/blockquote":
            quote = max(0, quote + (1 if tag == "blockquote" else -1))
            newline()
        elif tag == "a":
            href = _HREF.search(found.group(2))
            link, link_text = (unescape(href.group(1)) if href else ""), ""
        elif tag == "/a":
            shown = link_text.strip()
            if link and shown and _differs(link, shown):
                lines[-1] += f" <{link[:2000]}>"
            link = ""
        elif tag in _BREAKS:
            if _BREAKS[tag].startswith("\n"):
                newline()
                lines[-1] += _BREAKS[tag][1:]
        elif tag.lstrip("/") in _BLOCKS:
            if lines[-1].strip("> "):
                newline()
            if tag == "/p" and len(lines) > 1 and lines[-2].strip("> "):
                newline()
        elif tag in ("/td", "/th") and lines[-1].strip():
            lines[-1] += " "
    text = "\n".join(line.rstrip() for line in lines)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")


def _differs(link: str, shown: str) -> bool:
    plain = re.sub(r"^(https?://|mailto:|tel:)", "", link, flags=re.I).rstrip("/")
    return plain.lower() not in (
        shown.lower().rstrip("/"),
        re.sub(r"^https?://", "", shown.lower()),
    )
