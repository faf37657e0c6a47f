"""double_buffer: two buffers that take turns."""

from __future__ import annotations

from autosched.lowering.lower import lower
from autosched.schedule import create_schedule
from tests.schedule.nests import matmul, means_the_same, refuses


def test_a_cached_input() -> None:
    s = create_schedule(C := matmul())
    A = s.tensors[0]
    cached = s.cache_read(A, "local", [C])
    s[cached].compute_at(s[C], C.op.axis[0])
    s[cached].double_buffer()
    assert "local copies 2" in str(lower(s, [A, s.tensors[2], C]))
    means_the_same(s)


def test_of_a_stage_at_the_root() -> None:
    s = create_schedule(C := matmul())
    written = s.cache_write(C, "local")
    s[written].double_buffer()
    means_the_same(s)


def test_what_has_no_storage_to_double() -> None:
    s = create_schedule(C := matmul())
    refuses(s, lambda: s[C].double_buffer(), "the output C", "cache_write")
    refuses(s, lambda: s[s.tensors[0]].double_buffer(), "which is an input")


def test_twice() -> None:
    s = create_schedule(C := matmul())
    cached = s.cache_read(s.tensors[0], "local", [C])
    s[cached].double_buffer()
    refuses(s, lambda: s[cached].double_buffer(), "which has two")
