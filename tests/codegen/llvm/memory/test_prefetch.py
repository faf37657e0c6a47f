"""Shares of a panel that is fetched ahead, in loops of which some run a varying number of times."""

from __future__ import annotations

import pytest

from autosched.codegen.llvm.emit import emit
from autosched.ir import build as b
from autosched.ir.expr import Expr
from autosched.ir.pragma import Ahead, Prefetched
from autosched.ir.stmt import For, Function, LoopKind
from autosched.target.target import Target
from tests.codegen.llvm.harness import (
    buffer,
    check,
    const,
    function,
    loop,
    read,
    samples,
    unrolled,
    var,
    write,
)


def rows_of_panels(bounded: bool) -> Function:
    """Each panel of w serves four rows, whose taps r are bounded at the first one."""
    w, x, y = buffer("w", [3, 8, 3]), buffer("x", [8, 6]), buffer("y", [3, 4])
    panel = var("p")

    def taps(row: Expr, k: Expr) -> For:
        low = b.maximum(0, 1 - row) if bounded else const(0)
        r = var("r")
        term = read(x, k, row + r) * read(w, panel, k, r)
        body = write(y, panel, row, read(y, panel, row) + term)
        return For(r, low, const(3) - low, LoopKind.SERIAL, body)

    rows = loop("i", 4, lambda row: loop("k", 8, lambda k: taps(row, k)))
    ahead = Prefetched((Ahead(w, 1, evenly=True),))
    nest = For(panel, const(0), const(3), LoopKind.SERIAL, rows, (ahead,))
    return function([w, x, y], nest)


@pytest.mark.parametrize(("bounded", "loops"), [(False, 4), (True, 3)])
def test_a_share_is_fetched_where_loops_run_a_constant_number_of_times(
    bounded: bool, loops: int
) -> None:
    code = emit(rows_of_panels(bounded), target=Target.host())
    before, _ = code.split("call void @llvm.prefetch")
    assert before.count("phi") == loops


@pytest.mark.parametrize(("depth", "lines"), [(8, 1), (1 << 12, 192), (1 << 13, 0)])
def test_shares_of_many_lines_are_not_fetched(depth: int, lines: int) -> None:
    """Four rows share a panel, since the loop over k in each has no constant extent."""
    w, x, y = buffer("w", [3, depth, 3]), buffer("x", [depth, 6]), buffer("y", [3, 4])
    panel, row, k = var("p"), var("i"), var("k")

    def term(r: Expr) -> Expr:
        return read(y, panel, row) + read(x, k, row + r) * read(w, panel, k, r)

    taps = unrolled("r", 3, lambda r: write(y, panel, row, term(r)))
    steps = For(k, const(0), b.minimum(depth, depth + panel), LoopKind.SERIAL, taps)
    rows = For(row, const(0), const(4), LoopKind.SERIAL, steps)
    ahead = Prefetched((Ahead(w, 1, evenly=True),))
    nest = For(panel, const(0), const(3), LoopKind.SERIAL, rows, (ahead,))
    code = emit(function([w, x, y], nest), target=Target.host())
    assert code.count("call void @llvm.prefetch") == lines


@pytest.mark.parametrize(("start", "first"), [(0, 24), (1, 0)])
def test_shares_begin_with_the_next_panel_wherever_the_loop_starts(start: int, first: int) -> None:
    """A row after the start fetches 24 elements further, which the first one does not count."""
    w, x, y = buffer("w", [3, 8, 3]), buffer("x", [8, 9]), buffer("y", [3, 9])
    panel, row = var("p"), var("i")

    def term(k: Expr, r: Expr) -> Expr:
        return read(y, panel, row) + read(x, k, row + r) * read(w, panel, k, r)

    def taps(k: Expr) -> For:
        return loop("r", 3, lambda r: write(y, panel, row, term(k, r)))

    rows = For(row, const(start), const(4), LoopKind.SERIAL, loop("k", 8, taps))
    ahead = Prefetched((Ahead(w, 1, evenly=True),))
    nest = For(panel, const(0), const(3), LoopKind.SERIAL, rows, (ahead,))
    code = emit(function([w, x, y], nest), target=Target.host())
    before, _ = code.split("call void @llvm.prefetch")
    assert ("add nsw i64 %17, 24" in before) == (first > 0)


@pytest.mark.parametrize("count", [1, 16, 20])
def test_a_line_is_fetched_once(count: int) -> None:
    x, y = buffer("x", [64, count]), buffer("y", [count])
    step = var("i")
    body = unrolled(
        "v", count, lambda v: write(y, v, read(y, v) + read(x, step, v) * read(x, step, 0))
    )
    ahead = Prefetched((Ahead(x, 4),))
    nest = function([x, y], For(step, const(0), const(64), LoopKind.SERIAL, body, (ahead,)))
    line = Target.host().cache_line_bytes // 4
    assert emit(nest, target=Target.host()).count("call void @llvm.prefetch") == -(-count // line)
    check(nest, [samples("float32", 64 * count, high=1), samples("float32", count)], rtol=1e-4)
