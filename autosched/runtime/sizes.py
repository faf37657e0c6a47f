"""Solves for symbolic sizes from the shapes of a kernel's arguments."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from numbers import Integral

from autosched.errors import ArgumentError
from autosched.runtime.signature import Dim, Param, Signature

_OPERATORS: dict[type, Callable[[int, int], int]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
}  # fmt: skip
_FUNCTIONS: dict[str, Callable[..., int]] = {"min": min, "max": max}


def solve(
    signature: Signature, given: Sequence[tuple[Param, tuple[int, ...]]], fixed: Mapping[str, int]
) -> dict[str, int]:
    """Return the value of each size, in order, from params with the shapes of their arguments.

    A size that is not `fixed` by its name is taken from a dimension that equals it, otherwise
    from a dimension that is linear in it and has no other unknown size. The caller must check
    that all dimensions agree. Raises ArgumentError if a size cannot be found or fixed.
    """
    for name, value in fixed.items():
        if name not in signature.sizes or not _is_int64(value):
            known = ", ".join(signature.sizes) or "none"
            raise ArgumentError(
                f"expected integers for the sizes of {signature.name} ({known}), "
                f"got {name}={value!r}"
            )
    return _solved(signature, given, fixed, signature.sizes)


def _is_int64(value: object) -> bool:
    return isinstance(value, Integral) and -(2**63) <= int(value) < 2**63


def solve_own(
    signature: Signature, given: Sequence[tuple[Param, tuple[int, ...]]]
) -> dict[str, int]:
    """Return the sizes that the shapes of these params depend on; see `solve`."""
    extents = [e for param, _ in given for e in param.shape if isinstance(e, str)]
    own = frozenset[str]().union(*map(_names, extents))
    return _solved(signature, given, {}, [size for size in signature.sizes if size in own])


def _solved(
    signature: Signature,
    given: Sequence[tuple[Param, tuple[int, ...]]],
    fixed: Mapping[str, int],
    needed: Sequence[str],
) -> dict[str, int]:
    if not needed:
        return {}
    dims = [
        (extent, actual)
        for param, shape in given
        for extent, actual in zip(param.shape, shape, strict=True)
        if isinstance(extent, str)
    ]
    known = dict(fixed)
    for extent, actual in dims:
        if extent in needed:
            known.setdefault(extent, actual)
    while any(name not in known for name in needed):
        found = next(filter(None, (_solve_linear(e, a, known) for e, a in dims)), None)
        if found is None:
            missing = next(name for name in needed if name not in known)
            raise ArgumentError(
                f"expected arguments of {signature.name} that give its size {missing}, "
                "got none that does",
                hint="pass the outputs too, if their shapes give it, or its value in "
                f"sizes={{{missing!r}: ...}}",
            )
        known[found[0]] = found[1]
    return {name: known[name] for name in needed}


def concrete(shape: tuple[Dim, ...], sizes: Mapping[str, int]) -> tuple[int, ...]:
    """Return the shape with the values of its sizes."""
    return tuple(extent if isinstance(extent, int) else _extent(extent, sizes) for extent in shape)


def _extent(text: str, sizes: Mapping[str, int]) -> int:
    return sizes[text] if text in sizes else _value(_parse(text), sizes)


def _solve_linear(text: str, actual: int, known: Mapping[str, int]) -> tuple[str, int] | None:
    """Solve `text == actual` for its only unknown size; return its name and value, or None."""
    tree = _parse(text)
    unknown = _names(text) - known.keys()
    if len(unknown) != 1:
        return None
    (name,) = unknown
    offset = _value(tree, {**known, name: 0})
    slope = _value(tree, {**known, name: 1}) - offset
    if slope == 0 or (actual - offset) % slope:
        return None
    value = (actual - offset) // slope
    return (name, value) if _value(tree, {**known, name: value}) == actual else None


@cache
def _parse(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


@cache
def _names(text: str) -> frozenset[str]:
    names = {node.id for node in ast.walk(_parse(text)) if isinstance(node, ast.Name)}
    return frozenset(names - _FUNCTIONS.keys())


def _value(node: ast.expr, sizes: Mapping[str, int]) -> int:
    match node:
        case ast.Constant(value=int(value)):
            return value
        case ast.Name(id=name):
            return sizes[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, sizes)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(left, sizes), _value(right, sizes))
        case ast.Call(func=ast.Name(id=name), args=args) if name in _FUNCTIONS:
            return _FUNCTIONS[name](*(_value(arg, sizes) for arg in args))
    raise ValueError(f"a shape cannot be computed from {ast.unparse(node)!r}")
