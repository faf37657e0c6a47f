"""Arithmetic of whole tensors."""

import numpy as np
import pytest

from autosched import te
from autosched.errors import ExpressionError
from autosched.te.elementwise import broadcast_shape
from autosched.te.evaluate import evaluate


def random(*shape):
    return np.random.default_rng(3).uniform(1, 2, shape).astype("float32")


def test_a_tensor_and_numbers() -> None:
    A, n = te.placeholder((3, 4), name="A"), te.var("n")
    B = 3 + A * 2.0 - n
    assert B.op.tag == "elemwise"
    a = random(3, 4)
    np.testing.assert_allclose(evaluate([B], {A: a}, {n: 5})[0], 3 + a * 2 - 5, rtol=1e-6)


@pytest.mark.parametrize(
    ("left", "right"), [((3, 4), (4,)), ((3, 1), (1, 4)), ((2, 3), ()), ((5, 1, 2), (3, 2))]
)
def test_broadcasting_is_that_of_numpy(left, right) -> None:
    A, B = te.placeholder(left, name="A"), te.placeholder(right, name="B")
    C = A / B
    a, b = random(*left), random(*right)
    assert C.op.tag == "broadcast"
    assert tuple(map(int, C.shape)) == (a / b).shape
    np.testing.assert_allclose(evaluate([C], {A: a, B: b})[0], a / b, rtol=1e-6)


def test_in_a_formula_a_tensor_without_dimensions_is_its_element() -> None:
    A, scale = te.placeholder((3,), name="A"), te.placeholder((), name="scale")
    B = te.compute((3,), lambda i: A[i] * scale, name="B")
    assert str(B.op.bodies[0]) == "A[i] * scale[]"


def test_extents_that_differ() -> None:
    A, B = te.placeholder((3,), name="A"), te.placeholder((4,), name="B")
    with pytest.raises(
        ExpressionError, match=r"shapes that broadcast for add, got \(3\) and \(4\)"
    ):
        A + B
    with pytest.raises(ExpressionError, match="indices"):
        te.compute((3,), lambda i: A + 1.0)


def test_a_shape_for_several() -> None:
    n = te.var("n")
    shapes = [te.placeholder(shape).shape for shape in ((n, 1), (4,), (1, 1, 1))]
    assert [str(extent) for extent in broadcast_shape("add", *shapes)] == ["1", "n", "4"]
    with pytest.raises(ExpressionError, match=r"got \(n, 1\) and \(4\) and \(3\)"):
        broadcast_shape("add", *shapes[:2], te.placeholder((3,)).shape)
