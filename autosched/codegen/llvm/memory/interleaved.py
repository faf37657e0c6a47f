"""Emits strided vector stores of an unrolled loop whose steps fill the gaps as a wide store.

    unrolled k in 0..4:
        T[0 : +16, k] = A[k, 0 : +16]

writes 64 neighbouring elements, those of the four vectors in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeGuard

from autosched.codegen.llvm.memory.address import alignment, form_of, pointer
from autosched.codegen.llvm.memory.scattered import wide_store
from autosched.codegen.llvm.memory.transposed import reads_its_buffer, values_of_steps
from autosched.codegen.llvm.memory.turning import interleave, shuffle
from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.values.linear import resolve
from autosched.ir.dtype import DType
from autosched.ir.stmt import For, Stmt, Store

MOST_STEPS = 4


def is_interleaved(em: Emitter, node: For, extent: int) -> bool:
    """Tell whether the only statement of an unrolled loop is a store whose steps fill the gaps."""
    store = node.body
    if em.mask is not True or extent not in (2, MOST_STEPS) or not _is_plain(store):
        return False
    form = form_of(em, store)
    return not form.vectors and form.lane_stride == extent and form.atoms.get(node.var) == 1


def interleaved(em: Emitter, node: For, extent: int, bind: Callable[[int], None]) -> None:
    """Emit the stores of the loop; `bind(step)` gives the loop variable its value there."""
    store = node.body
    assert isinstance(store, Store)
    kind = store.value.dtype
    vectors = values_of_steps(em, store, store.value, range(extent), bind)
    parts = [*_parts(em, store, extent * kind.lanes)]
    lanes = 1 << (kind.lanes - 1).bit_length()
    vectors = [_wider(em, vector, kind, lanes) for vector in vectors]
    while len(vectors) > 1:
        half, narrow = len(vectors) // 2, kind.with_lanes(lanes)
        vectors = [interleave(em, vectors[n], vectors[n + half], narrow) for n in range(half)]
        lanes *= 2
    whole = kind.with_lanes(lanes)
    for first, count, at, aligned in parts:
        places = range(first, first + count)
        part = vectors[0] if count == lanes else shuffle(em, whole, vectors[0], "poison", places)
        wide_store(em, part, kind.with_lanes(count), at, aligned, True)
    em.touch(store.buffer)


def _parts(em: Emitter, store: Store, count: int) -> Iterator[tuple[int, int, str, int]]:
    """Yield the parts of a wide store, each of as many lanes as a power of two.

    A part is its first lane, its lanes, its address, and the alignment of that.
    """
    form = form_of(em, store)
    constant, terms = resolve(em, form)
    first = 0
    while first < count:
        lanes = 1 << ((count - first).bit_length() - 1)
        at = pointer(em, store.buffer, form, constant + first, terms, True)
        yield first, lanes, at, alignment(em, store.buffer, constant + first, terms)
        first += lanes


def _wider(em: Emitter, vector: str, kind: DType, lanes: int) -> str:
    """Emit a vector with more lanes: LLVM interleaves odd numbers of bytes one by one."""
    if lanes == kind.lanes:
        return vector
    none = [None] * (lanes - kind.lanes)
    return shuffle(em, kind, vector, "poison", [*range(kind.lanes), *none])


def _is_plain(store: Stmt) -> TypeGuard[Store]:
    """Tell whether `store` writes a vector without a mask and does not read its buffer."""
    if not isinstance(store, Store) or store.mask is not None:
        return False
    kind = store.value.dtype
    return kind.lanes > 1 and not kind.is_bool and not reads_its_buffer(store)
