"""Paddings of windows, as TVM's scripts ask for them."""

from __future__ import annotations

from typing import Any

from autosched.tvm.topi.nn.windows import paddings


def get_pad_tuple1d(padding: Any, kernel: Any) -> tuple[int, ...]:
    """Return the padding on the left and right."""
    return _sides(padding, kernel, 1)


def get_pad_tuple(padding: Any, kernel: Any) -> tuple[int, ...]:
    """Return the padding at the top, left, bottom and right."""
    return _sides(padding, kernel, 2)


def get_pad_tuple3d(padding: Any, kernel: Any) -> tuple[int, ...]:
    """Return the padding in front, at the top, left, at the back, bottom and right."""
    return _sides(padding, kernel, 3)


def _sides(padding: Any, kernel: Any, rank: int) -> tuple[int, ...]:
    points = tuple(kernel) if isinstance(kernel, (tuple, list)) else (kernel,) * rank
    before, after = paddings(padding, points)
    return (*before, *after)
