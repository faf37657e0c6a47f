"""Constants taken out of the caches before each timed call of a kernel in a network."""

from __future__ import annotations

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.measure import native_loop
from autosched.measure.caches import evict
from autosched.measure.case import Case, Reference
from autosched.measure.tasks import Build, _runner

W = te.placeholder((256, 256), name="W", constant=True)
X = te.placeholder((256, 8), name="X")
K = te.reduce_axis((0, 256), name="k")
C = te.compute((256, 8), lambda i, j: te.sum(W[i, K] * X[K, j], axis=K), name="C")


def test_values_stay() -> None:
    array = np.arange(1000, dtype=np.float32)
    evict([array, array[:0]])
    np.testing.assert_array_equal(array, np.arange(1000))


@pytest.mark.parametrize("cold", [False, True])
def test_large_constants_are_taken_out_before_each_call(
    cold: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    monkeypatch.setattr(
        native_loop, "evict", lambda arrays: taken.extend(array.nbytes for array in arrays)
    )
    w, x = np.ones((256, 256), np.float32), np.ones((256, 8), np.float32)
    tensors, values = [W, X, C], {W: w, X: x}
    case = Case(Reference.of(tensors, values, {C: w @ x}, 1e-4))
    kernel = autosched.build(tensors)
    run = _runner(Build(kernel, 0.0, 1), case, cold)
    case.poison()
    assert run(3) > 0
    assert sum(taken) == (3 * w.nbytes if cold else 0)
    assert case.mistake() is None
