"""compute_root: the way back from compute_at and compute_inline."""

from __future__ import annotations

from autosched.schedule import create_schedule
from tests.schedule.nests import chain, golden, refuses

NEST = """
for i in 0..8:
    B[i] = A[i] + 1.0
for i in 0..8:
    C[i] = B[i] * 2.0
"""


def test_after_compute_at() -> None:
    s = create_schedule(C := chain())
    s[s.stages[1]].compute_at(s[C], C.op.axis[0])
    s[s.stages[1]].compute_root()
    golden(s, NEST)


def test_after_compute_inline() -> None:
    s = create_schedule(chain())
    s[s.stages[1]].compute_inline()
    s[s.stages[1]].compute_root()
    golden(s, NEST)


def test_an_input() -> None:
    s = create_schedule(chain())
    refuses(s, lambda: s[s.stages[0]].compute_root(), "A, which is an input")
