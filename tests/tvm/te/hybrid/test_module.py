"""Schedules of scripts as functions."""

import numpy as np

from autosched.tvm import te


@te.hybrid.script
def shifted(n, a):
    b = output_tensor((n,), "float32")  # noqa: F821
    for i in range(n):
        b[i] = a[i] + i
    return b


def test_a_module_takes_arrays_and_tensors() -> None:
    n = te.size_var("n")
    a = te.placeholder((n,), name="a")
    b = shifted(n, a)
    assert b.op.num_outputs == 1
    module = te.hybrid.build(te.create_schedule(b.op), [n, a], [b])
    x = np.ones(5, "float32")
    np.testing.assert_array_equal(module(5, x), x + np.arange(5))
    again = module(n, a)
    assert tuple(again.shape) == (n,)
    assert "output_tensor" in te.hybrid.runtime.HYBRID_GLOBALS
