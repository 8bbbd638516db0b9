"""A real Chromium for tests: the machine's own, driven by Playwright."""

from __future__ import annotations

import os
import shutil

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A microphone that hums, allowed without asking: calls are made for real.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")
HOW_TO_GET = (
    "Chromium is missing. Install it with this system's packages "
    "(Debian: apt-get install chromium fonts-liberation)."
)


def find() -> str | None:
    """The path of the browser to drive."""
    for name in NAMES:
        if found := shutil.which(name) or shutil.which(name, path="/usr/bin"):
            return found
    return None


def is_required() -> bool:
    """True where a missing browser is a failure (`make test REQUIRE=browser`)."""
    return "browser" in os.environ.get("REQUIRE", "").replace(",", " ").split()
