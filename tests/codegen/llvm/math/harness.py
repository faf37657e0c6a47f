"""Run a vector function over arrays, and measure its error in units of the last place."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable
from functools import cache

import llvmlite.binding as llvm
import numpy as np
import pytest

from autosched.codegen.llvm.math import ARITY, definition
from autosched.ir.dtype import dtype

LANES = 16
NAN, INF = float("nan"), float("inf")

needs_wide_reference = pytest.mark.skipif(
    np.finfo(np.longdouble).nmant < 63, reason="NumPy has no wider float here to judge by"
)


@cache
def compiled(
    name: str, scalar: str, lanes: int = LANES, features: str = ""
) -> Callable[..., np.ndarray]:
    """The function applied to arrays, `lanes` elements at a time."""
    symbol, text = definition(name, dtype(scalar).with_lanes(lanes), features)
    element = {"float32": "float", "float64": "double"}[scalar]
    vector = element if lanes == 1 else f"<{lanes} x {element}>"
    arity = ARITY.get(name, 1)
    inputs = range(arity)
    loads = "\n".join(
        f"  %p{i} = getelementptr {element}, ptr %in{i}, i64 %at\n"
        f"  %v{i} = load {vector}, ptr %p{i}, align 8"
        for i in inputs
    )
    module = f"""{text}
define void @kernel({"".join(f"ptr %in{i}, " for i in inputs)}ptr %out, i64 %n) {{
entry:
  br label %loop
loop:
  %at = phi i64 [ 0, %entry ], [ %next, %loop ]
{loads}
  %r = call {vector} @{symbol}({", ".join(f"{vector} %v{i}" for i in inputs)})
  %q = getelementptr {element}, ptr %out, i64 %at
  store {vector} %r, ptr %q, align 8
  %next = add i64 %at, {lanes}
  %more = icmp slt i64 %next, %n
  br i1 %more, label %loop, label %done
done:
  ret void
}}
"""
    engine = _engine(module.replace("align 8", f"align {np.dtype(scalar).itemsize}"))
    pointers = [ctypes.c_void_p] * (arity + 1)
    kernel = ctypes.CFUNCTYPE(None, *pointers, ctypes.c_int64)(
        engine.get_function_address("kernel")
    )

    def run(*arrays: np.ndarray) -> np.ndarray:
        (count,) = arrays[0].shape
        padded = [np.resize(a.astype(scalar, copy=False), count + -count % lanes) for a in arrays]
        out = np.empty_like(padded[0])
        kernel(*(a.ctypes.data for a in (*padded, out)), len(out))
        return out[:count]

    run.engine = engine  # type: ignore[attr-defined]  # the code lives as long as it
    return run


def _engine(text: str) -> llvm.ExecutionEngine:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3
    )
    module = llvm.parse_assembly(text)
    module.verify()
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(3))
    builder.getModulePassManager().run(module, builder)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    return engine


def worst_ulp(actual: np.ndarray, exact: np.ndarray) -> float:
    """The largest error in ulps of the exact result, infinite where a special value differs."""
    with np.errstate(all="ignore"):
        rounded = exact.astype(actual.dtype)
        magnitude = np.minimum(np.abs(rounded), np.finfo(actual.dtype).max)
        ulp = np.spacing(magnitude).astype(exact.dtype)
        error = np.abs(actual.astype(exact.dtype) - exact) / ulp
    same = (actual == rounded) | (np.isnan(actual) & np.isnan(rounded))
    error = np.where(~np.isfinite(rounded) | ~np.isfinite(actual), np.where(same, 0, INF), error)
    return float(error.max())


def worst_on(
    name: str, reference: Callable[..., np.ndarray], *arguments: np.ndarray, features: str = ""
) -> float:
    """The worst error of `name` on these arguments, the reference taking a wider float."""
    wide = np.float64 if arguments[0].dtype == np.float32 else np.longdouble
    with np.errstate(all="ignore"):
        exact = reference(*(a.astype(wide) for a in arguments))
    function = compiled(name, arguments[0].dtype.name, features=features)
    return worst_ulp(function(*arguments), exact)


@cache
def all_over_float32() -> np.ndarray:
    """Every 1031st of all floats, and the neighbours of powers of two and other edges."""
    spread = np.arange(0, 2**32, 1031, dtype=np.uint32).view(np.float32)
    edges = [88.72284, -87.33655, -103.97208, -103.27893, 89.0, 0.55, 10.0, 3.95, 131072.0]
    edges += [math.pi * i / 4 for i in range(64)]
    return np.concatenate([spread, _neighbours(edges, np.float32, np.int32, range(-149, 128))])


@cache
def all_over_float64() -> np.ndarray:
    """Random bit patterns, numbers of everyday size, and the neighbours of edges."""
    rng = np.random.default_rng(20)
    count = 60_000
    bits = rng.integers(0, 2**64, count, dtype=np.uint64).view(np.float64)
    signed = np.copysign(np.exp2(rng.uniform(-60, 10, count)), rng.uniform(-1, 1, count))
    near_one = 1 + rng.uniform(-1, 1, count) * np.exp2(rng.uniform(-52, 0, count))
    edges = [709.782712893384, -708.3964185322641, -745.1332191019411, 0.55, 20.0, 5.95, 2.0**30]
    edges += [math.pi * i / 4 for i in range(64)]
    extremes = _neighbours(edges, np.float64, np.int64, range(-1074, 1024))
    parts = [bits, signed, rng.uniform(-750, 750, count), rng.uniform(-7, 7, count), near_one]
    return np.concatenate([*parts, extremes])


def _neighbours(edges: list[float], kind: type, integer: type, exponents: range) -> np.ndarray:
    powers = [2.0**exponent for exponent in exponents]
    points = np.array([0.0, *edges, *powers, np.finfo(kind).max], kind)
    steps = np.arange(-20, 21, dtype=integer)
    around = (points.view(integer)[:, None] + steps).ravel().view(kind)
    return np.concatenate([around, -around, np.array([INF, -INF, NAN], kind)])


def assert_same(name: str, cases: dict[float, float]) -> None:
    """The function gives exactly these values, signs of zeros too, in both formats."""
    for scalar in ("float32", "float64"):
        points = np.array(list(cases), scalar)
        expected = np.array(list(cases.values()), scalar)
        actual = compiled(name, scalar)(points)
        np.testing.assert_array_equal(actual, expected)
        np.testing.assert_array_equal(
            np.signbit(actual)[expected == 0], np.signbit(expected)[expected == 0]
        )


def assert_same_in_any_vector(name: str, features: str) -> None:
    """Check that a function of float32 has one result for a number, whatever the lanes."""
    x = all_over_float32()[::200]
    expected = compiled(name, "float32", 16, features)(x)
    for lanes in (1, 3, 48, 64):
        np.testing.assert_array_equal(compiled(name, "float32", lanes, features)(x), expected)
