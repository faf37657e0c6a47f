"""Programs with open sizes run on every size, which JAX puts into them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autosched
from autosched.errors import GraphError

jax = pytest.importorskip("jax")
jnp = jax.numpy

from tests.frontend.stablehlo.test_importer import floats  # noqa: E402  after the skip


def open_program(function: Callable[..., Any], *shapes: str, **options: Any) -> Any:
    scope = jax.export.SymbolicScope(**options)
    kinds = [
        jax.ShapeDtypeStruct(jax.export.symbolic_shape(shape, scope=scope), jnp.float32)
        for shape in shapes
    ]
    return jax.export.export(jax.jit(function))(*kinds)


def classifier(x: Any, w: Any, table: Any) -> Any:
    ids = jnp.arange(x.shape[1]) % table.shape[0]
    hidden = jax.nn.relu((x + table[ids]) @ w)
    rows = hidden.reshape(x.shape[0] * x.shape[1], -1).at[0].set(0.0)
    return jax.nn.softmax(rows), jnp.pad(hidden, ((0, 0), (1, 0), (0, 0))).mean(0)


def test_each_size_is_followed_through_the_program(tmp_path: Path) -> None:
    program = open_program(classifier, "b, n, 8", "8, 6", "4, 8")
    model = autosched.compile(program, threads=1)
    assert next(str(kind) for kind in model.inputs.values()) == "float32[b, n, 8]"
    assert (list(model.inputs), model.sizes) == (["x", "w", "table"], ["b", "n"])
    model.save(tmp_path)
    for made in (model, autosched.load(tmp_path, threads=1)):
        for b, n in ((2, 3), (1, 5)):
            arrays = floats(b, n, 8), floats(8, 6), floats(4, 8)
            for found, wanted in zip(made.run(arrays), classifier(*arrays), strict=True):
                np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)
    (step, *_) = model.networks[-1].steps
    assert step.task is not None


def test_a_file_and_sizes_that_are_computed(tmp_path: Path) -> None:
    program = open_program(lambda x, y: x + y.reshape(2, -1).sum(0), "n", "2*n")
    path = tmp_path / "sum.mlir"
    path.write_text(str(program.mlir_module()))
    for given in (program, path):
        model = autosched.compile(given, threads=1)
        assert model.run([np.ones(3, np.float32), np.ones(6, np.float32)])[0].tolist() == [3] * 3
        told = r"the program is for, got others: number of output elements \(6\) .* \(5\)$"
        with pytest.raises(GraphError, match=told):
            model.run([np.ones(3, np.float32), np.ones(5, np.float32)])


def test_what_is_not_supported_is_told_before_sizes_are_known() -> None:
    program = open_program(lambda x: jnp.fft.fft(x), "n, 4")
    with pytest.raises(GraphError, match=r"stablehlo\.fft \(1\)$"):
        autosched.compile(program)


def test_a_running_sum_along_an_open_axis() -> None:
    model = autosched.compile(open_program(lambda x: jnp.cumsum(x, 0), "n"), threads=1)
    assert model.run([np.arange(4, dtype=np.float32)])[0].tolist() == [0, 1, 3, 6]


def test_a_size_that_is_not_meant_is_refused_in_one_sentence() -> None:
    model = autosched.compile(open_program(lambda x: x * 2, "n"), threads=1)
    with pytest.raises(GraphError, match="got others: Expected value >= 1 for dimension variable"):
        model.run([np.ones(0, np.float32)])
