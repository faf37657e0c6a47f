"""Places in memory as linear forms: what varies apart from what is constant.

A form is made once for a load or a store. Each unrolled instance then takes a few
multiplications of Python integers, instead of a line of LLVM for each operation on indices.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from autosched.analysis.sums import weighted
from autosched.ir import build
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Buffer, Const, Expr, Ramp


@dataclass(slots=True)
class IndexForm:
    """`constant + sum(coefficient * atom) + lane * lane_stride + sum(coefficient * vector)`.

    Atoms are variables, or scalar expressions with no linear structure; `vectors` are the
    vector expressions that are no ramps.
    """

    constant: int = 0
    atoms: dict[Expr, int] = field(default_factory=dict)
    lane_stride: int = 0
    vectors: list[tuple[Expr, int]] = field(default_factory=list)
    lanes: int = 1
    rising: bool | None = None
    """Whether no atom is ever negative, nor its factor; None before the first access."""
    may_wrap: bool = False
    """Whether it may leave 64 bits; set for differences only."""


def linear(expr: Expr) -> IndexForm:
    """The form of an integer expression, scalar or vector."""
    form = IndexForm(lanes=expr.dtype.lanes)
    _collect(expr, 1, form)
    return form


def place(buffer: Buffer, indices: tuple[Expr, ...]) -> IndexForm:
    """The offset of an element of `buffer`, in elements from its start."""
    form = IndexForm(lanes=max((index.dtype.lanes for index in indices), default=1))
    for index, stride in zip(indices, strides(buffer), strict=True):
        index = build.cast(index, INDEX)
        if isinstance(stride, int):
            _collect(index, stride, form)
        else:
            _collect_symbolic(index, stride, form)
    return form


def strides(buffer: Buffer) -> list[int | Expr]:
    """The strides of a buffer in elements: integers where they are known."""
    if buffer.strides is not None:
        return [_known(stride) for stride in buffer.strides]
    result: list[int | Expr] = []
    step: int | Expr = 1
    for extent in reversed(buffer.shape):
        result.append(step)
        step = _known(build.mul(extent, build.as_expr(step)))
    return result[::-1]


def size(buffer: Buffer) -> int | Expr:
    """The number of elements of a buffer."""
    if not buffer.shape:
        return 1
    return _known(build.mul(buffer.shape[0], build.as_expr(strides(buffer)[0])))


def _known(value: Expr) -> int | Expr:
    return int(value.value) if type(value) is Const else value


def _collect(expr: Expr, scale: int, form: IndexForm) -> None:
    """Add `scale` times the expression to the form."""
    for node, weight in weighted(expr, scale):
        if type(node) is Const:
            form.constant += int(node.value) * weight
        elif type(node) is Ramp:
            form.lane_stride += node.stride * weight
            _collect(node.base, weight, form)
        elif node.dtype.lanes > 1:
            form.vectors.append((node, weight))
        else:
            form.atoms[node] = form.atoms.get(node, 0) + weight


def _collect_symbolic(index: Expr, stride: Expr, form: IndexForm) -> None:
    part = linear(index)
    if part.constant:
        _collect(stride, part.constant, form)
    for atom, coefficient in part.atoms.items():
        _collect(build.mul(atom, stride), coefficient, form)
    if part.lane_stride:
        lanes = build.ramp(build.const(0), part.lane_stride, part.lanes)
        form.vectors.append((build.mul(lanes, build.broadcast(stride, part.lanes)), 1))
    for vector, coefficient in part.vectors:
        form.vectors.append((build.mul(vector, build.broadcast(stride, part.lanes)), coefficient))
