"""Whoever has no name is still told from the next one, by the number or address they came by."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from helpdesk.core.work import begin, reading
from helpdesk.customers import points
from helpdesk.customers.called import called, called_now, shown
from helpdesk.customers.models import Customer
from tests.customers.people import AGENT, a_customer


@pytest.mark.parametrize(
    "name, addresses, told",
    [
        ("Ida Berg", [("phone", "+493012345678")], "Ida Berg"),
        ("", [("email", "ida@example.com"), ("phone", "+493012345678")], "+49 30 12345678"),
        ("", [("email", "ida@example.com")], "ida@example.com"),
        ("", [], ""),
    ],
)
def test_a_name_goes_first_then_a_number_then_an_address(database, name, addresses, told):
    with begin(AGENT) as work:
        customer = a_customer(work, name or "Somebody")
        customer.name = name
        for kind, value in addresses:
            points.add_contact_point(work, customer.id, kind=kind, value=value)
    with reading(AGENT) as work:
        found = work.session.scalar(select(called()).where(Customer.id == customer.id))
        assert shown(found) == told
        assert called_now(work, work.session.get(Customer, customer.id)) == told
        assert called_now(work, None) == ""
