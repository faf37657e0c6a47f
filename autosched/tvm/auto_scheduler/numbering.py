"""The numbers that TVM's states and logs give to operations."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from autosched.te.tensor import ComputeOp, Operation, Tensor


def numbered(tensors: Sequence[Tensor]) -> list[Operation]:
    """Return the operations in TVM's order.

    Of those whose producers all have a number, the one found last by a walk from the tensors,
    which goes on at the last input of an operation, is the next.
    """
    found: dict[Operation, int] = {}
    readers: dict[Operation, list[Operation]] = {}
    waiting: dict[Operation, int] = {}
    stack = [tensor.op for tensor in tensors]
    while stack:
        op = stack.pop()
        if op in found:
            continue
        found[op] = len(found)
        inputs = list(op.input_tensors) if isinstance(op, ComputeOp) else []
        waiting[op] = len(inputs)
        for tensor in inputs:
            readers.setdefault(tensor.op, []).append(op)
            stack.append(tensor.op)
    ops = {number: op for op, number in found.items()}
    ready = [-number for op, number in found.items() if not waiting[op]]
    heapq.heapify(ready)
    order = []
    while ready:
        op = ops[-heapq.heappop(ready)]
        order.append(op)
        for reader in readers.get(op, ()):
            waiting[reader] -= 1
            if not waiting[reader]:
                heapq.heappush(ready, -found[reader])
    return order
