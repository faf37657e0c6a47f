"""Functions that kernels call, by name."""

import pytest

from autosched.errors import ArgumentError
from autosched.runtime import registry


def test_names_are_taken_once() -> None:
    registry.register("tests.once", len)
    with pytest.raises(ArgumentError, match=r"not taken, got tests\.once"):
        registry.register("tests.once", abs)
    registry.register("tests.once", abs, override=True)
    assert registry.of_python("tests.once") is abs
    assert registry.registered("tests.nobody") is None


def test_functions_of_c() -> None:
    assert registry.of_c("abs")(-3) == 3
    with pytest.raises(ArgumentError, match="a C function of this process"):
        registry.of_c("no_such_function_of_c")
