"""Look-ups at other programs in the admin area: made, tried, changed, in use, removed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from helpdesk.core import addresses
from helpdesk.core.actors import system
from helpdesk.core.work import begin, reading
from helpdesk.ivr import service, web_lookups
from helpdesk.ivr.lookups import BY_PROGRAM
from tests.ivr.flows import flow, node
from tests.web.admin import scene
from tests.web.signed_in import Browser
from tests.webhooks.receiver import Receiver, receiver

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
AT = "/admin/flows/look-ups"


@pytest.fixture
def shop() -> Iterator[Receiver]:
    addresses.configure(("127.0.0.0/8",))
    with receiver() as running:
        yield running
    addresses.configure(())


def test_a_look_up_is_made_tried_changed_and_removed_once_no_flow_asks_it(
    admin: Browser, shop: Receiver
) -> None:
    assert "No look-ups yet" in scene.words_of(admin.get(AT).text)
    wrong = {"name": "Orders", "url": "http://10.0.0.7/", "sentence": "It is {Status}."}
    answer = scene.save(admin, f"{AT}/new", **wrong)
    assert answer.status_code == 400
    assert "public host" in scene.words_of(answer.text)
    right = {"name": "Orders", "url": shop.url, "sentence": "It is {status}."}
    page = scene.save(admin, f"{AT}/new", **right).text
    assert "whsec_" in page
    with reading(system("test")) as work:
        (row,) = web_lookups.listed(work)
    here = f"{AT}/{row.id}"
    assert "whsec_" not in admin.get(here).text

    shop.answer = b'{"found": true, "status": "<b>here</b>"}'
    page = admin.post(f"{here}/try", data={"number": "104", "digits": "20095"}).text
    assert "The caller hears: “It is <b>here</b>.”" in scene.words_of(page)
    assert "<b>here</b>" not in page
    assert (shop.got[0].body["number"], shop.got[0].body["proof"]) == ("104", "20095")
    shop.answer = b"{}"
    page = admin.post(f"{here}/try", data={"number": "104", "digits": "20095"}).text
    assert "The caller goes on without it." in scene.words_of(page)

    scene.save(admin, here, sentence="Your order is {status}.")
    with reading(system("test")) as work:
        assert web_lookups.get(work, row.id).sentence == "Your order is {status}."
    first = row.secret_sealed
    assert "whsec_" in admin.post(f"{here}/secret").text
    with begin(system("test")) as work:
        assert web_lookups.get(work, row.id).secret_sealed != first
        asks = node("order", "lookup", "Order", what=f"web:{row.id}", proof=BY_PROGRAM)
        made = service.add_flow(work, name="Main line", content=flow(asks)).id
    page = admin.get(f"/admin/flows/{made}").text
    assert "Checked by the program that is asked" in page
    assert "Account number" not in page, "our records know nothing of the order"
    answer = admin.post(f"{here}/remove")
    assert answer.status_code == 409
    assert "Main line" in scene.words_of(answer.text)
    with begin(system("test")) as work:
        service.remove(work, made)
    admin.post(f"{here}/remove")
    assert admin.get(here).status_code == 404
