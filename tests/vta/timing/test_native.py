"""The native functions give the same results as in Python."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autosched.codegen.native import Native
from autosched.vta.timing import bus, cycles, engine, events, program, reading, transfers
from tests.vta.timing.measured import measured

MODULES = (bus, engine, events, program, reading, transfers)


def in_python(function: Native) -> Callable[..., Any]:
    """Return the Python version of a native function, which takes flat tables too."""

    def call(*args: Any) -> Any:
        return function.python(
            *(arg.reshape(-1) if isinstance(arg, np.ndarray) else arg for arg in args)
        )

    return call


@pytest.mark.parametrize("preset", ["tsim", "pynq"])
def test_programs_take_the_same_cycles_in_python(
    preset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = [entry["instructions"] for entry in measured("programs")[:6]]
    expected = [cycles(one, preset) for one in programs]
    for module in MODULES:
        for name, value in list(vars(module).items()):
            if isinstance(value, Native):
                monkeypatch.setattr(module, name, in_python(value))
    for one, report in zip(programs, expected, strict=True):
        again = cycles(one, preset)
        np.testing.assert_array_equal(again.program.table, report.program.table)
        np.testing.assert_array_equal(again.events.batches, report.events.batches)
