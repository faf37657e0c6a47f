"""Extents that are computed from sizes: the fast path of a kernel checks them."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.codegen.llvm.shapes import extent_value, is_computed
from autosched.codegen.llvm.text.body import Body
from autosched.errors import ArgumentError
from autosched.runtime.fastcall import is_available
from autosched.runtime.sizes import concrete
from tests.runtime.kernels import engine_for

TEXTS = ["n", "7", "n - 15", "(n - 7)//2 + 1", "(n - 9)%4", "m*n + 3", "(n + m - 20)//3%5"]


@pytest.mark.parametrize("text", TEXTS)
def test_the_text_computes_what_python_does(text: str) -> None:
    body = Body()
    body.open("entry")
    body.ret(f"i64 {extent_value(body, text, {'n': '%n', 'm': '%m'})}")
    code = "\n".join(["define i64 @f(i64 %n, i64 %m) {", *body.lines, "}", ""])
    engine = engine_for(code)
    function = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)(
        engine.get_function_address("f")
    )
    assert is_computed(text)
    for n in (1, 2, 5, 7, 8, 13, 100):
        for m in (1, 6, 17):
            assert (function(n, m),) == concrete((text,), {"n": n, "m": m})


@pytest.mark.parametrize("text", ["max(n, 9)", "n//m", "8//n", "n//0", "n % (-2)", "-n"])
def test_what_is_left_to_python(text: str) -> None:
    assert not is_computed(text)


@pytest.mark.skipif(not is_available(), reason="this Python has no fast path")
def test_kernels_check_computed_extents_in_their_fast_path() -> None:
    n = te.var("n")
    x = te.placeholder((n,), name="x")
    y = te.compute(((n - 3) // 2 + 1,), lambda i: x[2 * i] + x[2 * i + 1], name="y")
    kernel = autosched.build([x, y], target="cpu", threads=1)
    for size in (3, 4, 5, 17, 64, 131):
        given, found = np.arange(size, dtype="float32"), np.zeros((size - 3) // 2 + 1, "float32")
        assert kernel._try_fast(given, found) is None
        np.testing.assert_array_equal(found, given[:-1:2][: len(found)] + given[1::2][: len(found)])
        wrong = np.zeros(len(found) + 1, "float32")
        assert kernel._try_fast(given, wrong) is NotImplemented
        with pytest.raises(ArgumentError, match="expected shape"):
            kernel(given, wrong)
