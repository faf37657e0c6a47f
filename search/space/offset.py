"""Products of int8 for machines that multiply a uint8 and an int8: a factor is offset."""

from __future__ import annotations

from autosched.ir.expr import Cast
from autosched.schedule.primitives.offset_factor import can_offset
from autosched.schedule.state import AtRoot
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.dot import axis_of, dot_axis, factors_of, is_packable, narrow
from autosched.search.space.structure import Contraction, bytes_read, contraction, read_of
from autosched.search.space.variants import is_constant
from autosched.target.dot_products import DotProduct
from autosched.te.tensor import TensorRead


def offset_factors(builder: SketchBuilder, dots: tuple[DotProduct, ...]) -> bool:
    """Offset factors of contractions that instructions compute then; return whether any were."""
    found = [
        (stage, number)
        for stage in builder.schedule.stages
        if isinstance(stage.attachment, AtRoot)
        and (made := contraction(stage)) is not None
        and is_packable(made)
        and (number := offset_number(made, dots)) is not None
    ]
    for stage, number in found:
        builder.offset_factor(stage, number)
    return bool(found)


def offset_number(found: Contraction, dots: tuple[DotProduct, ...]) -> int | None:
    """Return the factor of a contraction to offset, so that instructions compute it.

    None where they compute it as it is, or not with an offset either. A constant is not offset:
    what an offset of the other adds is known before a call. Else it is the smaller factor.
    """
    if not dots or dot_axis(found, dots) is not None:
        return None
    factors = factors_of(found) or []
    if [*map(narrow, factors)] != ["int8", "int8"] or not axis_of(found, dots, "uint8", "int8"):
        return None
    costs = {}
    for number, factor in enumerate(factors):
        if type(factor) is Cast and type(factor.value) is TensorRead:
            read = read_of(factor.value)
            costs[number] = (is_constant(read), bytes_read(read))
    number = min(costs, key=lambda each: costs[each])
    return number if can_offset(found.stage.op, number) else None
