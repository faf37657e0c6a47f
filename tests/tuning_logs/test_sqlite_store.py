from pathlib import Path

from autosched.tuning_logs.conformance import StoreConformance
from autosched.tuning_logs.sqlite_store import SqliteStore


class TestSqliteStore(StoreConformance):
    def make_store(self, folder: Path) -> SqliteStore:
        return SqliteStore(folder / "tuning.db")
