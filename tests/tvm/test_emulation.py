"""Programs for a GPU, whose blocks and threads the CPU runs one after the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autosched.tvm as tvm
from autosched.errors import ArgumentError, NotOfferedError, SettingsError, TargetError
from autosched.tvm import autotvm, emulation, te
from tests.tvm.running import values


@pytest.fixture(autouse=True)
def _emulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulation, "_asked", [])
    tvm.emulate_gpu()


def run(s: Any, args: list[Any], *inputs: np.ndarray, target: Any = "cuda") -> np.ndarray:
    """Return what the program stores in the last of the arguments."""
    dev = tvm.device(str(target))
    out = tvm.nd.empty(args[-1].shape, args[-1].dtype, dev)
    tvm.build(s, args, target)(*(tvm.nd.array(each, dev) for each in inputs), out)
    return out.numpy()


def threads(name: str) -> Any:
    return te.thread_axis(name)


def product(n: int = 16) -> tuple[Any, Any, Any]:
    A = te.placeholder((n, n), name="A")
    B = te.placeholder((n, n), name="B")
    k = te.reduce_axis((0, n), name="k")
    return A, B, te.compute((n, n), lambda i, j: te.sum(A[i, k] * B[k, j], axis=k), name="C")


@pytest.mark.parametrize("virtual", [False, True])
def test_a_product_with_tiles_in_shared_memory(virtual: bool) -> None:
    A, B, C = product()
    s = te.create_schedule(C.op)
    tiles = [s.cache_read(each, "shared", [C]) for each in (A, B)]
    local = s.cache_write(C, "local")
    block, inner = s[C].split(C.op.axis[0], factor=8)
    other, column = s[C].split(C.op.axis[1], factor=8)
    row, inner = s[C].split(inner, nparts=2)
    thread, column = s[C].split(column, nparts=4)
    s[C].reorder(block, other, row, thread, inner, column)
    s[C].bind(block, threads("blockIdx.y"))
    s[C].bind(other, threads("blockIdx.x"))
    s[C].bind(row, threads("vthread" if virtual else "threadIdx.y"))
    s[C].bind(thread, threads("threadIdx.x"))
    s[local].compute_at(s[C], thread)
    outer, inner = s[local].split(s[local].op.reduce_axis[0], factor=4)
    s[local].reorder(outer, inner, *s[local].op.axis)
    for tile in tiles:
        s[tile].compute_at(s[local], outer)
        fused = s[tile].fuse(*s[tile].op.axis)
        _, lane = s[tile].split(fused, factor=4)
        s[tile].bind(lane, threads("threadIdx.x"))
    a, b = values((16, 16)), values((16, 16))
    np.testing.assert_allclose(run(s, [A, B, C], a, b), a @ b, rtol=1e-4, atol=1e-5)


def test_a_sum_over_threads() -> None:
    A = te.placeholder((te.var("n"), te.var("m")), name="A")
    k = te.reduce_axis((0, A.shape[1]), name="k")
    B = te.compute((A.shape[0],), lambda i: te.sum(A[i, k], axis=k), name="B")
    s = te.create_schedule(B.op)
    _, inner = s[B].split(k, factor=8)
    partial = s.rfactor(B, inner)
    block, row = s[B].split(s[B].op.axis[0], factor=4)
    across = threads("threadIdx.x")
    s[B].bind(block, threads("blockIdx.x"))
    s[B].bind(row, threads("threadIdx.y"))
    s[B].bind(s[B].op.reduce_axis[0], across)
    s[partial].compute_at(s[B], s[B].op.reduce_axis[0])
    s[B].set_store_predicate(across.var.equal(0))
    a, b = values((10, 21)), tvm.nd.empty((10,), device=tvm.cuda())
    tvm.build(s, [A, B], "cuda")(tvm.nd.array(a, tvm.cuda()), b)
    np.testing.assert_allclose(b.numpy(), a.sum(axis=1), rtol=1e-4, atol=1e-5)


def test_a_scan_in_threads() -> None:
    X = te.placeholder((5, 12), name="X")
    state = te.placeholder((5, 12))
    start = te.compute((1, 12), lambda _, i: X[0, i])
    update = te.compute((5, 12), lambda t, i: state[t - 1, i] + X[t, i])
    scan = te.scan(start, update, state, inputs=[X])
    s = te.create_schedule(scan.op)
    for each in (start, update):
        block, lane = s[each].split(each.op.axis[1], factor=8)
        s[each].bind(block, threads("blockIdx.x"))
        s[each].bind(lane, threads("threadIdx.x"))
    x = values((5, 12))
    np.testing.assert_allclose(run(s, [X, scan], x), np.cumsum(x, axis=0), rtol=1e-4, atol=1e-5)


def twice(n: int = 12) -> tuple[Any, Any, Any]:
    A = te.placeholder((n,), name="A")
    B = te.compute((n,), lambda i: A[i] * 2.0, name="B")
    s = te.create_schedule(B.op)
    block, lane = s[B].split(B.op.axis[0], factor=8)
    s[B].bind(block, threads("blockIdx.x"))
    s[B].bind(lane, threads("threadIdx.x"))
    return A, B, s


@pytest.mark.parametrize(
    "target",
    [
        "cuda -arch=sm_70 -libs=cudnn", "opencl", "rocm", "metal", "vulkan",
        tvm.target.Target, {"kind": "cuda", "max_num_threads": 512},
    ],
)  # fmt: skip
def test_targets(target: Any) -> None:
    A, B, s = twice()
    made = target("cuda", host="llvm") if callable(target) else tvm.target.Target(target)
    np.testing.assert_array_equal(run(s, [A, B], np.arange(12.0, dtype="float32"), target=made),
                                  np.arange(12) * 2)  # fmt: skip
    assert made.keys[-1] == "gpu"


def test_a_target_tells_the_threads_of_a_block() -> None:
    made = tvm.target.cuda(arch="sm_80")
    assert (made.max_num_threads, made.thread_warp_size, made.keys) == (1024, 32, ("cuda", "gpu"))
    assert tvm.target.Target("opencl -max_num_threads=64").max_num_threads == 64


@pytest.mark.parametrize("option", ["max_num_threads=abc", "thread_warp_size=0"])
def test_options_that_are_no_numbers(option: str) -> None:
    name = option.partition("=")[0]
    with pytest.raises(TargetError, match=f"expected a positive number for -{name}"):
        tvm.target.Target(f"cuda -{option}")


def test_the_source_shows_blocks_and_threads() -> None:
    A, B, s = twice()
    built = tvm.build(s, [A, B], "cuda")
    part = built.imported_modules[0]
    assert part.type_key == "cuda"
    lines = part.get_source().splitlines()
    assert lines[1].strip() == "thread i.outer in 0..2 [thread='blockIdx.x']:"
    assert lines[2].strip() == "thread i.inner in 0..8 [thread='threadIdx.x']:"
    assert "define" in built.get_source()


def test_a_kernel_is_timed_by_one_call() -> None:
    A, B, s = twice()
    arrays = [tvm.nd.empty((12,)), tvm.nd.empty((12,))]
    timer = tvm.build(s, [A, B], "cuda").time_evaluator("default_function", tvm.cuda(), 10, 3)
    assert len(timer(*arrays).results) == 1


def test_code_in_files(tmp_path: Path) -> None:
    A, B, s = twice()
    built = tvm.build(s, [A, B], "cuda")
    built.save(str(tmp_path / "kernel.o"))
    built.imported_modules[0].save(str(tmp_path / "kernel.ptx"))
    loaded = tvm.runtime.load_module(str(tmp_path / "kernel.o"))
    loaded.import_module(tvm.runtime.load_module(str(tmp_path / "kernel.ptx")))
    assert loaded.imported_modules[0].get_source() == built.imported_modules[0].get_source()
    b = tvm.nd.empty((12,))
    loaded(tvm.nd.array(np.ones(12, "float32"), tvm.cuda()), b)
    assert b.numpy().tolist() == [2.0] * 12
    with pytest.raises(NotOfferedError, match="import_module"):
        loaded.import_module(built)
    with pytest.raises(ArgumentError, match="expected a file with a loop nest"):
        tvm.runtime.load_module(str(tmp_path / "none.cl"))
    (tmp_path / "other.cl").write_text("__kernel void f() {}")
    with pytest.raises(ArgumentError, match="expected a file that a module wrote"):
        tvm.runtime.load_module(str(tmp_path / "other.cl"))


def test_rules_and_fast_functions_of_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tvm.tir.intrinsics, "_rules", {})
    tvm.ir.register_op_attr("tir.tests_gpu", "TCallEffectKind", tvm.tir.CallEffectKind.Pure)
    tvm.ir.register_intrin_lowering("tir.tests_gpu", target="cuda", f=lambda op: op.args[0] + 1.0)
    A = te.placeholder((4,), name="A")

    def formula(i: Any) -> Any:
        fast = tvm.tir.call_pure_extern("float32", "__expf", A[i])
        return tvm.tir.call_intrin("float32", "tir.tests_gpu", fast)

    B = te.compute((4,), formula, name="B")
    s = te.create_schedule(B.op)
    with pytest.raises(NotOfferedError, match=r"tir\.tests_gpu"):
        tvm.build(s, [A, B], "llvm")
    s[B].bind(B.op.axis[0], threads("threadIdx.x"))
    a = values((4,))
    np.testing.assert_allclose(run(s, [A, B], a), np.exp(a) + 1, rtol=1e-5)


def test_questions_about_the_hardware() -> None:
    version = tvm.cuda(0).compute_version
    assert version == "8.0"
    assert tvm.contrib.nvcc.have_fp16(version)
    assert tvm.contrib.nvcc.have_int8(version)
    tvm.emulate_gpu(False)
    assert tvm.cuda(0).compute_version is None
    assert not tvm.contrib.nvcc.have_fp16("8.0")


def test_operators_for_a_gpu_are_those_of_a_cpu() -> None:
    A = te.placeholder((4, 6), name="A")
    B = tvm.topi.nn.softmax(A)
    with tvm.target.Target("cuda"):
        s = tvm.topi.cuda.schedule_softmax(B)
    a = values((4, 6))
    e = np.exp(a)
    np.testing.assert_allclose(run(s, [A, B], a), e / e.sum(axis=1, keepdims=True), rtol=1e-5)


def test_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tvm.cuda(0).exist
    assert tvm.testing.device_enabled("cuda")
    assert tvm.testing.requires_cuda(test_targets) is test_targets
    assert tvm.testing.requires_cuda(support_required="compile-only")(test_targets) is test_targets
    tvm.emulate_gpu(False)
    assert not tvm.cuda(0).exist
    A, B, s = twice()
    with pytest.raises(NotOfferedError, match="set AUTOSCHED_EMULATE_GPU=1"):
        tvm.build(s, [A, B], "cuda")
    monkeypatch.setattr(emulation, "_asked", [])
    assert not tvm.runtime.enabled("cuda")
    monkeypatch.setenv("AUTOSCHED_EMULATE_GPU", "1")
    assert tvm.runtime.enabled("cuda")
    monkeypatch.setenv("AUTOSCHED_EMULATE_GPU", "yes")
    with pytest.raises(SettingsError, match="AUTOSCHED_EMULATE_GPU to be 0 or 1, got 'yes'"):
        tvm.build(s, [A, B], "cuda")


def test_code_for_a_cpu_has_no_threads() -> None:
    A, B, s = twice()
    with pytest.raises(NotOfferedError, match=r"'cpu -gpu=emulated'"):
        tvm.build(s, [A, B], "llvm")


@autotvm.template("tests/gpu")
def template() -> Any:
    A, B, s = twice()
    autotvm.get_config().define_knob("unused", [0, 1])
    return s, [A, B]


def test_times_are_not_compared() -> None:
    task = autotvm.task.create("tests/gpu", args=(), target="cuda")
    with pytest.raises(NotOfferedError, match="tuning for the target cuda"):
        autotvm.tuner.RandomTuner(task).tune(n_trial=1, measure_option={})
