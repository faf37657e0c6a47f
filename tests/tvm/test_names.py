"""Names of TVM that are offered, and errors for names that are not."""

import numpy as np
import pytest

import autosched
import autosched.tvm as tvm
from autosched.errors import (
    ArgumentError,
    AutoschedError,
    NotOfferedError,
    ScheduleError,
    SettingsError,
    TargetError,
)
from autosched.tvm import te


def stage():
    A = te.placeholder((8, 8), name="A")
    B = te.compute((8, 8), lambda i, j: A[i, j] + 1.0, name="B")
    return A, B, te.create_schedule(B.op)


@pytest.mark.parametrize("name", ["tensorize", "trace"])
def test_names_of_te_that_are_missing(name: str) -> None:
    with pytest.raises(NotOfferedError, match=rf"te\.{name}"):
        getattr(te, name)(None)


def test_primitives_that_are_missing() -> None:
    _, B, s = stage()
    with pytest.raises(NotOfferedError, match="rolling_buffer"):
        s[B].rolling_buffer()


def test_devices_that_no_code_is_made_for() -> None:
    assert not tvm.gpu(0).exist
    assert str(tvm.cuda(1)) == "cuda(1)"
    with pytest.raises(NotOfferedError, match="device cuda"):
        tvm.nd.empty((8, 8), device=tvm.cuda())


def test_names_that_tvm_itself_once_had() -> None:
    n = tvm.var("n")
    A = tvm.placeholder((n,), name="A")
    k = tvm.reduce_axis((0, n), name="k")
    B = tvm.compute((1,), lambda i: tvm.sum(A[k], axis=k), name="B")
    s = tvm.create_schedule(B.op)
    with tvm.build_config(unroll_explicit=True):
        built = tvm.build(s, [A, B])
    total = tvm.ndarray.array(np.zeros(1, "float32"))
    built(tvm.nd.array(np.arange(5, dtype="float32")), total)
    assert total.asnumpy().tolist() == [10]
    assert isinstance(n + 1, tvm.expr.Add)
    with pytest.raises(NotOfferedError, match="add_lower_pass"):
        tvm.build_config(add_lower_pass=[])


def test_modules_of_names_that_are_elsewhere_too() -> None:
    from autosched.tvm.ir.base import load_json
    from autosched.tvm.runtime.module import load_module

    assert load_json is tvm.ir.load_json
    assert load_module is tvm.runtime.load_module


def test_a_name_that_nobody_has() -> None:
    with pytest.raises(AttributeError):
        _ = tvm.no_such_name
    with pytest.raises(NotOfferedError, match="tvm_load_matrix_sync"):
        _ = tvm.tir.tvm_load_matrix_sync


@pytest.mark.parametrize("kind", ["cuda", "opencl", "vulkan", "metal", "rocm"])
def test_targets_that_are_missing(kind: str) -> None:
    A, B, s = stage()
    with pytest.raises(NotOfferedError, match=f"target {kind}") as raised:
        tvm.build(s, [A, B], kind)
    assert "there is no code generator for GPUs yet" in str(raised.value)
    device = tvm.device(kind)
    assert not device.exist
    assert str(device) == f"{kind}(0)"
    with pytest.raises(NotOfferedError, match=f"device {kind}"):
        tvm.nd.empty((8, 8), device=device)


@pytest.mark.parametrize(
    "target",
    [
        "llvm",
        "llvm -mcpu=core-avx2",
        "llvm -mcpu=skylake-avx512 -mattr=+avx2",
        "llvm -num-cores 2",
        "llvm -opt-level=3 --fast-math -link-params=0",
    ],
)
def test_targets_of_this_machine(target: str) -> None:
    A, B, s = stage()
    a, b = tvm.nd.array(np.ones((8, 8), "float32")), tvm.nd.empty((8, 8))
    tvm.build(s, [A, B], target=target)(a, b)
    assert (b.numpy() == 2).all()


def test_a_target_may_be_a_dict_or_its_text() -> None:
    target = tvm.target.Target({"kind": "llvm", "mcpu": "skylake", "libs": ["cblas", "mkl"]})
    assert str(target) == "llvm -mcpu=skylake -libs=cblas,mkl"
    assert target.libs == ["cblas", "mkl"]
    assert tvm.target.Target('{"kind": "llvm", "num-cores": 2}').threads == 2
    for wrong in ({"mcpu": "skylake"}, "{", "{}"):
        with pytest.raises(TargetError, match="expected a target"):
            tvm.target.Target(wrong)


