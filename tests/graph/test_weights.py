"""Equal constants have one place, as they are and as a kernel packs them."""

from __future__ import annotations

import numpy as np

from autosched.graph.weights import Weights
from autosched.runtime.code import MachineCode, there
from autosched.runtime.plan import Place
from autosched.runtime.signature import Param, Signature

PACKS = MachineCode(
    Signature(
        "k",
        (Param("w", "float32", (4,)), Param("y", "float32", (4,), True)),
        constants=("w",),
        packed=(Param("p", "float32", (2, 4)),),
    ),
    there(b""),
)


def nowhere(name: str) -> int:
    raise AssertionError(name)


def test_equal_constants_are_one() -> None:
    weights = Weights()
    a = np.arange(20, dtype=np.float32)
    assert weights.plain(a) == weights.plain(a.copy()) == Place("weights", 0)
    assert weights.plain(a + 1) == Place("weights", 128)
    assert weights.plain(a.view(np.int32)) == Place("weights", 256)
    assert weights.bytes == 384
    block = weights.block(nowhere)
    assert np.array_equal(block[128:208].view(np.float32), a + 1)


def test_constants_that_differ_in_one_element_are_two() -> None:
    weights = Weights()
    for place in range(1000):
        one = np.zeros(1000, np.float32)
        one[place] = 1
        assert weights.plain(one) == Place("weights", place * 4032)


def test_nan_equals_itself() -> None:
    weights = Weights()
    nan = np.array([np.nan])
    assert weights.plain(nan) == weights.plain(nan.copy())


def test_a_kernel_packs_equal_constants_once() -> None:
    weights = Weights()
    w = np.arange(4, dtype=np.float32)
    assert weights.packed(PACKS, [w]) == weights.packed(PACKS, [w.copy()]) == [Place("weights", 0)]
    assert weights.packed(PACKS, [w + 1]) == [Place("weights", 64)]
    assert weights.bytes == 128


def test_constants_with_gaps_are_read_in_order() -> None:
    weights = Weights()
    a = np.arange(6, dtype=np.int64).reshape(2, 3)
    assert weights.plain(a.T) == Place("weights", 0)
    block = weights.block(nowhere)
    assert block[:48].view(np.int64).tolist() == [0, 3, 1, 4, 2, 5]
