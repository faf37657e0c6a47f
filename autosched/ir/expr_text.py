"""Prints expressions; `autosched.ir.printer` describes the text and has the functions to call."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autosched.ir import expr as e
from autosched.ir.dtype import FLOAT32, INDEX, DType
from autosched.ir.expr import Expr
from autosched.ir.node_types import NODE_TYPES, TypeTable

Piece = str | tuple[Expr, int] | tuple[Expr, int, DType | None]
"""A text, or an expression with the least precedence that needs no parentheses there and,
optionally, the dtype that the place gives to a constant."""

ATOM, UNARY, PRODUCT, SUM, SHIFT, BITAND, BITXOR, BITOR, COMPARE, NOT, AND, OR = range(12, 0, -1)
ANY = 0
MOST_PIECES = 20_000
"""Pieces after which operations become dots: text repeats a shared node at each use."""

_OPERATORS: dict[type[Expr], tuple[str, int]] = {
    e.Mul: ("*", PRODUCT), e.Div: ("/", PRODUCT), e.FloorDiv: ("//", PRODUCT),
    e.FloorMod: ("%", PRODUCT), e.Add: ("+", SUM), e.Sub: ("-", SUM),
    e.ShiftLeft: ("<<", SHIFT), e.ShiftRight: (">>", SHIFT),
    e.BitAnd: ("&", BITAND), e.BitXor: ("^", BITXOR), e.BitOr: ("|", BITOR),
    e.Eq: ("==", COMPARE), e.Ne: ("!=", COMPARE), e.Lt: ("<", COMPARE), e.Le: ("<=", COMPARE),
    e.And: ("and", AND), e.Or: ("or", OR),
}  # fmt: skip

Layout = Callable[[Any, "Names", DType | None], tuple[int, list[Piece]]]
_LAYOUTS: TypeTable[Layout] = TypeTable()


class Names:
    """Gives each variable and buffer a text of its own: its name, with a suffix if taken."""

    def __init__(self) -> None:
        self._texts: dict[object, str] = {}
        self._taken: set[str] = set()

    def of(self, thing: Any) -> str:
        text = self._texts.get(thing)
        if text is None:
            text, number = thing.name, 0
            while text in self._taken:
                number += 1
                text = f"{thing.name}_{number}"
            self._texts[thing] = text
            self._taken.add(text)
        return text

    def release(self, thing: Any) -> None:
        """Free the text of `thing`, whose scope has ended."""
        self._taken.discard(self._texts.pop(thing, ""))


def register(kind: type[Expr], pieces: Callable[[Any], list[Piece]]) -> None:
    """Print nodes of type `kind`, which another unit defines, as `pieces(node)`."""
    _LAYOUTS[kind] = lambda node, names, known: (ATOM, pieces(node))


def expr_text(expr: Expr) -> str:
    """Return `expr` as text with the fewest parentheses."""
    return render([(expr, ANY)], Names())


def render(pieces: Iterable[Piece], names: Names) -> str:
    """Join the text of `pieces`; operations after the first `MOST_PIECES` become dots."""
    out: list[str] = []
    stack: list[Any] = list(pieces)[::-1]
    while stack:
        piece = stack.pop()
        if type(piece) is str:
            out.append(piece)
            continue
        node, least, *known = piece
        if len(out) > MOST_PIECES and not isinstance(node, e.Var | e.Const):
            out.append("...")
            continue
        precedence, parts = _LAYOUTS[type(node)](node, names, known[0] if known else None)
        stack += reversed(parts if precedence >= least else ["(", *parts, ")"])
    return "".join(out)


def _plain(node: Any, names: Names, known: DType | None) -> tuple[int, list[Piece]]:
    operands = NODE_TYPES[type(node)].children(node)
    return ATOM, [type(node).__name__, "(", *separated(operands), ")"]


def separated(exprs: tuple[Expr, ...]) -> list[Piece]:
    """Return the pieces of `exprs` with commas between."""
    pieces: list[Piece] = []
    for expr in exprs:
        pieces += [", ", (expr, ANY)]
    return pieces[1:]


def _var(node: e.Var, names: Names, known: DType | None) -> tuple[int, list[Piece]]:
    return ATOM, [names.of(node)]


def _const(node: e.Const, names: Names, known: DType | None) -> tuple[int, list[Piece]]:
    text = _float_text(node.value, node.dtype) if node.dtype.is_float else str(node.value)
    if node.dtype.is_bool or node.dtype in (known, INDEX, FLOAT32):
        return (UNARY if text.startswith("-") else ATOM), [text]
    return ATOM, [f"{node.dtype}({text})"]


def _float_text(value: float, dtype: DType) -> str:
    kind = np.float32 if dtype.kind == "bfloat" else dtype.numpy.type
    text = str(kind(value))
    return text if not text.lstrip("-").isdigit() else text + ".0"


def _binary(node: e.Binary, names: Names, known: DType | None) -> tuple[int, list[Piece]]:
    symbol, precedence = _OPERATORS[type(node)]
    a, b = node.a, node.b
    if type(node) is e.Add and type(b) is e.Const and not b.dtype.is_float and b.value < 0:
        symbol, b = "-", e.Const(-b.value, b.dtype)
    left = precedence
    if precedence == COMPARE:
        left, known = precedence + 1, None
    # Index arithmetic is packed, so that the terms of an index stand out: A[i*8 + j].
    packed = precedence == PRODUCT and node.dtype.scalar is INDEX
    return precedence, [
        (a, left, _dtype_beside(b, known)),
        symbol if packed else f" {symbol} ",
        (b, precedence + 1, _dtype_beside(a, known)),
    ]


def _dtype_beside(other: Expr, known: DType | None) -> DType | None:
    return known if type(other) is e.Const else other.dtype.scalar


def _function(name: str) -> Layout:
    def layout(node: Any, names: Names, known: DType | None) -> tuple[int, list[Piece]]:
        *first, a, b = NODE_TYPES[type(node)].children(node)
        condition: list[Piece] = [(first[0], ANY), ", "] if first else []
        pair = (a, ANY, _dtype_beside(b, known)), ", ", (b, ANY, _dtype_beside(a, known))
        return ATOM, [f"{name}(", *condition, *pair, ")"]

    return layout


def _not(node: e.Not, names: Names, known: DType | None) -> tuple[int, list[Piece]]:
    return NOT, ["not ", (node.a, NOT)]


def _cast(node: e.Cast, names: Names, known: DType | None) -> tuple[int, list[Piece]]:
    return ATOM, [f"{node.dtype.scalar}(", (node.value, ANY), ")"]


def _call(node: e.Call, names: Names, known: DType | None) -> tuple[int, list[Piece]]:
    return ATOM, [node.name, "(", *separated(node.args), ")"]


def _outside_call(
    node: e.OutsideCall, names: Names, known: DType | None
) -> tuple[int, list[Piece]]:
    return ATOM, [node.function, "(", *separated(node.args), ")"]


def _reinterpret(node: e.Reinterpret, names: Names, known: DType | None) -> tuple[int, list[Piece]]:
    return ATOM, [f"bits_as_{node.dtype}(", (node.value, ANY), ")"]


def _load(node: e.Load, names: Names, known: DType | None) -> tuple[int, list[Piece]]:
    return ATOM, access(names.of(node.buffer), node.indices, node.mask)


def _address(node: e.Address, names: Names, known: DType | None) -> tuple[int, list[Piece]]:
    return UNARY, ["&", *access(names.of(node.buffer), node.indices, None)]


def access(buffer: str, indices: tuple[Expr, ...], mask: Expr | None) -> list[Piece]:
    """Return the pieces of an access to the buffer whose text is given."""
    pieces: list[Piece] = []
    for index in indices:
        if type(index) is e.Ramp and index.stride == 1:
            pieces += [", ", (index.base, ANY), f" : +{index.dtype.lanes}"]
        else:
            pieces += [", ", (index, ANY)]
    if mask is not None:
        pieces += [" if ", (mask, ANY)]
    return [buffer, "[", *pieces[1:], "]"]


def _ramp(node: e.Ramp, names: Names, known: DType | None) -> tuple[int, list[Piece]]:
    return ATOM, ["ramp(", (node.base, ANY), f", {node.stride}, {node.dtype.lanes})"]


def _broadcast(node: e.Broadcast, names: Names, known: DType | None) -> tuple[int, list[Piece]]:
    return ATOM, ["broadcast(", (node.value, ANY, known), f", {node.dtype.lanes})"]


_LAYOUTS |= {
    e.Var: _var, e.Const: _const, e.Binary: _binary, e.Not: _not, e.Cast: _cast, e.Call: _call,
    e.OutsideCall: _outside_call, e.Reinterpret: _reinterpret,
    e.Load: _load, e.Address: _address, e.Ramp: _ramp, e.Broadcast: _broadcast, object: _plain,
    e.Min: _function("min"), e.Max: _function("max"), e.Select: _function("select"),
}  # fmt: skip
