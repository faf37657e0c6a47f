"""Claims on candidates."""

from __future__ import annotations

import pytest

from autosched.errors import DatabaseError
from autosched.tuning_logs.conformance.base import StoreTests
from autosched.tuning_logs.conformance.samples import (
    CPU,
    LARGE,
    OTHER_SESSION,
    SESSION,
    SMALL,
    VTA,
    claim,
    trial,
)
from autosched.tuning_logs.store import Store


class ClaimingTests(StoreTests):
    """A candidate is claimed by one session."""

    def test_a_candidate_is_claimed_once(self, store: Store) -> None:
        store.start_session(OTHER_SESSION)
        assert claim(store, SESSION, "a", "b") == {"a", "b"}
        assert claim(store, SESSION, "a", "b") == {"a", "b"}
        assert claim(store, OTHER_SESSION, "b", "c") == {"c"}
        assert claim(store, SESSION, "c", "d") == {"d"}

    def test_claims_belong_to_a_task(self, store: Store) -> None:
        store.start_session(OTHER_SESSION)
        assert claim(store, SESSION, "a") == {"a"}
        for task in ((LARGE.key, CPU.text, 1), (SMALL.key, VTA.text, 1), (SMALL.key, CPU.text, 2)):
            assert store.claim(*task, OTHER_SESSION.id, ["a"]) == {"a"}

    def test_a_stored_trial_cannot_be_claimed(self, store: Store) -> None:
        store.start_session(OTHER_SESSION)
        stored, failed = trial(1), trial(2, outcome="timeout")
        assert claim(store, SESSION, stored.trace_key) == {stored.trace_key}
        store.add_trial(stored)
        store.add_trial(failed)
        keys = (stored.trace_key, failed.trace_key, "a")
        assert claim(store, SESSION, *keys) == {"a"}
        assert claim(store, OTHER_SESSION, *keys) == set()

    def test_claims_end_with_their_session(self, store: Store) -> None:
        store.start_session(OTHER_SESSION)
        claim(store, SESSION, "a")
        store.end_session(SESSION.id)
        assert claim(store, OTHER_SESSION, "a") == {"a"}

    def test_a_claim_needs_known_references(self, store: Store) -> None:
        with pytest.raises(DatabaseError, match="expected a session that the store knows"):
            store.claim(SMALL.key, CPU.text, 1, "s9", ["a"])
        with pytest.raises(DatabaseError, match="expected a workload that the store knows"):
            store.claim("w", CPU.text, 1, SESSION.id, ["a"])
