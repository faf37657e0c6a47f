"""Groups that share the loops over their rows, and tiles of reductions in registers."""

from __future__ import annotations

from autosched import te
from autosched.ops.pool import avg_pool
from autosched.ops.softmax import softmax
from tests.search.space.nests import derived, nest, reduced, rows, shown


def test_the_stages_of_a_softmax_are_computed_for_blocks_of_rows() -> None:
    assert nest(softmax(rows(32, 100)), "rows_partition") == shown(
        """
        parallel i0.outer in 0..8:
            alloc row_max.rf: float32 local
            for i0 in 0..32 at most:
                for k.outer in 0..2 [partition=True]:
                    vectorized k.inner in 0..64 at most:
                        row_max.rf[i0, k.inner] = max(row_max.rf[i0, k.inner], \
A[i0, k.outer*64 + k.inner]) if k.outer*64 + k.inner < 100
            alloc row_max: float32 local
            for i0 in 0..32 at most:
                vectorized k.inner.v in 0..64:
                    row_max[i0] = max(row_max[i0], row_max.rf[i0, k.inner.v])
            alloc exp: float32 local
            for i0 in 0..32 at most [prefetch=(('A', 4),)]:
                for i1.outer in 0..2 at most [i1: partition]:
                    vectorized i1.inner in 0..64:
                        exp[i0, i1] = exp(A[i0, i1] - row_max[i0])
            alloc row_sum.rf: float32 local
            for i0 in 0..32 at most:
                for r.outer in 0..2 [partition=True]:
                    vectorized r.inner in 0..64 at most:
                        row_sum.rf[i0, r.inner] += exp[i0, r.outer*64 + r.inner] \
if r.outer*64 + r.inner < 100
            alloc row_sum: float32 local
            for i0 in 0..32 at most:
                vectorized r.inner.v in 0..64:
                    row_sum[i0] += row_sum.rf[i0, r.inner.v]
            for i0.inner in 0..4:
                for i1.outer in 0..2 [i1: partition]:
                    vectorized i1.inner in 0..64:
                        softmax[i0, i1] = exp[i0, i1] * (1.0 / row_sum[i0])
        """
    )


def test_a_softmax_over_columns_is_computed_for_vectors_of_columns() -> None:
    A = rows(32, 128)
    greatest = reduced(A, 0, te.max, "greatest")
    e = te.compute(A.shape, lambda i, j: te.exp(A[i, j] - greatest[j]), name="e")
    total = reduced(e, 0)
    o = te.compute(A.shape, lambda i, j: e[i, j] / total[j], name="o")
    assert nest(o, "rows_partition") == shown(
        """
        parallel j.outer in 0..2:
            alloc greatest: float32 local
            for k.outer in 0..32:
                unrolled k.inner in 0..1:
                    vectorized i in 0..128 at most:
                        greatest[i] = max(greatest[i], A[k, i])
            alloc e: float32 local
            for i in 0..32 at most:
                vectorized j in 0..128 at most:
                    e[i, j] = exp(A[i, j] - greatest[j])
            alloc total: float32 local
            for k.outer in 0..32:
                unrolled k.inner in 0..1:
                    vectorized i in 0..128 at most:
                        total[i] += e[k, i]
            for i in 0..32:
                vectorized j.inner in 0..64:
                    o[i, j] = e[i, j] / total[j]
        """
    )


def pool() -> te.Tensor:
    return avg_pool(te.placeholder((1, 8, 16, 40), name="X"), 3, 1, 1)


def test_a_window_is_reduced_tile_by_tile() -> None:
    assert nest(pool(), "rows_partition_inline") == shown(
        """
        # pad is inlined
        for b in 0..1:
            parallel c.y.outer.fused in 0..32:
                for z.outer in 0..1:
                    alloc window_sum: float32 local
                    for b in 0..1 at most:
                        for c in 0..8 at most:
                            for ry.outer in 0..1:
                                for rx.outer in 0..1:
                                    unrolled ry.inner in 0..3:
                                        unrolled rx.inner in 0..3:
                                            unrolled y in 0..16 at most:
                                                vectorized z in 0..40 at most:
                                                    window_sum[b, c, y, z] += \
pad[b, c, y + ry, z + rx]
                    unrolled y.inner in 0..4:
                        vectorized z.inner in 0..40:
                            avg_pool[b, c, y, z] = window_sum[b, c, y, z] * 0.11111111
        """
    )


