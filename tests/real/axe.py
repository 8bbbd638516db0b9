"""axe-core in a page of a test: what it finds wrong, and no more.

Asked plainly it also answers with every element that passed, which costs several times what the
looking itself does.
"""

from __future__ import annotations

from playwright.sync_api import Frame, Page

from tests.real.server import ROOT

_AXE = ROOT / "node_modules/axe-core/axe.min.js"
_FOUND = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations.map(
  v => [v.impact, `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(" | ")}`]
)"""


def serious(page: Page) -> list[str]:
    """What keeps somebody from reading or using the page; each rule with elements that break it."""
    return [told for impact, told in _found(page) if impact in ("serious", "critical")]


def anything(page: Page | Frame) -> list[str]:
    return [told for _, told in _found(page)]


def _found(page: Page | Frame) -> list[tuple[str, str]]:
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(_AXE.read_text("utf-8") + ";0")
    return [(impact, told) for impact, told in page.evaluate(_FOUND)]
