"""Steps of an unrolled loop that load what they share each for itself."""

from __future__ import annotations

import numpy as np
import pytest

from autosched.codegen.llvm.emit import emit
from autosched.codegen.machine.module import initialise, optimised
from autosched.ir import build as b
from autosched.ir.pragma import LoopPragma, Reloaded
from autosched.ir.stmt import Allocate, For, Function, If, LoopKind, Store, block
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

LANES, POINTS = 4, 8


def windows(pragmas: tuple[LoopPragma, ...] = (Reloaded(),)) -> Function:
    """Three taps over three points, but the first: five scalars, read seven times."""
    x, w = buffer("x", [8, 8]), buffer("w", [8, 3, LANES])
    y, r = buffer("y", [3, LANES]), var("r")
    lanes = b.ramp(const(0), 1, LANES)

    def row(k: b.Operand) -> For:
        def point(z: b.Operand) -> If:
            term = b.broadcast(read(x, k, z + r), LANES) * read(w, k, r, lanes)
            return If(b.lt(0, z + r), write(y, z, lanes, read(y, z, lanes) + term))

        taps = unrolled("z", 3, point)
        return For(r, const(0), const(3), LoopKind.UNROLLED, taps, pragmas)

    return function([x, w, y], loop("k", 8, row))


def scalar_loads(nest: Function) -> int:
    return emit(nest, target=Target.host()).count("= load float,")


def test_each_step_loads_for_itself() -> None:
    assert (scalar_loads(windows()), scalar_loads(windows(()))) == (8, 4)


def test_llvm_does_not_see_that_they_load_the_same() -> None:
    initialise()
    text = str(optimised(emit(windows(), target=Target.host()), Target.host()))
    assert text.count(" load float,") == 8


@pytest.mark.parametrize("pragmas", [(), (Reloaded(),)], ids=["shared", "reloaded"])
def test_they_compute_the_same(pragmas: tuple[LoopPragma, ...]) -> None:
    x, w = samples("float32", 64, 1).reshape(8, 8), samples("float32", 96, 2).reshape(8, 3, LANES)
    check(windows(pragmas), [x, w, np.zeros((3, LANES), np.float32)], rtol=1e-5)


def test_what_the_loop_writes_is_read_as_it_is() -> None:
    y, r = buffer("y", [4]), var("r")
    body = write(y, r + 1, read(y, r) + 1.0)
    nest = function([y], For(r, const(0), const(3), LoopKind.UNROLLED, body, (Reloaded(),)))
    assert "asm" not in emit(nest, target=Target.host())
    check(nest, [np.zeros(4, np.float32)])


def tile(points: int, pragmas: tuple[LoopPragma, ...] = ()) -> Function:
    """A tile of sums in registers, over three taps that are written out."""
    x, w, y = buffer("x", [8, points + 2]), buffer("w", [8, 3, LANES]), buffer("y", [points, LANES])
    sums, lanes = buffer("sums", [points, LANES], scope="local"), b.ramp(const(0), 1, LANES)

    def row(k: b.Operand, r: b.Operand) -> For:
        def point(z: b.Operand) -> Store:
            term = b.broadcast(read(x, k, z + r), LANES) * read(w, k, r, lanes)
            return write(sums, z, lanes, read(sums, z, lanes) + term)

        return unrolled("z", points, point)

    def steps(k: b.Operand) -> For:
        r = var("r")
        return For(r, const(0), const(3), LoopKind.UNROLLED, row(k, r), pragmas)

    clear = unrolled("z", points, lambda z: write(sums, z, lanes, b.broadcast(const(0.0), LANES)))
    out = unrolled("z", points, lambda z: write(y, z, lanes, read(sums, z, lanes)))
    return function([x, w, y], Allocate(sums, block(clear, loop("k", 8, steps), out)))


def test_the_points_of_a_step_are_at_constant_distances_of_one_address() -> None:
    text = emit(tile(POINTS, (Reloaded(),)), target=Target.host())
    assert text.count('asm sideeffect ""') == 3
    assert text.count('asm ""') == 3 + 1, "an address for each step, and one of the weights"


def test_steps_share_as_much_as_registers_hold() -> None:
    target = Target.host()
    most = target.vector_registers // 2
    assert "asm sideeffect" not in emit(tile(most), target=target)
    crowded = tile(most + 1)
    assert emit(crowded, target=target).count("asm sideeffect") == 3
    x, w = samples("float32", 8 * (most + 3), 1), samples("float32", 24 * LANES, 2)
    check(crowded, [x, w, np.zeros(((most + 1), LANES), np.float32)], rtol=1e-4)
