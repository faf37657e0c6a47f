"""Candidates of a search: what several of them have is compiled once, with the same results."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from autosched import te
from autosched.building import kernel_of
from autosched.candidates import compile_candidate
from autosched.runtime.code import MachineCode
from autosched.runtime.kernel import Kernel
from autosched.schedule import Schedule, create_schedule, to_json
from autosched.target.target import Target
from autosched.te import serialize
from tests.schedule.nests import matmul

HOST = Target.host()


def candidate(s: Schedule, args: list[te.Tensor], threads: int = 1) -> Kernel:
    return compile_candidate(serialize.to_json(args), to_json(s.trace), str(HOST), threads)


def files_of(kernel: Kernel) -> list[bytes]:
    assert kernel.code is not None
    return kernel.code.files


def again(kernel: Kernel) -> Kernel:
    """The kernel as another process gets it."""
    assert kernel.code is not None
    return kernel_of(MachineCode.from_bytes(kernel.code.to_bytes()), HOST)


def test_a_candidate_travels_as_text() -> None:
    C = matmul(5, 7, 6)
    s = create_schedule(C)
    s[C].tile(*C.op.axis, 2, 4)
    kernel = candidate(s, [*C.op.input_tensors, C])
    a, b = np.ones((5, 6), "float32"), np.full((6, 7), 2, "float32")
    np.testing.assert_array_equal(kernel(a, b), a @ b)
    assert len(files_of(kernel)) == 1


def shifted_product(
    n: int, shift: float, extent: int = 11
) -> tuple[Callable[[int], Schedule], list[te.Tensor]]:
    """A product of a matrix that another nest makes; what schedules it, with rows in tiles."""
    A, B = te.placeholder((n, extent), name="A"), te.placeholder((extent, 9), name="B")
    D = te.compute((extent, n), lambda k, i: A[i, k] + shift, name="D")
    k = te.reduce_axis((0, extent), name="k")
    C = te.compute((n, 9), lambda i, j: te.sum(D[k, i] * B[k, j], axis=k), name="C")

    def scheduled(factor: int) -> Schedule:
        s = create_schedule(C)
        s[C].split(C.op.axis[0], factor)
        s[D].parallel(D.op.axis[0])
        s[D].vectorize(D.op.axis[1])  # LLVM is left no loop of scalars
        return s

    return scheduled, [A, B, C]


@pytest.mark.parametrize("threads", [1, 2])
def test_a_nest_that_an_earlier_candidate_had_is_compiled_once(threads: int) -> None:
    scheduled, args = shifted_product(13, shift=1.0 + threads)
    random = np.random.default_rng(threads)
    a, b = (random.integers(-3, 4, shape).astype("float32") for shape in ((13, 11), (11, 9)))
    kernels = [candidate(scheduled(factor), args, threads) for factor in (2, 3, 4, 5)]
    for kernel in kernels:
        for each in (kernel, again(kernel)):
            np.testing.assert_array_equal(each(a, b), (a + 1.0 + threads) @ b)
    first, *others = map(files_of, kernels)
    assert len(first) == 1
    assert [len(files) for files in others] == [2, 2, 2]
    assert others[0][1] is others[1][1] is others[2][1]


def test_nests_of_other_shapes_and_numbers_have_code_of_their_own() -> None:
    for n, shift, extent in ((5, 8.5, 11), (5, 8.5, 12), (6, 8.5, 11), (5, 9.5, 11)):
        scheduled, args = shifted_product(n, shift, extent)
        a, b = np.ones((n, extent), "float32"), np.full((extent, 9), 2, "float32")
        for factor in (2, 3):
            np.testing.assert_array_equal(candidate(scheduled(factor), args)(a, b), (a + shift) @ b)


def test_a_nest_of_scalars_stays_with_the_others() -> None:
    A = te.placeholder((9,), name="A")
    B = te.compute((9,), lambda i: A[i] * 5.0, name="B")
    C = te.compute((9,), lambda i: B[8 - i] + 1.0, name="C")
    a = np.arange(9, dtype="float32")
    for factor in (2, 3):
        s = create_schedule(C)
        s[C].split(C.op.axis[0], factor)
        kernel = candidate(s, [A, C])
        assert len(files_of(kernel)) == 1
        np.testing.assert_array_equal(kernel(a), a[::-1] * 5 + 1)


def test_equal_nests_of_one_kernel_share_a_file() -> None:
    A = te.placeholder((7,), name="A")
    made = [A]
    for _ in range(4):
        made.append(te.compute((7,), lambda i: made[-1][i] * 3.0, name="T"))
    a = np.arange(7, dtype="float32")
    s = create_schedule(made[-1])
    for each in made[1:4]:
        s[each].vectorize(each.op.axis[0])
    kernel = candidate(s, [A, made[-1]])
    assert len(files_of(kernel)) == 2
    np.testing.assert_array_equal(kernel(a), a * 81)


def test_working_memory_of_a_nest_apart_is_freed() -> None:
    n = 300
    A = te.placeholder((n, n), name="A")
    E = te.compute((n, n), lambda i, j: A[i, j] + 1.0, name="E")
    D = te.compute((n, n), lambda i, j: E[j, i] * 2.0, name="D")
    C = te.compute((n,), lambda i: D[i, 0] + D[i, n - 1], name="C")
    a = np.arange(n * n, dtype="float32").reshape(n, n) % 7
    for factor in (2, 3):
        s = create_schedule(C)
        s[E].compute_at(s[D], s[D].split(D.op.axis[0], 200)[0])
        for stage in (s[D], s[E]):
            stage.vectorize(stage.split(stage.leaf_iter_vars[-1], 8)[1])
        s[C].split(C.op.axis[0], factor)
        kernel = candidate(s, [A, C])
        np.testing.assert_array_equal(kernel(a), (a[0] + a[n - 1] + 2) * 2)
    assert kernel.code is not None
    main, nest = kernel.code.releases
    assert main == "main.release"  # D is kept between calls
    assert nest.startswith("nest.")
    assert nest.endswith(".release")


def test_nests_with_checks_of_indices_stay_together() -> None:
    A = te.placeholder((6,), name="A")
    index = te.placeholder((4,), "int32", name="index")
    B = te.compute((6,), lambda i: A[i] * 2.0, name="B")
    C = te.compute((4,), lambda i: B[index[i]], name="C")
    a, at = np.arange(6, dtype="float32"), np.array([5, 0, 3, 3], "int32")
    for factor in (2, 3):
        s = create_schedule(C)
        s[C].split(C.op.axis[0], factor)
        kernel = candidate(s, [A, index, C])
        assert len(files_of(kernel)) == 1
        np.testing.assert_array_equal(kernel(a, at), (a * 2)[at])


def test_a_contraction_stays_with_the_nests_beside_it() -> None:
    """LLVM runs few passes on all nests if one of them is a contraction."""
    A, B = te.placeholder((32, 32), name="A"), te.placeholder((32, 32), name="B")
    k = te.reduce_axis((0, 32), name="k")
    C = te.compute((32, 32), lambda i, j: te.sum(A[i, k] * B[k, j], axis=k), name="C")
    D = te.compute((32, 32), lambda i, j: C[j, i] + 1.0, name="D")
    a = np.arange(1024, dtype="float32").reshape(32, 32) % 5
    for factor in (4, 8, 16):
        s = create_schedule(D)
        tile = s.cache_write(C, "local")
        _, jo, _, ji = s[s.current(C)].tile(*s.current(C).op.axis, 8, 16)
        s[s.current(C)].vectorize(ji)
        s[tile].compute_at(s[s.current(C)], jo)
        i, j = tile.op.axis
        s[tile].reorder(tile.op.reduce_axis[0], i, j)
        s[tile].unroll(i)
        s[tile].vectorize(j)
        s[D].split(D.op.axis[0], factor)
        kernel = candidate(s, [A, B, D])
        assert len(files_of(kernel)) == 1
        np.testing.assert_array_equal(kernel(a, a), (a @ a).T + 1)
