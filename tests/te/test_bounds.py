"""Indices from data."""

from autosched import te
from autosched.te.bounds import reads_data


def test_a_read_is_data_and_axes_and_sizes_are_not():
    n, at = te.var("n"), te.placeholder((4,), "int32", name="at")
    i = te.reduce_axis((0, 4))
    assert not reads_data(i * 2 + n)
    assert reads_data(at[i] * 2 + n)
