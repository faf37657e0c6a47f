"""Code is found under the same workload, target, schedule and package, and under no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autosched import disk_cache
from autosched.backends.cpu.backend import CpuBackend
from autosched.disk_cache import DiskCache
from autosched.runtime.code import MachineCode
from autosched.schedule.trace import to_json
from autosched.search.choice import Choice, choose
from autosched.search.code_cache import CodeCache
from autosched.search.kernels import compile_best
from autosched.search.space.rules import RULES
from autosched.search.strategies.proposals import defaults
from autosched.search.task import Task
from autosched.target.target import Target
from autosched.tuning_logs import MemoryStore
from tests.search import tasks
from tests.search.test_transfer import remember, some_candidate


def here(task: Task, threads: int = 1) -> Task:
    """The task on this machine."""
    return Task.of(task.form.instance, CpuBackend(Target.host().with_threads(threads)))


def matmul_task(m: int = 32, threads: int = 1) -> Task:
    return here(tasks.matmul_task(m), threads)


@pytest.fixture
def cache(tmp_path: Path) -> CodeCache:
    return CodeCache(DiskCache(tmp_path))


def made(task: Task, cache: CodeCache, store: MemoryStore | None = None) -> MachineCode:
    code = compile_best(task, store, cache)[1]
    assert isinstance(code, MachineCode)
    return code


def forbid_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """No sketch is made, no schedule replayed and nothing lowered."""

    def forbidden(*_: object, **__: object) -> Any:
        raise AssertionError("expected code from the cache")

    monkeypatch.setattr(Task, "sketches", property(forbidden))
    monkeypatch.setattr("autosched.search.choice.replayed", forbidden)
    monkeypatch.setattr("autosched.building.lower_program", forbidden)


def test_what_was_compiled_is_not_compiled_again(
    cache: CodeCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = made(matmul_task(), cache)
    forbid_work(monkeypatch)
    again = made(matmul_task(), cache)
    assert (again.signature, again.file) == (first.signature, first.file)
    assert (again.releases, again.prepare) == (first.releases, first.prepare)
    with pytest.raises(AssertionError):
        made(matmul_task(threads=2), cache)
    with pytest.raises(AssertionError):
        made(here(tasks.copy_task()), cache)


def test_the_best_schedule_that_is_known_wins(
    cache: CodeCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    task, store = matmul_task(), MemoryStore()
    default = made(task, cache, store)
    remember(store, task, some_candidate(task, 2), 10.0)
    tuned = made(matmul_task(), cache, store)
    assert tuned.file != default.file
    remember(store, task, some_candidate(task, 2, seed=1), 20.0)
    forbid_work(monkeypatch)
    assert made(matmul_task(), cache, store).file == tuned.file
    assert made(matmul_task(), cache).file == default.file


def test_a_schedule_adapted_from_other_sizes_is_found(
    cache: CodeCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, other = MemoryStore(), matmul_task(64)
    remember(store, other, some_candidate(other), 10.0)
    adapted = made(matmul_task(), cache, store)
    forbid_work(monkeypatch)
    assert made(matmul_task(), cache, store).file == adapted.file
    with pytest.raises(AssertionError):
        made(matmul_task(), cache)


def test_other_code_of_the_package_finds_nothing(
    cache: CodeCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = matmul_task()
    choice = choose(task, None)
    code = made(task, cache)
    assert cache.get(task, choice) is not None
    monkeypatch.setattr(disk_cache, "fingerprint", lambda: "another")
    assert cache.get(task, choice) is None
    cache.put(task, choice, code)
    assert cache.get(task, choice) is not None


def test_the_schedule_is_part_of_the_key(cache: CodeCache) -> None:
    task = matmul_task()
    code, trace = made(task, cache), some_candidate(task).trace

    def choice(source: str) -> Choice:
        return Choice(lambda: choose(task, None).schedule, "tuned", "", source)

    cache.put(task, choice(trace), code)
    assert cache.get(task, choice(trace)) is not None
    assert cache.get(task, choice(f"adapted {trace}")) is None
    assert cache.get(task, choice(to_json(()))) is None


def test_a_trial_of_the_default_has_its_code(
    cache: CodeCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, task = MemoryStore(), matmul_task()
    remember(store, task, next(defaults(task)), 10.0)
    default = made(matmul_task(), cache)
    forbid_work(monkeypatch)
    assert made(matmul_task(), cache, store).file == default.file


def test_without_a_disk_nothing_is_kept() -> None:
    cache, task = CodeCache.from_environment(), matmul_task()
    cache.put(task, choose(task, None), made(task, cache))
    assert cache.get(task, choose(task, None)) is None


def test_rules_of_a_user_have_no_code_on_disk(cache: CodeCache) -> None:
    task = matmul_task()
    choice = choose(task, None)
    made(task, cache)
    with RULES.kept():
        RULES.remove("winograd")
        assert cache.get(task, choice) is None
    assert cache.get(task, choice) is not None
