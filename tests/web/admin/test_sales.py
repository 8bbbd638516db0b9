"""Products, shops and the terms of returns and complaints, as an administrator sets them up."""

from __future__ import annotations

from sqlalchemy import select

from helpdesk.complaints import settings as complaints
from helpdesk.core.actors import system
from helpdesk.core.work import begin, reading
from helpdesk.customers import points, records
from helpdesk.customers import service as customers
from helpdesk.owned import service as orders
from helpdesk.owned import shops
from helpdesk.owned.models import Product, Shop, ShopMessage, ShopOrder
from helpdesk.owned.told import OrderTold
from helpdesk.returns import settings as returns
from helpdesk.workflows import shops_in
from tests.web.admin.scene import fields_of, words_of
from tests.web.portal.scene import deliver
from tests.web.signed_in import Browser

SYSTEM = system("test")


def test_a_product_is_added_changed_and_never_twice(admin: Browser) -> None:
    form = {"sku": "TV-55", "name": "Television", "warranty_months": "24", "is_active": "1"}
    assert admin.post("/admin/products/new", data=form).status_code == 303
    assert admin.post("/admin/products/new", data=form).status_code == 409
    wrong = admin.post("/admin/products/new", data={**form, "sku": "2", "warranty_months": "two"})
    assert "Enter a whole number" in words_of(wrong.text)
    with reading(SYSTEM) as work:
        row = work.session.scalars(select(Product)).one()
    path = f"/admin/products/{row.id}"
    given = dict(fields_of(admin.get(path).text, path)) | {"returnable_days": "30"}
    assert admin.post(path, data=given).status_code == 303
    assert admin.post(path, data=given | {"name": "Other"}).status_code == 409
    assert "30 days" in words_of(admin.get("/admin/products").text)


def test_a_shop_gets_its_secret_once_and_its_failures_are_tried_again(admin: Browser) -> None:
    made = admin.post("/admin/shops/new", data={"name": "Web shop", "is_active": "1"})
    assert "whsec_" in made.text
    assert "/hooks/shops/web-shop" in made.text
    with begin(SYSTEM) as work:
        row = work.session.scalars(select(Shop)).one()
        shops.keep(work, row, "m1", "{")
    deliver("shop.heard", shops_in.hear)
    page = admin.get(f"/admin/shops/{row.id}")
    assert "Makes no sense" in words_of(page.text)
    assert "whsec_" not in page.text
    with begin(SYSTEM) as work:
        message = work.session.scalars(select(ShopMessage)).one()
        message.body = '{"external_id": "1", "number": "W-1"}'
        message_id = message.id
    again = admin.post(f"/admin/shops/{row.id}/messages/{message_id}/again")
    assert again.status_code == 303
    deliver("shop.heard", shops_in.hear)
    assert "Taken in" in words_of(admin.get(f"/admin/shops/{row.id}").text)
    assert "whsec_" in admin.post(f"/admin/shops/{row.id}/secret").text


def test_an_order_of_nobody_is_given_to_whom_it_belongs(admin: Browser) -> None:
    with begin(SYSTEM) as work:
        order = orders.tell_order(work, "web", OrderTold(external_id="1", number="W-1")).id
        ada = customers.create_customer(work, name="Ada").id
        points.put(work, records.lock(work, ada), points.read(work, "email", "ada@x.example"))
    assert "W-1" in words_of(admin.get("/admin/shops").text)
    path = f"/admin/shops/orders/{order}"
    wrong = admin.post(path, data={"address": "nobody@x.example"})
    assert "Nobody has this address" in words_of(wrong.text)
    assert admin.post(path, data={"address": "ada@x.example"}).status_code == 303
    with reading(SYSTEM) as work:
        assert work.session.scalars(select(ShopOrder.customer_id)).one() == ada
    assert "W-1" not in words_of(admin.get("/admin/shops").text)


def test_the_terms_are_set_and_nonsense_is_refused(admin: Browser) -> None:
    here = "/admin/returns-and-complaints"
    page = admin.get(here).text
    given = dict(fields_of(page, f"{here}/returns")) | {"send_days": "21"}
    assert admin.post(f"{here}/returns", data=given).status_code == 303
    assert admin.post(f"{here}/returns", data=given | {"send_days": "0"}).status_code == 400
    assert admin.post(f"{here}/returns", data=given | {"queue_id": "x"}).status_code == 400
    said = dict(fields_of(page, f"{here}/complaints")) | {"role": "Ombudsperson"}
    assert admin.post(f"{here}/complaints", data=said).status_code == 303
    assert admin.post(f"{here}/complaints", data=said | {"role": ""}).status_code == 400
    with reading(SYSTEM) as work:
        assert returns.get(work).targets["send_days"] == 21
        assert complaints.get(work).role == "Ombudsperson"
