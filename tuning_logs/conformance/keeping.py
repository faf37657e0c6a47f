"""Verifying, deleting and copying the records of a whole store, and closing it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from autosched.errors import DatabaseError
from autosched.tuning_logs.conformance.base import StoreTests
from autosched.tuning_logs.conformance.samples import (
    CPU,
    LARGE,
    OTHER,
    SESSION,
    SMALL,
    VTA,
    claim,
    trial,
)
from autosched.tuning_logs.records import WorkloadRecord
from autosched.tuning_logs.store import Store
from autosched.tuning_logs.transfer import copy_records, export_lines, import_lines
from autosched.tuning_logs.verify import MAX_REPORTED


class KeepingTests(StoreTests):
    """A whole store is verified, emptied, copied, shared by threads and closed."""

    def test_verify_reports_text_that_is_not_json(self, store: Store) -> None:
        store.add_trial(trial(1))
        assert store.verify() == []
        workload = WorkloadRecord(content="x", name="x", params="[]")
        text, deep = trial(2, trace="not json"), trial(3, trace="[" * 100_000)
        store.add_workload(workload)
        store.add_trial(text)
        store.add_trial(deep)
        assert store.verify() == [
            f"workload {workload.key}: expected params that are a JSON object",
            f"trial {text.trace_key}: expected a trace that is JSON",
            f"trial {deep.trace_key}: expected a trace that is JSON",
        ]

    def test_verify_reports_keys_that_are_not_hashes(self, store: Store) -> None:
        store.add_trial(trial(2, trace_key="k"))
        store.add_workload(WorkloadRecord(content="x", name="x", key="w"))
        assert store.verify() == [
            "workload w: expected the hash of its content as the key",
            "trial k: expected the hash of its trace as the key",
        ]

    def test_verify_counts_the_problems_it_leaves_out(self, store: Store) -> None:
        for number in range(MAX_REPORTED + 7):
            store.add_trial(trial(number, trace_key=f"k{number}"))
        assert len(store.verify()) == MAX_REPORTED + 1
        assert store.verify()[-1] == "and 7 more"

    def test_forget_deletes_the_trials_of_one_workload(self, store: Store) -> None:
        for workload in (SMALL, LARGE):
            store.add_trial(trial(1, workload=workload.key))
            store.add_trial(trial(1, workload=workload.key, threads=2))
            store.add_trial(trial(1, workload=workload.key, target=VTA.text))
        claim(store, SESSION, "a")
        assert store.forget(SMALL.key, CPU.text, 2) == 1
        assert store.forget(SMALL.key, VTA.text) == 1
        assert store.workload(SMALL.key) == SMALL
        assert store.forget(SMALL.key) == 1
        assert store.workloads() == [LARGE, OTHER]
        assert len(list(store.trials(LARGE.key))) == 3
        assert store.forget("unheard of") == 0
        store.add_workload(SMALL)
        assert store.add_trial(trial(1))

    def test_copies_of_a_store_are_equal(self, store: Store, tmp_path: Path) -> None:
        store.add_trial(trial(1, times_ns=(1.5, 2.5), predicted=1.0))
        store.add_trial(trial(2, outcome="crashed", reason="signal 11"))
        (tmp_path / "copy").mkdir()
        (tmp_path / "text").mkdir()
        with self.make_store(tmp_path / "copy") as copy, self.make_store(tmp_path / "text") as text:
            assert copy_records(store, copy).added == 2
            assert copy_records(store, copy).known == 2
            assert import_lines(export_lines(store), text).added == 2
            for other in (copy, text):
                assert list(other.trials()) == list(store.trials())
                assert other.workloads() == store.workloads()
                assert other.targets() == store.targets()
                assert other.sessions() == store.sessions()

    def test_threads_share_a_store(self, store: Store) -> None:
        stored: list[bool] = []

        def write(first: int) -> None:
            stored.extend(store.add_trial(trial(first + number)) for number in range(40))

        writers = [threading.Thread(target=write, args=(20 * which,)) for which in range(3)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        assert sorted(record.trace for record in store.trials()) == sorted(
            f"[{number}]" for number in range(80)
        )
        assert stored.count(True) == 80

    def test_a_closed_store_raises(self, store: Store) -> None:
        store.close()
        store.close()
        with pytest.raises(DatabaseError, match="got one that was closed"):
            store.add_trial(trial(1))
        with pytest.raises(DatabaseError, match="got one that was closed"):
            store.best(SMALL.key, CPU.text)
