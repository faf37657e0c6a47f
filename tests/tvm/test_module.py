"""Calls of built modules: scalars, outputs left out, and modules in files."""

import shutil

import numpy as np
import pytest

import autosched.tvm as tvm
from autosched.tvm import te


def scaled():
    A = te.placeholder((4, 8), name="A")
    b, n = te.var("b", "float32"), te.var("n")
    C = te.compute((4, 8), lambda i, j: A[i, j] * b + n, name="C")
    return A, b, n, C


def test_scalars_are_given_at_the_call() -> None:
    A, b, n, C = scaled()
    built = tvm.build(te.create_schedule(C.op), [n, A, b, C], name="scaled")
    a, c = np.random.rand(4, 8).astype("float32"), tvm.nd.empty((4, 8))
    for factor, added in ((2.5, 3), (0.5, -1)):
        built.entry_func(added, tvm.nd.array(a), factor, c)
        tvm.testing.assert_allclose(c.numpy(), a * np.float32(factor) + added, rtol=1e-6)
    with pytest.raises(tvm.TVMError, match=r"expected 4 arguments for scaled \(n, A, b, C\)"):
        built(tvm.nd.array(a), c)


def test_outputs_left_out() -> None:
    A, b, n, C = scaled()
    s = te.create_schedule(C.op)
    assert "C: float32[4, 8] out" in str(tvm.lower(s, [A, b, n]))
    tvm.build(s, [A, b, n])(tvm.nd.empty((4, 8)), 1.0, 2)


@pytest.mark.parametrize("suffix", ["o", "so", "tar"])
def test_modules_in_files(suffix, tmp_path) -> None:
    if suffix == "so" and not shutil.which("cc"):
        pytest.skip("there is no C compiler")
    A, b, n, C = scaled()
    s = te.create_schedule(C.op)
    s[C].parallel(C.op.axis[0])
    built = tvm.build(s, [A, n, b, C], name="scaled")
    path = str(tmp_path / f"kernel.{suffix}")
    (built.save if suffix == "o" else built.export_library)(path)
    loaded = tvm.runtime.load_module(path)
    a, c = np.random.rand(4, 8).astype("float32"), tvm.nd.empty((4, 8))
    loaded["scaled"](tvm.nd.array(a), 3, 2.0, c)
    tvm.testing.assert_allclose(c.numpy(), a * 2 + 3, rtol=1e-6)
    with pytest.raises(tvm.TVMError, match="saving a module that was loaded"):
        loaded.save(str(tmp_path / "again.o"))


