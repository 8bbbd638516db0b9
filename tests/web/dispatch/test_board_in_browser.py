"""The dispatch board in a real browser: a plan changed by mouse and by keyboard, seen by others."""

from __future__ import annotations

import gzip
import re
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from helpdesk.core import clock
from helpdesk.core.work import begin, reading
from helpdesk.field_service import service, settings
from helpdesk.field_service.crew_days import seconds
from tests.conftest import OUT
from tests.real.axe import serious
from tests.real.server import Installation
from tests.web.agent import office as o
from tests.web.dispatch import fleet as f
from tests.web.dispatch.fleet import SETUP, Fleet

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]
HOUR_PX = 96


@pytest.fixture(scope="module")
def fleet(server: Installation) -> Iterator[Fleet]:
    """Tomorrow: three technicians; Anna has a promised visit at nine, three visits wait."""
    with o.inside(server):
        tomorrow = (clock.now().astimezone(ZoneInfo(f.ZONE)) + timedelta(days=1)).date()
        with begin(SETUP) as work:
            made = f.furnish(work, tomorrow)
        with begin(SETUP) as work:
            first = f.wish(work, made, step=1)
            f.put(
                work, made, first, [made.technicians[0]], made.at(9),
                promise=(made.at(8), made.at(10)),
            )  # fmt: skip
            made.visits.append(first.id)
            for number, kind in enumerate(("repair", "gas", "lift")):
                made.waiting.append(f.wish(work, made, kind, step=number, priority=number + 1).id)
        yield made


@pytest.fixture
def open_board(new_page: NewPage, server: Installation, fleet: Fleet) -> Callable[..., Page]:
    def open_(who: str = "", **context: object) -> Page:
        page = new_page(**{"viewport": {"width": 1440, "height": 900}, **context})
        token = o.session_cookie(who or fleet.boss)
        page.context.add_cookies([{"name": "helpdesk", "value": token, "url": server.url}])
        page.goto(f"{server.url}/dispatch?day={fleet.day}")
        expect(page.locator("html")).to_have_attribute("data-live", "live")
        expect(page.locator("[data-board]")).not_to_have_attribute("data-loading", "")
        return page

    return open_


def picture(page: Page, name: str) -> None:
    OUT.mkdir(exist_ok=True)
    page.screenshot(path=OUT / f"{name}.png")


def stands(visit_id: str) -> list[tuple[str, datetime]]:
    with reading(SETUP) as work:
        return [(one.technician_id, one.starts_at) for one in service.stops_of(work, visit_id)]


def row(page: Page, technician: str) -> Locator:
    return page.locator(f'[data-row="{technician}"] .tl-lane')


def drag(page: Page, what: Locator, technician: str, hours: float) -> None:
    """So many hours after seven o'clock, where the timeline begins."""
    start, lane = what.bounding_box(), row(page, technician).bounding_box()
    assert start is not None
    assert lane is not None
    grip = 12 if what.get_attribute("data-wait") else 10
    page.mouse.move(start["x"] + grip, start["y"] + 10)
    page.mouse.down()
    page.mouse.move(start["x"] + grip + 20, start["y"] + 14, steps=2)
    page.mouse.move(lane["x"] + hours * HOUR_PX + grip, lane["y"] + 20, steps=4)
    expect(page.locator(".tl-ghost")).to_be_visible()
    page.mouse.up()


def test_a_day_is_planned_by_mouse_and_others_see_it(
    open_board: Callable[..., Page], fleet: Fleet, page_errors: list[str]
) -> None:
    page, other = open_board(), open_board()
    anna, bjorn, _ = fleet.technicians
    promised, (repair, gas, _) = fleet.visits[0], fleet.waiting
    expect(page.locator("[data-wait]")).to_have_count(3)
    drag(page, page.locator(f'[data-wait="{repair}"]'), bjorn, 7)
    expect(page.locator("#toasts")).to_contain_text("to Bjorn Dahl, 14:00")
    expect(other.locator(f'.tl-visit[data-visit="{repair}"]')).to_be_visible()
    expect(other.locator("[data-wait]")).to_have_count(2)
    assert [(who, seconds(at)) for who, at in stands(repair)] == [(bjorn, fleet.at(14))]

    drag(page, page.locator(f'[data-wait="{gas}"]'), bjorn, 3)
    expect(page.locator("[data-said]")).to_have_text("Not moved. Bjorn Dahl lacks Gas 3.")
    assert stands(gas) == []

    before = stands(promised)
    drag(page, page.locator(f'.tl-visit[data-visit="{promised}"]'), anna, 6)
    asked = page.locator("#ask-promise")
    expect(asked).to_contain_text("was promised 08:00 to 10:00 and would start at 13:00")
    picture(page, "dispatch-asks")
    asked.get_by_role("button", name="Keep looking").click()
    assert stands(promised) == before

    page.keyboard.press("u")
    expect(page.locator("[data-wait]")).to_have_count(3)
    assert stands(repair) == []
    refused = [one for one in page_errors if "409" in one]  # asked for twice, and said in words
    assert page_errors == refused
    assert len(refused) == 2


