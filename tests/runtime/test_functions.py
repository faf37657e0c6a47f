"""Kernels that find an index outside of its tensor, in hand-written code."""

import numpy as np
import pytest

from autosched.errors import ArgumentError
from autosched.runtime.signature import IndexCheck, Param, Signature
from tests.runtime.kernels import make_kernel

TEXT = """
define void @found(ptr %a, ptr %c, ptr %faults, i64 %n) {
  %first = load i64, ptr %a
  store i64 %first, ptr %c
  %last = getelementptr i64, ptr %faults, i64 1
  store i64 %first, ptr %last
  ret void
}
"""
SIGNATURE = Signature(
    "found",
    (Param("a", "int64", ("n",)), Param("c", "int64", ("n",), is_output=True)),
    ("n",),
    checks=(IndexCheck("W", 0, 5), IndexCheck("V", 2, "n - 1")),
)


@pytest.mark.parametrize("fast", [True, False])
def test_the_first_index_found_is_named_with_its_extent(fast: bool) -> None:
    kernel = make_kernel(SIGNATURE, TEXT, fast=fast)
    a, c = np.zeros(4, np.int64), np.ones(4, np.int64)
    kernel(a, c)
    assert c[0] == 0
    a[0] = -6
    with pytest.raises(ArgumentError) as caught:
        kernel(a, c)
    assert caught.value.message == (
        "expected indices from 0 to below 3 in dimension 2 of V in found, got -6"
    )
    assert "clamp" in str(caught.value.hint)
    a[0] = 0
    kernel(a, c)
    assert c[0] == 0


def test_a_timing_loop_has_a_buffer_for_faults() -> None:
    kernel = make_kernel(SIGNATURE, TEXT)
    a = np.zeros(4, np.int64)
    assert len(kernel.pointers(a, np.ones(4, np.int64))) == 4
