"""Each schedule primitive in its simplest use."""

import numpy as np
import pytest

from autosched.tvm import te
from tests.tvm.running import check, values


def doubled(shape: tuple[int, ...], *, name: str = "B"):
    A = te.placeholder(shape, name="A")
    return A, te.compute(shape, lambda *i: A(*i) * 2.0, name=name)


@pytest.mark.parametrize("factor", [1, 7, 32, 100])
def test_split_by_factor(factor: int) -> None:
    A, B = doubled((100,))
    s = te.create_schedule(B.op)
    s[B].split(B.op.axis[0], factor=factor)
    a = values((100,))
    check(s, [A, B], [a], a * 2)


@pytest.mark.parametrize("nparts", [1, 3, 32, 100])
def test_split_by_parts(nparts: int) -> None:
    A, B = doubled((100,))
    s = te.create_schedule(B.op)
    s[B].split(B.op.axis[0], nparts=nparts)
    a = values((100,))
    check(s, [A, B], [a], a * 2)


def test_tile_fuse_reorder() -> None:
    A, B = doubled((33, 47))
    s = te.create_schedule(B.op)
    xo, yo, xi, yi = s[B].tile(*B.op.axis, x_factor=10, y_factor=5)
    s[B].reorder(yi, xo, yo, xi)
    fused = s[B].fuse(xo, yo)
    s[B].split(fused, factor=3)
    a = values((33, 47))
    check(s, [A, B], [a], a * 2)


def test_fused_then_split_unevenly() -> None:
    A, B = doubled((13, 11))
    s = te.create_schedule(B.op)
    fused = s[B].fuse(*B.op.axis)
    outer, inner = s[B].split(fused, factor=8)
    s[B].vectorize(inner)
    s[B].parallel(outer)
    a = values((13, 11))
    check(s, [A, B], [a], a * 2)


def test_compute_at_and_root() -> None:
    A, B = doubled((40,))
    C = te.compute((40,), lambda i: B[i] + 1.0, name="C")
    a = values((40,))
    s = te.create_schedule(C.op)
    s[B].compute_at(s[C], C.op.axis[0])
    check(s, [A, C], [a], a * 2 + 1)
    s[B].compute_root()
    check(s, [A, C], [a], a * 2 + 1)


def test_compute_inline() -> None:
    A, B = doubled((40,))
    C = te.compute((40,), lambda i: B[i] + B[39 - i], name="C")
    s = te.create_schedule(C.op)
    s[B].compute_inline()
    a = values((40,))
    check(s, [A, C], [a], a * 2 + a[::-1] * 2)


@pytest.mark.parametrize("depth", range(4))
def test_compute_at_every_level_of_a_stencil(depth: int) -> None:
    A = te.placeholder((36, 34), name="A")
    B = te.compute((36, 34), lambda i, j: A[i, j] * 3.0, name="B")
    C = te.compute((34, 32), lambda i, j: B[i, j] + B[i + 1, j + 2] - B[i + 2, j], name="C")
    s = te.create_schedule(C.op)
    leaves = s[C].tile(*C.op.axis, 5, 7)
    s[B].compute_at(s[C], leaves[depth])
    a = values((36, 34))
    b = a * 3
    check(s, [A, C], [a], b[:34, :32] + b[1:35, 2:34] - b[2:36, :32])


def test_a_chain_each_attached_to_the_next() -> None:
    A = te.placeholder((50,), name="A")
    stages = [A]
    for number in range(4):
        before = stages[-1]
        stages.append(te.compute((50,), lambda i, b=before: b[i] + 1.0, name=f"S{number}"))
    s = te.create_schedule(stages[-1].op)
    outer, _ = s[stages[-1]].split(stages[-1].op.axis[0], 8)
    s[stages[3]].compute_at(s[stages[4]], outer)
    s[stages[2]].compute_at(s[stages[3]], stages[3].op.axis[0])
    s[stages[1]].compute_inline()
    a = values((50,))
    check(s, [A, stages[-1]], [a], a + 4)


def test_cache_read_and_cache_write() -> None:
    A = te.placeholder((30, 20), name="A")
    k = te.reduce_axis((0, 20), name="k")
    B = te.compute((30,), lambda i: te.sum(A[i, k], axis=k), name="B")
    s = te.create_schedule(B.op)
    AA = s.cache_read(A, "local", [B])
    BB = s.cache_write(B, "local")
    outer, _ = s[B].split(B.op.axis[0], 7)
    s[BB].compute_at(s[B], outer)
    s[AA].compute_at(s[BB], s[BB].op.axis[0])
    a = values((30, 20))
    check(s, [A, B], [a], a.sum(1), rtol=1e-4)


def test_storage_align() -> None:
    A, B = doubled((20, 24))
    C = te.compute((24, 20), lambda i, j: B[j, i], name="C")
    s = te.create_schedule(C.op)
    s[B].storage_align(B.op.axis[0], 16, 5)
    a = values((20, 24))
    check(s, [A, C], [a], a.T * 2)


def test_pragma_and_unroll() -> None:
    A, B = doubled((32, 6))
    s = te.create_schedule(B.op)
    s[B].pragma(B.op.axis[0], "auto_unroll_max_step", 16)
    s[B].unroll(B.op.axis[1])
    a = values((32, 6))
    check(s, [A, B], [a], a * 2)


def test_set_scope_of_an_intermediate() -> None:
    A, B = doubled((16, 16))
    C = te.compute((16, 16), lambda i, j: B[i, j] - 1.0, name="C")
    s = te.create_schedule(C.op)
    s[B].set_scope("local")
    s[B].compute_at(s[C], C.op.axis[0])
    a = values((16, 16))
    check(s, [A, C], [a], a * 2 - 1)


def test_loops_are_named_as_in_tvm() -> None:
    _A, B = doubled((10,))
    s = te.create_schedule(B.op)
    outer, inner = s[B].split(B.op.axis[0], 4)
    assert list(s[B].leaf_iter_vars) == [outer, inner]
    assert s[B].all_iter_vars[0] is B.op.axis[0]
    assert [axis.name for axis in (outer, inner)] == ["i0.outer", "i0.inner"]
    np.testing.assert_equal(B.op.name, "B")


def test_a_layout_with_separators_of_axes() -> None:
    A = te.placeholder((1, 8), name="A")
    B = te.compute(A.shape, lambda i, j: A[i, j] + 1, name="B")
    s = te.create_schedule(B.op)
    axes = s[B].transform_layout(lambda i, j: [j // 4, te.AXIS_SEPARATOR, i, j % 4])
    assert [axis.dom.extent.value for axis in axes] == [2, 1, 4]
