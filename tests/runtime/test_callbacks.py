"""Functions of Python by addresses that code calls."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from autosched.runtime import registry
from autosched.runtime.callbacks import Part, address_of, raising

P, N, D = ctypes.c_void_p, ctypes.c_int64, ctypes.c_double


def test_parts_and_numbers() -> None:
    found = []
    registry.register("tests.callback", lambda *given: found.append(given), override=True)
    address = address_of("tests.callback", (Part("float32", 2), int, float))
    function = ctypes.CFUNCTYPE(None, P, N, N, N, N, N, D)(address)
    a = np.arange(24, dtype="float32").reshape(4, 6)
    function(a[1:, 2:].ctypes.data, 2, 3, 6, 1, 7, 0.5)
    ((part, number, fraction),) = found
    np.testing.assert_array_equal(part, a[1:3, 2:5])
    part[0, 0] = -1
    assert (a[1, 2], number, fraction) == (-1, 7, 0.5)


def test_the_first_error_is_raised_at_the_end() -> None:
    calls = []

    def fail(number: int) -> None:
        calls.append(number)
        raise ValueError(str(number))

    registry.register("tests.callback", fail, override=True)
    function = ctypes.CFUNCTYPE(None, N)(address_of("tests.callback", (int,)))

    def twice() -> None:
        with raising():
            function(1)
            function(2)

    with pytest.raises(ValueError, match="1"):
        twice()
    assert calls == [1]
    with raising():
        pass
