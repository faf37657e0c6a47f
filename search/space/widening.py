"""Operands of sums of products that are converted once, not at each use."""

from __future__ import annotations

from collections.abc import Iterator

from autosched.ir.dtype import FLOAT32
from autosched.ir.expr import Cast, Expr, Select
from autosched.schedule.state import AtRoot, Inlined, StageState
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.dot import factors_of
from autosched.search.space.packing import inline_source
from autosched.search.space.structure import (
    Contraction,
    contraction,
    is_conversion,
    points_of,
    read_of,
)
from autosched.te.tensor import Tensor, TensorRead

NARROW = ("float16", "bfloat16")
"""The dtypes that processors convert to float32 before they multiply."""

MOST_USES = 16
"""Uses of an element up to which it is converted at each."""


def widen_operands(builder: SketchBuilder) -> bool:
    """Hold operands of 16 bits whose products are summed in float32 as float32; return if any were.

    Operands that are used a few times only stay as they are: a copy would have twice the bytes.
    """
    found = [
        (stage, tensor)
        for stage in builder.schedule.stages
        if isinstance(stage.attachment, AtRoot) and (made := contraction(stage)) is not None
        for tensor in dict.fromkeys(_worth_widening(made))
    ]
    for stage, tensor in found:
        source = builder.schedule[tensor]
        if tensor.dtype is FLOAT32:
            builder.compute_root(source)
            continue
        copy = builder.cache_read(tensor, "global", stage, dtype=FLOAT32.name)
        inline_source(builder, copy, source)
    return bool(found)


def _worth_widening(found: Contraction) -> Iterator[Tensor]:
    """The operands of 16 bits that a contraction uses many times, and converts at each use."""
    for factor in factors_of(found) or ():
        node = _converted(factor)
        if type(node) is not TensorRead or not _is_converted(found.stage, node.tensor):
            continue
        others = set(found.data) - read_of(node).axes
        if points_of(others) > MOST_USES:
            yield node.tensor


def _converted(factor: Expr) -> Expr | None:
    """Return what a factor of float32 converts, or may choose to; the factor if it does not."""
    if factor.dtype is not FLOAT32:
        return None
    value = factor.value if type(factor) is Cast else factor
    return value.then if type(value) is Select else value


def _is_converted(user: StageState, tensor: Tensor) -> bool:
    """Whether the elements of a tensor have 16 bits where they are read, or had before."""
    if tensor.dtype.name in NARROW:
        return True
    stage = user.schedule[tensor]
    return (
        isinstance(stage.attachment, Inlined)
        and is_conversion(stage)
        and (stage.op.input_tensors[0].dtype.name in NARROW)
    )
