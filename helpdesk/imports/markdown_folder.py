"""A folder of Markdown files with front matter, as site generators keep them.

One file is an article in one language, folders are sections. The language is said by the front
matter, by the name (`start.de.md`) or by a first folder that is a language code, where all first
folders are. `_index.md` names its section.
Pure but for reading the zip file.
"""

from __future__ import annotations

import posixpath
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from helpdesk.core.ids import is_id
from helpdesk.imports import archives, article_records, records
from helpdesk.imports.archives import BadArchive
from helpdesk.imports.article_records import ARTICLE_MARK, FILE_MARK, Language, Piece, Place, Record
from helpdesk.imports.records import File, RowProblem

LARGEST = 2 * 1024 * 1024
LARGEST_FRONT = 20_000
ENDINGS = (".md", ".markdown")
INDEXES = ("_index", "index", "readme")
_SUFFIX = re.compile(r"(.+)\.([a-z]{2,3}(?:[-_][A-Za-z]{2,4})?)\Z")
_CODE = re.compile(r"[a-z]{2}(?:[-_][A-Za-z]{2,4})?\Z")
_FRONT = re.compile(r"\ufeff?(---|\+\+\+)[ \t]*\r?\n(.*?)\r?\n\1[ \t]*(?:\r?\n|\Z)", re.S)
_OWN_ID = re.compile(r"^id: ['\"]?([0-9a-f-]{36})['\"]?$", re.M)
_HEADING = re.compile(r"\s*#[ \t]+([^\n]+?)[ \t#]*(?:\n|\Z)")
_LINK = re.compile(r"(!?)\[((?:[^\[\]\\\n]|\\.)*)\]\(<?([^()\s<>]+)>?((?:[ \t]+\"[^\"\n]*\")?)\)")


@dataclass(frozen=True, slots=True)
class Page:
    """Where a file stands: its article, its language by its place, and its section."""

    path: str
    article_id: str
    locale: str
    section: str
    is_index: bool = False


@dataclass(slots=True)
class Folder:
    """What the names of a zip file tell."""

    pages: list[Page] = field(default_factory=list)
    root: str = ""
    by_folder: bool = False  # the first folder names the language


def looked_at(path: Path) -> Folder:
    """Every Markdown file and its place; BadArchive where there is none."""
    names = archives.members(path)
    pages = [name for name in names if name.lower().endswith(ENDINGS) and "/." not in f"/{name}"]
    if not pages:
        raise BadArchive("This zip file holds no Markdown file.")
    root = _root(pages)
    bare = {name: name.removeprefix(root) for name in pages}
    firsts = {one.split("/")[0] for one in bare.values() if "/" in one}
    by_folder = bool(firsts) and all(_CODE.match(one) for one in firsts)
    found = [_page(name, inner, by_folder=by_folder) for name, inner in bare.items()]
    return Folder(found, root, by_folder)


