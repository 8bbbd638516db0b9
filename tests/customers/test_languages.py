"""Languages are read and typed by name, and kept by code."""

import pytest

from helpdesk.core.errors import Invalid
from helpdesk.customers import field_values
from helpdesk.customers.languages import NAMES, code_of, name_of


def test_a_name_leads_to_its_code_and_back() -> None:
    for code in (*NAMES, "pt-BR", "zh-Hant"):
        assert code_of(name_of(code)) == code
    assert name_of("pt-BR") == "Portuguese (BR)"
    assert [code_of(text) for text in (" german ", "de", "xx")] == ["de", "de", "xx"]
    assert name_of("xx") == "xx"
    assert field_values.language("Portuguese (BR)") == "pt-BR"
    with pytest.raises(Invalid) as refused:
        field_values.language("Deutsch bitte")
    assert "like German" in refused.value.fields["language"]
