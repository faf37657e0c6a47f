"""Partition of a tile loop that was itself split: each condition keeps its own multiples."""

from __future__ import annotations

import numpy as np

from autosched import te
from autosched.ir.interpreter import interpret
from autosched.lowering.lower import lower
from autosched.passes.pipeline import run
from autosched.target.target import Target
from tests.schedule.nests import copy


def test_the_tile_left_over_ends_where_the_tensor_does() -> None:
    B = copy(5)
    s = te.create_schedule(B)
    outer, _ = s[B].split(B.op.axis[0], factor=2)
    s[B].split(outer, factor=2, tail="partition")
    function = run(lower(s, [s.tensors[0], B]), Target.host(), check=True)
    values, result = np.arange(5, dtype="float32"), np.zeros(5, "float32")
    interpret(function, [values, result])
    np.testing.assert_array_equal(result, values * 2)
