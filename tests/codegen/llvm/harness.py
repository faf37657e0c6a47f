"""Running hand-made nests: compiled and interpreted, on the same arrays."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence

import numpy as np

from autosched.codegen.compile import compile_text
from autosched.codegen.llvm.emit import emit
from autosched.codegen.llvm.state.module import CodegenOptions
from autosched.codegen.machine.module import CompiledModule
from autosched.ir import build
from autosched.ir.dtype import INDEX, DType, dtype
from autosched.ir.expr import Buffer, Expr, Load, Var
from autosched.ir.interpreter import interpret
from autosched.ir.stmt import For, Function, LoopKind, Stmt, Store
from autosched.target.target import Target

const = build.const


def var(name: str) -> Var:
    return Var(name, INDEX)


def buffer(name: str, shape: Sequence[int | Expr], kind: str = "float32", scope: str = "global"):
    return Buffer(name, tuple(build.as_expr(extent) for extent in shape), dtype(kind), scope)


def read(source: Buffer, *indices: Expr | int, mask: Expr | None = None) -> Load:
    places = tuple(build.as_expr(index) for index in indices)
    lanes = max((place.dtype.lanes for place in places), default=1)
    return Load(source, places, source.dtype.with_lanes(lanes), mask)


def write(target: Buffer, *parts: Expr | int, mask: Expr | None = None) -> Store:
    *places, value = parts
    return Store(target, tuple(map(build.as_expr, places)), build.as_expr(value), mask)


def loop(name: str, extent: int | Expr, body: Callable[[Var], Stmt], kind=LoopKind.SERIAL) -> For:
    index = var(name)
    return For(index, const(0), build.as_expr(extent), kind, body(index))


def unrolled(name: str, extent: int, body: Callable[[Var], Stmt]) -> For:
    return loop(name, extent, body, LoopKind.UNROLLED)


def columns(lanes: int, steps: int, kind: str = "float32", room: int = 0) -> Function:
    """y[lane, step] = x[step, lane], written a vector of lanes at a time."""
    x, y = buffer("x", [steps, lanes], kind), buffer("y", [lanes, steps + room], kind)
    rows = build.ramp(const(0), 1, lanes)
    return function([x, y], unrolled("i", steps, lambda i: write(y, rows, i, read(x, i, rows))))


def function(
    params: Sequence[Buffer], body: Stmt, sizes: Sequence[Var] = (), outputs: int = 1
) -> Function:
    """A function whose last `outputs` parameters are its outputs."""
    return Function("kernel", tuple(params), tuple(params[-outputs:]), tuple(sizes), body)


def compiled(
    nest: Function, options: CodegenOptions | None = None, target: Target | None = None
) -> CompiledModule:
    target = Target.host() if target is None else target
    return compile_text(emit(nest, target=target, options=options), target)


def run(module: CompiledModule, nest: Function, arrays: Sequence[np.ndarray], sizes=()) -> None:
    pointers = [ctypes.c_void_p] * len(nest.params)
    kind = ctypes.CFUNCTYPE(None, *pointers, *[ctypes.c_int64] * len(nest.sizes))
    kind(module.address(nest.name))(*(array.ctypes.data for array in arrays), *sizes)


def check(
    nest: Function,
    arrays: Sequence[np.ndarray],
    sizes: Sequence[int] = (),
    *,
    options: CodegenOptions | None = None,
    target: Target | None = None,
    rtol: float = 0.0,
) -> list[np.ndarray]:
    """The outputs of the compiled nest, once they were found to be those of the interpreter."""
    arrays = [
        shaped(array, parameter) for array, parameter in zip(arrays, nest.params, strict=True)
    ]
    expected = [array.copy() for array in arrays]
    found = [array.copy() for array in arrays]
    interpret(nest, expected, sizes)
    run(compiled(nest, options, target), nest, found, sizes)
    for parameter, want, got in zip(nest.params, expected, found, strict=True):
        want, got = as_floats(want, parameter.dtype), as_floats(got, parameter.dtype)
        if rtol:
            np.testing.assert_allclose(got, want, rtol=rtol, atol=rtol, err_msg=parameter.name)
        else:
            np.testing.assert_array_equal(got, want, err_msg=parameter.name)
    return found


def shaped(array: np.ndarray, parameter: Buffer) -> np.ndarray:
    """The array in the shape of its parameter, where that is constant."""
    extents = [getattr(extent, "value", None) for extent in parameter.shape]
    return array if None in extents else array.reshape(extents)


def as_floats(array: np.ndarray, kind: DType) -> np.ndarray:
    """bfloat16, which NumPy does not have, as the float32 of the same value."""
    if kind.kind != "bfloat":
        return array
    return (array.astype(np.uint32) << 16).view(np.float32)


def samples(kind: str, count: int, seed: int = 0, low: int = -100, high: int = 100) -> np.ndarray:
    """Numbers of a dtype, the ends of its range and zero among integers."""
    rng = np.random.default_rng(seed)
    scalar = dtype(kind)
    if scalar.is_bool:
        return rng.integers(0, 2, count).astype(bool)
    if scalar.kind == "bfloat":
        floats = rng.uniform(low, high, count).astype(np.float32)
        return (floats.view(np.uint32) >> 16).astype(np.uint16)
    if scalar.is_float:
        return rng.uniform(low, high, count).astype(scalar.numpy)
    values = rng.integers(max(low, scalar.min_value), min(high, scalar.max_value), count)
    values = values.astype(scalar.numpy)
    values[:4] = [0, 1, scalar.max_value, scalar.min_value][:count]
    return values
