"""The tests of every rule; a rule's test class inherits this one.

class TestMine(RuleConformance):
    rule = MyRule()

    def expressions(self) -> list[list[Tensor]]:
        return [one_that_it_is_for(), another()]
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import pytest

from autosched.building import build_schedule
from autosched.errors import ArgumentError
from autosched.schedule.placement import why_illegal
from autosched.schedule.schedule import create_schedule
from autosched.schedule.sketch import Sketch
from autosched.schedule.trace import replay
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.generate import space
from autosched.search.space.rule import Place, Rule
from autosched.search.space.rules import ours
from autosched.search.space.tiles import Core
from autosched.target.target import Target
from autosched.te.dag import inputs
from autosched.te.evaluate import evaluate
from autosched.te.tensor import Tensor

_SEED = 3


class RuleConformance(ABC):
    """Inherit, with a `rule`, and expressions that it takes and that run quickly."""

    rule: ClassVar[Rule]

    @abstractmethod
    def expressions(self) -> Sequence[Sequence[Tensor]]:
        """Return the outputs of expressions of known sizes, for each of which the rule has some."""

    @pytest.fixture
    def target(self) -> Target:
        return Target.host().with_threads(1)

    def sketches(self, outputs: Sequence[Tensor], target: Target) -> list[Sketch]:
        """Return the sketches that the rule adds."""
        others = [rule for rule in ours() if rule.name != self.rule.name]
        known = {sketch.key for sketch in space(outputs, target, others).sketches}
        found = space(outputs, target, [self.rule, *others]).sketches
        return [sketch for sketch in found if sketch.key not in known]

    def test_it_has_a_name(self) -> None:
        assert self.rule.name
        assert self.rule.name.isidentifier()

    def test_it_adds_sketches_to_every_expression(self, target: Target) -> None:
        assert all(self.sketches(outputs, target) for outputs in self.expressions())

    def test_equal_places_have_equal_proposals_and_are_not_changed(self, target: Target) -> None:
        core = Core.of(target, 32)
        for outputs in self.expressions():
            builder = SketchBuilder(outputs)
            for stage in builder.schedule.stages:
                first, second = (
                    [each.name for each in self.rule.proposals(Place(builder, stage, core))]
                    for _ in range(2)
                )
                assert first == second
                assert len(set(first)) == len(first)
            assert builder.steps == []
            assert str(builder.schedule) == str(create_schedule(list(outputs)))

    def test_every_sketch_is_legal(self, target: Target) -> None:
        for outputs in self.expressions():
            for sketch in self.sketches(outputs, target):
                assert sketch.holds(np.array([sketch.default], dtype=np.int64).reshape(1, -1))[0]
                assert why_illegal(replay(outputs, sketch.bind(sketch.default))) is None

    def test_the_first_and_the_last_sketch_compute_the_expression(self, target: Target) -> None:
        random = np.random.default_rng(_SEED)
        for outputs in self.expressions():
            given = {tensor: _integers(tensor, random) for tensor in inputs(outputs)}
            expected = evaluate(outputs, given)
            found = self.sketches(outputs, target)
            for sketch in [*found[:1], *found[-1:]]:
                vectors = [sketch.default, *map(tuple, sketch.sample(random, 1).tolist())]
                for vector in vectors:
                    schedule = replay(outputs, sketch.bind(vector))
                    args = [*given, *outputs]
                    kernel = build_schedule(schedule, args, target, threads=1)
                    results = [np.empty_like(value) for value in expected]
                    kernel(*given.values(), *results)
                    for want, got in zip(expected, results, strict=True):
                        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-3)

    def test_no_expression_is_refused_without_it(self, target: Target) -> None:
        others = [rule for rule in ours() if rule.name != self.rule.name]
        for outputs in self.expressions():
            assert space(outputs, target, others).sketches


def _integers(tensor: Tensor, random: np.random.Generator) -> np.ndarray:
    """Return small integers, so that sums are exact in any order."""
    shape = [int(getattr(extent, "value", 0)) for extent in tensor.shape]
    if 0 in shape:
        raise ArgumentError(f"expected tensors of known sizes, got {tensor.name}")
    return random.integers(-3, 4, shape).astype(tensor.dtype.name)
