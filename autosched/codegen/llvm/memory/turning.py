"""Transposes tiles in vector registers.

Elements of one or two bytes change places within 128 bits by interleaving halves, which is one
instruction everywhere; larger ones by swapping blocks across a whole vector.
"""

from __future__ import annotations

from collections.abc import Sequence

from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.state.forms import IndexForm, symbolic_stride
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.types import mangled, memory_type
from autosched.codegen.llvm.values.linear import Terms, resolve
from autosched.ir.dtype import INDEX, DType
from autosched.ir.expr import Var
from autosched.ir.traverse import free_vars
from autosched.target.target import WIDEST_VECTOR_BYTES

_BLOCK_BYTES = 16
_WORD_BYTES = 4
"""Elements from this size on can go to any lane of two vectors by one instruction."""


def can_turn(kind: DType) -> bool:
    """Tell whether vectors of `kind` can be the rows of a tile that is transposed."""
    if kind.is_bool or kind.lanes < 4 or kind.lanes & (kind.lanes - 1):
        return False
    return kind.lanes * kind.bytes <= WIDEST_VECTOR_BYTES


def is_tile(form: IndexForm, var: Var, extent: int) -> bool:
    """Tell whether the `extent` steps of `var` are neighbours, and lanes lie further apart.

    Lanes at a symbolic distance are in other rows than the steps.
    """
    is_apart = symbolic_stride(form) is not None if form.vectors else form.lane_stride >= extent
    if not is_apart or form.atoms.get(var) != 1:
        return False
    return not any(atom is not var and var in free_vars(atom) for atom in form.atoms)


def row_of(form: IndexForm, lane: int, em: Emitter) -> tuple[int, Terms]:
    """Emit the place of a lane of a form: a constant, and terms with coefficients."""
    constant, terms = resolve(em, form)
    stride = symbolic_stride(form)
    if stride is None:
        return constant + lane * form.lane_stride, terms
    value = em.text(em.atom(stride), INDEX)
    return constant, (*terms, (value, lane)) if lane else terms


def most_rows(kind: DType) -> int:
    """Return how many vectors of `kind` are transposed at once."""
    return min(kind.lanes, _BLOCK_BYTES // kind.bytes if _is_small(kind) else kind.lanes)


def width_of(count: int) -> int:
    """Return the power of two to which `count` vectors of a tile are filled up."""
    return 1 << (count - 1).bit_length()


def columns(em: Emitter, rows: Sequence[str], kind: DType, most: int) -> list[tuple[str, int]]:
    """Transpose vectors of `kind`, a power of two of them.

    Return for each of the first `most` lanes the vector with the elements of that lane, and the
    first of their lanes.
    """
    count, block = len(rows), _block(kind, len(rows))
    together = block // count
    found = _transpose(em, rows, kind, min(count, -(-most // together)))
    return [
        (found[lane % block // together], lane // block * block + lane % together * count)
        for lane in range(most)
    ]


def rows_of(em: Emitter, narrow: Sequence[str], kind: DType, width: int) -> list[str]:
    """Transpose a vector of `width` elements for each lane of `kind`: return `width` of `kind`."""
    block = _block(kind, width)
    blocks = []
    for first in range(0, kind.lanes, block):
        part, lanes = list(narrow[first : first + block]), width
        while lanes < block:
            half = len(part) // 2
            part = [
                interleave(em, part[n], part[n + half], kind.with_lanes(lanes)) for n in range(half)
            ]
            lanes *= 2
        blocks.append(part)
    rows = [
        _concatenated(em, vectors, kind.with_lanes(block)) for vectors in zip(*blocks, strict=True)
    ]
    return _transpose(em, rows, kind, width)


def interleave(em: Emitter, a: str, b: str, kind: DType) -> str:
    """Emit a vector of twice the lanes of `kind`, in turn from `a` and `b`."""
    order = [lane + side * kind.lanes for lane in range(kind.lanes) for side in (0, 1)]
    return shuffle(em, kind, a, b, order)


def shuffle(em: Emitter, kind: DType, a: str, b: str, lanes: Sequence[int | None]) -> str:
    return em.let(llvm.shuffle(memory_type(kind), a, b, lanes))


def _is_small(kind: DType) -> bool:
    return kind.bytes < _WORD_BYTES


def _block(kind: DType, count: int) -> int:
    """Return the lanes among which elements of `count` rows change places."""
    return min(kind.lanes, _BLOCK_BYTES // kind.bytes) if _is_small(kind) else count


def _concatenated(em: Emitter, vectors: Sequence[str], kind: DType) -> str:
    parts = list(vectors)
    while len(parts) > 1:
        both = range(2 * kind.lanes)
        parts = [
            shuffle(em, kind, a, b, both) for a, b in zip(parts[::2], parts[1::2], strict=True)
        ]
        kind = kind.with_lanes(2 * kind.lanes)
    return parts[0]


def _transpose(em: Emitter, rows: Sequence[str], kind: DType, most: int) -> list[str]:
    """Transpose vectors; only the first `most` of the result are used."""
    return _riffle(em, list(rows), kind) if _is_small(kind) else _swap(em, [*rows], kind, most)


def _riffle(em: Emitter, rows: list[str], kind: DType) -> list[str]:
    """Transpose by interleaving the first half of rows with the second, within each block.

    Each time the highest bit of the row's number becomes the lowest of the lane's, whose highest
    becomes the lowest of the row's.
    """
    block = _block(kind, len(rows))
    low = [
        start + n // 2 + n % 2 * kind.lanes
        for start in range(0, kind.lanes, block)
        for n in range(block)
    ]
    high = [lane + block // 2 for lane in low]
    half = len(rows) // 2
    for _ in range(half.bit_length()):
        pairs = zip(rows[:half], rows[half:], strict=True)
        rows = [shuffle(em, kind, a, b, lanes) for a, b in pairs for lanes in (low, high)]
    return rows


def _swap(em: Emitter, rows: list[str], kind: DType, most: int) -> list[str]:
    """Transpose by swapping the bits of row and lane numbers one by one (Eklundh 1972).

    Lane `group * n + c` of row r of n ends in row c, in lane `group * n + r`. Rows that none of
    the first `most` of the result needs are left as they are.
    """
    block = len(rows) // 2
    while block:
        lanes = range(kind.lanes)
        kept = [kind.lanes + n - block if n & block else n for n in lanes]
        swapped = [kind.lanes + n if n & block else n + block for n in lanes]
        needed = -(-most // block) * block
        for upper in range(needed):
            if upper & block:
                continue
            lower = upper | block
            a, b = rows[upper], rows[lower]
            rows[upper] = shuffle(em, kind, a, b, kept)
            if lower < needed:
                rows[lower] = shuffle(em, kind, a, b, swapped)
        block //= 2
        rows[:needed] = _apart(em, rows[:needed], kind)
    return rows


def _apart(em: Emitter, rows: Sequence[str], kind: DType) -> list[str]:
    """Hide from LLVM that `rows` are shuffles, which it would try to join with those that follow.

    It finds nothing to join, and looks for it in a third of the time of code generation.
    """
    if not em.module.is_laid_out or not kind.is_float:
        return list(rows)
    symbol = f"llvm.arithmetic.fence.{mangled(kind)}"
    return [em.call(symbol, kind, (row, kind)) for row in rows]
