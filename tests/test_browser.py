"""The browser that tests drive is there and tells what goes wrong on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.mark.browser
def test_a_page_is_shown_and_its_errors_are_heard(page: Page, page_errors: list[str]) -> None:
    page.set_content("<h1>Hello</h1><script>console.error('a mishap')</script>")

    assert page.text_content("h1") == "Hello"
    assert page_errors == ["a mishap"]
