"""Parameters: read from a function, converted from text, refused with one sentence."""

from typing import Literal

import numpy as np
import pytest

from autosched.errors import WorkloadError
from autosched.ops.parameters import converted, labelled, parameters_of


def example(
    m: int,
    scale: float = 1.0,
    fast: bool = False,
    mode: Literal["a", "b"] = "a",
    level: Literal[1, 2] = 1,
    k: int | None = None,
    plain=3,
):
    pass


PARAMETERS = parameters_of(example, "example")


def convert(**given):
    return converted(PARAMETERS, given, "example")


def test_text_becomes_values():
    values = convert(m="7", scale="1e-3", fast="yes", mode="b", level="2", k="none", plain="4")
    assert values == {
        "m": 7, "scale": 1e-3, "fast": True, "mode": "b", "level": 2, "k": None, "plain": 4,
    }  # fmt: skip
    assert [type(value) for value in values.values()][:3] == [int, float, bool]


def test_missing_values_have_their_defaults():
    assert convert(m=7) == {
        "m": 7, "scale": 1.0, "fast": False, "mode": "a", "level": 1, "k": None, "plain": 3,
    }  # fmt: skip


def test_values_need_no_conversion():
    values = convert(m=np.int64(7), scale=2, k=5)
    assert (values["m"], values["scale"], values["k"]) == (7, 2.0, 5)
    assert type(values["m"]) is int
    assert type(values["scale"]) is float


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("True", True), ("1", True), ("no", False), ("0", False), ("FALSE", False)],
)
def test_words_of_truth(text, value):
    assert convert(m=1, fast=text)["fast"] is value


def test_none_in_small_letters_or_as_in_python():
    assert convert(m=1, k="None")["k"] is convert(m=1, k="none")["k"] is None


def test_parameters_are_shown_as_they_are_written():
    shown = "m=... scale=1.0 fast=false mode=a level=1 k=none plain=3"
    assert " ".join(map(str, PARAMETERS)) == shown
    assert labelled("example", PARAMETERS, convert(m=1, fast="yes")) == "example m=1 fast=true"


REFUSED = {
    "expected a value for the parameter m of example, got none": {},
    "expected an integer for the parameter m of example, got 'x'": {"m": "x"},
    "expected an integer for the parameter m of example, got ''": {"m": ""},
    "expected an integer for the parameter m of example, got '1.5'": {"m": "1.5"},
    "expected an integer for the parameter m of example, got 1.5": {"m": 1.5},
    "expected an integer for the parameter m of example, got True": {"m": True},
    "expected an integer for the parameter m of example, got None": {"m": None},
    "expected a number for the parameter scale of example, got 'big'": {"m": 1, "scale": "big"},
    "expected true or false for the parameter fast of example, got '2'": {"m": 1, "fast": "2"},
    "expected one of a, b for the parameter mode of example, got 'c'": {"m": 1, "mode": "c"},
    "expected one of 1, 2 for the parameter level of example, got '3'": {"m": 1, "level": "3"},
    "expected an integer or none for the parameter k of example, got 'x'": {"m": 1, "k": "x"},
    "expected a parameter of example, got 'scael'": {"m": 1, "scael": "1"},
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_invalid_arguments_are_refused(sentence):
    with pytest.raises(WorkloadError) as caught:
        convert(**REFUSED[sentence])
    assert caught.value.message == sentence


def test_hints_suggest_a_close_name():
    with pytest.raises(WorkloadError, match="did you mean scale"):
        convert(m=1, scael="1")
    with pytest.raises(WorkloadError, match="example takes m, scale, fast"):
        convert(m=1, zzzz="1")
    with pytest.raises(WorkloadError, match=r"example takes m=\.\.\. scale=1\.0 fast=false"):
        convert()


def test_the_label_omits_defaults():
    assert labelled("example", PARAMETERS, convert(m=7)) == "example m=7"
    values = convert(m=7, fast="yes", mode="b")
    assert labelled("example", PARAMETERS, values) == "example m=7 fast=true mode=b"


def unannotated(m):
    pass


def any_number(*m: int):
    pass


def strange(m: dict):
    pass


def dangling(m: "Nowhere"):  # noqa: F821
    pass


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (unannotated, "for the parameter m of f, got no annotation"),
        (any_number, r"expected named parameters in f, got \*m"),
        (strange, "for the parameter m of f, got <class 'dict'>"),
        (dangling, "expected annotations of f that can be resolved"),
    ],
)
def test_parameters_without_a_text_form_are_refused(function, sentence):
    with pytest.raises(WorkloadError, match=sentence):
        parameters_of(function, "f")
