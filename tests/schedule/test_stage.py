"""What a stage says of its loops."""

from __future__ import annotations

from autosched import te


def test_a_loop_is_found_by_identity_whatever_it_is_called() -> None:
    x = te.placeholder((8, 8), name="x")
    y = te.compute((8, 8), lambda i, j: x[i, j] + 1.0, name="y")
    stage = te.create_schedule(y)[y]
    first, second = stage.leaves
    outer, inner = stage.split(second, 4)
    assert [stage.position_of(axis) for axis in (first, outer, inner)] == [0, 1, 2]
    assert stage.position_of(second) == -1


def test_a_shared_read_counts_once() -> None:
    x = te.placeholder((8,), name="x")

    def value(i):
        element = x[i]
        return element * element + x[i]

    y = te.compute((8,), value, name="y")
    assert len(y.op.reads) == 2
    assert y.op.input_tensors == [x]
