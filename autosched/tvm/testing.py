"""The part of `tvm.testing` that TE scripts use."""

from __future__ import annotations

import inspect
import itertools
import sys
import unittest
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from autosched.tvm.arith import Analyzer
from autosched.tvm.device import Device, cpu, is_enabled
from autosched.tvm.emulation import emulated
from autosched.tvm.nd import data_of

Decorator = Callable[[Any], Any]
_numbers = itertools.count()


def assert_allclose(actual: Any, desired: Any, rtol: float = 1e-7, atol: float = 1e-7) -> None:
    """Assert equal shapes and close values; unlike NumPy's, `atol` is not 0 by default."""
    actual, desired = np.asarray(data_of(actual)), np.asarray(data_of(desired))
    np.testing.assert_allclose(actual.shape, desired.shape)
    np.testing.assert_allclose(actual, desired, rtol=rtol, atol=atol, verbose=True)


def assert_prim_expr_equal(lhs: Any, rhs: Any) -> None:
    """Assert that two integer expressions are proved to be equal."""
    assert Analyzer().can_prove_equal(lhs, rhs), f"expected equal values, got {lhs} and {rhs}"


def check_numerical_grads(
    function: Callable[..., Any],
    input_values: Any,
    grad_values: Any,
    function_value: float | None = None,
    delta: float = 1e-3,
    atol: float = 1e-2,
    rtol: float = 0.1,
) -> None:
    """Assert that gradients are near those that differences of values give.

    `function` takes arrays, by name if `input_values` are a dict, and returns a number; values are
    taken `delta` above and below each element. Inputs after the last of `grad_values` are not
    changed. `atol` is the tolerance of an element. Raises AssertionError.
    """
    named = isinstance(input_values, dict)
    values = dict(input_values if named else enumerate(input_values))
    for key, grad in (grad_values if named else dict(enumerate(grad_values))).items():

        def value(at: tuple[int, ...], step: float, key: Any = key) -> float:
            moved = values[key].copy()
            moved[at] += step
            given = {**values, key: moved}
            return float(function(**given) if named else function(*given.values()))

        found = np.empty(grad.shape)
        for at in np.ndindex(*grad.shape):
            found[at] = (value(at, delta) - value(at, -delta)) / (2 * delta)
        distance = np.linalg.norm((found - grad).ravel())
        allowed = atol * np.sqrt(grad.size) + rtol * np.linalg.norm(grad.ravel())
        assert distance <= allowed, f"expected the gradient {found} of input {key}, got {grad}"


def device_enabled(target: Any) -> bool:
    """Whether code can be made for the target."""
    return is_enabled(target)


def enabled_targets() -> list[tuple[str, Device]]:
    """Return the targets that code can be made for, with their devices."""
    return [("llvm", cpu())]


def parameter(*values: Any, ids: Any = None, by_dict: Mapping[str, Any] | None = None) -> Any:
    """Return a pytest fixture that takes each of the values, or those of a dict by their names."""
    import pytest

    if by_dict is not None:
        ids, values = tuple(by_dict), tuple(by_dict.values())
    return pytest.fixture(params=values, ids=ids)(lambda *instance, request: request.param)


def parameters(*value_sets: Sequence[Any], ids: Any = None) -> list[Any]:
    """Return pytest fixtures, one for each position in the sets; a test takes one set at a time.

    The fixture of whole sets is put into the calling module or class.
    """
    import pytest

    name = f"parameters_{next(_numbers)}"
    sys._getframe(1).f_locals[name] = parameter(*value_sets, ids=ids)

    def part(position: int) -> Any:
        def value(*instance: Any, **sets: Sequence[Any]) -> Any:
            return sets[name][position]

        own = inspect.Parameter("instance", inspect.Parameter.VAR_POSITIONAL)
        given = inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY)
        value.__signature__ = inspect.Signature([own, given])  # type: ignore[attr-defined]
        return pytest.fixture(value)

    return [part(position) for position in range(len(value_sets[0]))]


def fixture(*args: Any, **options: Any) -> Any:
    """Return a pytest fixture; TVM's option to keep its value between tests is ignored."""
    import pytest

    options.pop("cache_return_value", None)
    return pytest.fixture(*args, **options)


def parametrize_targets(*targets: Any) -> Any:
    """Return a decorator that changes nothing: there is one target, `llvm`."""
    return targets[0] if len(targets) == 1 and callable(targets[0]) else _unchanged


def known_failing_targets(*targets: Any) -> Decorator:
    """Return a decorator that changes nothing; it is meant for targets other than `llvm`."""
    return _unchanged


exclude_targets = known_failing_targets


def main() -> None:
    """Run the tests of the calling script with pytest, and end with its exit status."""
    import pytest

    caller = sys._getframe(1).f_globals["__file__"]
    sys.exit(pytest.main([caller, *sys.argv[1:]]))


def _mark(decorator: Decorator) -> Decorator:
    """Return a mark that may stand with options or without: `@mark` or `@mark(option=1)`."""
    return lambda test=None, **options: decorator if test is None else decorator(test)


def _unchanged(test: Any) -> Any:
    return test


utils = SimpleNamespace(install_request_hook=lambda depth=0: None)
"""What TVM's tutorials call so that their downloads come from a cache; nothing is downloaded."""

requires_llvm = uses_gpu = skip_if_wheel_test = skip_if_32bit = _unchanged


def __getattr__(name: str) -> Any:
    if name.startswith("requires_"):
        needed = name.removeprefix("requires_")
        is_there = emulated(needed)
        return _mark(_unchanged if is_there else unittest.skip(f"this machine has no {needed}"))
    raise AttributeError(f"module 'autosched.tvm.testing' has no attribute {name!r}")
