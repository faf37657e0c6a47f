"""Programs called with arrays."""

from __future__ import annotations

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.backends.vta.kernel import VtaKernel, interface_of, vta_kernel
from autosched.backends.vta.packed.find import packed_form
from autosched.backends.vta.schedules import default_schedule
from autosched.backends.vta.target import VtaTarget
from autosched.errors import ArgumentError, LoweringError
from autosched.ops.resolve import resolve
from autosched.te.evaluate import evaluate
from autosched.vta import assemble
from autosched.vta.environment import get_env
from tests.vta.lowering.nets import Conv, Plan, inputs_of, schedule

CONV = {"ci": 20, "h": 6, "w": 5, "co": 24, "padding": 1, "bias": True}


@pytest.fixture(scope="module")
def kernel() -> VtaKernel:
    form = packed_form(resolve("conv2d_int8", CONV))
    made = default_schedule(form.tensors)
    return vta_kernel(made, form.tensors, VtaTarget(), interface=interface_of(form))


def test_it_takes_and_gives_ordinary_arrays(kernel: VtaKernel) -> None:
    instance = resolve("conv2d_int8", CONV)
    arrays = instance.make_inputs()
    wanted = instance.numpy_reference(arrays)
    assert wanted is not None
    np.testing.assert_array_equal(kernel(*arrays), wanted[0])
    out = np.full(wanted[0].shape, 7, np.int8)
    assert kernel(*arrays, out) is None
    np.testing.assert_array_equal(out, wanted[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, w, b: (x, w), "expected"),
        (lambda x, w, b: (x.astype(np.int32), w, b), "expected dtype int8 for data"),
        (lambda x, w, b: (x[:, :16], w, b), "expected"),
    ],
)
def test_other_arrays_are_refused(kernel: VtaKernel, change: object, message: str) -> None:
    arrays = resolve("conv2d_int8", CONV).make_inputs()
    with pytest.raises(ArgumentError, match=message):
        kernel(*change(*arrays))  # type: ignore[operator]


def test_it_tells_what_it_runs_and_how_long_that_takes(kernel: VtaKernel) -> None:
    assert assemble(kernel.listing) == kernel.program.instructions
    assert kernel.listing.startswith("# data: int8 [1, 2, 6, 5, 1, 16] at byte 0\n")
    assert kernel.cycles.total > kernel.cycles.gemm_uops > 0
    assert kernel.schedule == "given"
    assert "bias: int32[24]" in repr(kernel)


def test_a_schedule_by_hand_takes_packed_arrays() -> None:
    s, args = schedule(Conv(get_env()), Plan())
    kernel = autosched.build(s, args, target="vta")
    assert isinstance(kernel, VtaKernel)
    arrays = inputs_of(args)
    wanted = evaluate([args[-1]], arrays)[0]
    np.testing.assert_array_equal(kernel(*arrays.values()), wanted)
    _, counters = kernel.simulate(list(arrays.values()), strict=True)
    assert counters.gemm_counter == kernel.cycles.gemm_uops


def test_sizes_that_are_open_are_refused() -> None:
    n = te.var("n")
    a = te.placeholder((n, 1, 16), "int32", name="a")
    b = te.compute((n, 1, 16), lambda *i: (a(*i) + 1).astype("int8"), name="b")
    with pytest.raises(LoweringError, match="expected tensors of constant shapes"):
        autosched.build(te.create_schedule(b), [a, b, n], target="vta")
