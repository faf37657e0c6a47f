"""A shifted tile that may not fit into what is computed where its stage is attached."""

import numpy as np

from autosched import te
from autosched.ir.interpreter import interpret
from autosched.lowering.lower import lower
from autosched.schedule import create_schedule


def test_a_tile_larger_than_the_region_is_guarded() -> None:
    m = te.var("m")
    a = te.placeholder((m, 17), name="A")
    b = te.compute((m, 17), lambda i, j: a[i, j] + 1.0, name="B")
    c = te.compute((m, 17), lambda i, j: b[i, j] * b[i, 0], name="C")
    s = create_schedule(c)
    s[c].reorder(c.op.axis[1], c.op.axis[0])
    fused = s[c].fuse(c.op.axis[1], c.op.axis[0])
    s[b].compute_at(s[c], fused)
    s[b].split(b.op.axis[1], 5, tail="shift")
    values = np.arange(51, dtype="float32").reshape(3, 17)
    got = np.empty_like(values)
    interpret(lower(s, [a, c]), [values, got])
    np.testing.assert_array_equal(got, (values + 1) * (values[:, :1] + 1))
