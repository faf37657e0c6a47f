"""Conversions of float32 to integers of fewer than 32 bits, as quantizing makes them.

    uint8(round(x) + 3.0)    ->    uint8(lrint(min(max(x, -3.0), 252.0)) + 3)

The bounds of the result are whole, so that a value can be kept within them before it is rounded;
rounding and converting are then one instruction.
"""

from __future__ import annotations

from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.text.types import mangled
from autosched.ir.build import const
from autosched.ir.dtype import FLOAT32, INT32, DType
from autosched.ir.expr import Add, Broadcast, Call, Cast, Const, Expr

MOST_OFFSET = 1 << 20
"""The largest constant whose sum with a rounded value is exact wherever it is within bounds."""


def is_narrowing(node: Expr) -> bool:
    """Tell whether a node converts vectors of float32 to integers of fewer than 32 bits."""
    return (
        type(node) is Cast
        and node.value.dtype.scalar is FLOAT32
        and node.dtype.lanes > 1
        and node.dtype.bits < 32
        and node.dtype.kind in ("int", "uint")
    )


def narrowed(em: Emitter, node: Cast) -> str | None:
    """Emit a conversion that narrows, its result held in int32; None for a constant."""
    number, offset = _before_rounding(node.value) or (node.value, 0)
    value = em.value(number)
    if type(value) is not str:
        return None
    source, wide = number.dtype, INT32.with_lanes(node.dtype.lanes)
    low, high = int(node.dtype.min_value), int(node.dtype.max_value)
    inside = between(em, value, source, float(low - offset), float(high - offset))
    if number is node.value:
        near = em.convert("fptosi", inside, source, wide)
    else:
        near = em.call(f"llvm.lrint.{mangled(wide)}.{mangled(source)}", wide, (inside, source))
    if offset:
        near = em.binary("add", wide, near, offset)
    if low:  # not a number is taken for the least
        near = em.select(em.binary("fcmp uno", source, value, value), wide, 0, near)
    return near


def between(em: Emitter, value: str, dtype: DType, low: float, high: float) -> str:
    """Emit the nearest value within bounds; `low` for what is not a number."""
    above = em.select(em.binary("fcmp ogt", dtype, value, low), dtype, value, low)
    return em.select(em.binary("fcmp olt", dtype, above, high), dtype, above, high)


def _before_rounding(expr: Expr) -> tuple[Expr, int] | None:
    """Return x and c of `round(x) + c` with a whole constant c, or None."""
    added: Expr = const(0.0, FLOAT32)
    if isinstance(expr, Add):
        added, expr = expr.b, expr.a
    offset = added.value if isinstance(added, Broadcast) else added
    if not isinstance(expr, Call) or expr.name != "round" or not isinstance(offset, Const):
        return None
    is_exact = abs(offset.value) <= MOST_OFFSET and offset.value == int(offset.value)
    return (expr.args[0], int(offset.value)) if is_exact else None
