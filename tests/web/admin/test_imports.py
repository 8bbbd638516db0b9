"""Imports in the admin area: handed in, looked at, tried, taken over, and a harmless report."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from helpdesk.core.actors import Actor, system
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.customers import custom_fields
from helpdesk.customers.models import Customer
from helpdesk.imports import queries, service
from helpdesk.imports.models import ImportLink
from helpdesk.owned import products
from helpdesk.owned import service as orders
from helpdesk.owned.models import Asset, ShopOrder
from helpdesk.web.admin.imports import neutral
from helpdesk.workflows import importing
from tests.web.admin import scene
from tests.web.signed_in import Browser, browser_as

TABLE = "Name,E-Mail,Note\nKim Lee,kim@example.org,=1+1\n"
SYSTEM = system("test")


def hand_in(admin: Browser, content: str | bytes, format: str = "customers_csv") -> Any:
    raw = content.encode() if isinstance(content, str) else content
    data = {"format": format, "origin": "", "file": (io.BytesIO(raw), "people.csv")}
    return admin.post("/admin/imports", data=data, content_type="multipart/form-data")


def work_off() -> None:
    with reading(SYSTEM) as work:
        run, *_ = queries.newest(work)
    while importing.advance(run.id):
        pass


def customers() -> int:
    with reading(SYSTEM) as work:
        return work.session.scalar(select(func.count()).select_from(Customer)) or 0


def test_a_table_is_handed_in_mapped_tried_and_taken_over(admin: Browser) -> None:
    path = hand_in(admin, TABLE).headers["Location"]
    page = admin.get(path).text
    assert "Kim Lee" in page
    assert '<option value="1" selected>E-Mail</option>' in page
    chosen = {"field-name": "0", "field-email": "1", "what": "trial"}
    admin.post(path, data=chosen)
    work_off()
    assert customers() == 0
    assert "What would happen" in admin.get(path).text
    admin.post(path, data=chosen | {"what": "real"})
    work_off()
    assert customers() == 1
    assert "1 added" in scene.words_of(admin.get(path).text)


def test_a_column_can_fill_a_field_of_our_own(admin: Browser) -> None:
    with begin(Actor("user", new_id(), role="admin")) as work:
        custom_fields.add_custom_field(
            work, subject="customer", key="note", label="Note", kind="text"
        )
    path = hand_in(admin, TABLE).headers["Location"]
    page = scene.fields_of(admin.get(path).text, path)
    assert ("field-own.note", "2") in page  # found by its name
    admin.post(path, data={**dict(page), "what": "real"})
    work_off()
    with reading(SYSTEM) as work:
        assert work.session.scalars(select(Customer.custom)).one() == {"note": "=1+1"}
    assert "1 added" in scene.words_of(admin.get(path).text)


def test_A13_problems_are_shown_and_downloaded_harmlessly(admin: Browser) -> None:
    table = f"Name,E-Mail\n{scene.PAYLOAD.replace(chr(34), '')},not one\n=cmd|' /C calc'!A0,x\n"
    path = hand_in(admin, table).headers["Location"]
    admin.post(path, data={"field-name": "0", "field-email": "1", "what": "real"})
    work_off()
    page = admin.get(path).text
    assert "not one is not an e-mail address" in scene.words_of(page)
    assert "<img src=x" not in page
    answer = admin.get(f"{path}/problems.csv")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == ["line 2", "line 3"]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", ";=1", "|x"])
def test_I3_no_cell_is_read_as_a_formula(cell: str) -> None:
    assert neutral(cell).startswith("'")


def test_A2_payloads_in_names_and_headers_stay_text(admin: Browser) -> None:
    raw = f"{scene.PAYLOAD.replace(chr(34), '')},E-Mail\nx,kim@example.org\n"
    data = {"format": "customers_csv", "origin": scene.PAYLOAD[:40]}
    data["file"] = (io.BytesIO(raw.encode()), f"{scene.PAYLOAD}.csv")  # type: ignore[assignment]
    sent = admin.post("/admin/imports", data=data, content_type="multipart/form-data")
    for path in (sent.headers["Location"], "/admin/imports", "/admin/audit"):
        assert "<img src=x" not in admin.get(path).text


def test_what_can_not_be_read_is_refused_at_once_beside_its_field(admin: Browser) -> None:
    for content, format, told in (
        (b"", "customers_csv", "empty"),
        (b"hello", "zendesk", "not JSON"),
        (b"PK\3\4broken", "zendesk", "not JSON"),
        (TABLE, "something", "Choose what the file is"),
        (b"\n\n", "customers_csv", "name the columns"),
    ):
        answer = hand_in(admin, content, format)
        assert answer.status_code == 400
        assert told in scene.words_of(answer.text)
    with reading(SYSTEM) as work:
        assert not queries.newest(work)


def test_without_the_columns_that_are_needed_nothing_starts(admin: Browser) -> None:
    path = hand_in(admin, TABLE).headers["Location"]
    answer = admin.post(path, data={"what": "real", "field-name": "77"})
    assert answer.status_code == 400
    assert "Choose the column of: Name." in scene.words_of(answer.text)
    with reading(SYSTEM) as work:
        assert queries.newest(work)[0].state == "new"


def test_a_running_import_is_not_started_twice_and_can_be_stopped(admin: Browser) -> None:
    path = hand_in(admin, TABLE).headers["Location"]
    chosen = {"field-email": "1", "what": "real"}
    admin.post(path, data=chosen)
    assert admin.post(path, data=chosen).status_code == 409
    assert admin.post(f"{path}/remove").status_code == 409
    admin.post(f"{path}/stop")
    assert "Stopped" in scene.words_of(admin.get(path).text)
    admin.post(f"{path}/remove")
    assert admin.get(path).status_code == 404


def test_a_file_larger_than_an_upload_is_taken_up_to_its_own_limit(
    app: Flask, admin: Browser
) -> None:
    rows = "".join(f"Somebody {n},n{n}@example.org,{'x' * 900}\n" for n in range(20_000))
    parts = (
        '--B\r\nContent-Disposition: form-data; name="format"\r\n\r\ncustomers_csv\r\n'
        '--B\r\nContent-Disposition: form-data; name="file"; filename="people.csv"\r\n\r\n'
        f"Name,E-Mail,Note\n{rows}\r\n--B--\r\n"
    )
    answer = admin.post(
        "/admin/imports", data=parts.encode(), content_type="multipart/form-data; boundary=B"
    )
    import_id = answer.headers["Location"].rpartition("/")[2]
    with reading(SYSTEM) as work:
        assert service.get(work, import_id).size > app.extensions["helpdesk"].max_upload


def test_only_administrators_import(app: Flask) -> None:
    for role in ("supervisor", "agent"):
        assert browser_as(app, role).get("/admin/imports").status_code == 403
        assert hand_in(browser_as(app, role), TABLE).status_code == 403


PRODUCTS = "SKU,Name,Warranty,Returnable\nTV-55,Television,24,30\nTV-55,Television 55,36,30\n"
ORDERS = """Order number;Status;Order date;Currency;Total;SKU;Product;Qty;Price;E-Mail;Customer ID
A-1;paid;04.05.2026;EUR;1.234,50;TV-55;Television;1;1.199,00;;C7
A-1;shipped;04.05.2026;EUR;1.234,50;HDMI;Cable;2;17,75;;
A-2;lost;04.05.2026;EUR;10;X;X;1;10;;
A-3;paid;04.05.2026;;ten;X;X;1;10;;
A-4;delivered;04.05.2026;EUR;10,00;X;Lamp;1;;ida@example.org;
"""


def take_over(admin: Browser, table: str, format: str) -> str:
    path = hand_in(admin, table, format).headers["Location"]
    page = dict(scene.fields_of(admin.get(path).text, path))
    admin.post(path, data={**page, "what": "trial"})
    work_off()
    assert "What would happen" in admin.get(path).text
    admin.post(path, data={**page, "what": "real"})
    work_off()
    return scene.words_of(admin.get(path).text)


def test_products_orders_and_their_customers_are_taken_over(admin: Browser) -> None:
    people = "Customer ID,Name,E-mail\nC7,Kim Lee,kim@example.org\n"
    path = hand_in(admin, people).headers["Location"]
    page = dict(scene.fields_of(admin.get(path).text, path))
    admin.post(path, data={**page, "what": "real"})
    work_off()
    with begin(SYSTEM) as work:  # what a system calls its customers and orders is one origin
        work.session.execute(update(ImportLink).values(origin="orders_csv"))
    assert "1 added, 1 told again" in take_over(admin, PRODUCTS, "products_csv")
    told = take_over(admin, ORDERS, "orders_csv")
    assert "2 added, 1 told again, 1 of nobody known yet" in told
    assert "Its status is not known here: lost" in told
    with reading(SYSTEM) as work:
        first, second = work.session.scalars(select(ShopOrder).order_by(ShopOrder.number))
        assert work.session.get_one(Customer, first.customer_id).name == "Kim Lee"
        assert (first.status, first.total_minor, second.customer_id) == ("shipped", 123450, None)
        lines = [(one.sku, one.quantity, one.unit_minor) for one in orders.lines_of(work, first.id)]
        assert lines == [("TV-55", 1, 119900), ("HDMI", 2, 1775)]
        assert products.by_sku(work, ["TV-55"])["TV-55"].warranty_months == 36
    again = take_over(admin, ORDERS, "orders_csv")
    assert "3 told again" in again
    things = "Serial,Name,Bought on,Warranty until,Place\nS-1,Boiler,2026-01-02,31.12.2030,Cellar\n"
    assert "1 added" in take_over(admin, things, "assets_csv")
    with reading(SYSTEM) as work:
        thing = work.session.scalars(select(Asset)).one()
        assert (thing.serial, str(thing.warranty_until), thing.place) == (
            "S-1", "2030-12-31", "Cellar",
        )  # fmt: skip
