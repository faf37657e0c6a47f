"""Instances: inputs and outputs, random arrays, and their form for a worker."""

import json
import subprocess
import sys

import numpy as np
import pytest

from autosched import te
from autosched.ops import from_spec, from_tensors, resolve


def several():
    A = te.placeholder((5,), name="A")
    low, high = te.compute((5,), lambda i: (A[i] - 1.0, A[i] + 1.0), name="both")
    return from_tensors([A, high, low])


def test_inputs_and_outputs_in_the_order_given():
    instance = several()
    assert [tensor.name for tensor in instance.inputs] == ["A"]
    assert [tensor.name for tensor in instance.outputs] == ["both.v1", "both.v0"]
    (a,) = instance.make_inputs()
    high, low = instance.reference([a])
    np.testing.assert_array_equal(high, a + 1)
    np.testing.assert_array_equal(low, a - 1)
    assert instance.numpy_reference([a]) is None


def test_random_arrays_depend_on_the_seed_alone():
    instance = resolve("matmul", {"m": 7, "n": 5, "k": 3})
    first, again, other = (instance.make_inputs(seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])
    assert not np.array_equal(first[0].ravel()[:15], first[1].ravel())


@pytest.mark.parametrize(
    ("dtype", "low", "high"),
    [("float32", -1, 1), ("float16", -1, 1), ("int8", -8, 7), ("uint8", 0, 15), ("bool", 0, 1)],
)
def test_random_arrays_have_the_range_of_their_dtype(dtype, low, high):
    A = te.placeholder((1000,), dtype, name="A")
    (a,) = from_tensors([A, te.compute((1000,), lambda i: A[i])]).make_inputs()
    assert a.dtype == dtype
    assert (low <= a).all()
    assert (a <= high).all()
    assert len(np.unique(a)) > 1


def test_bfloat16_arrays_are_bits():
    instance = resolve("relu", {"m": 3, "n": 5, "dtype": "bfloat16"})
    (a,) = instance.make_inputs()
    assert a.dtype == np.uint16
    (got,) = instance.reference([a])
    np.testing.assert_array_equal(got, np.where(a >> 15, 0, a))


def test_numpy_computes_bfloat16_in_float32():
    instance = resolve("softmax", {"m": 3, "n": 5, "dtype": "bfloat16"})
    inputs = instance.make_inputs()
    (got,), (wanted,) = instance.numpy_reference(inputs), instance.reference(inputs)
    assert got.dtype == np.uint16
    np.testing.assert_allclose(got, wanted, rtol=0, atol=1)  # a unit in the last place


def test_arrays_need_values_of_symbolic_sizes():
    n = te.var("n")
    A = te.placeholder((n,), name="A")
    instance = from_tensors([A, te.compute((n,), lambda i: A[i] * 2.0, name="B")])
    assert instance.sizes == [n]
    (a,) = instance.make_inputs(sizes={n: 6})
    np.testing.assert_array_equal(instance.reference([a])[0], a * 2)


def test_workloads_that_compute_the_same_have_one_key():
    A, B = te.placeholder((7, 3), name="X"), te.placeholder((3, 5), name="Y")
    r = te.reduce_axis((0, 3), name="r")
    own = te.compute((7, 5), lambda y, x: te.sum(A[y, r] * B[r, x], axis=r), name="Z")
    named = resolve("matmul", {"m": 7, "n": 5, "k": 3})
    assert from_tensors([A, B, own]).key == named.key
    assert from_tensors([A, B, own]).canonical_text == named.canonical_text
    assert named.key != resolve("matmul", {"m": 7, "n": 5, "k": 4}).key


def test_the_spec_has_plain_values():
    instance = resolve("dense", {"m": "5", "n": "7", "k": "3", "bias": "yes"})
    again = from_spec(json.loads(json.dumps(instance.spec)))
    assert again.spec == instance.spec
    assert str(again) == "dense m=5 n=7 k=3 bias=true"
    assert [t.name for t in again.inputs] == ["data", "weight", "bias"]


IN_WORKER = """
import json, sys
from autosched.ops import from_spec
instance = from_spec(json.load(sys.stdin))
print(instance.key, float(instance.reference(instance.make_inputs(3))[0].sum()))
"""


def test_a_worker_gets_the_same_workload():
    instance = resolve("conv2d", {"ci": 3, "h": 5, "w": 7, "co": 2, "padding": 1})
    done = subprocess.run(
        [sys.executable, "-c", IN_WORKER],
        input=json.dumps(instance.spec),
        env={"PYTHONPATH": ":".join(path or "." for path in sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    total = float(instance.reference(instance.make_inputs(3))[0].sum())
    assert done.stdout.split() == [instance.key, str(total)]


def test_bytes_and_flops():
    instance = resolve("add", {"m": 7, "n": 5})
    assert (instance.flops, instance.bytes) == (35, 3 * 35 * 4)
