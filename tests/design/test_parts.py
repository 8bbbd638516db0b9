"""The parts as templates: they draw under StrictUndefined and keep to the security policy.

Not about how they look; the browser tests make the screenshots.
"""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import StrictUndefined

from helpdesk.core import clock
from helpdesk.web import presenting, styleguide

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates"
PARTS = sorted([*TEMPLATES.glob("_parts/*.html"), *TEMPLATES.glob("_layouts/*.html")])
SHEETS = sorted(ROOT.glob("static/design/*.css"))
MODULES = sorted(ROOT.glob("static/core/*.js"))
FROM_BOOTSTRAP = {"visually-hidden", "d-block", "mb-0", "text-reset", "card-body"}
HOOKS_WITHOUT_STYLE = {"icon-due", "duration"}


def text_of(paths: list[Path]) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in paths)


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    app = Flask("styleguide-test", template_folder=str(TEMPLATES), static_folder=None)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals.update(
        asset=lambda path: f"/static/{path}", now=clock.now, csrf_field=str
    )
    presenting.register(app)
    app.register_blueprint(styleguide.blueprint)
    with clock.moved_to(datetime(2026, 11, 21, 12, 0, tzinfo=UTC)):
        client = app.test_client()
        answers = {path: client.get(path) for path in ("/styleguide", "/styleguide/desk")}
    assert {answer.status_code for answer in answers.values()} == {200}
    return {path: answer.text for path, answer in answers.items()}


def test_no_page_carries_inline_style_script_or_handler(pages: dict[str, str]) -> None:
    for page in pages.values():
        assert not re.search(r"<style|\sstyle=|\son\w+=", page)
        scripts = re.findall(r"<script\b([^>]*)>", page)
        assert all("src=" in tag or 'type="application/json"' in tag for tag in scripts)


def test_every_icon_on_the_pages_is_in_the_list(pages: dict[str, str]) -> None:
    listed = set((ROOT / "scripts" / "icons.txt").read_text(encoding="utf-8").split("\n"))
    used = set(re.findall(r"icons\.svg#([\w-]+)", "".join(pages.values())))
    used |= set(re.findall(r'\bicon\("([\w-]+)"', text_of(MODULES)))
    assert used - listed == set()


def test_ids_stand_once_and_labels_and_descriptions_point_at_something(
    pages: dict[str, str],
) -> None:
    for page in pages.values():
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert sorted(ids) == sorted(set(ids))
        pointed = re.findall(r'(?:\sfor|aria-labelledby|aria-describedby)="([^"]+)"', page)
        assert {one for each in pointed for one in each.split()} - set(ids) == set()


def test_every_macro_reaches_pages_through_the_one_door() -> None:
    door = (TEMPLATES / "_parts" / "ui.html").read_text(encoding="utf-8")
    for path in (TEMPLATES / "_parts").glob("*.html"):
        public = re.findall(r"{% macro ([a-z]\w*)\(", path.read_text(encoding="utf-8"))
        assert [name for name in public if f"_{path.stem}.{name}" not in door] == []


@pytest.mark.parametrize("path", PARTS, ids=lambda path: path.name)
def test_every_class_of_a_part_is_drawn_by_some_stylesheet(path: Path) -> None:
    css = text_of(SHEETS)
    text = re.sub(r"{[{%#].*?[}%#]}", " ", path.read_text(encoding="utf-8"))
    classes = {name for each in re.findall(r'class="([^"]*)"', text) for name in each.split()}
    complete = {name for name in classes if re.fullmatch(r"[a-z][\w-]*[a-z0-9]", name)}
    ours = complete - FROM_BOOTSTRAP - HOOKS_WITHOUT_STYLE
    assert {name for name in ours if f".{name}" not in css} == set()
