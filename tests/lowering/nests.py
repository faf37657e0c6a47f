"""What every test of lowering asks of a schedule."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import dedent
from typing import Any

from autosched import te
from autosched.lowering.lower import lower
from autosched.schedule import Schedule
from autosched.target.target import Target
from autosched.te.bounds import OutOfRange
from autosched.te.dag import inputs
from tests.fuzz.agreement import compiled, interpreted
from tests.fuzz.program import Program


def arguments(s: Schedule) -> list[te.Tensor]:
    written = [tensor for op in s.outputs for tensor in op.outputs]
    return [*inputs(written), *written]


def golden(s: Schedule, text: str, args: Sequence[Any] = (), bounds: OutOfRange = "trust") -> None:
    """The nest before any pass is `text`."""
    lowered = lower(s, args or arguments(s), bounds=bounds)
    assert str(lowered) == dedent(text).strip("\n")


def agrees(s: Schedule, sizes: dict[Any, int] | None = None) -> None:
    """Evaluated, interpreted before and after the passes, and compiled: all the same."""
    written = [tensor for op in s.outputs for tensor in op.outputs]
    target = Target.host()
    case = interpreted(Program("exact", written, sizes or {}), s, target, 3, "main")
    compiled([case], target, threads=2)
