"""Emits sums of products of neighbouring narrow numbers, in an unrolled loop, as dot products.

    unrolled k in 0..4:
        C[0 : +16] = C[0 : +16] + int32(A[i, k]) * int32(B[j, 0 : +16, k])

is one instruction of a processor that has it, on four bytes of A, repeated for each lane, and 64
bytes of B. So are two steps of bfloat16 that are summed in float32. Vectors of other lengths, as of
10 lanes, are the first lanes of the next longer ones. Elements past the end of a row are zeros.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from autosched.codegen.llvm.memory.access import cache_key, first_lanes, resized, wide_load, write
from autosched.codegen.llvm.memory.address import alignment, form_of, pointer
from autosched.codegen.llvm.memory.padding import address_of
from autosched.codegen.llvm.memory.prefetch import prefetch
from autosched.codegen.llvm.memory.scattered import has_masked_loads
from autosched.codegen.llvm.memory.step_masks import mask_of_steps
from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.types import Value, memory_type, register_type
from autosched.codegen.llvm.values.lanes import splat
from autosched.codegen.llvm.values.linear import Terms, resolve
from autosched.ir.build import and_, const
from autosched.ir.dtype import DType, dtype
from autosched.ir.expr import Add, Broadcast, Cast, Const, Expr, Load, Mul, Select
from autosched.ir.stmt import Block, For, Stmt, Store
from autosched.ir.traverse import free_vars, walk
from autosched.target.dot_products import DOT_PRODUCTS, DotProduct

_TURNED = {"int8": ("uint8", 128), "uint8": ("int8", -128)}
"""What bytes become when a constant is added to them, and the constant."""


@dataclass(frozen=True)
class _Sum:
    """A store that adds `a * b` to its element, which an instruction does for several steps.

    The vectors of the instruction have as many `bits`.
    """

    store: Store
    place: Load
    a: _Factor
    b: _Factor
    dot: DotProduct
    bits: int


@dataclass(frozen=True)
class _Factor:
    """A load whose elements are converted; zeros take their place where `condition` fails.

    So they do in lanes and steps outside of a `mask`. Of bytes that are `turned` the first bit is:
    an int8 and 128 as uint8, or a uint8 less 128.
    """

    load: Load
    condition: Expr
    mask: Expr | None
    turned: bool = False

    @property
    def element(self) -> str:
        name = self.load.dtype.scalar.name
        return _TURNED[name][0] if self.turned else name


def is_dotted(em: Emitter, node: For, extent: int) -> bool:
    """Tell whether every store in an unrolled loop is a sum that instructions compute."""
    sums = (_sum(em, stmt, node) for stmt in _stmts(node.body))
    return em.mask is True and all(sum and sum.dot.steps == extent for sum in sums)


def dotted(em: Emitter, node: For, extent: int, bind: Callable[[int], None]) -> None:
    """Emit the stores of the loop; `bind(step)` gives the loop variable its value there."""
    bind(0)
    for stmt in _stmts(node.body):
        found = _sum(em, stmt, node)
        assert found is not None
        store, kind = found.store, found.store.value.dtype
        em.begin(store)
        symbol = found.dot.symbol(em.module.target, found.bits)
        assert symbol is not None
        wide = kind.with_lanes(found.bits // kind.bits)
        total = resized(em, em.text(em.value(found.place), kind), kind, wide.lanes)
        factors = []
        for factor in (found.a, found.b):
            elements = _elements(em, store, factor, wide, extent, bind)
            factors.append(_operand(em, factor, elements, extent * wide.lanes))
        vector = register_type(wide)
        made = em.let(em.called(symbol, vector, (vector, total), *factors))
        write(em, store, resized(em, made, wide, kind.lanes), kind.lanes, True)
        em.touch(store.buffer)


def _stmts(body: Stmt) -> tuple[Stmt, ...]:
    return body.stmts if isinstance(body, Block) else (body,)


def _sum(em: Emitter, stmt: Stmt, node: For) -> _Sum | None:
    """Return the statement as a sum that an instruction computes, or None."""
    if not isinstance(stmt, Store) or stmt.mask is not None:
        return None
    found = em.module.facts.update(stmt)
    if found is None or node.var in form_of(em, stmt).atoms:
        return None
    place, (product, condition) = found[0], _chosen(found[1])
    if type(product) is not Mul:
        return None
    kind = stmt.value.dtype
    a, b = _widened(product.a, condition), _widened(product.b, condition)
    if a is None or b is None:
        return None
    for dot in DOT_PRODUCTS:
        names = a.element, b.element
        if names == (dot.b, dot.a):
            a, b = b, a
        elif names != (dot.a, dot.b):
            continue
        bits = dot.least_bits(em.module.target, kind.bits * kind.lanes)
        if kind.lanes == 1 or bits is None or kind.scalar.name != dot.result:
            continue
        if all(_fits(em, factor, node, dot, bits // kind.bits) for factor in (a, b)):
            return _Sum(stmt, place, a, b, dot, bits)
    return None


def _chosen(expr: Expr) -> tuple[Expr, Expr]:
    """Return what an expression is where a scalar condition holds, and the condition; else zero."""
    if type(expr) is Select and expr.condition.dtype.lanes == 1 and _is_zero(expr.otherwise):
        return expr.then, expr.condition
    return expr, const(True)


def _widened(expr: Expr, condition: Expr) -> _Factor | None:
    """Return a converted load, which may be a scalar in every lane, as a factor, or None.

    It is zero where the condition fails, and not read: the place may be outside of the tensor.
    """
    if type(expr) is Broadcast:
        expr = expr.value
    if type(expr) is not Cast:
        return None
    source, inner = _chosen(expr.value)
    turned = _turned(source) if type(inner) is Const else None
    load, mask = _masked(source if turned is None else turned)
    if not isinstance(load, Load) or load.mask is not None:
        return None
    return _Factor(load, and_(condition, inner), mask, turned is not None)


def _masked(expr: Expr) -> tuple[Expr, Expr | None]:
    """Return what an expression is in lanes where a condition holds, and it; zero in others."""
    if type(expr) is Select and expr.condition.dtype.lanes > 1 and _is_zero(expr.otherwise):
        return expr.then, expr.condition
    return expr, None


def _turned(expr: Expr) -> Expr | None:
    """Return the bytes to which the constant is added that turns their first bit."""
    total = expr.value if type(expr) is Cast else None
    if type(total) is not Add or type(total.a) is not Cast:
        return None
    source, added = total.a.value, _constant(total.b)
    if added is None:
        return None
    turned = expr.dtype.scalar.name, added
    return source if _TURNED.get(source.dtype.scalar.name) == turned else None


def _constant(expr: Expr) -> float | None:
    value = expr.value if type(expr) is Broadcast else expr
    return value.value if type(value) is Const else None


def _is_zero(expr: Expr) -> bool:
    return _constant(expr) == 0


def _fits(em: Emitter, factor: _Factor, node: For, dot: DotProduct, lanes: int) -> bool:
    """Tell whether the steps of the loop are neighbours in memory, followed by the lanes.

    Loads with a mask are of all `lanes` of the instruction, and no memory decides the mask.
    """
    form, kind = form_of(em, factor.load), factor.load.dtype
    if factor.mask is not None:
        reads_memory = any(isinstance(part, Load) for part in walk(factor.mask))
        if reads_memory or kind.lanes != lanes or not has_masked_loads(em, kind):
            return False
    if form.vectors or form.atoms.get(node.var) != 1:
        return False
    if node.var in free_vars(factor.condition):
        return False
    return factor.load.dtype.lanes == 1 or form.lane_stride == dot.steps


def _operand(em: Emitter, factor: _Factor, elements: str, count: int) -> tuple[str, str]:
    """Return the type and the value of elements as the instruction takes them."""
    scalar = factor.load.dtype.scalar
    narrow = register_type(scalar.with_lanes(count))
    if factor.turned:
        bits = splat(em, "-128", scalar.with_lanes(count))
        return narrow, em.let(llvm.binary("xor", narrow, elements, bits))
    if factor.load.dtype.kind != "bfloat":
        return narrow, elements
    kind = llvm.vector("bfloat", count)
    return kind, em.let(llvm.convert("bitcast", narrow, elements, kind))


def _elements(
    em: Emitter,
    store: Store,
    factor: _Factor,
    kind: DType,
    steps: int,
    bind: Callable[[int], None],
) -> str:
    """Emit the elements of all lanes, repeated for a scalar load."""
    load, form = factor.load, form_of(em, factor.load)
    condition = em.value(factor.condition)
    if condition is False:
        return "zeroinitializer"
    constant, terms = resolve(em, form)
    mask: Value = True
    if factor.mask is not None:
        mask = mask_of_steps(em, store, factor.mask, steps, bind)
    key = cache_key(em, load, constant, terms, condition), mask, steps, kind.lanes
    known = em.cache.get(key)
    if known is None:
        at = _address(em, load, constant, terms, (condition, mask), steps)
        known = em.cache[key] = _repeated(em, load, at, kind, steps, mask)
    return known


def _address(
    em: Emitter,
    load: Load,
    constant: int,
    terms: Terms,
    conditions: tuple[Value, Value],
    steps: int,
) -> tuple[str, int]:
    """Emit the address of the elements, or of zeros; return it and its alignment in bytes.

    The conditions are that of all elements, and of each.
    """
    condition, mask = conditions
    form = form_of(em, load)
    at = pointer(em, load.buffer, form, constant, terms, condition is True and mask is True)
    prefetch(em, load, form, at, constant, terms)
    if type(condition) is not str:
        return at, alignment(em, load.buffer, constant, terms)
    element = load.dtype.scalar
    zeros = address_of(em, const(0, element), element.with_lanes(steps * load.dtype.lanes))
    return em.let(llvm.select("i1", condition, "ptr", at, zeros)), element.bytes


def _repeated(
    em: Emitter, load: Load, at: tuple[str, int], kind: DType, steps: int, mask: Value
) -> str:
    """Emit the load of the elements of all lanes; a scalar's are those of every lane."""
    if mask is not True:
        return wide_load(em, load.dtype.scalar.with_lanes(steps * kind.lanes), *at, mask)
    narrow = register_type(load.dtype.scalar.with_lanes(steps * kind.lanes))
    if load.dtype.lanes == kind.lanes:
        return em.let(llvm.load(narrow, *at))
    word = dtype(f"int{load.dtype.bits * steps}")
    words = word.with_lanes(kind.lanes)
    if load.dtype.lanes > 1:
        loaded = first_lanes(em, word.with_lanes(load.dtype.lanes), *at, kind.lanes)
    else:
        loaded = splat(em, em.let(llvm.load(memory_type(word), *at)), words)
    return em.let(llvm.convert("bitcast", register_type(words), loaded, narrow))
