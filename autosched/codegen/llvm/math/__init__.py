"""Transcendental functions as vector code: LLVM IR text to inline into a kernel.

`definition(name, dtype)` returns the symbol and the whole text of an internal, always inlined
function on any number of lanes of float32 or float64 (callers compute narrower floats in float32).
The text needs no other code: it calls only `llvm.*` intrinsics, which LLVM's parser declares by
itself. The code is branch-free but for the reduction of huge arguments of sin, cos and tan, special
cases of pow and huge quotients of fmod, and uses no intrinsic of a particular target but those of
`autosched/codegen/llvm/math/scaling.py`, which changes no result, and of
`autosched/codegen/llvm/math/registers.py` and `lookup.py` beside it, by which some functions have
results of their own;
`llvm.fma` is a single instruction on x86-64-v3, aarch64 and their like and a slow call elsewhere.

Infinities, NaN, signed zeros and overflow come out as in C99. Denormal results are within
one denormal ulp. Each function's docstring states its largest measured error, in ulps of the
exact result: over all 2^32 arguments for float32 functions of one argument, otherwise on
samples of several hundred thousand random arguments or more.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from autosched.codegen.llvm.math.distance import hypot
from autosched.codegen.llvm.math.emit import Function, Value
from autosched.codegen.llvm.math.exponential import exp, exp2, expm1
from autosched.codegen.llvm.math.hyperbolic import acosh, asinh, atanh, cosh, sinh
from autosched.codegen.llvm.math.inverse import acos, asin, atan, atan2
from autosched.codegen.llvm.math.logarithm import log, log1p, log2, log10
from autosched.codegen.llvm.math.power import pow
from autosched.codegen.llvm.math.registers import has_registers
from autosched.codegen.llvm.math.remainder import fmod
from autosched.codegen.llvm.math.scaling import scaling
from autosched.codegen.llvm.math.sigmoids import erf, sigmoid, tanh
from autosched.codegen.llvm.math.trigonometric import cos, sin, tan
from autosched.errors import CodegenError
from autosched.ir.dtype import DType

ARITY = {"pow": 2, "hypot": 2, "atan2": 2, "fmod": 2}
"""The functions of more than one argument, with their number."""

_FUNCTIONS: dict[str, Callable[[Function], Value]] = {
    function.__name__: function
    for function in (
        exp, exp2, expm1, log, log2, log10, log1p, tanh, erf, sigmoid, pow, sin, cos,
        sinh, cosh, asinh, acosh, atanh, hypot,
        tan, asin, acos, atan, atan2, fmod,
    )
}  # fmt: skip

names = frozenset(_FUNCTIONS)


@cache
def definition(name: str, dtype: DType, features: str = "") -> tuple[str, str]:
    """Return the symbol and the text of function `name` on `dtype`, for a target's features.

    The text is cached. Put it once into a module that calls the symbol.
    """
    if name not in _FUNCTIONS:
        raise CodegenError(
            f"expected a function with vector code, got {name!r}",
            hint="there are " + ", ".join(sorted(names)),
        )
    if dtype.kind != "float" or dtype.bits not in (32, 64):
        raise CodegenError(
            f"expected {name} on float32 or float64, got {dtype}",
            hint="cast narrower floats to float32 around the call",
        )
    given = scaling(dtype, features), has_registers(features)
    function = Function(name, dtype, ARITY.get(name, 1), *given)
    return function.finish(_FUNCTIONS[name](function))
