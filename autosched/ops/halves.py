"""Operators on numbers of 16 bits: computed in float32, and rounded."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from autosched import te
from autosched.ir.dtype import FLOAT32, DType
from autosched.ir.dtype import dtype as as_dtype
from autosched.te.tensor import Tensor

P = ParamSpec("P")


def wide_dtype(kind: DType, out_dtype: DType | str | None = None) -> DType:
    """Return what numbers of `kind` are computed in: float32 for 16 bits, if none is given."""
    if out_dtype is not None:
        return as_dtype(out_dtype)
    return FLOAT32 if _is_half(kind) else kind


def rounded(sums: Tensor, kind: DType, out_dtype: DType | str | None) -> Tensor:
    """Return sums of products of `kind` in the dtype of a result: `kind`, if none is given."""
    if out_dtype is not None or sums.dtype is kind:
        return sums
    return te.compute(sums.shape, lambda *i: sums(*i).astype(kind), name="rounded")


def rounded_once(operator: Callable[P, Tensor]) -> Callable[P, Tensor]:
    """Compute an operator of float16 or bfloat16 tensors in float32, and round its result.

    Sums of many terms in 16 bits lose most of them. Tensors of several dtypes are left to the
    operator, which refuses them.
    """

    @wraps(operator)
    def computed(*given: P.args, **named: P.kwargs) -> Tensor:
        values = (*given, *named.values())
        kinds = {value.dtype for value in values if isinstance(value, Tensor)}
        kind = kinds.pop() if len(kinds) == 1 else FLOAT32
        if not _is_half(kind):
            return operator(*given, **named)
        wide = [_widened(value) for value in given]
        result = operator(*wide, **{name: _widened(value) for name, value in named.items()})  # type: ignore[arg-type]
        return rounded(result, kind, None)

    return computed


def _is_half(kind: DType) -> bool:
    return kind.is_float and kind.bits < FLOAT32.bits


def _widened(value: object) -> object:
    if not isinstance(value, Tensor):
        return value
    return te.compute(
        value.shape, lambda *i: value(*i).astype(FLOAT32), name=f"{value.name}.float32"
    )
