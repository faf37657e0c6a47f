"""Spaces: every expression has sketches that compute it, and illegal sketches are dropped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.backends.cpu.backend import CpuBackend
from autosched.ir.expr import Const
from autosched.ir.stmt import For, LoopKind, Stmt
from autosched.ir.traverse import iter_stmts
from autosched.lowering.lower import lower
from autosched.ops.instance import from_tensors
from autosched.schedule.placement import why_illegal
from autosched.schedule.trace import replay
from autosched.search.features import TaskFeatures
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.generate import PLAIN, best_guess, space
from autosched.search.task import Task
from autosched.target.target import Target
from autosched.te.evaluate import evaluate
from tests.fuzz.agreement import compiled, interpreted
from tests.fuzz.program import Program
from tests.schedule.nests import matmul
from tests.search.space.odd_ones import ODD_ONES, by_its_transpose, two_products_in_one
from tests.search.tasks import MACHINE

HOST = Target.host()
odd_ones = pytest.mark.parametrize("expression", ODD_ONES, ids=lambda each: each.__name__)
Expression = Callable[[], list[te.Tensor]]


def is_parallel(stmt: Stmt) -> bool:
    return type(stmt) is For and stmt.kind is LoopKind.PARALLEL


@odd_ones
def test_the_default_computes_it(expression: Expression) -> None:
    program = Program("odd", expression())
    arrays = program.arrays(seed=1)
    inputs = dict(zip(program.args, arrays, strict=True))
    expected = evaluate(
        program.outputs, {t: inputs[t] for t in program.args if t.op.input_tensors == []}
    )
    autosched.build(program.args, threads=2)(*arrays)
    for want, got in zip(expected, arrays[-len(expected) :], strict=True):
        np.testing.assert_array_equal(got, want)


@odd_ones
@pytest.mark.parametrize("threads", [1, 2])
def test_the_best_guess_is_the_first_sketch(expression: Expression, threads: int) -> None:
    outputs, target = Program("odd", expression()).outputs, MACHINE.with_threads(threads)
    guess, first = best_guess(outputs, target), space(outputs, target).sketches[0]
    assert (guess.name, guess.rules, guess.key) == (first.name, first.rules, first.key)


def test_the_best_guess_makes_few_sketches(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    sketch = SketchBuilder.sketch
    monkeypatch.setattr(
        SketchBuilder, "sketch", lambda self, name: made.append(name) or sketch(self, name)
    )
    outputs = [matmul(127, 131, 97)]
    best_guess(outputs, MACHINE)
    few = len(made)
    space(outputs, MACHINE)
    assert few < (len(made) - few) / 2


@odd_ones
def test_every_sketch_is_legal_and_the_first_and_last_compute_it(expression: Expression) -> None:
    program = Program("odd", expression())
    found = space(program.outputs, MACHINE).sketches
    schedules = [replay(program.outputs, each.bind(each.default)) for each in found]
    assert [why_illegal(schedule) for schedule in schedules] == [None] * len(found)
    ends = enumerate((schedules[0], schedules[-1]))
    compiled([interpreted(program, each, HOST, 1, f"k{n}") for n, each in ends], HOST, 1)


@odd_ones
def test_the_cost_model_takes_every_sketch(expression: Expression) -> None:
    program = Program("odd", expression())
    task = Task.of(from_tensors(program.args, "odd"), CpuBackend(MACHINE.with_threads(1)))
    for sketch in task.sketches:
        rows = TaskFeatures(task).of(sketch, np.array([sketch.default], dtype=np.int64))
        assert np.isfinite(rows).all()


def test_the_plain_one_is_the_last() -> None:
    found = space([matmul(32, 32, 32)], MACHINE).sketches
    assert [each.name for each in found].index("plain") == len(found) - 1
    assert found[-1] is PLAIN


def test_nothing_but_the_plain_one_where_rules_do_nothing() -> None:
    A = te.placeholder((), name="A")
    assert space([te.compute((), lambda: A[()] + 1.0, name="B")], MACHINE).sketches == [PLAIN]


def test_what_is_illegal_is_dropped_with_the_reason() -> None:
    found = space(by_its_transpose(), MACHINE)
    (name, reason), *_ = (each.split(": ") for each in found.dropped)
    assert reason == "expected stages that read A to read a copy of it, got C.local"
    assert name not in {sketch.name for sketch in found.sketches}


def test_nothing_is_dropped_of_a_matmul() -> None:
    assert space([matmul(32, 32, 32)], MACHINE).dropped == []


def test_a_second_product_keeps_its_register_tile() -> None:
    (output,) = two_products_in_one()
    first, *_ = space([output], MACHINE).sketches
    schedule = replay([output], first.bind(first.default))
    accumulators = [stage for stage in schedule.stages if stage.scope == "local"]
    assert len(accumulators) == 2


@pytest.mark.parametrize(("channels", "tile"), [(512, (16, 7, 4)), (64, (32, 7, 1))])
def test_panels_too_long_for_the_cache_serve_two_axes(channels: int, tile: tuple[int, ...]) -> None:
    """The weights of 512 channels are narrowed, and used for points of both spatial axes."""
    image = te.placeholder((1, channels, 9, 9), name="image")
    weight = te.placeholder((channels, channels, 3, 3), name="weight", constant=True)
    c, p, q = (te.reduce_axis((0, n)) for n in (channels, 3, 3))
    conv = te.compute(
        (1, channels, 7, 7),
        lambda b, o, y, x: te.sum(image[b, c, y + p, x + q] * weight[o, c, p, q], axis=[c, p, q]),
    )
    machine = replace(MACHINE, features="+avx512f", vector_bits=512, tolerance=0.0)
    first = space([conv], machine).sketches[0]
    roles = [decision.role for decision in first.decisions[:3]]
    assert roles == ["vector", "unroll", "unroll"]
    assert first.default[:3] == tile


@pytest.mark.parametrize(("reduction", "tile"), [(768, (96, 4)), (3072, (48, 8))])
def test_a_panel_packed_before_its_use_stays_in_the_cache(
    reduction: int, tile: tuple[int, ...]
) -> None:
    machine = replace(MACHINE, features="+avx512f", vector_bits=512)
    first = space([matmul(128, 768, reduction)], machine).sketches[0]
    assert [decision.role for decision in first.decisions[:2]] == ["vector", "unroll"]
    assert first.default[:2] == tile


@pytest.mark.parametrize("threads", [2, 4])
def test_few_tiles_make_pieces_for_every_thread(threads: int) -> None:
    """160 channels on 49 points are too few tiles for blocks of 8 by 8 of them."""
    image = te.placeholder((960, 49), name="image")
    weight = te.placeholder((160, 960), name="weight", constant=True)
    c = te.reduce_axis((0, 960))
    conv = te.compute((160, 49), lambda o, x: te.sum(image[c, x] * weight[o, c], axis=c))
    first = space([conv], MACHINE.with_threads(threads)).sketches[0]
    nest = lower(replay([conv], first.bind(first.default)), [image, weight, conv]).body
    *_, last = (each for each in iter_stmts(nest) if is_parallel(each))
    assert isinstance(last, For)
    assert isinstance(last.extent, Const)
    assert last.extent.value >= 2 * threads
