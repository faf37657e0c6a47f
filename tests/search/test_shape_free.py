from autosched import te
from autosched.search.shape_free import shape_free_key
from autosched.te.encode import canonical_text
from tests.search.tasks import matmul_task


def key(*tensors: te.Tensor) -> str:
    return shape_free_key(canonical_text(tensors))


def matmul_key(m: int, n: int, k: int) -> str:
    return shape_free_key(matmul_task(m, n, k).workload.canonical_text)


def test_sizes_do_not_count() -> None:
    # Equal extents share one node of the text, different ones do not.
    assert matmul_key(8, 8, 8) == matmul_key(8, 16, 32) == matmul_key(32, 8, 8)


def test_what_indexes_what_counts() -> None:
    A = te.placeholder((8, 8), name="A")
    k = te.reduce_axis((0, 8), name="k")
    rows = te.compute((8,), lambda i: te.sum(A[i, k], axis=k), name="R")
    columns = te.compute((8,), lambda i: te.sum(A[k, i], axis=k), name="R")
    assert key(A, rows) != key(A, columns)


def test_values_and_dtypes_count() -> None:
    def scaled(factor: float, dtype: str) -> str:
        A = te.placeholder((8,), name="A", dtype=dtype)
        return key(A, te.compute((8,), lambda i: A[i] * te.const(factor, dtype), name="B"))

    assert scaled(2.0, "float32") != scaled(3.0, "float32")
    assert scaled(2.0, "float32") != scaled(2.0, "float64")


def test_ranks_count() -> None:
    A = te.placeholder((4, 8), name="A")
    B = te.placeholder((8,), name="B")
    assert key(A, te.compute((4, 8), lambda i, j: A[i, j] + 1.0)) != key(
        B, te.compute((8,), lambda i: B[i] + 1.0)
    )


def test_a_symbolic_size_is_a_size() -> None:
    n = te.var("n")
    A = te.placeholder((n,), name="A")
    B = te.placeholder((8,), name="B")
    assert key(A, te.compute((n,), lambda i: A[i] + 1.0)) == key(
        B, te.compute((8,), lambda i: B[i] + 1.0)
    )
