"""Calling kernels: every accepted and every refused kind of argument, on both paths."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from autosched.errors import ArgumentError
from autosched.runtime.fastcall import is_available
from autosched.runtime.kernel import Kernel
from autosched.runtime.signature import Param, Signature
from tests.runtime.kernels import (
    add_kernel,
    copy_bits,
    engine_for,
    loop,
    make_kernel,
    symbolic_add_kernel,
)


@pytest.fixture(params=[True, False], ids=["fast", "slow"])
def add(request: pytest.FixtureRequest) -> Kernel:
    return add_kernel((4, 6), fast=request.param)


def floats(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)


def test_writes_the_output_in_place(add: Kernel) -> None:
    a, b, c = floats(4, 6), floats(4, 6), np.zeros((4, 6), np.float32)
    assert add(a, b, c) is None
    np.testing.assert_array_equal(c, a + b)


def test_omitted_output_is_allocated_aligned_and_returned(add: Kernel) -> None:
    a, b = floats(4, 6), floats(4, 6)
    c = add(a, b)
    np.testing.assert_array_equal(c, a + b)
    assert c.ctypes.data % 64 == 0


def test_the_same_input_twice_is_no_overlap(add: Kernel) -> None:
    a = floats(4, 6)
    np.testing.assert_array_equal(add(a, a), a + a)


def test_the_fast_path_is_taken_on_plain_arrays() -> None:
    kernel = add_kernel((4, 6))
    a, b, c = floats(4, 6), floats(4, 6), np.zeros((4, 6), np.float32)
    assert is_available()
    assert kernel._try_fast(a, b, c) is None
    np.testing.assert_array_equal(c, a + b)
    assert kernel._try_fast(a, b) is NotImplemented
    assert kernel._try_fast(a, b, c.T) is NotImplemented


def test_the_fast_path_is_taken_where_outputs_are_omitted(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel, a = add_kernel((4, 6)), floats(4, 6)

    def slow(*args: object) -> None:
        raise AssertionError("the slow path was taken")

    monkeypatch.setattr("autosched.runtime.kernel.check_call", slow)
    np.testing.assert_array_equal(kernel(a, a), a + a)
    with pytest.raises(AssertionError, match="slow path"):
        kernel(a, a.T)


@pytest.mark.parametrize("given", [("bfloat16", "bfloat16"), ("bfloat16", "uint16")])
def test_arrays_of_bfloat16_take_the_fast_path(given: tuple[str, str]) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    kernel = copy_bits("bfloat16")
    kinds = [ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype for dtype in given]
    a, b = np.full(1, 0x3F80, np.uint16), np.zeros(1, np.uint16)
    assert kernel._try_fast(a.view(kinds[0]), b.view(kinds[1])) is None
    assert b[0] == 0x3F80
    assert kernel._try_fast(a.view(kinds[0])) is NotImplemented
    assert kernel._try_fast(a.view(np.float16), b) is NotImplemented
    assert copy_bits("uint16")._try_fast(a.view(ml_dtypes.bfloat16), b) is NotImplemented


def view_at(offset: int, shape: tuple[int, ...]) -> np.ndarray:
    """A float32 array that starts `offset` bytes into one of its size and a half."""
    count = int(np.prod(shape))
    raw = np.zeros(count * 6 + 64, np.uint8)
    return raw[offset : offset + count * 4].view(np.float32).reshape(shape)


def read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


REFUSED = {
    "expected 3 arguments for add, or 2 without its outputs, got 1": lambda a, b, c: (a,),
    "got 4": lambda a, b, c: (a, b, c, c),
    "got 0": lambda a, b, c: (),
    "expected an array for a of add, got list": lambda a, b, c: ([1.0], b, c),
    "expected an array for b of add, got NoneType": lambda a, b, c: (a, None, c),
    "expected an array for a of add, got float32": lambda a, b, c: (np.float32(1), b, c),
    "expected an array for a of add, got MaskedArray": lambda a, b, c: (np.ma.array(a), b, c),
    "expected dtype float32 for a of add, got float64": lambda a, b, c: (a.astype("f8"), b, c),
    "expected dtype float32 for c of add, got int32": lambda a, b, c: (a, b, c.view("i4")),
    "expected dtype float32 for a of add, got object": lambda a, b, c: (a.astype("O"), b, c),
    "expected native byte order for a of add, got '>f4'": lambda a, b, c: (a.astype(">f4"), b, c),
    "expected shape (4, 6) for b of add, got (6, 4)": lambda a, b, c: (a, b.reshape(6, 4), c),
    "expected shape (4, 6) for c of add, got (4, 5)": lambda a, b, c: (a, b, c[:, :5].copy()),
    "expected 2 dimensions for a of add, got 1: shape (24,)": lambda a, b, c: (a.ravel(), b, c),
    "expected 2 dimensions for a of add, got 0: shape ()": lambda a, b, c: (
        np.array(1, np.float32),
        b,
        c,
    ),
    "expected a C-contiguous array for a of add": lambda a, b, c: (np.asfortranarray(a), b, c),
    "expected a C-contiguous array for c of add": lambda a, b, c: (
        a,
        b,
        np.zeros((4, 12), "f4")[:, ::2],
    ),
    "expected a at a multiple": lambda a, b, c: (view_at(1, (4, 6)), b, c),
    "for output c of add, got a read-only one": lambda a, b, c: (a, b, read_only(c)),
    "one that overlaps a": lambda a, b, c: (c, b, c),
    "one that overlaps b": lambda a, b, c: (a, c[:], c),
}


@pytest.mark.parametrize("message", REFUSED)
def test_refused_with_a_sentence(add: Kernel, message: str) -> None:
    c = np.zeros((4, 6), np.float32)
    args = REFUSED[message](floats(4, 6), floats(4, 6), c)
    text = message if not message.startswith("expected a at") else "expected a of add at a multiple"
    with pytest.raises(ArgumentError) as caught:
        add(*args)
    assert text in str(caught.value)
    assert not c.any()


def test_partial_overlap_is_refused_and_neighbours_are_not(add: Kernel) -> None:
    raw = np.zeros(49, np.float32)
    first, second, shifted = raw[:24], raw[24:48], raw[25:49]
    b = floats(4, 6)
    add(first.reshape(4, 6), b, second.reshape(4, 6))
    np.testing.assert_array_equal(second.reshape(4, 6), b)
    with pytest.raises(ArgumentError, match="overlaps a"):
        add(second.reshape(4, 6), b, shifted.reshape(4, 6))


def test_empty_arrays_overlap_nothing() -> None:
    kernel = symbolic_add_kernel()
    empty = np.zeros(0, np.float32)
    assert kernel(empty, empty, empty) is None


def test_read_only_inputs_are_fine(add: Kernel) -> None:
    a = read_only(floats(4, 6))
    np.testing.assert_array_equal(add(a, a), a + a)


@pytest.mark.parametrize("fast", [True, False])
def test_a_size_is_read_from_the_shapes(fast: bool) -> None:
    kernel = symbolic_add_kernel(fast=fast)
    for n in (0, 1, 7, 100):
        a, c = floats(n), np.zeros(n, np.float32)
        kernel(a, a, c)
        np.testing.assert_array_equal(c, a + a)
        np.testing.assert_array_equal(kernel(a, a), a + a)
    with pytest.raises(ArgumentError, match=r"expected shape \(5,\) = \(n,\) for b of add_n"):
        kernel(floats(5), floats(6))


def test_sizes_whose_outputs_would_have_negative_extents_are_refused() -> None:
    params = (Param("a", "float32", ("n",)), Param("c", "float32", ("n - 3",), is_output=True))
    text = "define void @k(ptr %a, ptr %c, i64 %n) {\n ret void\n}\n"
    kernel = make_kernel(Signature("k", params, ("n",)), text)
    assert kernel(floats(3)).shape == (0,)
    with pytest.raises(ArgumentError, match=r"at least 0 for c = \(n - 3\), got \(-1,\)"):
        kernel(floats(2))


def test_several_threads_at_once() -> None:
    kernel = add_kernel((64, 64))
    wrong = []

    def work(seed: int) -> None:
        a = np.random.default_rng(seed).uniform(size=(64, 64)).astype(np.float32)
        c = np.empty_like(a)
        for _ in range(300):
            kernel(a, a, c)
            if not np.array_equal(c, a + a):
                wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_the_gil_is_released_while_the_kernel_runs() -> None:
    """The kernel waits for a flag that only another Python thread can set."""
    text = """
