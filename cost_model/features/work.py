"""Counts the arithmetic of one point of a stage, by kind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from autosched.ir import expr as e
from autosched.ir.traverse import children, postorder
from autosched.te.combining import summed
from autosched.te.tensor import ComputeOp, Reduce, TensorRead


@dataclass(frozen=True, slots=True)
class Work:
    """How many operations of each kind compute one point, without those of indices.

    `fused` are the multiply-adds of a sum of products; they are not counted as `simple`.
    """

    fused: int = 0
    simple: int = 0
    divided: int = 0
    compared: int = 0
    special: int = 0

    @property
    def flops(self) -> int:
        return 2 * self.fused + self.simple + self.divided + self.special

    @property
    def cost(self) -> int:
        """Roughly the number of vector instructions."""
        return self.fused + self.simple + self.compared + 5 * self.divided + 15 * self.special


_KINDS = {
    "simple": (
        e.Add, e.Sub, e.Mul, e.Min, e.Max,
        e.BitAnd, e.BitOr, e.BitXor, e.ShiftLeft, e.ShiftRight,
    ),
    "divided": (e.Div, e.FloorDiv, e.FloorMod),
    "compared": (e.Compare, e.Select, e.And, e.Or, e.Not, e.Cast),
}  # fmt: skip
_CALLS = {
    **dict.fromkeys(("abs", "floor", "ceil", "round", "isnan", "popcount"), "simple"),
    **dict.fromkeys(("sqrt", "rsqrt"), "divided"),
}


def work_of(op: ComputeOp) -> Work:
    """Count the operations of one point of `op`; of a reduction, those of one step."""
    body = op.bodies[0]
    if not isinstance(body, Reduce):
        return _count(op.bodies)
    source = summed(op)
    if isinstance(source.then if isinstance(source, e.Select) else source, e.Mul):
        step = _count(body.sources)
        return replace(step, fused=1, simple=step.simple - 1)
    return _count((*body.sources, *body.combiner.results))


def _count(roots: tuple[e.Expr, ...]) -> Work:
    nodes = postorder(roots, lambda node: () if isinstance(node, TensorRead) else children(node))
    counts = Counter(kind for node in nodes if (kind := _kind(node)) is not None)
    return Work(**counts)


def _kind(node: e.Expr) -> str | None:
    """Return the field of `Work` that counts the node, if any."""
    if isinstance(node, e.Call):
        return _CALLS.get(node.name, "special")
    return next((kind for kind, types in _KINDS.items() if isinstance(node, types)), None)
