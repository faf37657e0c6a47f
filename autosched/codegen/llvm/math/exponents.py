"""Exponents of numbers, as floats."""

from __future__ import annotations

from autosched.codegen.llvm.math.emit import Function, Value


def made_normal(f: Function, x: Value) -> tuple[Value, Value]:
    """Return x, times a power of two where it is denormal, and the mask of where it is."""
    small = x < f.form.least_normal
    return small.where(x * 2.0**f.form.mantissa, x), small


def exponent(f: Function, k: Value, small: Value) -> Value:
    """Return the exponent of a number that was made normal; `k` is that of what was made."""
    return small.where(k - float(f.form.mantissa), k)


def unbiased(f: Function, k: Value) -> Value:
    """Return the float k of the integer k + bias, set into the mantissa of a large float."""
    large = (f.form.bias + f.form.mantissa) << f.form.mantissa
    return (k | large).as_float() - (2.0**f.form.mantissa + f.form.bias)
