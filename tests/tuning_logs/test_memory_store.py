import os
from pathlib import Path

import pytest

from autosched.tuning_logs import MemoryStore
from autosched.tuning_logs.conformance import StoreConformance


class TestMemoryStore(StoreConformance):
    def make_store(self, folder: Path) -> MemoryStore:
        return MemoryStore()

    def test_a_forked_process_may_use_its_copy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        store = MemoryStore()
        monkeypatch.setattr(os, "getpid", lambda: -1)  # what a forked child sees
        assert list(store.trials()) == []
