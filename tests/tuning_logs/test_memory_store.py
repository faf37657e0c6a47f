from pathlib import Path

from autosched.tuning_logs import MemoryStore
from autosched.tuning_logs.conformance import StoreConformance


class TestMemoryStore(StoreConformance):
    def make_store(self, folder: Path) -> MemoryStore:
        return MemoryStore()