def rows(path: Path, folder: Folder) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(place, kind, raw) of sections, articles and other languages, in an order that can be taken.

    The first language of an article is the one without a code in its name, or the first by name.
    """
    yield from _sections(path, folder)
    pages = sorted(
        (page for page in folder.pages if not page.is_index), key=lambda p: (p.locale, p.path)
    )
    first: dict[str, Page] = {}
    for page in pages:
        first.setdefault(page.article_id, page)
    own = _own_ids(path, first)
    for page in first.values():
        yield page.path, "article", _raw(path, folder, page, own)
    for page in pages:
        if first[page.article_id] is not page:
            yield page.path, "translation", _raw(path, folder, page, own)


def convert(kind: str, raw: Mapping[str, Any], now: datetime, region: str | None) -> Record:
    if kind == "section":
        return Place(
            external_id=records.identity(raw["path"]),
            name=records.line(raw["name"], "name", 120, cut=True) or "Section",
            locale=article_records.locale(raw.get("locale")),
            description=records.line(raw.get("description"), "description", 500, cut=True),
            parent_id=records.identity(raw.get("parent")),
            position=article_records.position(raw.get("position")),
        )
    front, text = front_matter(str(raw["text"]))
    language = _language(front, text, raw)
    if kind == "translation":
        return language
    return Piece(
        external_id=str(raw["article_id"]),
        languages=[language],
        section_id=records.identity(raw.get("section")),
        audience=article_records.audience(front.get("audience") or front.get("visibility")),
        is_published=_is_published(front),
        labels=records.tags(front.get("labels") or front.get("tags") or front.get("keywords")),
        owner_email=records.line(front.get("owner"), "owner", 254, cut=True).lower(),
        position=article_records.position(front.get("position") or front.get("weight")),
        created_at=records.instant(_day(front.get("created") or front.get("date")), "date", now),
        updated_at=records.instant(_day(front.get("updated")), "date", now),
    )


def front_matter(text: str) -> tuple[Mapping[str, Any], str]:
    """What stands between the lines `---` (YAML) or `+++` (TOML) at the top, and the rest."""
    found = _FRONT.match(text)
    if found is None:
        return {}, text.removeprefix("\ufeff")
    said = found.group(2)
    if len(said) > LARGEST_FRONT:
        raise RowProblem("Its front matter is too long.")
    try:
        values = tomllib.loads(said) if found.group(1) == "+++" else _yaml(said)
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        raise RowProblem("Its front matter can't be read.") from error
    if values is not None and not isinstance(values, Mapping):
        raise RowProblem("Its front matter holds no names with values.")
    return {str(key).lower(): value for key, value in (values or {}).items()}, text[found.end() :]


def _yaml(text: str) -> Any:
    # A tenth of a second of every start, for what one kind of import needs.
    from helpdesk.imports import front_matter  # noqa: PLC0415

    return front_matter.read(text)


def _page(name: str, inner: str, *, by_folder: bool) -> Page:
    stem = posixpath.splitext(inner)[0]
    locale = ""
    if by_folder and "/" in stem:
        locale, _, stem = stem.partition("/")
    if suffix := _SUFFIX.match(stem):
        stem, locale = suffix.group(1), suffix.group(2)
    section, last = posixpath.split(stem)
    is_index = last.lower() in INDEXES and bool(section)
    return Page(name, stem[:110], locale.replace("_", "-"), section, is_index)


def _root(names: list[str]) -> str:
    """The folder that holds everything, as zip files of repositories have one: no section.

    A section has articles, or its description, right in it.
    """
    first = names[0].split("/")[0] + "/"
    inside = all(name.startswith(first) for name in names)
    right_in = [name for name in names if name.count("/") == 1 and not _is_readme(name)]
    return first if inside and not right_in and not _CODE.match(first[:-1]) else ""


def _is_readme(name: str) -> bool:
    return posixpath.splitext(posixpath.basename(name))[0].lower() == "readme"


def _sections(path: Path, folder: Folder) -> Iterator[tuple[str, str, dict[str, Any]]]:
    indexes = {page.section: page for page in folder.pages if page.is_index and not page.locale}
    indexes |= {
        page.section: page for page in folder.pages if page.is_index and page.section not in indexes
    }
    there: set[str] = set()
    for page in folder.pages:
        parts = page.section.split("/") if page.section else []
        there |= {"/".join(parts[: at + 1]) for at in range(len(parts))}
    for place, section in enumerate(sorted(there)):
        front: Mapping[str, Any] = {}
        if section in indexes:
            try:
                front, _ = front_matter(_text(path, indexes[section].path))
            except RowProblem:
                front = {}
        name = front.get("title") or posixpath.basename(section).replace("-", " ").capitalize()
        yield section, "section", {
            "path": section, "name": str(name), "parent": posixpath.dirname(section),
            "description": str(front.get("description") or ""), "locale": "",
            "position": str(front.get("weight") or front.get("position") or place),
        }  # fmt: skip


def _raw(path: Path, folder: Folder, page: Page, own: Mapping[str, str]) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "path": page.path, "article_id": own.get(page.article_id, page.article_id),
        "name": posixpath.basename(page.article_id), "locale": page.locale,
        "section": page.section, "root": folder.root, "by_folder": folder.by_folder,
        "text": _text(path, page.path),
    }  # fmt: skip
    links: list[str] = []
    for found in _LINK.finditer(raw["text"]):
        _marked(found, raw, [], links)
    return {**raw, "own": {link: own[link] for link in links if link in own}}


def _own_ids(path: Path, pages: Mapping[str, Page]) -> dict[str, str]:
    """By article the id that it has here, where the folder is an export of ours."""
    found: dict[str, str] = {}
    for article_id, page in pages.items():
        front = _FRONT.match(_text(path, page.path, most=LARGEST_FRONT))
        given = _OWN_ID.search(front.group(2)) if front is not None else None
        if given is not None:
            found[article_id] = given.group(1)
    return found


def _text(path: Path, name: str, most: int = LARGEST) -> str:
    with archives.opened(path, name) as stream:
        return stream.read(most).decode("utf-8", "replace").replace("\r\n", "\n")


def _language(front: Mapping[str, Any], text: str, raw: Mapping[str, Any]) -> Language:
    heading = None if front.get("title") else _HEADING.match(text)
    if heading is not None:
        text = text[heading.end() :]
    name = str(raw["name"]).replace("-", " ").capitalize()
    files: list[File] = []
    links: list[str] = []
    marked = _LINK.sub(lambda found: _marked(found, raw, files, links), text)
    said = front.get("locale") or front.get("lang") or front.get("language")
    return Language(
        locale=article_records.locale(said or raw.get("locale")),
        title=article_records.title(front.get("title") or (heading and heading.group(1)) or name),
        body=article_records.body(marked.strip() + "\n" if marked.strip() else ""),
        summary=records.line(
            front.get("summary") or front.get("description"), "summary", 500, cut=True
        ),
        slug=records.line(front.get("slug"), "slug", 80, cut=True),
        article_id=str(raw["article_id"]),
        is_published=_is_published(front),
        files=tuple(files),
        links=tuple(links),
    )


def _marked(
    found: re.Match[str], raw: Mapping[str, Any], files: list[File], links: list[str]
) -> str:
    """A link to another file of the folder as a mark; everything else as it stands."""
    sign, words, address, title = found.groups()
    target, _, anchor = address.partition("#")
    if not target or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//", target):
        return found.group(0)
    here = posixpath.dirname(str(raw["path"]))
    inner = posixpath.normpath(posixpath.join(here, unquote(target)))
    if inner.lower().endswith(ENDINGS):
        bare = inner.removeprefix(str(raw["root"]))
        target = _page(inner, bare, by_folder=bool(raw["by_folder"])).article_id
        links.append(raw.get("own", {}).get(target, target))
        mark = f"{ARTICLE_MARK}:{len(links) - 1}" + (f"#{anchor}" if anchor else "")
    elif posixpath.splitext(inner)[1]:
        name, above = posixpath.basename(inner), posixpath.basename(posixpath.dirname(inner))
        # In an export of ours the folder is called as the file is here.
        own_id = above if is_id(above) else ""
        files.append(File(key=f"folder {inner[:400]}", name=name, own_id=own_id, path=inner))
        mark = f"{FILE_MARK}:{len(files) - 1}"
    else:
        return found.group(0)
    return f"{sign}[{words}]({mark}{title})"


def _is_published(front: Mapping[str, Any]) -> bool:
    if front.get("draft") is True:
        return False
    word = str(front.get("state") or front.get("status") or "published").lower()
    return word in ("published", "public", "live")


def _day(value: Any) -> str | None:
    return None if value in (None, "") else str(value)
