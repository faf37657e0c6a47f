"""Templates: the first run, the other runs, and what they must return."""

import pytest

from autosched import te
from autosched.errors import ScheduleError, WorkloadError
from autosched.ops.templates.template import Template
from autosched.schedule import primitives as p


def stage(n: int = 8):
    A = te.placeholder((n,), name="A")
    B = te.compute((n,), lambda i: A[i] * 2.0, name="B")
    return te.create_schedule(B.op), A, B


def tiled(knobs):
    s, A, B = stage()
    (i,) = s[B].op.axis
    knobs.define_split("tile", i)
    knobs.define_knob("mode", ["plain", "vector", "broken", "other"])
    _, inner = knobs["tile"].apply(s, B, i)
    match knobs["mode"].val:
        case "vector":
            s[B].vectorize(inner)
        case "broken":
            s[B].vectorize(i)
        case "other":
            s, A, B = stage(9)
    return s, [A, B]


def test_values_choose_the_steps() -> None:
    template = Template("tiled", tiled)
    assert template.default == {"tile": 1, "mode": 0}
    assert template.trace({"tile": 2, "mode": 0}) == [p.Split(1, 0, 4)]
    assert template.trace({"tile": 1, "mode": 1}) == [p.Split(1, 0, 2), p.Vectorize(1, 2)]


def test_values_that_make_no_schedule_of_the_tensors_raise() -> None:
    template = Template("tiled", tiled)
    with pytest.raises(ScheduleError):
        template.trace({"tile": 1, "mode": 2})
    with pytest.raises(WorkloadError, match="expected the same tensors from tiled"):
        template.trace({"tile": 1, "mode": 3})


def test_the_first_run_tries_other_values_where_the_defaults_are_illegal() -> None:
    def picky(knobs):
        knobs.define_knob("step", [1, 2, 3, 4])
        if knobs["step"].val != 3:
            raise ValueError("no")
        s, A, B = stage()
        return s, [A, B]

    assert Template("picky", picky).default == {"step": 2}


def test_a_template_that_never_succeeds_says_why() -> None:
    def broken(knobs):
        knobs.define_knob("step", [1, 2])
        raise ValueError("never")

    with pytest.raises(WorkloadError, match="ValueError: never"):
        Template("broken", broken).space  # noqa: B018


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (lambda s, A, B: [A, B], "expected a schedule and a list of tensors from odd, got list"),
        (lambda s, A, B: None, "expected a schedule and a list of tensors from odd, got None"),
        (lambda s, A, B: (stage()[0], [A, B]), "expected the schedule of the outputs that odd"),
    ],
)
def test_something_else_returned_is_refused(returned, message: str) -> None:
    with pytest.raises(WorkloadError, match=message):
        Template("odd", lambda knobs: returned(*stage())).tensors  # noqa: B018
