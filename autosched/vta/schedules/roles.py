"""What each stage of a packed expression is to the accelerator, from its structure alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autosched.errors import LoweringError
from autosched.ir.expr import Cast, Expr, Mul, Select
from autosched.ir.visitor import free_vars
from autosched.te import dag
from autosched.te.operation import ComputeOp, PlaceholderOp, Reduce, TensorRead
from autosched.te.tensor import Tensor


@dataclass(frozen=True, slots=True)
class Product:
    """A sum of products: the tensors it reads, and the stages that pad the data, if any."""

    sums: Tensor
    data: Tensor
    weights: Tensor
    padded: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class Roles:
    """The output, the products, what the ALU computes, and what it reads from DRAM.

    `loaded` pairs a placeholder with the stages of the ALU that read it.
    """

    out: Tensor
    products: tuple[Product, ...]
    alu: tuple[Tensor, ...]
    loaded: tuple[tuple[Tensor, tuple[Tensor, ...]], ...]


def roles(tensors: Sequence[Tensor]) -> Roles:
    """The roles in the packed expression `tensors`; LoweringError where it has two outputs."""
    outputs = dag.outputs(tensors)
    if len(outputs) != 1:
        raise LoweringError(
            f"expected one output to schedule for the accelerator, got {len(outputs)}",
            hint="write the schedule by hand, with te.create_schedule",
        )
    computed = [
        op.outputs[0] for op in dag.topological_order(outputs) if isinstance(op, ComputeOp)
    ]
    products = tuple(_product(tensor) for tensor in computed if _is_product(tensor))
    apart = {outputs[0], *(t for p in products for t in (p.sums, *p.padded))}
    alu = tuple(tensor for tensor in computed if tensor not in apart)
    readers = [*alu, outputs[0]]
    sources = dict.fromkeys(t for reader in readers for t in reader.op.input_tensors)
    loaded = tuple(
        (source, tuple(reader for reader in readers if source in reader.op.input_tensors))
        for source in sources
        if isinstance(source.op, PlaceholderOp)
    )
    return Roles(outputs[0], products, alu, loaded)


def _is_product(tensor: Tensor) -> bool:
    body = tensor.op.bodies[0]
    return (
        isinstance(body, Reduce) and body.combiner.name == "sum" and type(body.sources[0]) is Mul
    )


def _product(sums: Tensor) -> Product:
    """The product, whose weights are what the innermost dimension of the sums chooses."""
    factor = sums.op.bodies[0].sources[0]
    lane = sums.op.axis[-1]
    sides = sorted((factor.a, factor.b), key=lambda side: lane in free_vars(side))
    data, weights = (_only_read(side, sums) for side in sides)
    padded = []
    while isinstance(data.op, ComputeOp):
        padded.append(data)
        data = _only_read(data.op.bodies[0], data)
    return Product(sums, data, weights, tuple(padded))


def _only_read(expr: Expr, stage: Tensor) -> Tensor:
    found = list(_reads(expr))
    if len(found) != 1:
        raise LoweringError(
            f"expected factors of {stage.name} that are one tensor each, padded with zeros or "
            f"not, got {expr}"
        )
    return found[0]


def _reads(expr: Expr) -> Iterator[Tensor]:
    match expr:
        case TensorRead():
            yield expr.tensor
        case Cast():
            yield from _reads(expr.value)
        case Select():
            yield from _reads(expr.then)
            yield from _reads(expr.otherwise)