def test_a_day_is_planned_by_keyboard_alone(
    open_board: Callable[..., Page], fleet: Fleet, page_errors: list[str]
) -> None:
    page = open_board()
    said = page.locator("[data-said]")
    repair, promised = fleet.waiting[0], fleet.visits[0]
    expect(page.locator(f'[data-wait="{repair}"]')).to_be_visible()
    page.keyboard.press("w")
    expect(page.locator(f'[data-wait="{repair}"]')).to_be_focused()
    page.keyboard.press("m")
    expect(said).to_contain_text("Picked up V-")
    page.keyboard.press("ArrowRight")
    expect(said).to_contain_text("Fits")
    page.keyboard.press("Enter")
    expect(page.locator("[data-wait]")).to_have_count(2)
    block = page.locator(f'.tl-visit[data-visit="{repair}"]')
    expect(block).to_be_focused()
    ((who, at),) = stands(repair)

    page.keyboard.press("m")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    expect(said).to_contain_text("stays where it was")
    assert stands(repair) == [(who, at)]
    page.keyboard.press("m")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(said).to_contain_text("Dropped")
    assert stands(repair) == [(who, at + timedelta(minutes=30))]

    page.keyboard.press("l")
    expect(block).to_contain_text("locked")
    page.keyboard.press("l")
    page.keyboard.press("Enter")
    drawer = page.locator("[data-drawer]")
    expect(drawer.locator("h2")).to_be_focused()
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(block).to_be_focused()
    page.keyboard.press("Delete")
    expect(page.locator("[data-wait]")).to_have_count(3)
    page.keyboard.press("b")
    expect(page.locator(f'.tl-visit[data-visit="{promised}"]')).to_be_focused()
    assert page_errors == []


def test_the_board_can_be_read_by_everybody(
    open_board: Callable[..., Page], fleet: Fleet, page_errors: list[str]
) -> None:
    for scheme in ("light", "dark"):
        page = open_board(color_scheme=scheme)
        page.locator(f'.tl-visit[data-visit="{fleet.visits[0]}"]').click()
        expect(page.locator("[data-drawer] h2")).to_be_visible()
        page.locator("[data-toggle-map]").click()
        expect(page.locator(".leaflet-container")).to_be_visible()
        picture(page, f"dispatch-{scheme}")
        assert serious(page) == []
    narrow = open_board(viewport={"width": 360, "height": 740})
    narrow.locator(".nl-name").first.click()
    expect(narrow.locator(".nl-stop").first).to_be_visible()
    picture(narrow, "dispatch-360")
    assert serious(narrow) == []
    wide = narrow.evaluate("document.documentElement.scrollWidth")
    assert wide <= 360
    agent = open_board(fleet.agent)
    drag_nothing(agent, fleet)
    assert page_errors == []


def drag_nothing(page: Page, fleet: Fleet) -> None:
    """Who may only look moves nothing."""
    block = page.locator(f'.tl-visit[data-visit="{fleet.visits[0]}"]')
    box = block.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 70, steps=4)
    expect(page.locator(".tl-ghost")).to_have_count(0)
    page.mouse.up()


def test_the_map_comes_out_of_one_file(
    open_board: Callable[..., Page], fleet: Fleet, map_server: str, page_errors: list[str]
) -> None:
    with begin(SETUP) as work:
        settings.put(work, {"tiles": f"{map_server}/town.pmtiles", "tiles_by": "Maps & Co"})
    try:
        page = open_board()
        page.locator("[data-toggle-map]").click()
        expect(page.locator("img.leaflet-tile-loaded").first).to_be_visible()
        expect(page.locator(".leaflet-control-attribution")).to_have_text("Maps & Co")
        assert page_errors == []
    finally:
        with begin(SETUP) as work:
            settings.put(work, {"tiles": "", "tiles_by": ""})


@pytest.fixture
def map_server() -> Iterator[str]:
    """A server of one file on another origin, that answers ranges of bytes."""
    archive = one_tile()

    class Ranges(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
            assert asked is not None
            part = archive[int(asked[1]) : int(asked[2]) + 1]
            self.send_response(206)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            self.wfile.write(part)

        def log_message(self, *said: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Ranges) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_address[1]}"
        serving.shutdown()


def one_tile() -> bytes:
    """A map file of version 3 with a single picture: the whole world in one grey pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    size = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    picture_ = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size)
    picture_ += chunk(b"IDAT", zlib.compress(b"\x00\x99")) + chunk(b"IEND", b"")
    root = gzip.compress(bytes([1, 0, 1, len(picture_), 1]))  # one entry: id 0, run 1, at 0
    after = 127 + len(root)
    head = b"PMTiles\x03" + struct.pack(
        "<8Q", 127, len(root), after, 0, after, 0, after, len(picture_)
    )
    head += struct.pack("<3Q", 1, 1, 1) + bytes([1, 2, 1, 2, 0, 0])
    return head.ljust(127, b"\x00") + root + picture_
