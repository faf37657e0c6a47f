"""Native functions do what the same function does in Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched.codegen.native import Bytes, Int8s, Int32s, Int64s, external, native
from autosched.errors import CodegenError

STEP = 3
small = st.integers(-(1 << 20), 1 << 20)


@native
def arithmetic(a: int, b: int, out: Int64s) -> None:
    """One element for each operation."""
    out[0], out[1] = a + b, a - b
    out[2] = a * b
    out[3] = a // b
    out[4] = a % b
    out[5] = a & b | 5
    out[6] = ~a ^ -b
    out[7] = a << (b & 7)
    out[8] = a >> (b & 7)
    out[9] = min(a, b, STEP)
    out[10] = max(a, b)
    out[11] = a if a < b and b < 100 else b
    out[12] = a <= b < 7
    out[13] = not (a == b or a > 5)
    out[14] = out[0]
    out[14] += a
    out[15] = a in (b, 1, STEP)
    out[16] = a not in (b, 1)


@given(small, small.filter(bool))
def test_arithmetic_is_that_of_python(a: int, b: int) -> None:
    expected, got = np.zeros(17, np.int64), np.zeros(17, np.int64)
    arithmetic.python(a, b, expected)
    arithmetic(a, b, got)
    np.testing.assert_array_equal(got, expected)


@native
def helper(values: Int64s, n: int) -> int:
    total = 0
    for i in range(n):
        if values[i] < 0:
            continue
        if values[i] > 1000:
            break
        total += values[i]
    return total


@native
def control(values: Int64s, n: int) -> int:
    """Loops in loops, jumps out of them, calls."""
    found: int = 0
    for i in range(n - 1, -1, -1):
        j = 0
        while True:
            if j >= values[i] or j == 50:
                break
            j += STEP
            if j % 2:
                continue
            found += 1
        else_part = i
        if i & 1:
            found += else_part
        elif i & 2:
            found -= 1
        else:
            pass
    for i in range(2, n, 2):
        if found > 200:
            return -helper(values, n) - i
    return found + helper(values, n)


@given(st.lists(st.integers(-100, 1500), max_size=12))
def test_control_flow_is_that_of_python(numbers: list[int]) -> None:
    values = np.array(numbers, np.int64)
    assert control(values, len(values)) == control.python(values, len(values))


@native
def widths(small: Int8s, plain: Bytes, words: Int32s, n: int) -> None:
    for i in range(n):
        words[i] = small[i] * plain[i]
        small[i] = plain[i]


def test_elements_have_the_signs_of_their_types() -> None:
    small, plain = np.array([-1, -128, 127], np.int8), np.array([255, 255, 128], np.uint8)
    words = np.zeros(3, np.int32)
    widths(small, plain, words, 3)
    assert words.tolist() == [-255, -128 * 255, 127 * 128]
    assert small.tolist() == [-1, -1, -128]


@external
def doubled(x: int) -> int: ...


@native
def calls_external(x: int) -> int:
    return doubled(x) + 1


def test_an_external_function_is_linked() -> None:
    text = "define i64 @doubled(i64 %x) {\n%y = mul i64 %x, 2\nret i64 %y\n}"
    assert calls_external.linked(text)(20) == 41
    with pytest.raises(CodegenError, match="expected native code to call doubled"):
        calls_external.python(20)
    with pytest.raises(CodegenError, match="expected the LLVM text of doubled"):
        calls_external(20)


@native
def divides(x: int) -> int:
    return int(x / 2)


@native
def unreachable(x: int) -> int:
    while x:
        break
        x += 1
    return x


@native
def fetches(x: int, values: Int64s) -> int:
    values = x  # type: ignore[assignment]
    return helper(values, x)


@native
def either(a: int, b: int) -> int:
    return a or b


@native
def from_the_end(values: Int64s) -> int:
    return values[-1]


@native
def hides_a_constant(n: int, STEP: int) -> int:
    total = 0
    for i in range(0, n, STEP):
        total += i
    return total


def test_what_python_means_otherwise_is_refused() -> None:
    with pytest.raises(CodegenError, match=r"'and' and 'or' of comparisons .* got 'a or b'"):
        either(3, 5)
    with pytest.raises(CodegenError, match="counts from the beginning, got 'values\\[-1\\]'"):
        from_the_end(np.zeros(1, np.int64))
    with pytest.raises(CodegenError, match="or a constant step, got"):
        hides_a_constant(10, 5)


def test_what_has_no_translation_is_named_with_its_line() -> None:
    with pytest.raises(CodegenError, match=r"divides, line \d+: expected int to be a native"):
        divides(1)
    with pytest.raises(CodegenError, match="statements that can be reached, got 'x \\+= 1'"):
        unreachable(1)
    with pytest.raises(CodegenError, match="a variable or an element of an array, got 'values'"):
        fetches(1, np.zeros(1, np.int64))


def test_arrays_of_another_type_are_refused() -> None:
    with pytest.raises(CodegenError, match="values to be a contiguous array of int64, got int32"):
        helper(np.zeros(1, np.int32), 1)
    with pytest.raises(CodegenError, match="with strides"):
        helper(np.zeros(4, np.int64)[::2], 2)


def test_a_parameter_needs_a_type() -> None:
    def bad(x: float) -> int:
        return 1

    with pytest.raises(CodegenError, match=r"bad\(x\) to be int or an array"):
        native(bad)
