"""The least times of the arithmetic of a workload, by what computes it on this machine.

Multiply-adds, dot products of narrow numbers and functions such as exp have measured rates, each
as if a core did nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from autosched.backends.cpu.limit import Limit
from autosched.backends.cpu.speed import multiply_adds
from autosched.ir import expr as e
from autosched.ir.dtype import DType, dtype
from autosched.measure.function_rate import FUNCTIONS, function_ns
from autosched.measure.peak import Peak, dot_peak
from autosched.ops.instance import WorkloadInstance
from autosched.target.dot_products import DotProduct, dot_products
from autosched.target.target import Target
from autosched.te.combining import summed
from autosched.te.count import points, values_of_point
from autosched.te.dag import topological_order
from autosched.te.tensor import ComputeOp, Tensor


def arithmetic_limits(
    target: Target, peak: Peak, cores: int, workload: WorkloadInstance, flops: float | None
) -> list[Limit]:
    """Return the least times of dot products, functions and, of `flops` operations, the others."""
    dots = dot_limits(target, cores, workload.outputs)
    limits = [*dots, *function_limits(target, cores, workload.outputs)]
    gflops = multiply_adds(peak, workload)
    if flops is not None and gflops:
        others = flops / 1e9 - sum(each.work for each in dots)
        limits.append(Limit("multiply-adds", others, "GFLOP", 1e9 * others / (gflops * cores)))
    return limits


def dot_limits(target: Target, cores: int, outputs: Iterable[Tensor]) -> list[Limit]:
    """Return the least time of the sums of products that instructions for dot products compute."""
    counts: Counter[DotProduct] = Counter()
    known = [dot for dot in dot_products(target) if target.cpu not in dot.slow_on]
    for op, count in _known_points(outputs):
        found = next((dot for dot in known if _computes(dot, op)), None)
        if found is not None:
            counts[found] += 2 * count
    if not counts:
        return []
    time_ns = sum(count / dot_peak(target, dot) for dot, count in counts.items())
    return [Limit("dot products", counts.total() / 1e9, "GOP", time_ns / cores)]


def function_limits(target: Target, cores: int, outputs: Iterable[Tensor]) -> list[Limit]:
    """Return the least time of each function of floats that the outputs need."""
    counts: Counter[tuple[str, str]] = Counter()
    for op, count in _known_points(outputs):
        for node in values_of_point(op):
            if isinstance(node, e.Call) and node.name in FUNCTIONS and node.dtype.is_float:
                counts[node.name, node.dtype.name] += count
    return [
        Limit(name, count / 1e6, "million", count * function_ns(target, name, kind) / cores)
        for (name, kind), count in counts.items()
    ]


def _known_points(outputs: Iterable[Tensor]) -> Iterable[tuple[ComputeOp, int]]:
    """Return the stages whose points are a known number, with these."""
    for op in topological_order(outputs):
        count = points(op) if isinstance(op, ComputeOp) else None
        if isinstance(op, ComputeOp) and isinstance(count, e.Const):
            yield op, int(count.value)


def _computes(dot: DotProduct, op: ComputeOp) -> bool:
    """Whether `op` sums products of numbers as narrow as the operands of the instruction."""
    source = summed(op)
    source = source.then if isinstance(source, e.Select) else source
    if not isinstance(source, e.Mul) or source.dtype.name != dot.result:
        return False
    return all(map(_fits, (source.a, source.b), (dtype(dot.a), dtype(dot.b))))


def _fits(factor: e.Expr, operand: DType) -> bool:
    """Whether a factor converts elements as an operand's; bytes may have a sign or an offset."""
    converted = factor.a if isinstance(factor, (e.Add, e.Sub)) else factor
    kind = converted.value.dtype if isinstance(converted, e.Cast) else converted.dtype
    are_bytes = kind.bits == operand.bits == 8
    return kind == operand or (are_bytes and kind.is_integer and operand.is_integer)
