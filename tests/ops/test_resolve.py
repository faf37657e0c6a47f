"""Workloads by names, files and modules, and the errors if there is none."""

import sys
import textwrap

import pytest

from autosched import te
from autosched.errors import ExpressionError, WorkloadError
from autosched.ops import as_instance, from_tensors, resolve

SOURCE = """
from __future__ import annotations
import autosched.te as te
from autosched.ops import workload
from beside import FACTOR

def scaled(m: int, n: int = 3):
    A = te.placeholder((m, n), name="A")
    return [A, te.compute((m, n), lambda i, j: A[i, j] * FACTOR, name="B")]

@workload(name="decorated_in_a_file")
def decorated(m: int):
    return scaled(m, 1)

def fails(m: int):
    return 1 // 0

def refuses(m: int):
    return [te.placeholder((-m,), name="A")]

def returns_nothing():
    pass

def returns_numbers():
    return [1, 2]

def only_inputs():
    return [te.placeholder((2,), name="A")]

def forgets_an_input():
    A = te.placeholder((2,), name="A")
    return [te.compute((2,), lambda i: A[i], name="B")]

def twice():
    A = te.placeholder((2,), name="A")
    return [A, A, te.compute((2,), lambda i: A[i], name="B")]

NUMBER = 5
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "user_file.py").write_text(textwrap.dedent(SOURCE))
    (tmp_path / "beside.py").write_text("FACTOR = 2.0\n")
    (tmp_path / "broken.py").write_text("def f(:\n")
    (tmp_path / "needs.py").write_text("import nothing_of_that_name\n")
    package = tmp_path / "user_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "user_module.py").write_text(textwrap.dedent(SOURCE))
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_function_of_a_file(folder):
    instance = resolve("user_file.py:scaled", {"m": "7"})
    assert str(instance) == "scaled m=7"
    assert instance.params == {"m": 7, "n": 3}
    assert instance.source == f"{folder / 'user_file.py'}:scaled"
    assert resolve(instance.source, instance.params).key == instance.key


def test_a_function_of_a_module(folder):
    instance = resolve("user_package.user_module:scaled", {"m": "7"})
    assert instance.source == "user_package.user_module:scaled"
    assert instance.key == resolve("user_file.py:scaled", {"m": 7}).key


def test_a_decorated_function_keeps_its_name(folder):
    assert resolve("user_file.py:decorated", {"m": 1}).name == "decorated_in_a_file"


def test_the_search_path_is_restored(folder):
    before = list(sys.path)
    resolve("user_file.py:scaled", {"m": 1})
    assert sys.path == before


REFUSED = {
    "got 'matmull'": ("matmull", {}, "did you mean matmul?"),
    "got 'zzz'": ("zzz", {}, "there are matmul, batch_matmul"),
    "file.py:function or package.module:function, got 'user_file.py'": (
        "user_file.py", {}, "name the function too, as in user_file.py:function",
    ),
    "got no file 'missing.py'": ("missing.py:f", {}, ""),
    "got no module 'missing.module'": ("missing.module:f", {}, "give its path with .py"),
    "got no module 'user_package.other'": ("user_package.other:f", {}, ""),
    "expected a function 'scale' in user_file.py, got none": (
        "user_file.py:scale", {}, "did you mean scaled?",
    ),
    "expected a function 'NUMBER' in user_file.py, got none": ("user_file.py:NUMBER", {}, ""),
    "code in broken.py to run, got SyntaxError": ("broken.py:f", {}, ""),
    "code in needs.py to run, got ModuleNotFoundError": ("needs.py:f", {}, ""),
    "code in needs to run, got ModuleNotFoundError": ("needs:f", {}, ""),
    "code in fails to run, got ZeroDivisionError": ("user_file.py:fails", {"m": 1}, ""),
    "expected a list of tensors from returns_nothing, got a NoneType": (
        "user_file.py:returns_nothing", {}, "return the inputs and the outputs",
    ),
    "from returns_numbers, got a list of int": ("user_file.py:returns_numbers", {}, ""),
    "expected a computed tensor from only_inputs": ("user_file.py:only_inputs", {}, ""),
    "among the tensors of forgets_an_input, got none for A": (
        "user_file.py:forgets_an_input", {}, "",
    ),
    "expected different tensors from twice": ("user_file.py:twice", {}, ""),
    "expected a value for the parameter m of scaled": ("user_file.py:scaled", {}, "scaled takes m"),
}  # fmt: skip


@pytest.mark.parametrize("part", REFUSED)
def test_an_unusable_workload_is_refused(part, folder):
    spec, params, hint = REFUSED[part]
    with pytest.raises(WorkloadError) as caught:
        resolve(spec, params)
    assert caught.value.message.startswith("expected")
    assert part in caught.value.message
    assert hint in (caught.value.hint or "")


def test_an_error_of_te_is_raised_unchanged(folder):
    with pytest.raises(ExpressionError, match="expected an extent of at least 1"):
        resolve("user_file.py:refuses", {"m": 1})


def test_tensors_instances_and_names_are_accepted():
    A = te.placeholder((3,), name="A")
    B = te.compute((3,), lambda i: A[i], name="B")
    instance = as_instance([A, B])
    assert (str(instance), instance.source) == ("B", None)
    assert as_instance(instance) is instance
    assert as_instance("relu", {"m": 3, "n": 1}).name == "relu"
    assert from_tensors([A, B], "copy").name == "copy"
    with pytest.raises(WorkloadError, match="expected parameters only with a workload's name"):
        as_instance([A, B], {"m": 1})
    with pytest.raises(WorkloadError, match="expected a list of tensors from the workload, got a"):
        as_instance(B)
