"""Traces: their text, what is no text of a trace, and replaying one elsewhere."""

from __future__ import annotations

import json

import pytest

from autosched.errors import ScheduleError
from autosched.schedule import create_schedule, from_json, replay, to_json
from autosched.schedule.arguments import Decision
from autosched.schedule.primitives import PRIMITIVES, CacheRead, Fuse, Pragma, Split
from tests.schedule.nests import chain, matmul


def test_the_text_of_each_kind_of_value() -> None:
    trace = [
        Split(2, 0, factor=8),
        Split(2, 1, nparts=4, tail="shift"),
        Fuse(2, (3, 5)),
        CacheRead((1, 0), "global", (2, 3), ((1, 48), 0, 1)),
        Pragma(2, 0, "chunk", 1.5),
        Split(2, 4, factor=Decision(7)),
    ]
    text = to_json(trace)
    assert json.loads(text) == {
        "version": 1,
        "steps": [
            ["split", 2, 0, {"factor": 8, "tail": "guard"}],
            ["split", 2, 1, {"nparts": 4, "tail": "shift"}],
            ["fuse", 2, [3, 5]],
            ["cache_read", [1, 0], "global", [2, 3], {"layout": [[1, 48], 0, 1]}],
            ["pragma", 2, 0, "chunk", {"value": 1.5}],
            ["split", 2, 4, {"factor": {"decision": 7}, "tail": "guard"}],
        ],
    }
    assert from_json(text) == trace


def test_an_empty_trace() -> None:
    assert from_json(to_json([])) == []


def test_a_trace_of_the_same_expression_built_again() -> None:
    s = create_schedule(C := matmul())
    s.cache_write(C, "local")
    s[C].tile(*C.op.axis, 2, 3)
    again = replay(matmul(), s.trace)
    assert str(again) == str(s)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "the JSON text of a trace"),
        ("{", "the JSON text of a trace"),
        ("[" * 100_000, "the JSON text of a trace"),
        ("[]", "got other JSON"),
        ('{"steps": 3}', "got other JSON"),
        ('{"steps": []}', "version 1, got version None"),
        ('{"version": 2, "steps": []}', "a newer autosched"),
        ('{"version": 1, "steps": [3]}', "step 0"),
        ('{"version": 1, "steps": [[]]}', "step 0"),
        ('{"version": 1, "steps": [["split", 2, 0], ["os.system", "true"]]}', "in step 1"),
        ('{"version": 1, "steps": [["split", 2]]}', "(stage, axis, factor=..., "),
        ('{"version": 1, "steps": [["split", 2, 0, {"by": 3}]]}', "for split in step 0"),
        ('{"version": 1, "steps": [["split", 2, {"decision": -1}]]}', '{"decision": n}'),
        ('{"version": 1, "steps": [["fuse", 2, [{"decision": 1, "x": 2}]]]}', '{"decision": n}'),
    ],
)
def test_texts_that_are_no_trace(text: str, part: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        from_json(text)
    assert part in str(caught.value)


NONSENSE = ("x", -1, 99, None, [], [[]], True, 1.5, {"decision": 0})


@pytest.mark.parametrize("name", PRIMITIVES)
@pytest.mark.parametrize("value", NONSENSE, ids=repr)
def test_steps_of_nonsense_are_refused(name: str, value: object) -> None:
    """Whatever a text says, replaying it ends in a ScheduleError or in a schedule."""
    required = sum(1 for field in PRIMITIVES[name].arguments) - len(_defaults(name))
    text = json.dumps({"version": 1, "steps": [[name, *[value] * required]]})
    with pytest.raises(ScheduleError):
        replay(chain(), from_json(text))


def _defaults(name: str) -> list[str]:
    from autosched.schedule.trace import SIGNATURES

    return list(SIGNATURES[name][1])


def test_the_step_that_does_not_apply_is_named() -> None:
    with pytest.raises(ScheduleError, match=r"step 1 of the trace, split: .* split already"):
        replay(chain(), [Split(2, 0, factor=2), Split(2, 0, factor=2)])


def test_a_sketch_must_be_bound_first() -> None:
    with pytest.raises(ScheduleError, match="bind the sketch"):
        replay(chain(), [Split(2, 0, factor=Decision(0))])


def test_every_primitive_is_named_as_in_the_table() -> None:
    for name, kind in PRIMITIVES.items():
        assert kind.name == name
        fields = [field for fields in _fields(name) for field in fields]
        assert list(kind.arguments) == fields


def _fields(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    from autosched.schedule.trace import SIGNATURES

    return SIGNATURES[name]
