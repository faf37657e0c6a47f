"""The loops of copies that operands are packed into."""

from __future__ import annotations

import autosched
from autosched.ir.stmt import For, Store
from autosched.ir.traverse import iter_stmts
from autosched.schedule.sketch import Sketch
from autosched.schedule.trace import replay
from autosched.te.tensor import Tensor
from tests.fuzz.program import Program


def loops_of_copy(output: Tensor, sketch: Sketch, name: str) -> list[For]:
    """The loops around the vectors that a copy stores, in the order of the nest."""
    schedule = replay([output], sketch.bind(sketch.default))
    body = autosched.lower(schedule, Program("copies", [output]).args, after=None).body
    loops = [each for each in iter_stmts(body) if isinstance(each, For)]
    return [each for each in loops if _stores(each, name)]


def _stores(loop: For, name: str) -> bool:
    return any(isinstance(s, Store) and s.buffer.name == name for s in iter_stmts(loop.body))