def test_the_number_of_threads(monkeypatch) -> None:
    monkeypatch.setenv("TVM_NUM_THREADS", "3")
    assert tvm.runtime.num_threads() == 3
    assert tvm.target.Target("llvm").machine.threads == 3
    assert tvm.target.Target("llvm -num-cores 2").machine.threads == 2
    for wrong in ("0", "many", "-1", "9" * 40):
        monkeypatch.setenv("TVM_NUM_THREADS", wrong)
        with pytest.raises(SettingsError, match="expected a positive number of threads"):
            tvm.runtime.num_threads()


def test_a_build_for_another_processor_warns() -> None:
    A, B, s = stage()
    target = tvm.target.arm_cpu("rasp3b", "-mtriple=made_up-linux-gnu")
    assert target.keys == ("arm_cpu", "cpu")
    with pytest.warns(UserWarning, match="code is made for this machine, .* not for made_up-linux"):
        tvm.build(s, [A, B], target)


@pytest.mark.parametrize("target", ["", "lvm", "llvm -foo=1", "llvm mcpu", "llvm -num-cores 0"])
def test_targets_that_make_no_sense(target: str) -> None:
    with pytest.raises(TargetError, match="expected"):
        tvm.target.Target(target)


def test_the_target_around_a_build() -> None:
    A, B, s = stage()
    assert tvm.target.Target.current() is None
    with tvm.target.Target("llvm -num-cores 1") as target:
        assert tvm.target.Target.current() is target
        assert tvm.build(s, [A, B]).type_key == "llvm"
    assert tvm.target.Target.current() is None


def test_arguments_that_make_no_sense() -> None:
    A, B, s = stage()
    with pytest.raises(ScheduleError, match="expected a schedule"):
        tvm.lower(B, [A, B])
    with pytest.raises(ScheduleError, match="expected the tensors"):
        tvm.build(s)
    with pytest.raises(ScheduleError, match="expected tensors and sizes"):
        tvm.build(s, [A, "B"])
    with pytest.raises(NotOfferedError, match="binds"):
        tvm.lower(s, [A, B], binds={A: None})
    with pytest.raises(NotOfferedError, match=r"tir\.foo"):
        tvm.transform.PassContext(config={"tir.foo": True})
    with tvm.transform.PassContext(
        opt_level=3, config={"tir.noalias": False}, disabled_pass=["tir.CommonSubexprElimTIR"]
    ):
        func = tvm.build(s, [A, B], name="f")
    a, b = tvm.nd.empty((8, 8)), tvm.nd.empty((8, 8))
    with pytest.raises(ArgumentError, match="expected 2 arguments"):
        func(a)
    with pytest.raises(ArgumentError, match="expected shape"):
        func(a, tvm.nd.empty((8, 9)))
    with pytest.raises(ArgumentError, match="expected the function f"):
        func["g"](a, b)
    with pytest.raises(ArgumentError, match="format"):
        func.get_source("ptx")
    with pytest.raises(ArgumentError, match="expected a file with a kernel"):
        tvm.runtime.load_module("no_such_file.so")


def test_every_error_is_tvm_s_error() -> None:
    assert tvm.TVMError is AutoschedError


def test_arrays() -> None:
    given = np.arange(6, dtype="float32").reshape(2, 3)
    array = tvm.nd.array(given, tvm.cpu(0))
    assert (array.shape, array.dtype, array.ndim) == ((2, 3), "float32", 2)
    assert array.device == tvm.device("llvm", 0)
    given[...] = 9
    assert array.asnumpy().tolist() == [[0, 1, 2], [3, 4, 5]]
    array[0] = 7
    assert array[0].tolist() == [7, 7, 7]
    other = tvm.nd.empty((2, 3), "float32", tvm.cpu())
    array.copyto(other)
    assert other.numpy().tolist() == array.numpy().tolist()
    assert array.copyto(tvm.cpu()).numpy().tolist() == array.numpy().tolist()
    assert np.from_dlpack(array).shape == (2, 3)
    with pytest.raises(ArgumentError, match="expected an array of shape"):
        array.copyfrom(np.zeros(3))


def test_the_comparison_looks_at_shapes_and_values() -> None:
    tvm.testing.assert_allclose(tvm.nd.array(np.ones(3)), np.ones(3))
    with pytest.raises(AssertionError):
        tvm.testing.assert_allclose(np.ones(3), np.ones((3, 1)))
    with pytest.raises(AssertionError):
        tvm.testing.assert_allclose(np.ones(3), np.ones(3) * 1.1)
    assert tvm.testing.enabled_targets() == [("llvm", tvm.cpu())]
    assert not tvm.testing.device_enabled("cuda")


def test_what_scripts_annotate_with_and_print() -> None:
    _, B, s = stage()
    assert isinstance(s, te.Schedule)
    assert isinstance(s[B], te.Stage)
    assert tvm.__version__ == autosched.__version__
