"""Stores whose steps fill the gaps of one another: the same numbers, by one wide store."""

from __future__ import annotations

import numpy as np
import pytest

from autosched.codegen.llvm.emit import emit
from autosched.ir.dtype import dtype
from autosched.target.target import Target
from tests.codegen.llvm.harness import (
    check,
    columns,
    samples,
)


@pytest.mark.parametrize("lanes", [2, 7, 16, 64])
@pytest.mark.parametrize("steps", [2, 4])
@pytest.mark.parametrize("kind", ["uint8", "int16", "float32", "bfloat16"])
def test_columns_side_by_side_are_one_store(lanes: int, steps: int, kind: str) -> None:
    nest = columns(lanes, steps, kind)
    assert "masked.scatter" not in emit(nest, target=Target.host())
    check(nest, [samples(kind, lanes * steps), np.zeros(lanes * steps, dtype(kind).numpy)])


def test_bytes_are_interleaved_by_powers_of_two() -> None:
    """LLVM moves each byte of other vectors by itself."""
    code = emit(columns(58, 4, "uint8"), target=Target.host())
    assert [f"store <{lanes} x i8>" in code for lanes in (128, 64, 32, 8)] == [True] * 4
    assert "store <232 x i8>" not in code


@pytest.mark.parametrize(("steps", "room"), [(3, 0), (4, 2), (2, 1)])
def test_what_leaves_gaps_is_written_apart(steps: int, room: int) -> None:
    before = np.full(16 * (steps + room), 7, np.uint8)
    (_, after) = check(columns(16, steps, "uint8", room), [samples("uint8", 16 * steps), before])
    assert (after[:, steps:] == 7).all()
