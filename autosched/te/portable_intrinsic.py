"""Tensor intrinsics as JSON, so that another process can replay traces that name them."""

from __future__ import annotations

import json
from typing import Any

from autosched.errors import ExpressionError
from autosched.ir.serialize import from_plain, to_plain
from autosched.te import serialize
from autosched.te.tensor import ComputeOp
from autosched.te.tensor_intrinsic import TensorIntrinsic, declare


def to_json(intrinsic: TensorIntrinsic) -> str:
    """Return an intrinsic as JSON; registered functions that it calls are named only."""
    tensors = list(intrinsic.buffers)
    parts = [*intrinsic.buffers.values(), intrinsic.body, intrinsic.reset, intrinsic.update]
    return json.dumps(
        {
            "name": intrinsic.name,
            "tensors": serialize.to_json(tensors),
            "parts": to_plain(parts),
            "alignments": [intrinsic.alignments.get(tensor) for tensor in tensors],
        }
    )


def declare_json(text: str) -> TensorIntrinsic:
    """Declare the intrinsic that `to_json` wrote, under its name. Raises ExpressionError."""
    document: dict[str, Any] = json.loads(text)
    tensors = serialize.from_json(document["tensors"])
    op = tensors[-1].op
    if not isinstance(op, ComputeOp):
        raise ExpressionError(f"expected the computation of an intrinsic last, got {op!r}")
    *buffers, body, reset, update = from_plain(document["parts"])
    alignments = zip(tensors, document["alignments"], strict=True)
    return declare(
        TensorIntrinsic(
            document["name"],
            op,
            dict(zip(tensors, buffers, strict=True)),
            body,
            reset,
            update,
            {tensor: number for tensor, number in alignments if number is not None},
        )
    )
