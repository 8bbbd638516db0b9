"""How soon two browsers hear each other after an agent accepts a call.

    python -m benchmarks.calls --calls 20

A running installation, a visitor and an agent in two contexts of headless Chromium on loopback:
from the key that accepts until both pages count their connection as made; and from ringing until
the offer is on the agent's screen. The caller's page is loaded anew for each call: one that rings
again and again is slowed down by the helpdesk, as it should be.
"""

from __future__ import annotations

import argparse
import time

from playwright.sync_api import Page, sync_playwright
from sqlalchemy.orm import Session

from benchmarks.floor import percentile, spread
from helpdesk.channels.models import WidgetSite
from helpdesk.core import db, secrets
from tests.real.browser import FLAGS, find
from tests.real.server import Installation
from tests.web.agent import office as o

WATCH = """([selector, from]) => {
  window.measured = new Promise((done, failed) => {
    setTimeout(() => failed(new Error(`nothing like ${selector} ${from} in 20 s`)), 20000)
    const look = () => {
      const found = document.querySelector(selector)
      if (found && (!from || found.dataset.sound === from)) done(Date.now())
      else setTimeout(look, 2)
    }
    look()
  })
}"""
NOTE = """([event, name]) => addEventListener(
  event, () => (window[name] = Date.now()), { once: true, capture: true })"""


def once(desk: Page, caller: Page) -> tuple[float, float]:
    """Milliseconds from ringing to the offer, and from accepting to sound on both sides."""
    desk.evaluate(WATCH, [".offer", ""])
    caller.evaluate(NOTE, ["click", "rang"])
    caller.get_by_role("button", name="Call us").click()
    offered = desk.evaluate("() => window.measured") - caller.evaluate("() => window.rang")
    for page, selector in ((desk, "[data-phone] [data-call]"), (caller, "#call")):
        page.evaluate(WATCH, [selector, "connected"])
    desk.evaluate(NOTE, ["keydown", "pressed"])
    desk.keyboard.press("a")
    heard = [page.evaluate("() => window.measured") for page in (desk, caller)]
    connected = max(heard) - desk.evaluate("() => window.pressed")
    desk.locator("[data-talk][data-mine]").wait_for()
    desk.keyboard.press("e")
    desk.get_by_label("Resolved").check()
    desk.get_by_role("button", name="Finish").click()
    desk.locator("[data-wrap-up]").wait_for(state="detached")
    caller.get_by_role("button", name="Close", exact=True).click()
    caller.reload()
    caller.get_by_role("button", name="Call us").wait_for()
    return float(offered), float(connected)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20)
    options = parser.parse_args()
    installation = Installation(by_itself=True)
    installation.start_all()
    try:
        db.use(installation.database)
        secrets.configure(installation.secret_key)
        office = o.furnish()
        with Session(installation.database.engine) as session:
            key = session.get_one(WidgetSite, office.site).key
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find(), args=list(FLAGS))
            desk = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
            cookie = o.session_cookie(office.people["salla"])
            desk.context.add_cookies(
                [{"name": "helpdesk", "value": cookie, "url": installation.url}]
            )
            with o.begin(office.actor("salla")) as work:
                o.desk.set_presence(work, "available")
            desk.goto(f"{installation.url}/desk")
            desk.locator("html[data-live=live]").wait_for()
            caller = browser.new_context(viewport={"width": 420, "height": 720}).new_page()
            caller.goto(f"{installation.url}/widget/frame?site={key}")
            once(desk, caller)
            found = []
            for _ in range(options.calls):
                time.sleep(0.3)
                found.append(once(desk, caller))
            browser.close()
        for name, values in (
            ("ring to offer on the screen (with opening the microphone)", [a for a, _ in found]),
            ("accept to sound on both sides", [b for _, b in found]),
        ):
            print(f"{name}: {spread(values, scale=1)}, p95 {percentile(values, 0.95):.0f}")
    finally:
        installation.stop_all()


if __name__ == "__main__":
    main()
