"""Knobs: how a template defines them and reads their values."""

import pytest

from autosched import te
from autosched.errors import WorkloadError
from autosched.ops.templates.knobs import Knobs, KnobSpace, completed


def defining() -> Knobs:
    return Knobs(KnobSpace(), {}, defines=True)


def test_a_split_of_a_loop_a_number_or_given_extents() -> None:
    knobs = defining()
    axis = te.compute((16,), lambda i: te.const(1.0), name="A").op.axis[0]
    assert len(knobs.define_split("axis", axis, num_outputs=3)) == 3
    knobs.define_split("number", 16, max_factor=4, filter=lambda value: value.size[-1] > 1)
    knobs.define_split("given", 10, policy="candidate", candidate=[[-1, 4], [5, 2]])
    found = knobs.space.knobs
    assert len(found["axis"].candidates) == 15
    assert [value.extents for value in found["number"].candidates] == [(8, 2), (4, 4)]
    assert [value.extents for value in found["given"].candidates] == [(3, 4), (5, 2)]
    assert knobs.space.size == 15 * 2 * 2


def test_the_default_is_the_most_even_split_or_the_first_value() -> None:
    knobs = defining()
    knobs.define_split("tile", 64, num_outputs=2)
    knobs.define_knob("step", [4, 1])
    assert knobs["tile"].size == [8, 8]
    assert knobs["step"].val == 4


def test_orders_and_annotations_of_loops_that_do_not_exist_yet() -> None:
    knobs = defining()
    outer, inner = knobs.define_split("tile", 8)
    axes = [outer, inner]
    assert knobs.define_reorder("order", axes, "candidate", candidate=[[inner, outer]]) == axes
    assert knobs.define_annotate("ann", axes, "candidate", candidate=[["none", "vec"]]) == axes
    knobs.define_unroll("unroll", inner)
    assert knobs["order"].perm == (1, 0)
    assert knobs["ann"].anns == ("none", "vec")
    assert [value.val for value in knobs.space.knobs["unroll"].candidates] == [False, True]


def test_the_places_choose_the_values_and_nothing_is_defined_again() -> None:
    knobs = defining()
    knobs.define_knob("step", [4, 1])
    later = Knobs(knobs.space, {"step": 1})
    later.define_knob("step", [7, 8, 9])
    later.multi_filter(lambda knobs: False)
    assert later["step"].val == 1
    assert not knobs.space.filters


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda k: k.define_knob("a", []), "expected a candidate for the knob a, got none"),
        (lambda k: k.define_knob("a", [object()]), "expected numbers, texts and lists"),
        (lambda k: k.define_split("a", 8, filter=lambda value: False), "got none"),
        (lambda k: k.define_split("a", te.var("n")), "expected a loop of a constant extent"),
        (lambda k: k.define_split("a", k.define_split("b", 8)[1]), "of a constant extent"),
        (
            lambda k: k.define_reorder("a", [1, 2], "candidate", candidate=[[0, 0]]),
            "expected every loop once in each order of the knob a",
        ),
        (lambda k: k["a"], "expected a knob .none., got 'a'"),
        (lambda k: Knobs(k.space, {}).define_knob("a", [1]), "the same knobs in every run"),
    ],
)
def test_a_wrong_definition_is_refused(call, message: str) -> None:
    with pytest.raises(WorkloadError, match=message):
        call(defining())


def test_extents_are_completed() -> None:
    assert completed([4, -1, 2], 100) == (4, 13, 2)
    for wrong in ([-1, -1], [0, 2], [-1, 0]):
        with pytest.raises(WorkloadError, match="expected positive extents"):
            completed(wrong, 8)
