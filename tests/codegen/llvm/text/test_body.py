"""Bodies of functions, run as machine code."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.body import Body
from autosched.codegen.llvm.text.module import definition
from autosched.codegen.machine.module import compile_quickly
from autosched.target.target import Target


def run(body: Body, values: np.ndarray, *counts: int) -> None:
    """Call a function of `%data` and as many counts, `%n0` and so on."""
    body.ret()
    parameters = ["ptr %data", *(f"i64 %n{number}" for number in range(len(counts)))]
    text = definition("void", "main", parameters, ["entry:", *body.lines])
    module = compile_quickly(text, Target.host())
    kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p, *[ctypes.c_int64] * len(counts))
    kind(module.address("main"))(values.ctypes.data, *counts)


def add(body: Body, index: int | str, amount: int | str) -> None:
    """Add to an element of the data."""
    place = body.let(llvm.element("i64", "%data", index))
    old = body.let(llvm.load("i64", place))
    body.do(llvm.store("i64", body.let(llvm.binary("add", "i64", old, amount)), place))


@pytest.mark.parametrize(("outer", "inner"), [(1, 1), (3, 1), (2, 5)])
def test_loops_stand_in_loops(outer: int, inner: int) -> None:
    body, values = Body(), np.zeros(8, np.int64)
    with body.repeated("%n0") as i:
        with body.repeated("%n1") as j:
            add(body, j, 1)
        add(body, 7, i)
    run(body, values, outer, inner)
    assert values.tolist() == [outer] * inner + [0] * (7 - inner) + [sum(range(outer))]


@pytest.mark.parametrize("given", [-1, 4])
def test_a_branch_joins_with_the_value_of_the_block_it_came_from(given: int) -> None:
    body, values = Body(), np.zeros(1, np.int64)
    then, done = body.label(), body.label()
    body.branch(body.let(llvm.binary("icmp slt", "i64", "%n0", 0)), then, done)
    body.open(then)
    opposite = body.let(llvm.binary("sub", "i64", 0, "%n0"))
    body.jump(done)
    body.open(done)
    add(body, 0, body.let(llvm.phi("i64", [("%n0", "entry"), (opposite, then)])))
    run(body, values, given)
    assert values.tolist() == [abs(given)]


def test_lanes_are_picked_and_undefined() -> None:
    assert llvm.shuffle("<2 x float>", "%a", "%b", [3, None, 0]) == (
        "shufflevector <2 x float> %a, <2 x float> %b, <3 x i32> <i32 3, i32 poison, i32 0>"
    )
    assert llvm.first_bits(1, 2) == "<i1 true, i1 false>"
