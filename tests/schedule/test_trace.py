"""Traces: their text, what is no text of a trace, and replaying one elsewhere."""

from __future__ import annotations

import json

import pytest

from autosched import te
from autosched.errors import ScheduleError
from autosched.schedule import create_schedule, from_json, replay, to_json, to_python
from autosched.schedule.arguments import Decision
from autosched.schedule.primitives import PRIMITIVES, CacheRead, Fuse, Pragma, Split
from tests.schedule.nests import chain, matmul, pasted


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


def test_a_script() -> None:
    C = matmul(64, 64, 64)
    s = create_schedule(C)
    CL = s.cache_write(C, "local")
    s.cache_read(s.tensors[1], "global", [CL], layout=[[1, 16], 0, 1])
    _, jo, _, ji = s[C].tile(*C.op.axis, 8, 16, tail="partition")
    s[CL].compute_at(s[C], jo)
    s[C].vectorize(ji)
    ko, _ = s[CL].split(s[CL].op.reduce_axis[0], nparts=4)
    s[CL].pragma(ko, "chunk", 2)
    text = to_python(s)
    assert text.splitlines() == [
        "s = te.create_schedule([C])",
        "A, B, C = s.tensors",
        "C_local = s.cache_write(C, 'local')",
        "B_global = s.cache_read(B, 'global', [C_local], layout=[[1, 16], 0, 1])",
        "i, j = s[C].op.axis",
        "i_outer, j_outer, i_inner, j_inner = s[C].tile(i, j, 8, 16, tail='partition')",
        "s[C_local].compute_at(s[C], j_outer)",
        "s[C].vectorize(j_inner)",
        "i_c, j_c = s[C_local].op.axis",
        "k, = s[C_local].op.reduce_axis",
        "k_outer, k_inner = s[C_local].split(k, nparts=4)",
        "s[C_local].pragma(k_outer, 'chunk', 2)",
    ]
    assert str(pasted(s)) == str(s)


def test_axes_of_one_name_in_two_stages() -> None:
    s = create_schedule(C := chain())
    B = s.tensors[1]
    s[B].unroll(B.op.axis[0])
    s[C].unroll(C.op.axis[0])
    assert "C_i, = s[C].op.axis" in to_python(s)
    assert str(pasted(s)) == str(s)


def test_names_that_are_no_identifiers() -> None:
    A = te.placeholder((8,), name="s")
    B = te.compute((8,), lambda i: A[i] + 1.0, name="for")
    C = te.compute((8,), lambda te: B[te] + 1.0, name="0 x")
    D = te.compute((8,), lambda i: C[i] + A[i], name="0.x")
    E = te.compute((8,), lambda i: D[i] + 1.0, name="E")
    s = create_schedule(E)
    for tensor in (B, C, D, E):
        s[tensor].split(tensor.op.axis[0], 2)
    assert str(pasted(s)) == str(s)


def test_one_of_several_values() -> None:
    A = te.placeholder((8,), name="A")
    B0, B1 = te.compute((8,), lambda i: (A[i], A[i] * 2.0), name="B")
    C = te.compute((8,), lambda i: B0[i] + B1[i], name="C")
    s = create_schedule(C)
    s.cache_read(B1, "local", [C])
    s.cache_write([B1, B0], "local")
    assert "B.op.output(1)" in to_python(s)
    assert str(pasted(s)) == str(s)


def test_an_untouched_schedule() -> None:
    s = create_schedule(te.placeholder((8,), name="A"))
    assert to_python(s) == "s = te.create_schedule([A])\nA, = s.tensors\n"
    assert str(pasted(s)) == str(s) == ""
