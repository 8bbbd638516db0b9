"""How soon a dispatcher sees the board and how fast it answers a drag: 100 technicians x 10 visits.

    python -m benchmarks.board --runs 5

Over real processes on loopback, in headless Chromium with an empty cache each time: from the click
on the link to the first contentful paint and to the rows being drawn, the size of the day's answer
and its statements' time at the server, and how long a move of the mouse takes until the frame that
shows it, while a visit is carried over the rows. Medians with their spread.
"""

from __future__ import annotations

import statistics
import time
from datetime import timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.floor import arguments, installation
from helpdesk import app
from helpdesk.core import clock, db
from helpdesk.core.work import begin
from helpdesk.identity import sessions
from tests.real.browser import FLAGS, find
from tests.real.server import Installation
from tests.web.dispatch import fleet as f
from tests.web.dispatch.fleet import SETUP, Fleet

TECHNICIANS, VISITS, WAITING = 100, 10, 40
PAINT = """() => performance.getEntriesByType('paint')
    .find(entry => entry.name === 'first-contentful-paint').startTime"""
DRAWN = "() => performance.getEntriesByName('board:drawn')[0].startTime"
DAY = """() => { const e = performance.getEntriesByType('resource')
    .find(one => one.name.includes('/dispatch/day?'));
    return [e.transferSize, e.decodedBodySize, e.duration]; }"""
LISTEN = """() => {
  window.moves = [];
  document.addEventListener('pointermove', (event) => {
    const began = event.timeStamp;
    requestAnimationFrame(() => {
      const wire = new MessageChannel();
      wire.port1.onmessage = () => window.moves.push(performance.now() - began);
      wire.port2.postMessage(0);
    });
  }, { capture: true });
}"""


def made(running: Installation) -> tuple[Fleet, str]:
    """Tomorrow's plan, and the cookie of a dispatcher."""
    app.compose(running.settings)
    tomorrow = (clock.now().astimezone(ZoneInfo(f.ZONE)) + timedelta(days=1)).date()
    with begin(SETUP) as work:
        fleet = f.furnish(work, tomorrow, TECHNICIANS)
    f.fill(fleet, VISITS, WAITING)
    with begin(SETUP) as work:
        opened = sessions.open_session(
            work, fleet.boss, stage="full", address="127.0.0.1", agent="bench"
        )
    db.current().dispose()
    return fleet, opened.token


def opened(browser: Browser, running: Installation, fleet: Fleet, cookie: str) -> Page:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": "helpdesk", "value": cookie, "url": running.url}])
    page = context.new_page()
    page.goto(f"{running.url}/dispatch?day={fleet.day}")
    page.wait_for_selector(".tl-visit")
    return page


def dragged(page: Page) -> list[float]:
    """Milliseconds from each move of the mouse to the frame that shows it."""
    page.wait_for_timeout(1500)
    page.evaluate(LISTEN)
    box = page.locator(".tl-visit").nth(5).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    for n in range(60):
        page.mouse.move(box["x"] + 20 + n * 9, box["y"] + 12 + n * 8)
        time.sleep(0.02)
    page.keyboard.press("Escape")
    page.mouse.up()
    page.wait_for_timeout(200)
    found: list[float] = page.evaluate("() => window.moves")
    return found


def told(name: str, values: list[float], unit: str = "ms") -> None:
    middle = statistics.median(values)
    print(f"{name}: {middle:.0f} {unit} ({min(values):.0f} to {max(values):.0f}, {len(values)})")


def main() -> None:
    options = arguments(__doc__ or "", runs=5)
    with installation("sqlite", roles=("web", "relay")) as running:
        fleet, cookie = made(running)
        paints, drawn, answers, moves = [], [], [], []
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find(), args=list(FLAGS))
            opened(browser, running, fleet, cookie).context.close()  # the server has warmed up
            for _ in range(options.runs):
                page = opened(browser, running, fleet, cookie)
                paints.append(page.evaluate(PAINT))
                drawn.append(page.evaluate(DRAWN))
                size, plain, took = page.evaluate(DAY)
                answers.append(took)
                moves += dragged(page)
                page.context.close()
            browser.close()
        told("first contentful paint", paints)
        told("rows drawn", drawn)
        told("the day's answer", answers)
        print(f"the day over the wire: {size / 1000:.0f} kB, {plain / 1000:.0f} kB unpacked")
        ordered = sorted(moves)
        print(
            f"a move of the mouse to its frame: p50 {ordered[len(ordered) // 2]:.0f}, "
            f"p95 {ordered[int(len(ordered) * 0.95)]:.0f}, most {ordered[-1]:.0f} ms "
            f"({len(ordered)})"
        )


if __name__ == "__main__":
    main()
