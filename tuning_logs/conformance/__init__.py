"""The conformance tests of stores; the test class of a store inherits them.

class TestMine(StoreConformance):
    def make_store(self, folder: Path) -> Store:
        return MyStore(folder / "mine")
"""

from autosched.tuning_logs.conformance.adding import AddingTests
from autosched.tuning_logs.conformance.claiming import ClaimingTests
from autosched.tuning_logs.conformance.keeping import KeepingTests
from autosched.tuning_logs.conformance.ranking import RankingTests
from autosched.tuning_logs.conformance.settling import SettlingTests

__all__ = ["StoreConformance"]


class StoreConformance(AddingTests, RankingTests, SettlingTests, ClaimingTests, KeepingTests):
    """All tests of the contract of `Store`, for the stores of `make_store`."""
