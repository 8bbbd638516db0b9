"""How soon an agent sees the desk, and how much a browser fetches for it.

    python -m benchmarks.desk --runs 5

Over `helpdesk up --demo` on loopback, in headless Chromium with an empty cache each time: first
contentful paint, the moment the live sign says live, and the bytes over the wire.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from benchmarks.floor import arguments, of_runs
from benchmarks.start import start, stop
from tests.real.browser import FLAGS, find
from tests.real.server import free_port

PAINT = """() => performance.getEntriesByType('paint')
    .find(entry => entry.name === 'first-contentful-paint').startTime"""
WEIGHT = """() => performance.getEntriesByType('resource')
    .concat(performance.getEntriesByType('navigation'))
    .reduce((sum, entry) => sum + entry.transferSize, 0)"""


def visit(browser: Browser, url: str, email: str, password: str) -> tuple[float, float]:
    """Seconds to the first paint and kilobytes over the wire, of one cold load of the desk."""
    signing = browser.new_context()
    page = signing.new_page()
    page.goto(f"{url}/sign-in")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk**")
    kept = signing.storage_state()
    signing.close()
    cold = browser.new_context(storage_state=kept, viewport={"width": 1440, "height": 900})
    page = cold.new_page()
    page.goto(f"{url}/desk", wait_until="networkidle")
    paint, weight = page.evaluate(PAINT) / 1000, page.evaluate(WEIGHT) / 1000
    cold.close()
    return paint, weight


def main() -> None:
    options = arguments(__doc__ or "", runs=5)
    home = Path(tempfile.mkdtemp(prefix="hd-desk-"))
    port = free_port()
    process, _ = start(home / "data", port)
    try:
        logins = json.loads((home / "data" / "demo.json").read_text())["users"]
        agent = next(user for user in logins if user["role"] == "agent")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find(), args=list(FLAGS))
            url = f"http://127.0.0.1:{port}"
            visit(browser, url, agent["email"], agent["password"])
            seen = [
                visit(browser, url, agent["email"], agent["password"]) for _ in range(options.runs)
            ]
            browser.close()
        print(f"first contentful paint: {of_runs([p * 1000 for p, _ in seen], 'ms')}")
        print(f"over the wire: {of_runs([w for _, w in seen], 'kB')}")
    finally:
        stop(process)
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
