"""Gradients against finite differences, in float64."""

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.errors import ExpressionError, NotOfferedError
from autosched.te.dag import inputs as placeholders
from autosched.te.evaluate import evaluate

STEP = 1e-6


def values_of(shape, seed=0):
    return np.random.default_rng(seed).uniform(0.5, 2.0, [int(n.value) for n in shape])


def differences(output, tensor, given):
    """Return the Jacobian of `output` by `tensor` from values around those given."""
    columns = []
    for place in np.ndindex(given[tensor].shape):
        step = np.zeros_like(given[tensor])
        step[place] = STEP
        high, low = (
            evaluate([output], {**given, tensor: given[tensor] + sign * step})[0]
            for sign in (1, -1)
        )
        columns.append((high - low) / (2 * STEP))
    return np.stack(columns, axis=-1).reshape(*columns[0].shape, *given[tensor].shape)


def check(output, *tensors, given=None):
    holders = [t for t in placeholders([output]) if t.dtype.is_float]
    arrays = {t: values_of(t.shape, seed) for seed, t in enumerate(holders)} | (given or {})
    found = evaluate(te.gradient(output, tensors), arrays)
    for tensor, array in zip(tensors, found, strict=True):
        np.testing.assert_allclose(array, differences(output, tensor, arrays), rtol=1e-5, atol=1e-7)


def floats(*shape, name="A"):
    return te.placeholder(shape, "float64", name)


def test_a_product_of_matrices_and_what_is_done_with_it() -> None:
    A, B = floats(2, 3), floats(3, 2, name="B")
    k = te.reduce_axis((0, 3), "k")
    C = te.compute((2, 2), lambda i, j: te.sum(A[i, k] * B[k, j], axis=k), name="C")
    D = te.compute((2, 2), lambda i, j: te.tanh(C[i, j]) * C[j, i] + te.max(C[i, j], 0.0))
    check(D, A, B)


@pytest.mark.parametrize("stride", [1, 2])
def test_a_padded_convolution(stride) -> None:
    X, W = floats(5, name="X"), floats(2, 3, name="W")
    P = te.compute((7,), lambda i: te.if_then_else(te.all(i >= 1, i < 6), X[i - 1], 0.0), "P")
    r = te.reduce_axis((0, 3), "r")
    extent = 4 // stride + 1
    Y = te.compute((2, extent), lambda f, i: te.sum(P[i * stride + r] * W[f, r], axis=r), "Y")
    check(Y, X, W)


