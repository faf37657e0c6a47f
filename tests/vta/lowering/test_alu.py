"""Work of the ALU: chains in place, necessary copies, reductions, refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autosched import te
from autosched.errors import LoweringError
from autosched.schedule import Schedule, create_schedule
from autosched.vta import decode
from autosched.vta.environment import get_env
from autosched.vta.isa.instructions import Alu, Gemm
from autosched.vta.lowering import Program, lower_vta
from tests.vta.lowering.nets import check

env = get_env()
SHAPE = (2, 3, 1, 16)


def tensor(name: str, shape: tuple[int, ...] = SHAPE) -> te.Tensor:
    return te.placeholder(shape, name=name, dtype="int32")


def on_chip(inputs: list[te.Tensor], stages: list[te.Tensor], out: te.Tensor) -> Schedule:
    """Keep inputs and stages in the accumulator as a whole."""
    s = create_schedule(out)
    for each in inputs:
        readers = [stage for stage in s.stages if each in stage.inputs]
        s.cache_read(each, env.acc_scope, [reader.op.outputs[0] for reader in readers])
    for each in stages:
        s[each].set_scope(env.acc_scope)
    return s


def computed(fn: Callable[..., Any], count: int = 1) -> Program:
    """Compute `fn` of `count` tensors, store it as int8 and compare with NumPy."""
    inputs = [tensor(f"a{n}") for n in range(count)]
    made = te.compute(SHAPE, lambda *i: fn(*(a(*i) for a in inputs)), name="made")
    out = te.compute(SHAPE, lambda *i: made(*i).astype("int8"), name="out")
    return check(on_chip(inputs, [made], out), [*inputs, out], env)


def operations(program: Program) -> list[str]:
    names = []
    for each in decode(program.instructions, env.config):
        if isinstance(each, Alu):
            names.append(each.op.name.lower() + (f" {each.imm}" if each.use_imm else ""))
        elif isinstance(each, Gemm):
            names.append("reset" if each.reset else "gemm")
    return names


@pytest.mark.parametrize(
    ("fn", "count", "expected"),
    [
        (lambda a: a + 3, 1, ["add 3"]),
        (lambda a: a - 3, 1, ["add -3"]),
        (lambda a: a >> 4, 1, ["shr 4"]),
        (lambda a: a << 2, 1, ["shr -2"]),
        (lambda a: a * 8, 1, ["shr -3"]),
        (lambda a: a // 16, 1, ["shr 4"]),
        (lambda a: te.max(te.min(a >> 5, 127), -127), 1, ["shr 5", "min 127", "max -127"]),
        (lambda a, b: a + b, 2, ["add"]),
        (lambda a, b: te.max(a, b) + 1, 2, ["max", "add 1"]),
        (lambda a, b: te.min((a >> 3) + b, 100), 2, ["shr 3", "add", "min 100"]),
        (lambda a, b: te.max(7, te.min(b, a)), 2, ["min", "max 7"]),
        (lambda a: a + a, 1, ["add"]),
    ],
)
def test_chains(fn: Callable[..., Any], count: int, expected: list[str]) -> None:
    assert operations(computed(fn, count)) == expected


def test_a_product_is_left_to_the_simulator() -> None:
    """The reference hardware description has no MUL, which a strict run reports."""
    a, b = tensor("a"), tensor("b")
    made = te.compute(SHAPE, lambda *i: a(*i) * b(*i), name="made")
    out = te.compute(SHAPE, lambda *i: made(*i).astype("int8"), name="out")
    program = lower_vta(on_chip([a, b], [made], out), [a, b, out])
    assert operations(program) == ["mul"]


def test_what_is_read_again_is_copied_first() -> None:
    program = computed(lambda a: (a >> 1) + a)
    assert operations(program) == ["reset", "add", "shr 1", "add"]


def test_a_value_of_two_readers_is_copied_for_the_first() -> None:
    a = tensor("a")
    b = te.compute(SHAPE, lambda *i: a(*i) >> 2, name="b")
    c = te.compute(SHAPE, lambda *i: te.max(b(*i), 0), name="c")
    d = te.compute(SHAPE, lambda *i: b(*i) + c(*i), name="d")
    out = te.compute(SHAPE, lambda *i: d(*i).astype("int8"), name="out")
    program = check(on_chip([a], [b, c, d], out), [a, out], env)
    assert operations(program) == ["shr 2", "reset", "add", "max 0", "add"]


def test_what_was_only_loaded_passes_through_the_alu() -> None:
    """The output buffer holds what GEMM and ALU instructions wrote, and no loads."""
    a = tensor("a")
    out = te.compute(SHAPE, lambda *i: a(*i).astype("int8"), name="out")
    program = check(on_chip([a], [], out), [a, out], env)
    assert operations(program) == ["add 0"]


@pytest.mark.parametrize("value", [0, 1, -1, 70000, -(1 << 31), (1 << 31) - 1])
def test_constants(value: int) -> None:
    a = tensor("a")
    c = te.compute(SHAPE, lambda *i: te.const(value, "int32"), name="c")
    d = te.compute(SHAPE, lambda *i: te.max(a(*i), c(*i)) >> 24, name="d")
    out = te.compute(SHAPE, lambda *i: d(*i).astype("int8"), name="out")
    check(on_chip([a], [c, d], out), [a, out], env)


def pooled(reducer: Callable[..., Any], where: bool) -> tuple[Schedule, list[te.Tensor]]:
    a = tensor("a", (2, 7, 5, 1, 16))
    y, x = te.reduce_axis((0, 3), name="y"), te.reduce_axis((0, 2), name="x")

    def body(c: Any, h: Any, w: Any, b: Any, i: Any) -> Any:
        row = h * 2 + y - 1
        inside = te.all(row >= 0, row < 7)
        value = a[c, te.max(te.min(row, 6), 0) if where else h * 2 + y, w + x, b, i]
        return reducer(value, axis=[y, x], where=inside if where else None)

    p = te.compute((2, 4 if where else 3, 4, 1, 16), body, name="p")
    q = te.compute(p.shape, lambda *i: p(*i) >> 6, name="q")
    out = te.compute(p.shape, lambda *i: q(*i).astype("int8"), name="out")
    s = on_chip([a], [p, q], out)
    s[p].reorder(y, x, *p.op.axis)
    return s, [a, out]


@pytest.mark.parametrize("reducer", [te.max, te.min, te.sum])
@pytest.mark.parametrize("where", [False, True])
def test_pooling(reducer: Callable[..., Any], where: bool) -> None:
    check(*pooled(reducer, where), env)


def test_pooling_in_tiles() -> None:
    s, (a, out) = pooled(te.max, False)
    q = s[out].inputs[0]
    p = s[q].inputs[0]
    rows, _ = s[out].split(out.op.axis[1], 2)
    for each in (s[p].inputs[0], p, q):
        s[each].compute_at(s[out], rows)
    check(s, [a, out], env)


def test_a_cast_of_values_that_fit_may_wait() -> None:
    a = tensor("a")
    b = te.compute(SHAPE, lambda *i: te.max(te.min(a(*i), 100), -100).astype("int8"), name="b")
    c = te.compute(SHAPE, lambda *i: te.max(b(*i).astype("int32"), 3), name="c")
    out = te.compute(SHAPE, lambda *i: c(*i).astype("int8"), name="out")
    check(on_chip([a], [b, c], out), [a, out], env)


def refused(fn: Callable[..., Any], text: str, count: int = 1) -> None:
    with pytest.raises(LoweringError, match=text):
        computed(fn, count)


def test_a_cast_that_may_cut() -> None:
    a = tensor("a")
    b = te.compute(SHAPE, lambda *i: a(*i).astype("int8"), name="b")
    c = te.compute(SHAPE, lambda *i: te.max(b(*i).astype("int32"), 3), name="c")
    out = te.compute(SHAPE, lambda *i: c(*i).astype("int8"), name="out")
    with pytest.raises(LoweringError, match="values of b that fit int8"):
        lower_vta(on_chip([a], [b, c], out), [a, out])


def test_what_the_alu_does_not_do() -> None:
    refused(lambda a: a % 3, "min, max, \\+, \\* and shifts")
    refused(lambda a: a // 3, "min, max, \\+, \\* and shifts")
    refused(lambda a, b: a - b, "min, max, \\+, \\* and shifts", 2)
    refused(lambda a, b: (a + 1) + (b >> 2), "min, max, \\+, \\* and shifts", 2)
    refused(lambda a: a + 40000, "constants of 16 bits for the ALU, got 40000")


def test_narrow_arithmetic_would_wrap() -> None:
    a = tensor("a")
    b = te.compute(SHAPE, lambda *i: te.max(te.min(a(*i), 100), -100).astype("int8"), name="b")
    c = te.compute(SHAPE, lambda *i: b(*i) + te.const(100, "int8"), name="c")
    out = te.compute(SHAPE, lambda *i: c(*i), name="out")
    with pytest.raises(LoweringError, match="in 32 bits"):
        lower_vta(on_chip([a], [b, c], out), [a, out])


def broadcast() -> tuple[te.Tensor, te.Tensor, te.Tensor, te.Tensor]:
    """Add one tile to each of three others."""
    a, b = tensor("a", (4, 1, 16)), tensor("b", (3, 4, 1, 16))
    made = te.compute(b.shape, lambda r, i, j, k: a[i, j, k] + b[r, i, j, k], name="made")
    out = te.compute(b.shape, lambda *i: made(*i).astype("int8"), name="out")
    return a, b, made, out


def test_what_a_later_iteration_reads_stays() -> None:
    a, b, made, out = broadcast()
    s = on_chip([a, b], [made], out)
    other = s[made].inputs[1]
    for each in (made, other):
        s[each].compute_at(s[out], out.op.axis[0])
    program = check(s, [a, b, out], env)
    assert operations(program) == ["reset", "add", "add"] * 3


def test_what_another_thread_reads_stays() -> None:
    a, b, made, out = broadcast()
    s = on_chip([a, b], [made], out)
    shared, other = s[made].inputs
    s[out].bind(out.op.axis[0], te.thread_axis("vthread"))
    for each in (made, shared, other):
        s[each].compute_at(s[out], out.op.axis[0])
    check(s, [a, b, out], env)


def test_a_shared_place_takes_its_turn_once() -> None:
    a = tensor("a")
    b = te.compute(SHAPE, lambda *i: a(*i) >> 2, name="b")
    c = te.compute(SHAPE, lambda *i: te.max(b(*i), 0), name="c")
    out = te.compute(SHAPE, lambda *i: c(*i).astype("int8"), name="out")
    s = on_chip([a], [b, c], out)
    s[s[b].inputs[0]].double_buffer()
    program = check(s, [a, out], env)
    assert operations(program) == ["shr 2", "max 0"]
