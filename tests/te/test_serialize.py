"""Tensors to JSON and back."""

import json

import pytest

from autosched import te
from autosched.errors import ExpressionError
from autosched.te import dag
from autosched.te.encode import canonical_text
from autosched.te.serialize import from_json, from_meaning, to_json
from autosched.te.tensor import Reduce
from tests.te.samples import SAMPLES, argmax, matmul


@pytest.mark.parametrize("name", SAMPLES)
def test_decoded_tensors_have_the_same_meaning(name):
    tensors = SAMPLES[name]
    again = from_json(to_json(tensors))
    assert canonical_text(again) == canonical_text(tensors)
    assert [tensor.dtype for tensor in again] == [tensor.dtype for tensor in tensors]


@pytest.mark.parametrize("name", SAMPLES)
def test_decoded_tensors_are_encoded_equally(name):
    text = to_json(SAMPLES[name])
    assert to_json(from_json(text)) == text


@pytest.mark.parametrize("name", SAMPLES)
def test_a_canonical_text_is_decoded_without_names(name):
    text = canonical_text(SAMPLES[name])
    assert canonical_text(from_meaning(text)) == text


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"ops": [1]}', "[" * 100_000])
def test_an_invalid_canonical_text_is_refused(text):
    with pytest.raises(ExpressionError, match="expected the meaning of tensors"):
        from_meaning(text)


def test_names_tags_and_attributes_are_kept():
    Z = from_json(to_json(SAMPLES["everything"]))[-1]
    Y = next(tensor for tensor in Z.op.input_tensors if tensor.name == "Y")
    assert Y.op.tag == "injective"
    assert Y.op.attrs == {"layout": ["N", 1, 2.5]}
    A, *best = from_json(to_json(argmax()))
    assert (A.shape[0].name, best[0].op.reduce_axis[0].name) == ("n", "k")
    assert best[0].op.bodies[0].combiner.name == "argmax"
    assert best[0].op is best[1].op


def test_outputs_of_one_reduction_share_it():
    _, index, value = from_json(to_json(argmax()))
    first, second = value.op.bodies
    assert isinstance(first, Reduce)
    assert first.combiner is second.combiner
    assert (first.value_index, second.value_index) == (0, 1)
    assert index.op.reduce_axis == first.axes


def test_a_constant_placeholder_stays_constant():
    _, B, _ = from_json(to_json(matmul(constant=True)))
    assert B.op.constant


def test_one_size_stays_one_variable():
    n = te.var("n")
    A = te.placeholder((n, n), name="A")
    again = from_json(to_json([A, te.compute((n,), lambda i: A[i, i])]))
    assert len(dag.size_vars(again)) == 1


def test_long_chains_are_decoded():
    x = te.placeholder((3,))
    for _ in range(3000):
        x = te.compute((3,), lambda i, x=x: x[i] + 1.0)
    assert len(dag.topological_order(from_json(to_json([x])))) == 3001


def damaged():
    good = json.loads(to_json(SAMPLES["everything"]))

    def changed(change):
        document = json.loads(json.dumps(good))
        change(document)
        return json.dumps(document)

    yield "no JSON", "{"
    yield "another kind of value", "[1]"
    yield "nothing", "{}"
    yield "another format", changed(lambda d: d.update(format=99))
    yield "no names", changed(lambda d: d.pop("names"))
    yield (
        "a node that does not exist",
        changed(lambda d: d["ops"][-1]["nodes"].__setitem__(-1, ["Nonsense", 0, 1])),
    )
    yield (
        "an operand that comes later",
        changed(lambda d: d["ops"][-1]["nodes"].__setitem__(-1, ["Add", 0, 9999])),
    )
    yield "too few operands", changed(lambda d: d["ops"][-1]["nodes"].__setitem__(-1, ["Add", 0]))
    yield "a tensor that does not exist", changed(lambda d: d.update(tensors=[[99, 0]]))
    yield "a dtype that does not exist", changed(lambda d: d["ops"][0].update(dtype="float33"))


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in damaged()])
def test_a_damaged_text_is_refused(text):
    with pytest.raises(ExpressionError, match="expected"):
        from_json(text)


def test_attributes_that_are_no_plain_values_are_refused():
    C = te.compute((3,), lambda i: i, name="C", attrs={"hook": print})
    with pytest.raises(ExpressionError, match="expected attrs of plain values in C"):
        to_json([C])