def test_elements_are_moved() -> None:
    A = floats(3, 4)
    check(te.compute((12,), lambda i: A[i // 4, i % 4] * 2.0), A)
    check(te.compute((6, 4), lambda i, j: A[i // 2, 3 - j]), A)
    check(te.compute((3,), lambda i: A[i, i] * A[i, i + 1]), A)
    check(te.compute((7,), lambda i: A[(i * i) % 3, i % 4]), A)


def test_elements_at_indices_from_data() -> None:
    A, index = floats(3, 2), te.placeholder((4,), "int32", "index")
    G = te.compute((4, 2), lambda i, j: A[index[i], j], name="G")
    check(G, A, given={index: np.array([2, 0, 2, 1], "int32")})


def test_a_softmax() -> None:
    A = floats(2, 3)
    k, m = te.reduce_axis((0, 3), "k"), te.reduce_axis((0, 3), "m")
    top = te.compute((2,), lambda i: te.max(A[i, k], axis=k), name="top")
    E = te.compute((2, 3), lambda i, j: te.exp(A[i, j] - top[i]), name="E")
    total = te.compute((2,), lambda i: te.sum(E[i, m], axis=m), name="total")
    check(te.compute((2, 3), lambda i, j: E[i, j] / total[i], name="S"), A)


@pytest.mark.parametrize("reducer", [te.sum, te.prod, te.max, te.min])
def test_reductions_of_a_part_of_an_axis(reducer) -> None:
    A = floats(2, 4)
    k = te.reduce_axis((1, 4), "k")
    check(te.compute((2,), lambda i: reducer(A[i, k] * A[i, 0], axis=k, where=k != 2)), A)
    n = te.reduce_axis((0, 2), "n")
    check(te.compute((), lambda: reducer(A[n, n + 1], axis=n)), A)


def test_equal_values_share_the_gradient_of_a_maximum() -> None:
    A = floats(4)
    k = te.reduce_axis((0, 4), "k")
    (found,) = te.gradient(te.compute((1,), lambda i: te.max(A[k], axis=k)), [A])
    array = evaluate([found], {A: np.array([1.0, 3.0, 3.0, 2.0])})[0]
    assert array.tolist() == [[0.0, 0.5, 0.5, 0.0]]


def test_a_head_sums_over_the_output() -> None:
    A, head = floats(3), floats(2, 3, name="head")
    B = te.compute((3,), lambda i: A[i] * A[i], name="B")
    (found,) = te.gradient(B, [A], head)
    a, h = values_of(A.shape), values_of(head.shape, 1)
    np.testing.assert_allclose(evaluate([found], {A: a, head: h})[0], h * 2 * a)


def test_tensors_between_and_tensors_that_are_not_read() -> None:
    A, other = floats(2), floats(3, name="other")
    B = te.compute((2,), lambda i: A[i] * 3.0, name="B")
    C = te.compute((2,), lambda i: B[i] * B[i] + A[i], name="C")
    by_a, by_b, by_other, by_itself = te.gradient(C, [A, B, other, C])
    a = np.array([1.0, 2.0])
    found = evaluate([by_a, by_b, by_other, by_itself], {A: a, other: np.ones(3)})
    np.testing.assert_allclose(found[0], np.diag(18 * a + 1))
    np.testing.assert_allclose(found[1], np.diag(6 * a))
    np.testing.assert_allclose(found[2], np.zeros((2, 3)))
    np.testing.assert_allclose(found[3], np.eye(2))


def test_sizes_may_be_symbolic_and_gradients_are_compiled() -> None:
    n = te.var("n")
    X, W = te.placeholder((n,), name="X"), te.placeholder((3,), name="W")
    r = te.reduce_axis((0, 3), "r")
    Y = te.compute((n - 2,), lambda i: te.sum(X[i + r] * W[r], axis=r), name="Y")
    H = te.placeholder((n - 2,), name="H")
    by_x, by_w = te.gradient(Y, [X, W], H)
    s = te.create_schedule([by_x.op, by_w.op])
    kernel = autosched.build(s, [X, W, H, by_x, by_w])
    x, w, h = (np.arange(count, dtype="float32") for count in (6, 3, 4))
    dx, dw = np.zeros(6, "float32"), np.zeros(3, "float32")
    kernel(x, w, h, dx, dw)
    np.testing.assert_allclose(dx, np.convolve(h, w))
    np.testing.assert_allclose(dw, np.correlate(x, h))


def test_a_gradient_of_what_has_none_is_refused() -> None:
    A, index = floats(3), te.placeholder((3,), "int32", "index")
    B = te.compute((3,), lambda i: A[i] * 2.0, name="B")
    with pytest.raises(ExpressionError, match="expected floats to derive, got index"):
        te.gradient(B, [index])
    with pytest.raises(ExpressionError, match="expected at least 1 dimensions of the head, got 0"):
        te.gradient(B, [A], te.placeholder((), "float64"))
    k = te.reduce_axis((0, 3), "k")
    C = te.compute((1,), lambda i: te.sum(A[k], axis=k, init=1.0), name="C")
    with pytest.raises(NotOfferedError, match="the gradient of C, a reduction with init"):
        te.gradient(C, [A])
    far = te.comm_reducer(lambda x, y: te.hypot(x, y), lambda t: te.const(0, t), name="far")
    D = te.compute((1,), lambda i: far(A[k], axis=k), name="D")
    with pytest.raises(NotOfferedError, match="the gradient of D, a reduction other than"):
        te.gradient(D, [A])
    pair = te.compute((3,), lambda i: (A[i], A[i] + 1.0), name="pair")
    with pytest.raises(NotOfferedError, match="the gradient of pair, which is not one formula"):
        te.gradient(pair[0], [A])


@pytest.mark.parametrize(
    ("shape", "dtype"), [((8,), "float32"), ((4,), "int32"), ((2, 3), "float32")]
)
def test_a_head_of_another_shape_or_dtype_is_refused(shape: tuple[int, ...], dtype: str) -> None:
    A = te.placeholder((4,), name="A")
    B = te.compute((4,), lambda i: A[i] * 2.0, name="B")
    with pytest.raises(ExpressionError, match="for the head"):
        te.gradient(B, [A], te.placeholder(shape, dtype, name="head"))


def test_the_gradient_has_the_dtype_of_the_tensor() -> None:
    A = te.placeholder((4,), "float16", name="A")
    (grad,) = te.gradient(te.compute((4,), lambda i: te.abs(A[i]), name="B"), [A])
    assert grad.dtype == "float16"
