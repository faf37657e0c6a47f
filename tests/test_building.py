"""Schedules as kernels: constants packed once, candidates as text, calls from many threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest

from autosched import te
from autosched.building import build_schedule, kernel_of, lower_program
from autosched.candidates import compile_candidate
from autosched.errors import ArgumentError, AutoschedError, CodegenError, LoweringError
from autosched.runtime.code import MachineCode
from autosched.runtime.kernel import Kernel
from autosched.schedule import Schedule, create_schedule, to_json
from autosched.target.target import Target
from autosched.te import serialize
from tests.schedule.nests import matmul

HOST = Target.host()


def packed_product(constant: bool) -> tuple[Schedule, list[te.Tensor]]:
    """A product whose right-hand side is packed by two stages, one after the other."""
    A = te.placeholder((6, 8), name="A")
    B = te.placeholder((8, 12), name="B", constant=constant)
    k = te.reduce_axis((0, 8), name="k")
    D = te.compute((8, 12), lambda i, j: B[i, j] * 2.0, name="D")
    C = te.compute((6, 12), lambda i, j: te.sum(A[i, k] * D[k, j], axis=k), name="C")
    s = create_schedule(C)
    s.cache_read(D, "global", [C], layout=((1, 4), 0, 1))
    return s, [A, B, C]


def product_arrays() -> list[np.ndarray]:
    random = np.random.default_rng(1)
    a, b = random.integers(-3, 4, (6, 8)), random.integers(-3, 4, (8, 12))
    return [a.astype("float32"), b.astype("float32"), np.zeros((6, 12), "float32")]


def test_what_depends_on_constants_alone_is_prepared() -> None:
    s, args = packed_product(constant=True)
    program = lower_program(s, args, HOST)
    assert program.prepare is not None
    assert [p.name for p in program.prepare.params] == ["B", "D", "D_global"]
    assert [p.name for p in program.main.params] == ["A", "C", "D", "D_global"]
    assert program.signature.constants == ("B",)
    kernel = build_schedule(s, args, HOST)
    a, b, c = product_arrays()
    kernel(a, b, c)
    np.testing.assert_array_equal(c, a @ (b * 2))
    bound = kernel.bind(B=b)
    b[:] = 0
    np.testing.assert_array_equal(bound(a), c)


def test_without_constants_everything_runs_in_every_call() -> None:
    s, args = packed_product(constant=False)
    program = lower_program(s, args, HOST)
    assert program.prepare is None
    assert program.signature.constants == ()
    a, b, c = product_arrays()
    build_schedule(s, args, HOST)(a, b, c)
    np.testing.assert_array_equal(c, a @ (b * 2))


def test_a_constant_that_the_kernel_reads_itself_is_passed_to_it() -> None:
    W = te.placeholder((4,), name="W", constant=True)
    A = te.placeholder((4,), name="A")
    D = te.compute((4,), lambda i: W[i] * 2.0, name="D")
    C = te.compute((4,), lambda i: A[i] + D[i] + W[i], name="C")
    s = create_schedule(C)
    program = lower_program(s, [A, W, C], HOST)
    assert program.prepare is None
    a, w = np.arange(4, dtype="float32"), np.ones(4, "float32")
    np.testing.assert_array_equal(build_schedule(s, [A, W, C], HOST)(a, w), a + 3)


def candidate(s: Schedule, args: list[te.Tensor]) -> Kernel:
    return compile_candidate(serialize.to_json(args), to_json(s.trace), str(HOST), 1)


def test_candidates_share_the_file_that_prepares_constants() -> None:
    files = []
    for factor in (3, 4):
        s, args = packed_product(constant=True)
        s[args[-1]].split(args[-1].op.axis[0], factor)
        kernel = candidate(s, args)
        assert kernel.code is not None
        files.append(kernel.code.files)
        a, b, _ = product_arrays()
        for each in (kernel, kernel_of(MachineCode.from_bytes(kernel.code.to_bytes()), HOST)):
            np.testing.assert_array_equal(each.bind(B=b)(a), a @ (b * 2))
    (one, packing), (other, again) = files
    assert packing is again
    assert one != other


def test_working_memory_of_what_prepares_constants_is_freed() -> None:
    n = 300
    B = te.placeholder((n, n), name="B", constant=True)
    A = te.placeholder((n,), name="A")
    E = te.compute((n, n), lambda i, j: B[i, j] + 1.0, name="E")
    D = te.compute((n, n), lambda i, j: E[j, i] * 2.0, name="D")
    C = te.compute((n,), lambda i: A[i] * D[i, 0], name="C")
    s = create_schedule(C)
    s[E].compute_at(s[D], s[D].split(D.op.axis[0], 200)[0])
    kernel = candidate(s, [A, B, C])
    assert kernel.code is not None
    assert kernel.code.releases == ("main_prepare.release",)
    a, b = np.arange(n, dtype="float32"), np.arange(n * n, dtype="float32").reshape(n, n) % 7
    np.testing.assert_array_equal(kernel.bind(B=b)(a), a * (b[0] + 1) * 2)


def threaded_matmul(n: int) -> tuple[Kernel, list[te.Tensor]]:
    """A kernel with a parallel loop, and buffers on the heap outside of it and inside."""
    C = matmul(n, n, n)
    s = create_schedule(C)
    A, B = C.op.input_tensors
    T = s.cache_write(C, "global")
    packed = s.cache_read(B, "global", [T], layout=((1, 16), 0, 1))
    io, jo, _, ji = s[C].tile(*s[C].op.axis, 16, 64, tail="partition")
    s[T].compute_at(s[C], jo)
    s[C].vectorize(ji)
    s[C].parallel(io)
    s[packed].parallel(s[packed].op.axis[0])
    args = [A, B, s.current(C)]
    return build_schedule(s, args, HOST, threads=2), args


@pytest.mark.parametrize("callers", [2, 5])
def test_one_kernel_called_from_many_threads(callers: int) -> None:
    kernel, _ = threaded_matmul(90)
    together = Barrier(callers)

    def calls(number: int) -> None:
        a, b = np.full((90, 90), number + 1, "float32"), np.eye(90, dtype="float32")
        together.wait()
        for _ in range(40):
            np.testing.assert_array_equal(kernel(a, b), a)

    with ThreadPoolExecutor(callers) as pool:
        for done in [pool.submit(calls, number) for number in range(callers)]:
            done.result()


def test_two_kernels_with_parallel_loops_at_once() -> None:
    kernels = [threaded_matmul(70)[0], threaded_matmul(100)[0]]
    together = Barrier(2)

    def calls(kernel: Kernel, n: int) -> None:
        a, b = np.full((n, n), n, "float32"), np.eye(n, dtype="float32")
        together.wait()
        for _ in range(60):
            np.testing.assert_array_equal(kernel(a, b), a)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(calls, *each) for each in zip(kernels, (70, 100), strict=True)]:
            done.result()


def test_kernels_compiled_in_several_threads_at_once() -> None:
    def compiled(n: int) -> None:
        C = matmul(n, n, n)
        kernel = build_schedule(create_schedule(C), [*C.op.input_tensors, C], HOST)
        a = np.full((n, n), 2, "float32")
        np.testing.assert_array_equal(kernel(a, np.eye(n, dtype="float32")), a)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(compiled, n) for n in range(3, 15)]:
            done.result()


def first_of_rows() -> tuple[te.Tensor, te.Tensor]:
    A = te.placeholder((3, te.var("n")), name="A")
    return A, te.compute((3,), lambda i: A[i, 0] * 2, name="first")


@pytest.mark.parametrize("with_output", [True, False])
def test_an_empty_array_that_elements_are_computed_from_is_refused(with_output: bool) -> None:
    A, first = first_of_rows()
    kernel = build_schedule(create_schedule(first), [A, first], HOST)
    outputs = [np.zeros(3, np.float32)] * with_output
    with pytest.raises(ArgumentError, match="extents of at least 1 to compute first of main"):
        kernel(np.zeros((3, 0), np.float32), *outputs)


def test_nothing_runs_where_nothing_is_computed() -> None:
    A, first = first_of_rows()
    B = te.compute(A.shape, lambda i, j: A[i, j] + first[i], name="B")
    kernel = build_schedule(create_schedule(B), [A, B], HOST)
    result = kernel(np.zeros((3, 0), np.float32))
    assert isinstance(result, np.ndarray)
    assert result.shape == (3, 0)


@pytest.mark.parametrize(
    ("name", "error"), [("a-b", LoweringError), ("", LoweringError), ("free", CodegenError)]
)
def test_a_name_that_code_cannot_have_is_refused(name: str, error: type[AutoschedError]) -> None:
    A = te.placeholder((64, 1024), name="A")
    T = te.compute((1024, 64), lambda i, j: A[j, i] * 2, name="T")
    B = te.compute(T.shape, lambda i, j: T[i, j] + T[0, j], name="B")
    with pytest.raises(error, match="expected a name"):
        build_schedule(create_schedule(B), [A, B], HOST, name=name)


def test_arguments_of_one_name_are_told_apart() -> None:
    A, W = te.placeholder((4,)), te.placeholder((4,), constant=True)
    double = te.compute((4,), lambda i: W[i] * 2, name="placeholder")
    B = te.compute((4,), lambda i: A[i] - double[i], name="placeholder")
    kernel = build_schedule(create_schedule(B), [A, W, B], HOST)
    names = [param.name for param in kernel.signature.params]
    assert names == ["placeholder", "placeholder_1", "placeholder_2"]
    a, w = np.arange(8, dtype=np.float32).reshape(2, 4)
    np.testing.assert_array_equal(kernel(a, w), a - w * 2)
    np.testing.assert_array_equal(kernel.bind(placeholder_1=w)(a), a - w * 2)


def test_sizes_of_one_name_are_told_apart() -> None:
    A = te.placeholder((te.var("n"), te.var("n")), name="A")
    B = te.compute(A.shape, lambda i, j: A[i, j] * 2, name="B")
    C = te.compute(A.shape, lambda i, j: B[i, j] + 1, name="C")
    kernel = build_schedule(create_schedule(C), [A, C], HOST)
    assert kernel.signature.sizes == ("n", "n_1")
    a = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(kernel(a), a * 2 + 1)


def test_sizes_of_one_name_beside_checks_are_refused() -> None:
    A, index = te.placeholder((te.var("n"),), name="A"), te.placeholder((te.var("n"),), "int32")
    B = te.compute(index.shape, lambda i: A[index[i]], name="B")
    with pytest.raises(LoweringError, match="a name of its own for every symbolic size"):
        build_schedule(create_schedule(B), [A, index, B], HOST)


def test_an_expression_of_thousands_of_nested_operations_builds() -> None:
    A = te.placeholder((8,), name="A")
    B = te.compute((8,), lambda i: sum([A[i]] * 3000, A[i]), name="B")
    kernel = build_schedule(create_schedule(B), [A, B], HOST)
    a = np.arange(8, dtype=np.float32)
    np.testing.assert_array_equal(kernel(a), a * 3001)


def test_a_constant_that_nothing_reads_can_be_bound() -> None:
    A, W = te.placeholder((4,), name="A"), te.placeholder((3,), name="W", constant=True)
    C = te.compute((4,), lambda i: A[i] + 1.0, name="C")
    kernel = build_schedule(create_schedule(C), [A, W, C], HOST)
    a, w = np.arange(4, dtype=np.float32), np.ones(3, np.float32)
    np.testing.assert_array_equal(kernel(a, w), a + 1)
    np.testing.assert_array_equal(kernel.bind(W=w)(a), a + 1)


@pytest.mark.parametrize("which", [0, 1])
def test_one_of_two_results_of_constants_is_computed_in_every_call(which: int) -> None:
    W = te.placeholder((5,), name="W", constant=True)
    C = te.compute((5,), lambda i: (W[i] + 1.0, W[i] * 2.0), name="C")[which]
    kernel = build_schedule(create_schedule(C), [W, C], HOST)
    w = np.arange(5, dtype=np.float32)
    expected = (w + 1, w * 2)[which]
    np.testing.assert_array_equal(kernel(w), expected)
    np.testing.assert_array_equal(kernel.bind(W=w)(), expected)


def test_weights_are_bound_where_the_batch_is_symbolic() -> None:
    n = te.var("n")
    A, B = te.placeholder((n, 8), name="A"), te.placeholder((8, 12), name="B", constant=True)
    k = te.reduce_axis((0, 8), name="k")
    D = te.compute((8, 12), lambda i, j: B[i, j] * 2.0, name="D")
    C = te.compute((n, 12), lambda i, j: te.sum(A[i, k] * D[k, j], axis=k), name="C")
    b = np.arange(96, dtype="float32").reshape(8, 12)
    bound = build_schedule(create_schedule(C), [A, B, C], HOST).bind(B=b)
    assert len(bound.packed) == 1
    for rows in (1, 7):
        a = np.arange(rows * 8, dtype="float32").reshape(rows, 8)
        np.testing.assert_array_equal(bound(a), a @ (2 * b))


def test_what_needs_a_size_that_no_constant_has_runs_in_every_call() -> None:
    n = te.var("n")
    A, B = te.placeholder((n,), name="A"), te.placeholder((8,), name="B", constant=True)
    D = te.compute((n,), lambda i: B[i % 8] * 2.0, name="D")
    C = te.compute((n,), lambda i: A[i] + D[n - 1 - i], name="C")
    kernel = build_schedule(create_schedule(C), [A, B, C], HOST)
    a, b = np.arange(11, dtype="float32"), np.arange(8, dtype="float32")
    expected = a + 2 * b[np.arange(11)[::-1] % 8]
    np.testing.assert_array_equal(kernel(a, b), expected)
    np.testing.assert_array_equal(kernel.bind(B=b)(a), expected)


def test_constants_whose_shape_does_not_tell_their_sizes_are_not_bound() -> None:
    n, m = te.var("n"), te.var("m")
    A, B = te.placeholder((n, m), name="A"), te.placeholder((n * m,), name="B", constant=True)
    D = te.compute((n * m,), lambda i: B[i] * 2.0, name="D")
    C = te.compute((n, m), lambda i, j: A[i, j] + D[i * m + j], name="C")
    kernel = build_schedule(create_schedule(C), [A, B, C], HOST)
    with pytest.raises(ArgumentError, match="that give its size"):
        kernel.bind(B=np.zeros(12, "float32"))
