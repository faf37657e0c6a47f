"""Tensor intrinsics in nests: the calls in the place of loops, and what buffers stand for."""

from __future__ import annotations

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.errors import LoweringError
from autosched.ir.build import const
from autosched.ir.expr import Buffer, Expr
from autosched.ir.stmt import CallExternal, Stmt
from autosched.lowering.lower import lower
from autosched.schedule import Schedule, create_schedule
from autosched.te.tensor_intrinsic import TensorIntrinsic
from tests.lowering.nests import agrees, arguments
from tests.schedule.intrinsics import declared_loops, intrinsic_of
from tests.schedule.nests import chain, matmul

ONE = const(1)


def text_of(s: Schedule, name: str) -> str:
    return str(lower(s, arguments(s))).replace(name, "it")


def gemv(m: int, l: int, stride: Expr, parts: bool = True) -> TensorIntrinsic:  # noqa: E741
    a = te.placeholder((l,), name="a")
    b = te.placeholder((m, l), name="b")
    k = te.reduce_axis((0, l), name="k")
    c = te.compute((m,), lambda i: te.sum(a[k] * b[i, k], axis=k), name="c")

    def called(ins: list[Buffer], outs: list[Buffer]) -> tuple[Stmt | None, ...]:
        body = CallExternal("gemv", (*outs, *ins, stride), "c")
        zero = CallExternal("zero", (*outs, const(m)), "c")
        return body, zero if parts else None, CallExternal("more", (*outs, *ins, stride), "c")

    buffer = Buffer("b", b.shape, b.dtype, strides=(stride, ONE))
    return te.decl_tensor_intrin(c.op, called, "gemv", binds={b: buffer})


def transposed(m: int = 4, n: int = 6, k: int = 8) -> te.Tensor:
    A, B = te.placeholder((m, k), name="A"), te.placeholder((n, k), name="B")
    r = te.reduce_axis((0, k), name="k")
    return te.compute((m, n), lambda i, j: te.sum(A[i, r] * B[j, r], axis=r), name="C")


def test_a_whole_reduction() -> None:
    s = create_schedule(C := transposed())
    _, inner = s[C].split(C.op.axis[1], 3)
    made = gemv(3, 8, te.var("stride"))
    s[C].tensorize(inner, made)
    assert text_of(s, made.name).splitlines()[1:] == [
        "    for i in 0..4:",
        "        for j.outer in 0..2:",
        "            intrinsic it:",
        "                call gemv(&C[i, j.outer*3], &A[i, 0], &B[j.outer*3, 0], 8)",
    ]


@pytest.mark.parametrize("parts", [True, False])
def test_a_part_of_a_reduction(parts: bool) -> None:
    s = create_schedule(C := transposed())
    jo, ji = s[C].split(C.op.axis[1], 3)
    ko, ki = s[C].split(C.op.reduce_axis[0], 4)
    s[C].reorder(ko, jo, ji, ki)
    made = gemv(3, 4, te.var("stride"), parts)
    s[C].tensorize(ji, made)
    start = [
        "            intrinsic it:",
        "                call zero(&C[i, j.outer*3], 3)",
    ]
    loops = [
        "            for j.inner in 0..3:",
        "                C[i, j.inner + j.outer*3] = 0.0",
    ]
    found = text_of(s, made.name).replace("j.outer*3 + j.inner", "j.inner + j.outer*3")
    assert found.splitlines()[1:] == [
        "    for i in 0..4:",
        "        for j.outer in 0..2:",
        *(start if parts else loops),
        "        for k.outer in 0..2:",
        "            for j.outer in 0..2:",
        "                intrinsic it:",
        "                    call more(&C[i, j.outer*3], &A[i, k.outer*4], "
        "&B[j.outer*3, k.outer*4], 8)",
    ]


def test_loops_of_our_own_agree() -> None:
    s = create_schedule(C := matmul(4, 6, 8))
    jo, ji = s[C].split(C.op.axis[1], 3)
    ko, ki = s[C].split(C.op.reduce_axis[0], 4)
    s[C].reorder(ko, jo, ji, ki)
    s[C].parallel(C.op.axis[0])
    made = intrinsic_of(s[C], 3)
    assert made is not None
    s[C].tensorize(ji, made)
    agrees(s)


def test_a_tile_in_a_local_buffer() -> None:
    s = create_schedule(C := transposed())
    local = s.cache_write(C, "local")
    _, jo, *_ = s[C].tile(*C.op.axis, 2, 3)
    s[local].compute_at(s[C], jo)
    made = intrinsic_of(s[local], 0)
    assert made is not None
    s[local].tensorize(local.op.axis[0], made)
    with pytest.raises(LoweringError, match=r"of C\.local to compute what loops\.\w+ does"):
        lower(s, arguments(s))
    s = create_schedule(C := transposed(2, 3))
    local = s.cache_write(C, "local")
    s[local].tensorize(local.op.axis[1], gemv(3, 8, te.var("stride")))
    assert "call gemv(&C_local[i.c, 0], &A[i.c, 0], &B[0, 0], 8)" in str(lower(s, arguments(s)))


def test_strides_and_offsets_that_do_not_fit() -> None:
    s = create_schedule(C := transposed())
    _, inner = s[C].split(C.op.axis[1], 3)
    s[C].tensorize(inner, gemv(3, 8, const(16)))
    with pytest.raises(LoweringError, match=r"expected the stride 16 of b for gemv\.\w+, got 8"):
        lower(s, arguments(s))
    a = te.placeholder((4,), name="a")
    b = te.compute((4,), lambda i: a[i] * 2.0, name="b")
    for factor, fits in ((4, True), (8, False)):
        call = lambda ins, outs: CallExternal("twice", (*outs, *ins), "c")  # noqa: E731
        made = te.decl_tensor_intrin(b.op, call, "twice", alignments={a: factor})
        s = create_schedule(C := chain(16))
        _, inner = s[C].split(C.op.axis[0], 4)
        s[C].tensorize(inner, made)
        if fits:
            assert "call twice(&C[i.outer*4], &B[i.outer*4])" in str(lower(s, arguments(s)))
        else:
            with pytest.raises(
                LoweringError, match=r"an offset of a for twice\.\w+ that 8 divides"
            ):
                lower(s, arguments(s))


def test_a_vector_in_the_statements() -> None:
    """A statement may use vectors; a variable that it names is a loop of the stage."""
    A = te.placeholder((16,), name="A")
    B = te.compute((16,), lambda i: A[i] + 1.0, name="B")
    s = create_schedule(B)
    _, inner = s[B].split(B.op.axis[0], 4)
    made = intrinsic_of(s[B], 1)
    assert made is not None
    s[B].tensorize(inner, made)
    kernel = autosched.build(s, [A, B])
    a = np.arange(16, dtype="float32")
    np.testing.assert_array_equal(kernel(a), a + 1)


def test_padded_points_are_refused() -> None:
    s = create_schedule(C := chain(10))
    B = s.tensors[1]
    _, inner = s[B].split(B.op.axis[0], 5)
    made = declared_loops(_add_one(5).op)
    s[B].tensorize(inner, made)
    outer, _ = s[C].split(C.op.axis[0], 4)
    s[B].compute_at(s[C], outer)
    with pytest.raises(LoweringError, match="of B"):
        lower(s, arguments(s))


def _add_one(n: int) -> te.Tensor:
    a = te.placeholder((n,), name="a")
    return te.compute((n,), lambda i: a[i] + 1.0, name="b")
