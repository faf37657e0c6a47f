"""The kernels that measure the machine do the work they are timed for."""

from __future__ import annotations

import ctypes
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from autosched.codegen.compile import compile_text
from autosched.measure import peak
from autosched.measure.peak import MultiplyAdds, fma_peak, working_sets
from autosched.measure.peak_kernels import (
    READ_VECTORS,
    chains,
    dot_product_text,
    multiply_add_text,
    read_text,
)
from autosched.target.dot_products import DOT_PRODUCTS, DotProduct, dot_products
from autosched.target.target import Target

MACHINES = {
    "x86-64": ("+sse2", 128),
    "haswell": ("+avx2,+fma", 256),
    "skylake-avx512": ("+avx512f,+avx512vl,+fma", 512),
    "znver5": ("+avx512f,+avx512vl,+fma", 512),
}


def machine(cpu: str) -> Target:
    features, bits = MACHINES[cpu]
    return replace(Target.host(), cpu=cpu, features=features, vector_bits=bits)


@pytest.mark.parametrize("calls", [1, 2, 9])
@pytest.mark.parametrize(("element", "size"), [("float", 4), ("double", 8)])
def test_every_chain_is_computed_as_often_as_the_kernel_says(
    element: str, size: int, calls: int
) -> None:
    target = Target.host()
    lanes = target.vector_lanes(size)
    module = compile_text(multiply_add_text(target, element, lanes), target)
    data = np.arange(chains(target) * lanes, dtype=f"float{8 * size}")
    wanted = data.copy()
    ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)(module.address("probe"))(
        data.ctypes.data, calls
    )
    for _ in range(calls):
        wanted = wanted / 2 + 0.5
    assert (data == wanted).all()


@pytest.mark.parametrize("cpu", MACHINES)
def test_multiply_adds_are_instructions_in_whole_vectors(cpu: str) -> None:
    target = machine(cpu)
    text = multiply_add_text(target, "float", target.vector_lanes(4))
    asm = compile_text(text, target).asm()
    fused = len(re.findall(r"\bvfn?madd\w+ps\b", asm))
    products = len(re.findall(r"\bv?mulps\b", asm))
    assert "call" not in asm
    assert "sp)" not in asm, "a chain is kept on the stack"
    # LLVM unrolls the loop as often as it suits the processor.
    assert (fused + products) % chains(target) == 0
    assert bool(fused) == ("+fma" in target.features) == (not products)


@pytest.mark.parametrize("dot", DOT_PRODUCTS, ids=lambda dot: f"{dot.a} {dot.b}")
def test_dot_products_of_ones_are_added_as_often_as_the_kernel_says(dot: DotProduct) -> None:
    target = Target.host()
    if dot not in dot_products(target):
        pytest.skip("this processor does not have the instruction")
    module = compile_text(dot_product_text(target, dot), target)
    data = np.zeros(chains(target) * target.vector_bits // 32, dot.result)
    ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)(module.address("probe"))(
        data.ctypes.data, 3
    )
    assert (data == 3 * dot.steps).all()


@pytest.mark.parametrize("cpu", MACHINES)
def test_the_reading_kernel_reads_every_vector(cpu: str) -> None:
    target = machine(cpu)
    text = compile_text(read_text(target), target).llvm_text()
    reads = text.count("load volatile")  # LLVM may keep more than one copy of the loop
    assert reads >= READ_VECTORS
    assert reads % READ_VECTORS == 0


@pytest.mark.parametrize(
    ("l1", "l2", "l3"),
    [
        (32 << 10, 256 << 10, 6 << 20),
        (48 << 10, 2 << 20, 260 << 20),
        (128 << 10, 16 << 20, 4 << 20),
    ],
)
def test_working_sets_grow_from_level_to_level(l1: int, l2: int, l3: int) -> None:
    machine = replace(Target.host(), l1_bytes=l1, l2_bytes=l2, l3_bytes=l3)
    sizes = list(working_sets(machine).values())
    assert sizes == sorted(sizes)


def test_the_peak_is_a_number_of_this_century() -> None:
    assert 0.1 < fma_peak(Target.host()) < 10_000


def test_runs_that_are_held_up_do_not_shorten_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = 0

    def seconds(run: Any) -> float:
        """Every second run is held up; an iteration takes a microsecond."""
        nonlocal runs
        runs += 1
        return run.args[0] * 1e-6 + runs % 2

    monkeypatch.setattr(peak, "_seconds", seconds)
    probe = MultiplyAdds(Target.host(), seconds=1e-3)
    one = 2 * chains(Target.host()) * Target.host().vector_lanes(4)
    assert 500 <= probe.flops / one <= 100_000
