"""The third target is in the table while a test runs that names it."""

from __future__ import annotations

import pytest

from autosched.backends import kinds
from tests.backends.interpreter import ENTRY


@pytest.fixture
def interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(kinds.KINDS, "interpreter", ENTRY)
