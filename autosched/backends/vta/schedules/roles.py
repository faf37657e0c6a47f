"""Finds the role of each stage of a packed expression on the accelerator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autosched.errors import LoweringError
from autosched.ir.expr import Cast, Expr, Mul, Select
from autosched.ir.traverse import free_vars
from autosched.te import dag
from autosched.te.combining import summed
from autosched.te.tensor import ComputeOp, PlaceholderOp, Tensor, TensorRead

_BLOCK = 2
"""Dimensions of a block."""


@dataclass(frozen=True, slots=True)
class Product:
    """A sum of products: the tensors it reads, and the stages that pad the data, if any.

    `chosen_by` are the dimensions of the sums that the weights depend on, without those of a
    block.
    """

    sums: Tensor
    data: Tensor
    weights: Tensor
    padded: tuple[Tensor, ...]
    chosen_by: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Roles:
    """The output, the products, the tensors that the ALU computes, and those it loads from DRAM.

    `loaded` pairs a placeholder with the stages of the ALU that read it.
    """

    out: Tensor
    products: tuple[Product, ...]
    alu: tuple[Tensor, ...]
    loaded: tuple[tuple[Tensor, tuple[Tensor, ...]], ...]


def roles(tensors: Sequence[Tensor]) -> Roles:
    """Return the roles of the tensors of a packed expression.

    Raises LoweringError if it has several outputs, an output that is not in blocks, or no stage
    before its output, which is only stored.
    """
    outputs = dag.outputs(tensors)
    if len(outputs) != 1:
        raise LoweringError(
            f"expected one output to schedule for the accelerator, got {len(outputs)}",
            hint="write the schedule by hand, with te.create_schedule",
        )
    if len(outputs[0].shape) <= _BLOCK:
        raise LoweringError(
            f"expected an output in packed layout, with the rows and columns of a block as its "
            f"last two dimensions of 3 or more, got {outputs[0].name} with {len(outputs[0].shape)}",
            hint="the workloads whose names end in _int8 pack ordinary arrays",
        )
    computed = [op.outputs[0] for op in dag.topological_order(outputs) if isinstance(op, ComputeOp)]
    factors = {tensor: _factors(tensor) for tensor in computed}
    products = tuple(_product(tensor, mul) for tensor, mul in factors.items() if mul is not None)
    apart = {outputs[0], *(t for p in products for t in (p.sums, *p.padded))}
    alu = tuple(tensor for tensor in computed if tensor not in apart)
    if not alu and not any(product.sums is not outputs[0] for product in products):
        raise LoweringError(
            f"expected {outputs[0].name} to store what an earlier stage computes, got it "
            "computed and stored in one stage",
            hint="compute it as int32 in a stage of its own, and cast that to int8 in the output",
        )
    readers = [*alu, outputs[0]]
    sources = dict.fromkeys(t for reader in readers for t in reader.op.input_tensors)
    loaded = tuple(
        (source, tuple(reader for reader in readers if source in reader.op.input_tensors))
        for source in sources
        if isinstance(source.op, PlaceholderOp)
    )
    return Roles(outputs[0], products, alu, loaded)


def _factors(tensor: Tensor) -> Mul | None:
    """Return the factors of a sum of products; None for other tensors."""
    source = summed(tensor.op)
    return source if isinstance(source, Mul) else None


def _product(sums: Tensor, factors: Mul) -> Product:
    """Return the product; its weights are the factor indexed by the innermost axis of the sums."""
    assert isinstance(sums.op, ComputeOp)
    lane = sums.op.axis[-1]
    sides = sorted((factors.a, factors.b), key=lambda side: lane in free_vars(side))
    data, weights = (_only_read(side, sums) for side in sides)
    chosen = free_vars(sides[1])
    chosen_by = tuple(n for n, axis in enumerate(sums.op.axis[:-2]) if axis in chosen)
    padded = []
    while isinstance(data.op, ComputeOp):
        padded.append(data)
        data = _only_read(_body(data), data)
    return Product(sums, data, weights, tuple(padded), chosen_by)


def _body(tensor: Tensor) -> Expr:
    assert isinstance(tensor.op, ComputeOp)
    return tensor.op.bodies[tensor.value_index]


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
