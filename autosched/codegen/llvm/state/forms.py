"""Places in memory as linear forms, and the operands of nodes: the expressions that code uses.

A form has what varies apart from what is constant; as an operand, it is replaced by its atoms.
A form is made once for a load or a store. Each unrolled instance then takes a few
multiplications of Python integers, instead of a line of LLVM for each operation on indices.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from autosched.analysis.bounds import Bounds
from autosched.analysis.linear import Linear
from autosched.analysis.sums import weighted
from autosched.ir import build
from autosched.ir import expr as e
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Broadcast, Buffer, Const, Expr, Ramp
from autosched.ir.stmt import Stmt, Store
from autosched.ir.traverse import children, own_exprs


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
    """Whether all atoms and their factors are known to be nonnegative; None if not asked yet."""
    may_wrap: bool = False
    """Whether it may leave 64 bits; set for differences only."""
    epoch: int = 0
    """The `Emitter.epoch` that what follows is of."""
    terms: tuple[tuple[str, int], ...] = ()
    """The atoms whose values are instructions."""
    steps: tuple[tuple[Expr, int], ...] = ()
    """The variables that have a number, which unrolled loops change."""
    span: tuple[int, int] | None = None
    """Bounds of the sum of `terms`, once they are known."""


def linear(expr: Expr) -> IndexForm:
    """Return the form of an integer expression, scalar or vector."""
    form = IndexForm(lanes=expr.dtype.lanes)
    _collect(expr, 1, form)
    return form


def place(buffer: Buffer, indices: tuple[Expr, ...]) -> IndexForm:
    """Return the form of the offset of an element of `buffer`, in elements from its start."""
    form = IndexForm(lanes=max((index.dtype.lanes for index in indices), default=1))
    for index, stride in zip(indices, strides(buffer), strict=True):
        if index.dtype.scalar is not INDEX:
            index = build.cast(index, INDEX)
        if isinstance(stride, int):
            _collect(index, stride, form)
        else:
            _collect_symbolic(index, stride, form)
    return form


def symbolic_stride(form: IndexForm) -> Expr | None:
    """Return the distance of the lanes of a form, if it is the same symbolic one for all."""
    if form.lane_stride or len(form.vectors) != 1:
        return None
    ((vector, coefficient),) = form.vectors
    if type(vector) is not e.Mul or type(vector.a) is not Ramp or type(vector.b) is not Broadcast:
        return None
    base = vector.a.base
    is_unit = coefficient == vector.a.stride == 1 and type(base) is Const and base.value == 0
    return vector.b.value if is_unit else None


def strides(buffer: Buffer) -> list[int | Expr]:
    """Return the strides of a buffer in elements, as integers if they are known."""
    if buffer.strides is None and all(type(extent) is Const for extent in buffer.shape):
        found: list[int | Expr] = []
        step = 1
        for extent in reversed(buffer.shape):
            found.append(step)
            step *= int(extent.value)  # type: ignore[attr-defined]
        return found[::-1]
    return [_known(stride) for stride in build.strides_of(buffer)]


def size(buffer: Buffer) -> int | Expr:
    """Return the number of elements of a buffer."""
    if not buffer.shape:
        return 1
    return _known(build.mul(buffer.shape[0], build.as_expr(strides(buffer)[0])))


def _known(value: Expr) -> int | Expr:
    return int(value.value) if type(value) is Const else value


def _collect(expr: Expr, scale: int, form: IndexForm) -> None:
    """Add `scale` times the expression to the form."""
    if type(expr) is Const:
        form.constant += int(expr.value) * scale
        return
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


Forms = dict[Expr | Stmt, IndexForm]
"""The linear form of each load, store and comparison."""


def form_at(node: e.Load | e.Address | Store, forms: Forms) -> IndexForm:
    """Return the linear form of the place that a node reads or writes."""
    form = forms.get(node)
    if form is None:
        form = forms[node] = place(node.buffer, node.indices)
    return form


def difference(node: e.Compare, forms: Forms) -> IndexForm | None:
    """Return the form of `a - b` if its sign decides the comparison of vector indices, else None.

    The difference must not wrap.
    """
    dtype = node.a.dtype
    if dtype.lanes == 1 or dtype.scalar is not INDEX or type(node) not in (e.Lt, e.Le):
        return None
    form = _difference(node, forms)
    return None if form.vectors or form.may_wrap or not _is_even(form) else form


def order(node: e.Compare, forms: Forms) -> IndexForm | None:
    """Return the form of `a - b` if its sign decides the comparison of scalar indices, else None.

    The difference must not wrap.
    """
    if node.a.dtype is not INDEX or type(node) not in (e.Lt, e.Le):
        return None
    form = _difference(node, forms)
    return None if form.may_wrap else form


def _difference(node: e.Compare, forms: Forms) -> IndexForm:
    form = forms.get(node)
    if form is None:
        form = forms[node] = linear(e.Sub(node.a, node.b, node.a.dtype))
        form.may_wrap = _may_wrap(node.a) or _may_wrap(node.b)
    return form


def _is_even(form: IndexForm) -> bool:
    """Tell whether the number of lanes below a bound is a sum of multiples of the atoms."""
    step = form.lane_stride
    return step == 0 or all(coefficient % step == 0 for coefficient in form.atoms.values())


def _may_wrap(index: Expr) -> bool:
    form = linear(index)
    furthest = abs(form.constant) + abs(form.lane_stride) * form.lanes
    return Bounds().may_wrap(Linear(furthest, form.atoms))


def operands_of(node: Expr, forms: Forms) -> tuple[Expr, ...]:
    """Return the expressions whose values the code of `node` uses."""
    kind: Any = type(node)
    if isinstance(node, e.Load):
        return _parts(form_at(node, forms), node.mask)
    if isinstance(node, e.Address):
        return _parts(form_at(node, forms), None)
    if isinstance(node, e.Compare):
        form = difference(node, forms)
        return (node.a, node.b) if form is None else _parts(form, None)
    if kind in (e.Add, e.Sub) and node.dtype.is_float:
        return _summed(node)
    return children(node)


def _summed(node: Any) -> tuple[Expr, ...]:
    """Return the operands of a float sum or difference, or of the multiply-add that it becomes."""
    a, b = node.a, node.b
    if type(b) is e.Mul and (type(node) is e.Add or type(a) is not e.Mul):
        return a, b.a, b.b
    if type(a) is e.Mul and type(b) is not e.Mul:
        return b, a.a, a.b
    return a, b


def roots_of(stmt: Stmt, forms: Forms) -> tuple[Expr, ...]:
    """Return the expressions whose values the code of `stmt` itself uses."""
    if isinstance(stmt, Store):
        return *_parts(form_at(stmt, forms), stmt.mask), stmt.value
    return own_exprs(stmt)


def _parts(form: IndexForm, mask: Expr | None) -> tuple[Expr, ...]:
    parts = (*form.atoms, *(vector for vector, _ in form.vectors))
    return parts if mask is None else (*parts, mask)