def test_padding_is_inlined_or_by_channel_or_apart() -> None:
    by_name = derived(pool())
    assert [name for name in by_name if not name.endswith("_serial")] == [
        "rows_partition_inline",
        "rows_guard_inline",
        "rows_partition",
        "rows_guard",
        "rows_partition_apart",
        "rows_guard_apart",
        "plain",
    ]
    assert "    parallel c in 0..8:\n        alloc pad" in nest(pool(), "rows_partition")
    assert "    parallel ch.y.fused in 0..144:" in nest(pool(), "rows_partition_apart")


def test_one_long_axis_is_shared_among_threads() -> None:
    A = te.placeholder((4096,), name="A")
    B = te.compute((4096,), lambda i: A[i] + 1.0, name="B")
    assert nest(B, "rows_partition", vector=128) == shown(
        """
        parallel i.outer in 0..32:
            vectorized i.inner in 0..128:
                B[i] = A[i] + 1.0
        """
    )


def test_rows_of_a_size_not_known() -> None:
    assert nest(reduced(rows(te.var("m"), te.var("n")), 1), "rows_partition") == shown(
        """
        parallel i in 0..m:
            alloc total.rf: float32 local
            for i in 0..m at most:
                for k.outer in 0..(n + 63)//64 [partition=True]:
                    vectorized k.inner in 0..64 at most:
                        total.rf[i, k.inner] += A[i, k.outer*64 + k.inner] \
if k.outer*64 + k.inner < n
            vectorized k.inner.v in 0..64:
                total[i] += total.rf[i, k.inner.v]
        """
    )


def test_tails_are_a_choice_only_where_there_are_any() -> None:
    assert "rows_guard" not in derived(softmax(rows(32, 128)))
    assert {"rows_partition", "rows_guard"} <= derived(softmax(rows(32, 100))).keys()


def test_a_long_sum_over_rows_goes_through_stretches_of_them() -> None:
    x = te.placeholder((500,), name="x")
    B = rows(500, 2048, "B")
    k = te.reduce_axis((0, 500), name="k")
    y = te.compute((2048,), lambda j: te.sum(x[k] * B[k, j], axis=k), name="y")
    assert next(iter(derived(y))) == "rows_partition_streamed"
    assert nest(y, "rows_partition_streamed") == shown(
        """
        parallel j.outer in 0..8:
            alloc y.local: float32 local
            for k.outer in 0..63 [k: partition]:
                for j.c.outer in 0..64 at most:
                    unrolled k.inner in 0..8:
                        vectorized j.c.inner in 0..32:
                            y.local[j.c] += x[k] * B[k, j.c]
            for j.inner.outer in 0..8:
                vectorized j.inner.inner in 0..32:
                    y[j] = y.local[j]
        """
    )


def test_an_axis_of_one_point_after_the_rows_changes_nothing() -> None:
    x = te.placeholder((500, 1), name="x")
    B = rows(500, 2048, "B")
    k = te.reduce_axis((0, 500), name="k")
    y = te.compute((2048, 1), lambda j, o: te.sum(x[k, o] * B[k, j], axis=k), name="y")
    assert next(iter(derived(y))) == "rows_partition_streamed"
    assert "vectorized j.c.inner in 0..32" in nest(y, "rows_partition_streamed")
    assert "vectorized j.inner in 0..64" in nest(y, "rows_partition")


def test_images_that_become_neighbours_are_interleaved() -> None:
    x = te.placeholder((3, 2, 64), name="x")
    y = te.compute((3, 64, 2), lambda i, j, k: x[i, k, j], name="y")
    assert nest(y, "rows_partition") == shown(
        """
        parallel i.j.outer.fused in 0..3:
            unrolled k in 0..2:
                vectorized j.inner in 0..64:
                    y[i, j, k] = x[i, k, j]
        """
    )


def test_what_is_contiguous_along_the_last_axis_too_is_not_turned() -> None:
    x, z = te.placeholder((3, 2, 64), name="x"), te.placeholder((64, 2), name="z")
    y = te.compute((3, 64, 2), lambda i, j, k: x[i, k, j] + z[j, k], name="y")
    assert "vectorized k" in nest(y, "rows_partition")


def test_vectors_of_streamed_sums_have_conditions_at_the_end_only() -> None:
    B = rows(500, 1000, "B")
    k = te.reduce_axis((0, 500), name="k")
    y = te.compute((1000,), lambda j: te.sum(B[k, j], axis=k), name="y")
    text = nest(y, "rows_partition_streamed")
    assert "for j.c.outer in 0..32 at most [j.c: partition]:" in text
