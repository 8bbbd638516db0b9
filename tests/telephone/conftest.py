"""`centre`: a help desk with two agents, a number at an exchange in this process, and a caller."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.telephone.centre import Centre, opened


@pytest.fixture
def centre(app: Flask) -> Iterator[Centre]:
    with opened(app) as made:
        yield made
