"""Tests with random values that a combiner is associative and commutative.

Schedules combine values in any order, so it has to be both. The values are possible values of
the reduced expressions: the tensors get random elements, the axes random points. Several ranges
of numbers are tried, because a combiner may be right for some values only, such as
`sqrt(x*x + y*y)` for nonnegative ones; it is refused if it is wrong in all ranges. Floats are
computed in float64, so that rounding does not count as a difference. Tuples with equal values
are not compared, because which of two equal maxima an argmax returns may depend on the order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

import numpy as np

from autosched.errors import ExpressionError
from autosched.ir.build import add, const, sub
from autosched.ir.dtype import DType
from autosched.ir.expr import Const, Expr, Load, Var
from autosched.ir.rewrite import map_expr
from autosched.ir.structure import ExprKeys
from autosched.ir.traverse import free_vars, postorder, walk
from autosched.te.arrays import Array, ArrayCombiner, evaluate_nodes
from autosched.te.axis import Axis
from autosched.te.tensor import Combiner, Reduce, TensorRead

Element = Sequence[Array]
"""Many tuples: one array for each component, with one element for each tuple."""

_FLOATS = ((-4.0, 4.0), (0.1, 4.0), (-4.0, -0.1), (0.0, 1.0), (10.0, 1000.0))
_INTEGERS = ((-50, 50), (0, 50), (-50, 0), (0, 100), (60, 120))
_SAMPLES = 24
_TRIPLES = 160
_ENOUGH = 8
"""The minimum number of comparable triples for a verdict."""
_SIZE = 101
"""The value of symbolic sizes: above the points of axes."""


def check_laws(combiner: Combiner, sources: Sequence[Expr]) -> None:
    """Raise ExpressionError unless `combiner` may combine `sources` in any order.

    It must be associative and commutative, and its identities must change nothing. A combiner that
    uses axes is tried at the last point of these.
    """
    if not _has_values(sources):
        return
    mistakes = []
    at_a_point = combiner.with_values([_last_point(var) for var in combiner.around])
    for floats, integers in zip(_FLOATS, _INTEGERS, strict=True):
        trial = _Trial(at_a_point, _sampled(sources, floats, integers))
        if not trial.is_enough:
            continue
        mistake = next(trial.mistakes(), None)
        if mistake is None:
            return
        mistakes.append(mistake)
    if mistakes:
        raise ExpressionError(
            f"expected {mistakes[0]}",
            hint="values are combined in any grouping and order, which is up to the schedule",
        )


class _Trial:
    """Combines random triples of values in different orders, and finds where results differ."""

    def __init__(self, combiner: Combiner, samples: list[Array]):
        self._name = combiner.name
        self._dtypes = [var.dtype for var in combiner.left]
        self._combined = ArrayCombiner(combiner, wide=True).combined
        nothing = evaluate_nodes(postorder(combiner.identities), {}, {}, wide=True)
        self._identity = [nothing[expr].array for expr in combiner.identities]
        pairs = self._combined([s[0::2] for s in samples], [s[1::2] for s in samples])
        pool = [np.concatenate(both) for both in zip(samples, pairs, strict=True)]
        rng, count = Random(1), len(pool[0])
        places = np.array([rng.sample(range(count), 3) for _ in range(_TRIPLES)]).T
        varying = [values for values, s in zip(pool, samples, strict=True) if (s != s[0]).any()]
        if len(samples) > 1:
            places = places[:, _differ(varying, places)]
        self._a, self._b, self._c = ([values[at] for values in pool] for at in places)
        self._left = self._combined(self._combined(self._a, self._b), self._c)
        self._right = self._combined(self._a, self._combined(self._b, self._c))

    @property
    def is_enough(self) -> bool:
        numbers = [np.isfinite(values) for values in (*self._left, *self._right)]
        return bool(np.count_nonzero(np.logical_and.reduce(numbers)) >= _ENOUGH)

    def mistakes(self) -> Iterator[str]:
        """Yield a description of each mistake, with the values that show it."""
        a, b, c, name = self._a, self._b, self._c, self._name
        ab, ba = self._combined(a, b), self._combined(b, a)
        for at in self._differing(ab, ba):
            x, y = _text(a, at), _text(b, at)
            yield (
                f"a commutative combination in {name}, got {_text(ab, at)} of {x} and {y}, "
                f"{_text(ba, at)} of {y} and {x}"
            )
        for at in self._differing(self._left, self._right):
            x, y, z = _text(a, at), _text(b, at), _text(c, at)
            yield (
                f"an associative combination in {name}, got {_text(self._left, at)} of "
                f"({x} and {y}) and {z}, {_text(self._right, at)} of {x} and ({y} and {z})"
            )
        identity = [
            np.broadcast_to(value, values.shape)
            for value, values in zip(self._identity, a, strict=True)
        ]
        same = self._combined(identity, a)
        for at in self._differing(same, a):
            yield (
                f"an identity of {name} that changes nothing, got {_text(same, at)} of "
                f"{_text(identity, at)} and {_text(a, at)}"
            )

    def _differing(self, left: Element, right: Element) -> list[int]:
        """Return the positions at which two results that should be equal differ."""
        size = np.maximum.reduce([_size(x) for x in (*self._a, *self._b, *self._c)])
        different = np.zeros(size.shape, bool)
        for dtype, x, y in zip(self._dtypes, left, right, strict=True):
            different |= ~_close(x, y, size, dtype) if dtype.is_float else x != y
        return np.flatnonzero(different).tolist()


def _last_point(var: Var) -> Const:
    """Return the last point of an axis, or a value of a size."""
    if not isinstance(var, Axis):
        return const(_SIZE, var.dtype)
    last = add(var.start, sub(var.extent, 1))
    return last if type(last) is Const else const(_SIZE - 1)


def _has_values(sources: Sequence[Expr]) -> bool:
    """Return whether the sources can be evaluated here: they contain no reduction and no load.

    `te.compute` refuses the others later.
    """
    return not any(isinstance(n, Reduce | Load) for source in sources for n in walk(source))


def _sampled(
    sources: Sequence[Expr], floats: tuple[float, float], integers: tuple[int, int]
) -> list[Array]:
    """Return values of the sources at random points, with random elements in the tensors."""
    rng = Random(0)
    keys = ExprKeys()
    held: dict[int, Var] = {}

    def without_reads(node: Expr) -> Expr:
        if type(node) is TensorRead:
            return held.setdefault(keys.of(node), Var("held", node.dtype))
        return node

    memo: dict[Expr, Expr] = {}
    exprs = [map_expr(source, without_reads, memo) for source in sources]
    from_memory = set(held.values())
    variables: dict[Var, Array] = {}
    for var in dict.fromkeys(var for expr in exprs for var in free_vars(expr)):
        if isinstance(var, Axis):
            variables[var] = np.array(rng.sample(range(100), _SAMPLES))
        elif var in from_memory:
            variables[var] = _numbers(rng, var.dtype, floats, integers)
        else:
            variables[var] = np.full(_SAMPLES, _SIZE)
    done = evaluate_nodes(postorder(exprs), variables, {}, wide=True)
    return [np.broadcast_to(_wide(done[expr].array), (_SAMPLES,)) for expr in exprs]


def _numbers(
    rng: Random, dtype: DType, floats: tuple[float, float], integers: tuple[int, int]
) -> Array:
    if dtype.is_bool:
        return np.array(rng.choices((False, True), k=_SAMPLES))
    if dtype.is_float:
        return np.array([rng.uniform(*floats) for _ in range(_SAMPLES)])
    low, high = integers if dtype.kind == "int" else (0, 100)
    return np.array(rng.sample(range(low, high), _SAMPLES), dtype.numpy)


def _wide(array: Array) -> Array:
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def _differ(varying: Sequence[Array], places: Array) -> Array:
    """Return the mask of the triples that differ in each of the components."""
    kept = np.ones(places.shape[1], bool)
    for values in varying:
        a, b, c = values[places]
        kept &= (a != b) & (b != c) & (a != c)
    return kept


def _close(x: Array, y: Array, size: Array, dtype: DType) -> Array:
    """Return whether two results, of operands of size `size`, are equal up to rounding."""
    with np.errstate(all="ignore"):
        within = _precision(dtype) * np.maximum(size, np.minimum(np.abs(x), np.abs(y)))
        near = np.abs(x - y) <= within
    return (x == y) | (np.isnan(x) & np.isnan(y)) | near


def _size(values: Array) -> Array:
    sizes = np.abs(values, dtype=np.float64)
    return np.where(np.isfinite(sizes), sizes, 0)


def _precision(dtype: DType) -> float:
    """Return the relative error allowed: casts may round to the dtype."""
    return {"float16": 1e-2, "bfloat16": 1e-1}.get(dtype.name, 1e-6)


def _text(values: Element, at: int) -> str:
    shown = [f"{v[at]:.6g}" if v.dtype.kind == "f" else str(v[at]) for v in values]
    return shown[0] if len(shown) == 1 else f"({', '.join(shown)})"
