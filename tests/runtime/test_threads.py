"""The libgomp of the installed wheels."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

import pytest

from autosched.runtime import threads


def test_every_symbol_is_found_and_called() -> None:
    symbols = threads.gomp_symbols()
    assert symbols is not None
    assert symbols.keys() == set(threads.SYMBOLS)
    number = ctypes.CFUNCTYPE(ctypes.c_int)(symbols["omp_get_thread_num"])
    assert number() == 0
    assert "libgomp" in threads.threads_report()


def test_the_loaded_one_is_taken_and_nothing_is_imported() -> None:
    code = (
        "import sys, sklearn.utils._openmp_helpers\n"
        "from autosched.runtime import threads\n"
        "assert 'scikit_learn.libs' in threads.threads_report(), threads.threads_report()\n"
        "assert 'xgboost' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_machine_without_it_says_so(monkeypatch) -> None:
    monkeypatch.setattr(threads, "_candidates", lambda: iter(["/nowhere/libgomp.so"]))
    threads._load.cache_clear()
    try:
        assert threads.gomp_symbols() is None
        assert "one thread" in threads.threads_report()
    finally:
        threads._load.cache_clear()


VARIABLES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ({}, "OMP_WAIT_POLICY = 'PASSIVE'"),
        ({"OMP_WAIT_POLICY": "active"}, "OMP_WAIT_POLICY = 'ACTIVE'"),
        ({"GOMP_SPINCOUNT": "9"}, "GOMP_SPINCOUNT = '9'"),
    ],
)
def test_idle_threads_sleep_unless_told_otherwise(given: dict[str, str], seen: str) -> None:
    code = (
        "import os\n"
        "before = dict(os.environ)\n"
        "from autosched.runtime import threads\n"
        "assert threads.gomp_symbols()\n"
        "assert dict(os.environ) == before"
    )
    variables = {k: v for k, v in os.environ.items() if k not in VARIABLES}
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={**variables, **given, "OMP_DISPLAY_ENV": "verbose"},
    )
    assert seen in done.stderr
