"""transform_layout: a tensor stored, and computed, in another layout."""

from __future__ import annotations

import numpy as np

import autosched
from autosched import te
from autosched.schedule import create_schedule
from tests.schedule.nests import argmax, golden, means_the_same, refuses
from tests.schedule.random_schedules import recurrent


def followed() -> te.Tensor:
    A = te.placeholder((8, 6), name="A")
    k = te.reduce_axis((0, 6), name="k")
    B = te.compute((8, 6), lambda i, j: te.sum(A[i, k] * A[j, k], axis=k), name="B")
    return te.compute((8, 6), lambda i, j: B[i, j] * 2.0, name="C")


def test_a_tensor_inside() -> None:
    s = create_schedule(followed())
    B = s.tensors[1]
    axes = s[B].transform_layout([[0, 4], 1, 0])
    assert axes == s[B].op.axis
    golden(
        s,
        """
        for i.0 in 0..2:
            for j in 0..6:
                for i.1 in 0..4:
                    for k in 0..6:
                        B[i.0, j, i.1] += A[i.0*4 + i.1, k] * A[j, k]
        for i in 0..8:
            for j in 0..6:
                C[i, j] = B[i//4, j, i%4] * 2.0
        """,
    )
    s[B].vectorize(axes[2])
    s[B].compute_at(s[s.tensors[2]], s.tensors[2].op.axis[0])
    means_the_same(s)


def test_inputs_and_outputs_are_arrays_of_the_layout() -> None:
    s = create_schedule(C := followed())
    A = s.tensors[0]
    assert s[A].transform_layout(lambda i, j: [j, i]) is None
    s[C].transform_layout(lambda i, j: [i, j // 2, j % 2])
    a = np.arange(48, dtype="float32").reshape(8, 6)
    got = autosched.build(s, [A, C])(np.ascontiguousarray(a.T))
    np.testing.assert_array_equal(got, (a @ a.T[:, :6] * 2).reshape(8, 3, 2))


def test_all_values_of_a_stage() -> None:
    C = argmax(4, 6)
    D = te.compute((4,), lambda i: C[0][i] + C[1][i].astype("int64"), name="D")
    s = create_schedule(D)
    s[C[0]].transform_layout([[0, 2], 0])
    means_the_same(s)


def test_twice() -> None:
    s = create_schedule(followed())
    B = s.tensors[1]
    s[B].transform_layout([1, 0])
    s[B].transform_layout([1, [0, 3], 0])
    assert [axis.name for axis in s[B].op.axis] == ["i", "j.0", "j.1"]
    means_the_same(s)


def test_an_index_from_data() -> None:
    A, index = te.placeholder((8,), name="A"), te.placeholder((5,), "int64", name="index")
    B = te.compute((8,), lambda i: A[i] + 1, name="B")
    C = te.compute((5,), lambda i: B[index[i]], name="C")
    s = create_schedule(C)
    s[B].transform_layout([[0, 4], 0])
    given = np.arange(8, dtype="float32"), np.array([7, 0, 3, 4, 1])
    kernel = autosched.build(s, [A, index, C], bounds="check")
    np.testing.assert_array_equal(kernel(*given), given[1] + 1)


def test_misuse() -> None:
    s = create_schedule(C := followed())
    B = s.tensors[1]
    refuses(s, lambda: s[B].transform_layout([0]), "places every dimension of B once")
    refuses(
        s,
        lambda: s[B].transform_layout([[0, 3], 1, 0]),
        "expected tiles that divide dimension 0 of B, of extent 8, got tiles of 3",
    )
    s[B].split(B.op.axis[0], 4)
    refuses(s, lambda: s[B].transform_layout([1, 0]), "to whose loops nothing was done")
    s = create_schedule(C)
    s[B].storage_align(B.op.axis[0], 4, 0)
    refuses(s, lambda: s[B].transform_layout([1, 0]), "without aligned axes")


def test_steps_of_a_scan() -> None:
    s = create_schedule(recurrent())
    for name in ("state", "total", "update", "scan"):
        stage = next(stage for stage in s.stages if stage.name == name)
        layout = list(reversed(range(stage.op.outputs[0].ndim)))
        refuses(s, lambda stage=stage, layout=layout: stage.transform_layout(layout), "expected a")
