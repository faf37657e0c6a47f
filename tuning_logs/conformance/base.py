"""The base class of the conformance tests of stores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

import pytest

from autosched.tuning_logs.conformance.samples import CPU, LARGE, OTHER, SESSION, SMALL, VTA
from autosched.tuning_logs.store import Store


class StoreTests(ABC):
    """Gives each test a store with the sample workloads and targets, and one session."""

    @abstractmethod
    def make_store(self, folder: Path) -> Store:
        """Return a new, empty store; `folder` is an empty folder of this test."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        with self.make_store(tmp_path) as store:
            for workload in (SMALL, LARGE, OTHER):
                store.add_workload(workload)
            for target in (CPU, VTA):
                store.add_target(target)
            store.start_session(SESSION)
            yield store
