"""Tags of operations, by which TVM's schedules know them."""

from __future__ import annotations

ELEMWISE = "elemwise"
BROADCAST = "broadcast"
INJECTIVE = "injective"
COMM_REDUCE = "comm_reduce"
COMM_REDUCE_IDX = "comm_reduce_idx"


def is_broadcast(tag: str) -> bool:
    """Whether it is the tag of elementwise or broadcast operations."""
    return tag.startswith((ELEMWISE, BROADCAST))


def is_injective(tag: str) -> bool:
    """Whether it is the tag of operations that read each element at most once."""
    return is_broadcast(tag) or tag.startswith(INJECTIVE)
