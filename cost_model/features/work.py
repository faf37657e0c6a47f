"""The arithmetic of one point of a stage, by kind."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.ir import expr as e
from autosched.ir.traverse import children
from autosched.te.combining import operator_of
from autosched.te.operation import ComputeOp, Reduce
from autosched.te.tensor import TensorRead


@dataclass(frozen=True, slots=True)
class Work:
    """How many operations of each kind compute one point; those of indices do not count.

    `fused` are multiply-adds of a sum of products, which do not count as `simple` too.
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
        """Roughly the vector instructions."""
        return self.fused + self.simple + self.compared + 5 * self.divided + 15 * self.special


_SIMPLE = (
    e.Add, e.Sub, e.Mul, e.Min, e.Max,
    e.BitAnd, e.BitOr, e.BitXor, e.ShiftLeft, e.ShiftRight,
)  # fmt: skip
_DIVIDED = (e.Div, e.FloorDiv, e.FloorMod)
_COMPARED = (e.Compare, e.Select, e.And, e.Or, e.Not, e.Cast)
_QUICK_CALLS = frozenset(("abs", "floor", "ceil", "round", "isnan", "popcount"))


def work_of(op: ComputeOp) -> Work:
    """The operations of one point of `op`, one step of a reduction among them."""
    body = op.bodies[0]
    if not isinstance(body, Reduce):
        return _count(op.bodies)
    step = _count(body.sources)
    combine = _count(body.combiner.results)
    if _multiplies(body) and combine.simple == 1:
        return Work(1, step.simple - 1, step.divided, step.compared, step.special)
    return Work(
        0,
        step.simple + combine.simple,
        step.divided + combine.divided,
        step.compared + combine.compared,
        step.special + combine.special,
    )


def _multiplies(body: Reduce) -> bool:
    source = body.sources[0]
    if isinstance(source, e.Select):
        source = source.then
    return isinstance(source, e.Mul) and operator_of(body.combiner) is e.Add


def _count(roots: tuple[e.Expr, ...]) -> Work:
    seen: set[int] = set()
    stack = list(roots)
    counts = dict.fromkeys(("simple", "divided", "compared", "special"), 0)
    while stack:
        node = stack.pop()
        if id(node) in seen or isinstance(node, TensorRead):
            continue
        seen.add(id(node))
        kind = _kind(node)
        if kind is not None:
            counts[kind] += 1
        stack += children(node)
    return Work(0, **counts)


def _kind(node: e.Expr) -> str | None:
    if isinstance(node, _SIMPLE):
        return "simple"
    if isinstance(node, _COMPARED):
        return "compared"
    if isinstance(node, _DIVIDED):
        return "divided"
    if isinstance(node, e.Call):
        if node.name in ("sqrt", "rsqrt"):
            return "divided"
        return "simple" if node.name in _QUICK_CALLS else "special"
    return None
