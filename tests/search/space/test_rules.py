"""Rules: ours and a user's keep their contract, and lists of rules can be changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from autosched import te
from autosched.errors import ArgumentError, RuleError, ScheduleError
from autosched.ops.convolution import conv2d
from autosched.schedule.schedule import Stage
from autosched.search.space.conformance import RuleConformance
from autosched.search.space.generate import space
from autosched.search.space.rule import Place, Proposal, Rule
from autosched.search.space.rules import RULES, Rules, ours
from autosched.te.tensor import Tensor
from tests.schedule.nests import matmul, rowsum
from tests.search.tasks import MACHINE


class SplitSum(Rule):
    """Sums of two equal parts, for the outputs that are sums over rows."""

    name = "split_sum"

    def proposals(self, place: Place) -> Sequence[Proposal]:
        is_sum = len(place.stage.op.reduce_axis) == 1 and place.stage.is_output
        return [Proposal("halves", halves)] if is_sum else []


def halves(place: Place) -> Iterable[Stage]:
    b, stage = place.builder, place.stage
    parts = b.decide("parts", "unroll", (2, 4), 2)
    _, inner = b.split(stage, stage.op.reduce_axis[0], parts)
    b.unroll(stage, inner)
    return [stage]


class Refused(Rule):
    name = "refused"

    def proposals(self, place: Place) -> Sequence[Proposal]:
        return [Proposal("never", self.never)] if place.stage.is_output else []

    def never(self, place: Place) -> Iterable[Stage]:
        place.builder.split(place.stage, place.stage.op.axis[0], 2)
        raise ScheduleError("expected another stage")


class Failing(Rule):
    """Fails in one of the ways of a user's mistake."""

    name = "failing"

    def __init__(self, proposes: object, returns: object = None) -> None:
        self.proposes, self.returns = proposes, returns

    def proposals(self, place: Place) -> Sequence[Proposal]:
        if self.proposes is KeyError:
            raise KeyError("no")
        return self.proposes or [Proposal("p", self.apply)]  # type: ignore[return-value]

    def apply(self, place: Place) -> Iterable[Stage]:
        if self.returns is ValueError:
            raise ValueError("boom")
        return self.returns  # type: ignore[return-value]


class TestOfAUser(RuleConformance):
    rule = SplitSum()

    def expressions(self) -> list[list[Tensor]]:
        return [[rowsum(4, 8)], [matmul(4, 6, 8)]]


class TestContractions(RuleConformance):
    rule = ours()[3]

    def expressions(self) -> list[list[Tensor]]:
        return [[matmul(9, 20, 8)]]


class TestWinograd(RuleConformance):
    rule = ours()[4]

    def expressions(self) -> list[list[Tensor]]:
        x, w = te.placeholder((1, 32, 6, 6), name="x"), te.placeholder((16, 32, 3, 3), name="w")
        return [[conv2d(x, w)]]


def names(output: Tensor) -> list[str]:
    return [sketch.name for sketch in space([output], MACHINE).sketches]


def test_a_rule_that_is_added_is_used_until_it_is_removed() -> None:
    with RULES.kept():
        RULES.add(SplitSum(), before="contraction")
        assert RULES.is_changed
        assert names(matmul())[0] == "halves"
        RULES.remove("split_sum")
        assert "halves" not in names(matmul())
    assert not RULES.is_changed


def test_a_rule_in_the_place_of_another() -> None:
    with RULES.kept():
        RULES.replace("contraction", SplitSum())
        assert names(matmul()) == ["halves", "plain"]
        RULES.reset()
        assert "halves" not in names(matmul())


def test_a_rule_whose_proposals_are_refused_stops_nothing() -> None:
    found = space([matmul(9, 20, 8)], MACHINE, [Refused(), *ours()])
    assert [each.name for each in found.sketches] == names(matmul(9, 20, 8))
    assert "never: expected another stage" in found.dropped


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (Failing(KeyError), r"the rule failing to run, got KeyError: 'no' \(test_rules.py, line "),
        (Failing(None, ValueError), r"the rule failing to run, got ValueError: boom"),
        (Failing(None, None), "the stages that the rule failing has scheduled, got None"),
        (Failing(None, [1]), r"the stages that the rule failing has scheduled, got \[1\]"),
        (Failing(["p"]), r"a list of proposals from the rule failing, got \['p'\]"),
    ],
)
def test_the_mistake_of_a_rule_is_told_with_its_name(rule: Rule, said: str) -> None:
    with pytest.raises(RuleError, match=said):
        space([matmul(9, 20, 8)], MACHINE, [rule, *ours()])


def test_a_bug_in_a_rule_of_ours_is_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autosched.search.space.calls.ours", lambda: (rule,))
    rule = Failing(KeyError)
    with pytest.raises(KeyError):
        space([matmul(9, 20, 8)], MACHINE, [rule])


def test_sketches_name_the_rules_of_their_stages() -> None:
    found = space([matmul(9, 20, 8)], MACHINE, [SplitSum(), *ours()]).sketches
    rules = {sketch.name: sketch.rules for sketch in found}
    assert rules["halves"] == ("split_sum",)
    assert {"contraction"} < {name for each in rules.values() for name in each}
    assert rules["plain"] == ()


@pytest.mark.parametrize("rule", [SplitSum, object(), Rule])
def test_what_is_no_rule(rule: Any) -> None:
    rules = Rules()
    with pytest.raises(ArgumentError, match="an instance of Rule with a name"):
        rules.add(rule)


def test_without_rules_there_are_rows_and_the_expression_as_written() -> None:
    found = [each.name for each in space([matmul(9, 20, 8)], MACHINE, []).sketches]
    assert found[0].startswith("rows")
    assert found[-1] == "plain"


def test_names_that_are_taken_or_unknown() -> None:
    rules = Rules()
    with pytest.raises(
        ArgumentError, match="another name than scatter, chain, skinny, contraction, winograd"
    ):
        rules.add(ours()[0])
    for change in (rules.remove, lambda name: rules.replace(name, SplitSum())):
        with pytest.raises(
            ArgumentError,
            match="rules scatter, chain, skinny, contraction, winograd, planes, stencils, got",
        ):
            change("no")
    with pytest.raises(ArgumentError, match=r"another name than scatter, skinny, .*, got winograd"):
        rules.replace("chain", ours()[4])


def test_the_order_is_kept() -> None:
    rules = Rules()
    rules.add(SplitSum())
    rules.add(Refused(), before="winograd")
    listed = [rule.name for rule in rules.listed]
    assert listed == [
        "scatter",
        "chain",
        "skinny",
        "contraction",
        "refused",
        "winograd",
        "planes",
        "stencils",
        "split_sum",
    ]
