"""Layouts of tensors in blocks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autosched import te
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor
from autosched.tvm.topi.transform.shape import moved
from autosched.tvm.topi.utils import get_const_int


def layout_transform(
    array: Tensor, src_layout: str, dst_layout: str, schedule_rule: str = "None"
) -> Tensor:
    """`array` in another layout, such as from NCHW to NCHW16c: small letters are inner blocks."""
    source, target = blocks(src_layout), blocks(dst_layout)
    extents: dict[str, Any] = {}
    for (letter, _), extent in zip(source, array.shape, strict=True):
        key = letter.upper()
        extents[key] = extents[key] * extent if key in extents else extent
    shape = [
        te.const(size, "int64") if size else -(-extents[letter] // inner_size(target, letter))
        for letter, size in target
    ]

    def element(*i: Expr) -> Expr:
        whole: dict[str, Expr] = {}
        for (letter, size), at in sorted(zip(target, i, strict=True), key=lambda x: bool(x[0][1])):
            key = letter.upper()
            whole[key] = whole[key] * size + at if size else at
        index = []
        for letter, size in source:
            at, block = whole[letter.upper()], inner_size(source, letter.upper())
            index.append(at % size if size else at // block if block > 1 else at)
        value = array(*index)
        padded = [
            whole[letter] < extents[letter]
            for letter, size in target
            if not size and get_const_int(extents[letter]) % inner_size(target, letter)
        ]
        return (
            te.if_then_else(te.all(*padded), value, te.const(0, array.dtype)) if padded else value
        )

    return moved(shape, element, "layout_trans")


def blocks(layout: str) -> list[tuple[str, int]]:
    """Return the letters of a layout with the size of a block, 0 for whole axes."""
    found, size = [], 0
    for each in layout:
        if each.isdigit():
            size = size * 10 + int(each)
        else:
            found.append((each, size))
            size = 0
    return found


def inner_size(layout: Sequence[tuple[str, int]], letter: str) -> int:
    """Return the size of the block of an axis, 1 without any."""
    return math.prod(size for each, size in layout if size and each.upper() == letter)
