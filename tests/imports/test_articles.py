"""Articles of other systems become ours: once, in all their languages, with pictures and links."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from helpdesk.channels.attachments import FolderStore
from helpdesk.core.actors import Actor
from helpdesk.core.work import begin, reading
from helpdesk.imports import html_articles, markdown_folder
from helpdesk.imports.archives import BadArchive
from helpdesk.imports.records import RowProblem
from helpdesk.kb import files, markdown, permissions, publishing, queries, writing
from helpdesk.kb.errors import ArticleGone
from helpdesk.kb.models import Article, Section, Translation
from helpdesk.workflows import exporting_articles
from tests.imports.conftest import ADMIN, Run, hand_in, problems
from tests.imports.conftest import look as look_at

VISITOR = Actor("visitor", "01900000-0000-7000-8000-000000000004")
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\x06\0\0\0"
HOST = "https://acme.zendesk.com"

GUIDE: dict[str, Any] = {
    "categories": [{"id": 1, "name": "Help", "locale": "en-us", "position": 0}],
    "sections": [
        {"id": 11, "category_id": 1, "name": "Router", "locale": "en-us", "position": 2},
    ],
    "articles": [
        {
            "id": 101, "section_id": 11, "title": "Reset your router", "locale": "en-us",
            "source_locale": "en-us", "draft": False, "user_segment_id": None,
            "label_names": ["Router"], "created_at": "2024-02-01T10:00:00Z",
            "edited_at": "2025-03-01T10:00:00Z",
            "body": "<h2>Steps</h2><ol><li>Press <b>it</b>.</li></ol><script>alert(1)</script>"
            f'<p><img src="{HOST}/hc/article_attachments/777/lamp.png" alt="Lamp"> See '
            f'<a href="{HOST}/hc/en-us/articles/102-Lights">lights</a>.</p>'
            "<table><tr><th>A</th></tr><tr><td>1</td></tr></table><p>::: internal</p>",
        },
        {
            "id": 102, "section_id": 11, "title": "Lights", "locale": "en-us", "draft": False,
            "user_segment_id": 9, "body": "<p>Red is bad.</p>",
            "translations": [
                {"locale": "en-us", "title": "Lights", "body": "<p>Red is bad.</p>"},
                {"locale": "de", "title": "Lichter", "body": "<p>Rot ist schlecht.</p>"},
            ],
        },
        {"id": 103, "section_id": 11, "title": "Draft", "locale": "en-us", "draft": True,
         "body": "x"},
        {"id": 104, "section_id": 11, "title": "", "locale": "en-us", "body": "x"},
        {"id": 105, "section_id": 11, "title": "Odd", "locale": "klingon!", "body": "x"},
    ],
    "translations": [
        {"source_id": 101, "source_type": "Article", "locale": "fr", "title": "Réinitialiser",
         "body": "<p>Appuyez.</p>"},
        {"source_id": 999, "source_type": "Article", "locale": "fr", "title": "?", "body": "x"},
    ],
}  # fmt: skip


def zipped(**members: bytes | str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return out.getvalue()


def folder(members: dict[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def titled(title: str) -> Article:
    with reading(ADMIN) as work:
        return work.session.scalars(
            select(Article)
            .join(Translation, Translation.article_id == Article.id)
            .where(Translation.title == title)
        ).one()


def shown(article: Article, locale: str = "en") -> str | None:
    with reading(VISITOR) as work:
        try:
            return queries.get_shown(work, article.id, locale).version.body
        except ArticleGone:
            return None


def test_a_guide_is_taken_over_with_its_tree_languages_and_pictures(run: Run) -> None:
    import json

    done = run("guide", folder({"guide.json": json.dumps(GUIDE), "files/777/lamp.png": PNG}))
    assert done.state == "done"
    assert done.counts["section"] == {"added": 2}
    assert done.counts["article"] == {"added": 3}
    assert done.counts["file"] == {"added": 1}
    assert sorted(problems(done.id)) == [
        ("article 104", "It has no title."),
        ("article 105", "Its language is not known: klingon!"),
        ("translation", "The file has no article with the id 999."),
    ]
    reset, lights, draft = titled("Reset your router"), titled("Lights"), titled("Draft")
    assert (reset.state, lights.audience, draft.state) == ("published", "internal", "draft")
    assert (reset.labels, reset.created_at.year, reset.updated_at.year) == (["router"], 2024, 2025)
    body = shown(reset) or ""
    assert "1. Press **it**." in body
    assert "alert" not in body
    assert f"[lights](article:{lights.id})" in body
    assert markdown.problems(body) == []
    html = markdown.rendered(body)
    assert "<table>" in html.html
    with reading(VISITOR) as work:
        assert files.get_file(work, html.files[0]).type == "image/png"
        assert shown(reset, "fr") == "Appuyez.\n"
        (tree,) = [one for one in permissions.sections_of(work) if one.parent_id is None]
        section = work.session.get_one(Section, reset.section_id)
        assert (section.parent_id, section.names["en-US"]["name"]) == (tree.id, "Router")
    with reading(ADMIN) as work:
        assert set(writing.languages(work, lights.id)) == {"en-US", "de"}


def test_a_second_run_changes_only_what_nobody_changed_here(run: Run) -> None:
    first = {"a.md": "# One\n\nOld words.", "b.md": "---\ntitle: Two\n---\nSee [one](a.md#x)."}
    assert run("markdown", folder(first)).counts["article"] == {"added": 2}
    assert run("markdown", folder(first)).counts["article"] == {"there": 2}
    one, two = titled("One"), titled("Two")
    assert shown(two) == f"See [one](article:{one.id}#x).\n"
    with begin(ADMIN) as work:
        text = writing.get_language(work, two.id, "en")
        writing.save(work, two.id, "en", title="Two", summary="", body="Ours.", upon=text.number)
    newer = {
        "a.md": "# One\n\nNew words.",
        "b.md": "---\ntitle: Two\n---\nTheirs.",
        "a.de.md": "# Eins\n\nNeu.",
    }
    again = run("markdown", folder(newer))
    assert again.counts["article"] == {"changed": 1, "kept": 1}
    assert again.counts["language"] == {"added": 1}
    assert (shown(one), shown(one, "de")) == ("New words.\n", "Neu.\n")
    with reading(ADMIN) as work:
        assert writing.get_language(work, two.id, "en").body == "Ours."


def test_a_trial_keeps_nothing_and_counts_the_same(run: Run) -> None:
    members: dict[str, bytes | str] = {
        "docs/guides/start.md": "# Start\n\n![lamp](../img/lamp.png) ![gone](../img/gone.png)",
        "docs/guides/_index.md": "---\ntitle: Guides\nweight: 3\n---\n",
        "docs/img/lamp.png": PNG,
    }
    trial = run("markdown", folder(members), trial=True)
    real = run("markdown", folder(members))
    assert trial.counts == real.counts
    assert real.counts["file"] == {"added": 1, "missing": 1}
    body = shown(titled("Start")) or ""
    assert "![lamp](file:" in body
    assert "gone" in body
    with reading(ADMIN) as work:
        (section,) = permissions.sections_of(work)
        assert (section.names["en"]["name"], section.position) == ("Guides", 3)


def test_front_matter_says_who_reads_what_and_odd_rows_are_told(run: Run) -> None:
    done = run("markdown", folder({
        "a.md": "---\ntitle: Inside\naudience: internal\nlabels: [A, b]\nslug: in-side\n---\nText",
        "b.md": "+++\ntitle = 'Toml'\ndraft = true\n+++\nText",
        "c.md": "---\ntitle: x\naudience: martians\n---\nText",
        "d.md": "---\na: &a [1]\nb: *a\n---\nText",
        "e.md": "---\ntitle: Wrong\n---\n::: interal\nSecret\n:::",
        "f.md": "",
        "de/g.md": "x" * 200_001,
    }))  # fmt: skip
    assert [(place, why.split(":")[0].rstrip(".")) for place, why in problems(done.id)] == [
        ("c.md", "Its audience is not known here"),
        ("d.md", "Its front matter can't be read"),
        ("de/g.md", "Its text is longer than 200,000 characters"),
    ]
    inside, toml, wrong = titled("Inside"), titled("Toml"), titled("Wrong")
    assert (inside.audience, inside.labels) == ("internal", ["a", "b"])
    assert (toml.state, wrong.state) == ("draft", "draft")
    assert done.counts["language"] == {"draft": 2}
    with reading(ADMIN) as work:
        assert writing.get_language(work, inside.id, "en").slug == "in-side"


def test_a_killed_import_goes_on_where_it_was(run: Run) -> None:
    from helpdesk.imports import service
    from helpdesk.workflows import importing
    from tests.imports.conftest import start

    import_id = hand_in("markdown", folder({f"{n}.md": f"# Article {n}\n\nx" for n in range(450)}))
    start(import_id)
    importing.advance(import_id, slice_s=0)
    half = look_at(import_id)
    assert (half.state, half.rows, half.rows_done) == ("running", 450, 200)
    while look_at(import_id).state in service.ACTIVE:
        importing.advance(import_id)
    assert look_at(import_id).counts["article"] == {"added": 450}


def test_I2_what_is_no_folder_is_refused_as_a_whole(run: Run) -> None:
    for content in (b"no zip", folder({"x.txt": "x"}), folder({"../a.md": "x"})):
        with pytest.raises(BadArchive):
            hand_in("markdown", content)


def test_html_of_articles_becomes_markdown_that_opens_no_boxes() -> None:
    html = (
        "<h1>A</h1><p>::: internal</p><div>:::</div><ul><li>x<ul><li>y</li></ul></li></ul>"
        '<pre>code\n  here</pre><p><a href="javascript:alert(1)">bad</a></p><iframe src=x>'
    )
    made = html_articles.to_markdown(html, lambda _: "", html_articles.file_at).text
    assert "# A" in made
    assert "- x" in made
    assert "javascript" not in made
    assert markdown.for_readers(made) == made
    assert markdown.problems(made) == []
    with pytest.raises(RowProblem):
        html_articles.to_markdown("<div>" * 500, lambda _: "", html_articles.file_at)
    file = html_articles.file_at(f"{HOST}/hc/article_attachments/360012/a%20b.png?x=1")
    assert (file.own_id, file.name) == ("360012", "a b.png")
    assert markdown_folder.front_matter("---\nno end")[0] == {}


def test_an_export_is_read_back_as_the_same_articles_and_elsewhere_as_new_ones(
    run: Run, tmp_path: Path
) -> None:
    members: dict[str, bytes | str] = {
        "Guides/a.md": "---\ntitle: One\nlabels: [x]\n---\n![p](../img/p.png) [two](b.md#y)\n",
        "Guides/a.de.md": "# Eins\n\nDeutsch.\n",
        "Guides/b.md": "# Two\n\n::: internal\nCANARY\n:::\n\nText.\n",
        "img/p.png": PNG,
    }
    run("markdown", folder(members))
    store = FolderStore(tmp_path / "attachments")
    content = b"".join(exporting_articles.stream(ADMIN, store))
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert {"guides/_index.md", "guides/one.md", "guides/one.de.md", "guides/two.md"} <= set(names)
    one = zipfile.ZipFile(io.BytesIO(content)).read("guides/one.md").decode()
    assert "[two](two.md#y)" in one
    assert "](../files/" in one
    back = run("markdown", content, origin="back")
    assert back.counts["article"] == {"there": 3}
    with begin(ADMIN) as work:
        for article in work.session.scalars(select(Article)).all():
            publishing.take_step(work, article.id, "archive")
            publishing.remove(work, article.id)
    anew = run("markdown", content, origin="elsewhere")
    assert anew.counts["article"] == {"added": 2}
    assert anew.counts["section"] == {"there": 1}
    made = titled("One")
    assert (made.labels, made.state) == (["x"], "published")
    assert f"[two](article:{titled('Two').id}#y)" in (shown(made) or "")
    assert shown(made, "de") == "Deutsch.\n"
    with pytest.raises(ArticleGone):
        next(exporting_articles.stream(VISITOR, store))
