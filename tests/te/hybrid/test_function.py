"""Functions of statements as tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.errors import AutoschedError, ExpressionError, NotOfferedError

script = te.hybrid.script
SCALE = 3.0


def agree(function: Any, *args: Any) -> None:
    """The kernel of the tensors computes what the function computes from arrays."""
    tensors = [arg for arg in args if isinstance(arg, te.Tensor)]
    made = function(*args)
    outputs = made if isinstance(made, list) else [made]
    kernel = autosched.build(te.create_schedule(outputs[0]), [*tensors, *outputs])
    random = np.random.default_rng(0)
    arrays = {
        t: random.integers(-4, 5, [int(n) for n in t.shape]).astype(str(t.dtype)) for t in tensors
    }
    want = function(*(arrays.get(arg, arg) if isinstance(arg, te.Tensor) else arg for arg in args))
    got = kernel(*arrays.values())
    for one, other in zip(
        *((each if isinstance(each, (tuple, list)) else [each]) for each in (got, want)),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, rtol=1e-5)


@script
def blur(a):
    """A mean of three."""
    b = output_tensor((6,), "float32")  # noqa: F821
    for i in range(2, 8):
        total = 0.0
        for k in const_range(3):  # noqa: F821
            total += a[i - k]
        b[i - 2] = total / SCALE
    return b


@script
def branches(a, n):
    b = output_tensor(a.shape, a.dtype)  # noqa: F821
    c = output_tensor((a.shape[0],), "int32")  # noqa: F821
    last = a.shape[0] - 1
    for i in parallel(a.shape[0]):  # noqa: F821
        if 0 < i < last and not a[i] < 0:
            b[i] = max(a[i - 1], a[i + 1])
        elif i == last:
            b[i] = -a[i] * n
        c[i] = 1 if i % 2 == 0 else int32(a[i])  # noqa: F821
    return b, c


@script
def triangle(a, weights):
    c = output_tensor((4, 4), a.dtype)  # noqa: F821
    kept = allocate((4,), a.dtype)  # noqa: F821
    for i in range(4):
        for j in range(i, 4):
            kept[j] = kept[j] + a[i]
            c[i, j] = kept[j] * weights[1][0]
    return c


def test_functions_as_tensors_and_on_arrays_agree() -> None:
    agree(blur, te.placeholder((8,), name="A"))
    agree(branches, te.placeholder((9,), name="A"), 2)
    agree(triangle, te.placeholder((4,), "int32", name="A"), [[1, 2], [3, 4]])


def test_sizes_and_other_stages() -> None:
    @script
    def doubled(a, n):
        b = output_tensor((n,), "float32")  # noqa: F821
        for i in range(n):
            b[i] = a[i] * 2.0
        return b

    n = te.var("n")
    A = te.placeholder((n,), name="A")
    B = te.compute((n,), lambda i: A[i] + 1.0, name="B")
    C = doubled(B, n)
    D = te.compute((n,), lambda i: C[i] - A[i], name="D")
    kernel = autosched.build(te.create_schedule(D), [A, D])
    for length in (1, 7):
        a = np.arange(length, dtype="float32")
        np.testing.assert_array_equal(kernel(a), a + 2)


@script
def past_the_end(a):
    b = output_tensor((8,), a.dtype)  # noqa: F821
    for i in range(8):
        b[i] = a[i + 1]
    return b


@script
def by_data(a):
    b = output_tensor((8,), a.dtype)  # noqa: F821
    for i in range(8):
        b[i] = a[int32(a[i])]  # noqa: F821
    return b


@script
def into_the_input(a):
    b = output_tensor((8,), a.dtype)  # noqa: F821
    for i in range(8):
        a[i] = 1.0
    return b


@script
def endless(a):
    b = output_tensor((8,), a.dtype)  # noqa: F821
    while True:
        b[0] = a[0]
    return b


@script
def leaking(a):
    b = output_tensor((8,), a.dtype)  # noqa: F821
    for i in range(8):
        last = a[i]
    b[0] = last
    return b


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (past_the_end, ExpressionError, r"indices of A in past_the_end .* below 8, got i \+ 1"),
        (by_data, ExpressionError, "indices of A in by_data"),
        (into_the_input, ExpressionError, "a store to an output or an allocated buffer"),
        (endless, NotOfferedError, "while True"),
        (leaking, ExpressionError, "assigned before in leaking, got last"),
    ],
)
def test_what_is_not_known_or_not_safe_is_refused(
    function: Any, error: type[AutoschedError], message: str
) -> None:
    with pytest.raises(error, match=message):
        function(te.placeholder((8,), name="A"))
