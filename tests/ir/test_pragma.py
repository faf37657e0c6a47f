"""Pragmas by their keys, and as text."""

import pytest

from autosched.ir.pragma import (
    Ahead,
    AutoUnroll,
    Hint,
    LoopPragma,
    Partitioned,
    Prefetched,
    Reloaded,
    Tensorized,
    find,
    pragma,
)
from tests.ir.nests import buffer


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (AutoUnroll(16), "auto_unroll_max_step=16"),
        (Partitioned(), "partition=True"),
        (Reloaded(), "reload=True"),
        (Tensorized("gemm"), "tensorize='gemm'"),
        (Hint(None, "unroll_explicit"), "unroll_explicit=None"),
    ],
)
def test_a_key_and_a_value_make_what_prints_so(made: LoopPragma, text: str) -> None:
    assert str(made) == text
    assert pragma(made.key, made.value) == made


def test_prefetches_print_the_names_of_what_is_read() -> None:
    assert str(Prefetched((Ahead(buffer("A", 8), 3),))) == "prefetch=(('A', 3),)"


def test_a_pragma_is_found_by_its_kind() -> None:
    given = (Hint(1, "chunk"), AutoUnroll(4))
    assert find(given, AutoUnroll) is given[1]
    assert find(given, Partitioned) is None
