import pytest

from autosched.ops import registered
from autosched.ops import registry as registry_module


@pytest.fixture(autouse=True)
def own_registry(monkeypatch):
    """What a test registers is gone after it."""
    monkeypatch.setattr(registry_module, "_REGISTERED", registered())
