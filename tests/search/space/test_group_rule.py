"""The loops of a stage whose operands are indexed by quotients and remainders of an axis."""

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.schedule.trace import replay
from autosched.search.space.generate import space
from autosched.target.target import Target
from autosched.te.evaluate import evaluate
from tests.codegen.llvm.harness import as_floats

HOST = Target.host().with_threads(1)


def repeated(n, times, dtype="float32", rows=5):
    A = te.placeholder((rows, n), dtype, name="A")
    return A, te.compute((rows, n * times), lambda i, j: A[i, j // times], name="B")


def tiled(n, times, dtype="float32", rows=5):
    A = te.placeholder((rows, n), dtype, name="A")
    return A, te.compute((rows, n * times), lambda i, j: A[i, j % n], name="B")


def default_loops(*args):
    """The loops of the first sketch for the last of the tensors."""
    first = space(args[-1:], HOST).sketches[0]
    schedule = replay(args[-1:], first.bind(first.default))
    return str(autosched.lower(schedule, list(args), target=HOST))


@pytest.mark.parametrize("dtype", ["float32", "int8", "bfloat16", "float64"])
@pytest.mark.parametrize("n", [1, 2, 7, 16, 33, 300])
@pytest.mark.parametrize("times", [1, 2, 3, 4, 5, 17, 40])
@pytest.mark.parametrize("made", [repeated, tiled])
def test_results(made, n, times, dtype):
    A, B = made(n, times, dtype)
    kernel = autosched.build([A, B])
    bits = np.random.default_rng(5).integers(0, 100, (5, n))
    data, found = bits.astype(A.dtype.numpy), np.empty((5, n * times), A.dtype.numpy)
    kernel(data, found)
    np.testing.assert_array_equal(
        found, np.repeat(data, times, 1) if made is repeated else np.tile(data, times)
    )


@pytest.mark.parametrize("made", [repeated, tiled])
def test_vectors_read_what_is_contiguous(made):
    loops = default_loops(*made(300, 3, rows=64))
    assert "//" not in loops
    assert "%" not in loops


def test_an_operand_that_is_read_in_order_keeps_the_axis_whole():
    A, C = te.placeholder((5, 100), name="A"), te.placeholder((5, 300), name="C")
    B = te.compute((5, 300), lambda i, j: A[i, j // 3] + C[i, j], name="B")
    assert "//" in default_loops(A, C, B)
    arrays = [np.random.default_rng(6).random(s, "float32") for s in ((5, 100), (5, 300))]
    found = np.empty((5, 300), "float32")
    autosched.build([A, C, B])(*arrays, found)
    (expected,) = evaluate([B], dict(zip((A, C), arrays, strict=True)))
    np.testing.assert_array_equal(as_floats(found, B.dtype), as_floats(expected, B.dtype))