def test_files_without_a_kernel(tmp_path) -> None:
    other = tmp_path / "other.o"
    other.write_bytes(b"nothing")
    with pytest.raises(tvm.TVMError, match="a module wrote"):
        tvm.runtime.load_module(str(other))
    for name, content in (("other.tar", b"nothing"), ("empty.tar", bytes(10240))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(tvm.TVMError, match="expected a file"):
            tvm.runtime.load_module(str(tmp_path / name))


def test_text_of_a_module(tmp_path) -> None:
    A, b, n, C = scaled()
    built = tvm.build(te.create_schedule(C.op), [A, n, b, C], name="scaled")
    built.save(str(tmp_path / "kernel.ll"))
    assert "@scaled" in (tmp_path / "kernel.ll").read_text()


def test_what_is_lowered_is_shown_and_built_with_its_own_arguments(capsys) -> None:
    A, b, n, C = scaled()
    lowered = tvm.lower(te.create_schedule(C.op), [A, n, b, C], name="scaled")
    lowered.show()
    assert capsys.readouterr().out == lowered.astext() + "\n"
    c = tvm.nd.empty((4, 8))
    tvm.build(lowered, [C])(tvm.nd.array(np.ones((4, 8), "float32")), 1, 2.0, c)
    assert (c.numpy() == 3).all()


def test_two_sizes_of_one_name() -> None:
    A = te.placeholder((te.var(), te.var()), name="A")
    B = te.compute(A.shape, lambda i, j: A[i, j] + 1.0, name="B")
    C = te.compute(A.shape, lambda i, j: B[i, j] * 2.0, name="C")
    s = te.create_schedule(C.op)
    assert "A: float32[tindex, tindex_1]" in str(tvm.lower(s, [A, C]))
    a, c = np.random.rand(3, 5).astype("float32"), tvm.nd.empty((3, 5))
    built = tvm.build(s, [A, C])
    built(tvm.nd.array(a), c)
    tvm.testing.assert_allclose(c.numpy(), (a + 1) * 2, rtol=1e-6)
    with pytest.raises(tvm.TVMError, match="expected shape"):
        built(tvm.nd.array(a), tvm.nd.empty((5, 3)))
    timer = built.time_evaluator(built.entry_name, ctx=tvm.context("llvm"), number=2)
    assert timer(tvm.nd.array(a), c).mean > 0


def test_an_output_with_the_name_of_a_size() -> None:
    n = te.var("n")
    A = te.placeholder((n,), name="A")
    k = te.reduce_axis((0, n), name="k")
    total = te.compute((), lambda: te.sum(A[k], axis=k), name="n")
    found = tvm.nd.empty(())
    tvm.build(te.create_schedule(total.op), [A, total])(tvm.nd.array(np.ones(5, "float32")), found)
    assert found.numpy() == 5


def test_several_functions_in_a_module() -> None:
    A = te.placeholder((4,), name="A")
    B = te.compute((4,), lambda i: A[i] + 1.0, name="B")
    C = te.compute((4,), lambda i: A[i] * 2.0, name="C")
    lowered = [
        tvm.lower(te.create_schedule(out.op), [A, out], name=name)
        for out, name in ((B, "plus"), (C, "twice"))
    ]
    module = tvm.build(lowered, target="llvm")
    a, out = np.arange(4, dtype="float32"), tvm.nd.empty((4,))
    for name, want in (("plus", a + 1), ("twice", a * 2)):
        module[name](tvm.nd.array(a), out)
        np.testing.assert_array_equal(out.numpy(), want)
    assert module.time_evaluator("twice", tvm.cpu(), number=1)(tvm.nd.array(a), out).mean > 0
    with pytest.raises(tvm.TVMError, match="the function plus of the module, got 'other'"):
        module["other"]
    with pytest.raises(tvm.TVMError, match="several functions"):
        module.save("both.o")
    with pytest.raises(tvm.TVMError, match="each with its name, got plus, plus"):
        tvm.build([lowered[0], lowered[0]])


def test_the_target_c_shows_c_source() -> None:
    A, b, n, C = scaled()
    built = tvm.build(te.create_schedule(C.op), [n, A, b, C], target="c", name="scaled")
    assert built.type_key == "c"
    assert "void scaled(const float* restrict A, float* restrict C" in built.get_source()
    assert "define" in built.get_source("ll")
    a, c = np.random.rand(4, 8).astype("float32"), tvm.nd.empty((4, 8))
    built(3, tvm.nd.array(a), 2.0, c)
    tvm.testing.assert_allclose(c.numpy(), a * np.float32(2) + 3, rtol=1e-6)


def test_functions_without_a_schedule_are_printed_and_built() -> None:
    A = te.placeholder((4, 8), name="A")
    D = te.compute((4, 8), lambda i, j: A[i, j] + 1.0, name="D")
    function = te.create_prim_func([A, D])
    assert "def main(A: float32[4, 8], D: float32[4, 8] out)" in function.script()
    module = tvm.IRModule.from_expr(function.with_attr("global_symbol", "f"))
    built = tvm.build(module.with_attr("tir.noalias", True), target="llvm")
    a, d = np.random.rand(4, 8).astype("float32"), tvm.nd.empty((4, 8))
    built["f"](tvm.nd.array(a), d)
    tvm.testing.assert_allclose(d.numpy(), a + 1)
