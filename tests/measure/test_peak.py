"""The kernels that measure the machine do the work they are timed for."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from autosched.codegen.llvm.compile import compile_text
from autosched.measure.peak import fma_peak, working_sets
from autosched.measure.peak_kernels import CHAINS, READ_VECTORS, multiply_add_text, read_text
from autosched.target.target import Target


@pytest.mark.parametrize(("element", "size"), [("float", 4), ("double", 8)])
def test_the_multiply_add_kernel_adds_as_often_as_it_says(element: str, size: int) -> None:
    target = Target.host()
    lanes = target.vector_lanes(size)
    module = compile_text(multiply_add_text(target, element, lanes), target)
    out = np.zeros(CHAINS * lanes, f"float{8 * size}")
    ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)(module.address("probe"))(
        out.ctypes.data, 2
    )
    assert (out == 0.875).all()
    assert module.llvm_text().count("call <") == CHAINS


def test_the_reading_kernel_reads_every_vector() -> None:
    target = Target.host()
    text = compile_text(read_text(target), target).llvm_text()
    reads = text.count("load volatile")  # LLVM may keep more than one copy of the loop
    assert reads >= READ_VECTORS
    assert reads % READ_VECTORS == 0


def test_working_sets_grow_from_level_to_level() -> None:
    sizes = list(working_sets(Target.host()).values())
    assert sizes == sorted(sizes)


def test_the_peak_is_a_number_of_this_century() -> None:
    assert 0.1 < fma_peak(Target.host()) < 10_000
