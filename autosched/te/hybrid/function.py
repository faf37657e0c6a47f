"""Functions that compute tensors from tensors, and arrays from arrays."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
import types
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autosched.errors import ExpressionError
from autosched.ir.expr import Buffer, Expr
from autosched.ir.rewrite import replace_buffers
from autosched.ir.stmt import Allocate, Stmt, block
from autosched.te.extern import extern
from autosched.te.hybrid.translator import KINDS, LOOPS, Translator, cleared
from autosched.te.tensor import Tensor


def _zeros(shape: Any, dtype: Any = "float32", scope: str = "") -> np.ndarray:
    return np.zeros(shape, str(dtype))


RUNTIME: dict[str, Any] = {
    "output_tensor": _zeros,
    "allocate": _zeros,
    **dict.fromkeys(LOOPS, range),
    "sqrt": np.sqrt, "exp": np.exp, "log": np.log, "tanh": np.tanh, "power": np.power,
    "floor": np.floor, "ceil": np.ceil, "round": np.round, "abs": np.abs,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "popcount": lambda x: bin(int(x) & ((1 << (8 * np.asarray(x).itemsize)) - 1)).count("1"),
    "ceil_div": lambda a, b: -(-a // b),
    **{kind: np.dtype(kind).type for kind in KINDS},
}  # fmt: skip
"""What the names of a script mean where it runs with arrays."""


def script(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function` as one that computes tensors from tensors, and arrays from arrays."""
    try:
        source = textwrap.dedent(inspect.getsource(function))
    except OSError as error:
        raise ExpressionError(f"expected a function with its source, got {function!r}") from error
    definition = ast.parse(source).body[0]
    if not isinstance(definition, ast.FunctionDef):
        raise ExpressionError(f"expected a function of statements as a script, got {function!r}")
    interpreted = types.FunctionType(
        function.__code__,
        {**function.__globals__, **RUNTIME},
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )

    @functools.wraps(function)
    def computed(*args: Any) -> Any:
        if any(isinstance(each, (Tensor, Expr)) for arg in args for each in _each(arg)):
            return _translated(definition, inspect.getclosurevars(function), args)
        return interpreted(*args)

    return computed


def _translated(
    definition: ast.FunctionDef, outside: inspect.ClosureVars, args: Sequence[Any]
) -> Any:
    """Return the tensors that the statements of a function compute from `args`."""
    names = [arg.arg for arg in definition.args.args]
    if len(names) != len(args):
        raise ExpressionError(
            f"expected {len(names)} arguments for {definition.name}, got {len(args)}"
        )
    tensors = [each for arg in args for each in _each(arg) if isinstance(each, Tensor)]
    inputs = {t: Buffer(t.op.name, t.shape, t.dtype) for t in tensors}

    def with_buffers(arg: Any) -> Any:
        if isinstance(arg, (list, tuple)):
            return [with_buffers(each) for each in arg]
        return inputs[arg] if isinstance(arg, Tensor) else arg

    given = map(with_buffers, args)
    translator = Translator(
        definition,
        {**outside.globals, **outside.nonlocals, **dict(zip(names, given, strict=True))},
        list(inputs.values()),
    )
    body = translator.body(definition.body)
    outputs = translator.returned
    if not outputs:
        raise ExpressionError(f"expected {definition.name} to return output tensors, got none")
    kept = [buffer for buffer in translator.outputs if buffer not in outputs]
    for buffer in kept:
        body = Allocate(buffer, body)
    body = block(*map(cleared, outputs), body)

    def statements(ins: list[Buffer], outs: list[Buffer]) -> Stmt:
        moved = dict(zip((*inputs.values(), *outputs), (*ins, *outs), strict=True))
        return replace_buffers(body, moved)

    shapes, dtypes = [list(each.shape) for each in outputs], [each.dtype for each in outputs]
    return extern(shapes, list(inputs), statements, definition.name, dtypes)


def _each(arg: Any) -> Sequence[Any]:
    return arg if isinstance(arg, (list, tuple)) else (arg,)
