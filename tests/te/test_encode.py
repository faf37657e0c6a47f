"""The structural key depends on the meaning only, and is the same in every process."""

import json
import subprocess
import sys

import pytest

from autosched import te
from autosched.te.encode import canonical_text, key_of_text
from tests.te.samples import SAMPLES, argmax, everything, matmul, structural_key

# A key that changes makes every stored result unreachable: change FORMAT in te/encode.py
# and migrate the database before changing a digest here.
PINNED = {
    "matmul": "d46d792428688e9b09392fdbb26ff48e",
    "argmax": "e35784827aee3e819fb9c7c42466d588",
    "everything": "4857194e6744b1c8f27c334d48658c75",
    "scalar": "2a0ee8c0f09c4674dd01c6e02989c163",
    "bfloat16": "d2fb4bcde24f655211e43e7a0668d9aa",
}

PRINT_KEYS = """
import json
from tests.te.samples import structural_key
from tests.te.samples import SAMPLES
print(json.dumps({name: structural_key(tensors) for name, tensors in SAMPLES.items()}))
"""


@pytest.mark.parametrize("name", SAMPLES)
def test_keys_do_not_change_between_versions(name):
    assert structural_key(SAMPLES[name]) == PINNED[name]


@pytest.mark.parametrize("seed", ["0", "4711"])
def test_keys_are_equal_in_every_process(seed):
    done = subprocess.run(
        [sys.executable, "-c", PRINT_KEYS],
        env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(path or "." for path in sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == PINNED


def test_names_do_not_matter():
    assert structural_key(matmul(names="XYZ")) == structural_key(matmul())


def test_names_of_axes_and_sizes_do_not_matter():
    def doubled(size, axis):
        n = te.var(size)
        A = te.placeholder((n,))
        return [A, te.compute((n,), eval(f"lambda {axis}: A[{axis}] * 2.0", {"A": A}))]

    assert structural_key(doubled("n", "i")) == structural_key(doubled("m", "j"))


def test_the_name_of_a_combiner_does_not_matter():
    A, k = te.placeholder((5,)), te.reduce_axis((0, 5))
    own = te.comm_reducer(lambda x, y: x + y, lambda dtype: te.const(0, dtype), name="mine")
    by_own = te.compute((1,), lambda i: own(A[k], axis=k))
    by_sum = te.compute((1,), lambda i: te.sum(A[k], axis=k))
    assert structural_key([by_own]) == structural_key([by_sum])


def test_sharing_nodes_does_not_matter():
    A = te.placeholder((5,))

    def shared(i):
        x = A[i] + 1.0
        return x * x

    twice = te.compute((5,), lambda i: (A[i] + 1.0) * (A[i] + 1.0))
    assert structural_key([A, te.compute((5,), shared)]) == structural_key([A, twice])


def test_sharing_a_reduce_axis_does_not_matter():
    A, k, r = te.placeholder((5, 5)), te.reduce_axis((0, 5)), te.reduce_axis((0, 5))

    def sums(first, second):
        B = te.compute((5,), lambda i: te.sum(A[i, first], axis=first))
        return [te.compute((5,), lambda i: te.sum(A[i, second] * B[second], axis=second))]

    assert structural_key(sums(k, k)) == structural_key(sums(k, r))


def variants():
    A, B, C = matmul()
    yield "base", [A, B, C]
    yield "order", [B, A, C]
    yield "fewer", [C]
    yield "shape", matmul(m=8)
    yield "dtype", matmul(dtype="float64")
    yield "constant", matmul(constant=True)
    k = te.reduce_axis((0, 3))
    for name, body in {
        "operands": lambda i, j: te.sum(B[k, j] * A[i, k], axis=k),
        "operator": lambda i, j: te.sum(A[i, k] + B[k, j], axis=k),
        "reducer": lambda i, j: te.max(A[i, k] * B[k, j], axis=k),
        "where": lambda i, j: te.sum(A[i, k] * B[k, j], axis=k, where=k > 0),
        "init": lambda i, j: te.sum(A[i, k] * B[k, j], axis=k, init=1.0),
        "scaled": lambda i, j: te.sum(A[i, k] * B[k, j] * 2.0, axis=k),
        "scaled more": lambda i, j: te.sum(A[i, k] * B[k, j] * 3.0, axis=k),
        "index": lambda i, j: te.sum(A[6 - i, k] * B[k, j], axis=k),
        "plain": lambda i, j: A[i, 0] * B[0, j],
        "function": lambda i, j: te.exp(A[i, 0] * B[0, j]),
        "other function": lambda i, j: te.log(A[i, 0] * B[0, j]),
    }.items():
        yield name, [A, B, te.compute((7, 5), body)]
    n, m = te.var("n"), te.var("m")
    yield "two sizes", matmul(m=n, n=m)
    yield "one size", matmul(m=n, n=n)


def test_every_part_of_the_meaning_matters():
    keys = {name: structural_key(tensors) for name, tensors in variants()}
    assert len(set(keys.values())) == len(keys)


def test_the_sign_of_zero_matters():
    positive = te.compute((1,), lambda i: te.const(0.0, "float32"))
    negative = te.compute((1,), lambda i: te.const(-0.0, "float32"))
    assert structural_key([positive]) != structural_key([negative])


def test_the_key_is_a_hash_of_the_text():
    for make in (matmul, argmax, everything):
        text = canonical_text(make())
        assert key_of_text(text) == structural_key(make())
        assert json.loads(text)["format"] == 1


def test_no_name_is_in_the_text():
    text = canonical_text(matmul(names=["left_matrix", "right_matrix", "result_matrix"]))
    assert "matrix" not in text
