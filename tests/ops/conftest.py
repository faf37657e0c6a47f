import pytest

from autosched.ops import registered
from autosched.ops import registry as registry_module


@pytest.fixture(autouse=True)
def own_registry(monkeypatch):
    """Remove the workloads that a test registers."""
    monkeypatch.setattr(registry_module, "_REGISTERED", registered())
