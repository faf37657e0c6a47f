"""Buffers that a kernel keeps between calls."""

from __future__ import annotations

import ctypes
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from autosched.codegen.llvm.state.module import CodegenOptions
from autosched.errors import CodegenError
from autosched.ir import build as b
from autosched.ir.stmt import Allocate, Function, LoopKind, block
from autosched.target.target import HUGE_PAGE_BYTES
from tests.codegen.llvm.harness import (
    buffer,
    compiled,
    function,
    loop,
    read,
    run,
    var,
    write,
)

LARGE = 2 * HUGE_PAGE_BYTES
"""Blocks from here on have huge pages."""


def through_a_buffer(kind: LoopKind = LoopKind.SERIAL) -> Function:
    """y[i] = 2 x[i] + 1 for three rows, by way of a heap buffer of n elements."""
    n = var("n")
    x, y = buffer("x", [3, n]), buffer("y", [3, n])

    def row(i):
        t = buffer("t", [n])
        fill = loop("j", n, lambda j: write(t, j, read(x, i, j) * 2.0))
        use = loop("j", n, lambda j: write(y, i, j, read(t, j) + 1.0))
        return Allocate(t, block(fill, use))

    return function([x, y], loop("i", 3, row, kind), [n])


def call(module, nest: Function, size: int, seed: int = 0) -> None:
    x = np.random.default_rng(seed).random((3, size), np.float32)
    y = np.zeros((3, size), np.float32)
    run(module, nest, [x, y], [size])
    np.testing.assert_array_equal(y, x * 2 + 1)


def test_blocks_grow_with_the_sizes_of_the_calls() -> None:
    nest = through_a_buffer()
    module = compiled(nest)
    for size in (4, 1000, 16, 100_000, 1, LARGE // 4 + 5, 12):
        call(module, nest, size)


def test_threads_of_a_parallel_loop_have_blocks_of_their_own() -> None:
    nest = through_a_buffer(LoopKind.PARALLEL)
    module = compiled(nest, CodegenOptions(threads=3))
    for size in (10, 50_000, 300):
        call(module, nest, size)


def test_calls_at_the_same_time_never_share_a_block() -> None:
    nest = through_a_buffer()
    module = compiled(nest)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda seed: call(module, nest, 2000 + seed, seed), range(100)))


def test_a_module_that_goes_frees_its_blocks() -> None:
    before = resident_bytes()
    for _ in range(12):
        nest = through_a_buffer()
        call(compiled(nest), nest, 2_000_000)
    assert resident_bytes() - before < 12 * 8_000_000 // 2


def test_code_may_have_the_functions_itself() -> None:
    nest = through_a_buffer()
    module = compiled(nest, CodegenOptions(is_whole=True))
    for size in (4, 1000, LARGE // 4 + 5):
        call(module, nest, size)
    release = ctypes.CFUNCTYPE(None)(module.address("kernel.release"))
    release()
    call(module, nest, 16)


def test_release_may_be_called_between_calls() -> None:
    nest = through_a_buffer()
    module = compiled(nest)
    release = ctypes.CFUNCTYPE(None)(module.address("kernel.release"))
    for _ in range(3):
        call(module, nest, 500)
        release()
        release()


def test_a_buffer_of_constant_size_is_kept_too() -> None:
    x, y, t = buffer("x", [50_000]), buffer("y", [50_000]), buffer("t", [50_000])
    fill = loop("i", 50_000, lambda i: write(t, i, read(x, i) + b.const(1.0)))
    use = loop("i", 50_000, lambda i: write(y, i, read(t, i)))
    nest = function([x, y], Allocate(t, block(fill, use)))
    module = compiled(nest)
    assert "workspace.take" in module.llvm_text()
    arrays = [np.arange(50_000, dtype=np.float32), np.zeros(50_000, np.float32)]
    run(module, nest, arrays)
    np.testing.assert_array_equal(arrays[1], arrays[0] + 1)


def test_more_than_the_machine_has_is_refused() -> None:
    y, t = buffer("y", [1]), buffer("t", [1 << 45])
    nest = function([y], Allocate(t, block(write(t, 0, b.const(1.0)), write(y, 0, read(t, 0)))))
    with pytest.raises(CodegenError, match="working memory that this machine has"):
        compiled(nest, CodegenOptions(memory_bytes=1 << 46))


def resident_bytes() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096