define void @waits(ptr %flag, ptr %done) {
entry:
  br label %spin
spin:
  %seen = load atomic i64, ptr %flag seq_cst, align 8
  %go = icmp ne i64 %seen, 0
  br i1 %go, label %out, label %spin
out:
  store i64 1, ptr %done
  ret void
}
"""
    params = (Param("flag", "int64", (1,)), Param("done", "int64", (1,), is_output=True))
    kernel = make_kernel(Signature("waits", params), text)
    flag, done = np.zeros(1, np.int64), np.zeros(1, np.int64)
    thread = threading.Thread(target=kernel, args=(flag, done))
    thread.start()
    flag[0] = 1
    thread.join()
    assert done[0] == 1


def test_several_outputs_are_returned_as_a_tuple() -> None:
    text = loop(
        "halves",
        "ptr %x, ptr %y, ptr %z",
        "3",
        """
  %px = getelementptr i32, ptr %x, i64 %i
  %py = getelementptr i32, ptr %y, i64 %i
  %pz = getelementptr i32, ptr %z, i64 %i
  %v = load i32, ptr %py
  %lo = sdiv i32 %v, 2
  %hi = sub i32 %v, %lo
  store i32 %lo, ptr %px
  store i32 %hi, ptr %pz""",
    )
    params = (
        Param("x", "int32", (3,), is_output=True),
        Param("y", "int32", (3,)),
        Param("z", "int32", (3,), is_output=True),
    )
    kernel = make_kernel(Signature("halves", params), text)
    low, high = kernel(np.array([1, 2, 7], np.int32))
    assert low.tolist() == [0, 1, 3]
    assert high.tolist() == [1, 1, 4]
    out = np.zeros(3, np.int32)
    with pytest.raises(ArgumentError, match="overlaps z"):
        kernel(out, np.zeros(3, np.int32), out)


def test_a_kernel_of_no_dimensions() -> None:
    text = """define void @copy(ptr %a, ptr %b) {
  %v = load i8, ptr %a
  store i8 %v, ptr %b
  ret void
}
"""
    params = (Param("a", "bool", ()), Param("b", "bool", (), is_output=True))
    kernel = make_kernel(Signature("copy", params), text)
    assert kernel(np.array(True)) == np.array(True)
    b = np.array(False)
    kernel(np.array(True), b)
    assert b[()]


def test_pointers_are_addresses_then_sizes() -> None:
    kernel = symbolic_add_kernel()
    a, c = floats(5), floats(5)
    assert kernel.pointers(a, a, c) == (a.ctypes.data, a.ctypes.data, c.ctypes.data, 5)


def test_the_engine_lives_as_long_as_the_kernel() -> None:
    engine = engine_for("define void @nothing() {\n ret void\n}\n")
    kernel = Kernel(
        Signature("nothing", ()), engine.get_function_address("nothing"), keepalive=engine
    )
    assert kernel() is None
    assert kernel.keepalive is engine
