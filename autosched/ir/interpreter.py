"""Runs functions on NumPy arrays with every access checked; this defines the meaning of the IR.

The nest is translated to Python source once, and runs on lists of scalars. An access outside its
buffer and a read of an element that was never written raise `VerifyError` with the place. Float
operations round to their own dtype at each step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from autosched.errors import ArgumentError, VerifyError, a_kind
from autosched.ir import python_scalars as scalars
from autosched.ir.expr import Buffer, Var
from autosched.ir.printer import excerpt
from autosched.ir.python_exprs import Code, ExprWriter
from autosched.ir.stmt import Allocate, Block, For, Function, If, IntrinsicCall, Stmt, Store
from autosched.ir.traverse import own_exprs

Sizes = Mapping[str | Var, int] | Mapping[str, int] | Mapping[Var, int] | Sequence[int]

_NESTED_LOOPS = 10
"""Nested loops after which a body moves into a function: Python allows 20 nested blocks."""

_LARGEST_SIZE = 1 << 40


def interpret(
    function: Function,
    arrays: Sequence[np.ndarray],
    sizes: Sizes = (),
    *,
    check_uninitialised: bool = True,
) -> None:
    """Run `function` on one array per parameter, writing the outputs in place.

    `sizes` are given by variable or name, or in order; a size that is an extent of a parameter
    may be left out. bfloat16 arrays hold the bits as uint16.
    """
    Interpreter(function, check_uninitialised=check_uninitialised)(arrays, sizes)


class Interpreter:
    """A function translated to Python, `source`, that runs any number of times."""

    def __init__(self, function: Function, *, check_uninitialised: bool = True):
        self.function = function
        writer = _Writer(function, check_uninitialised)
        self.source = writer.source
        namespace = {**writer.exprs.namespace, "outside": self._outside, "unset": self._unset}
        self._sites = writer.sites
        exec(compile(self.source, f"<{function.name}>", "exec"), namespace)
        self._run: Callable[..., Any] = namespace["run"]

    def __call__(self, arrays: Sequence[np.ndarray], sizes: Sizes = ()) -> None:
        params = self.function.params
        _check_arrays(params, arrays)
        values = self._sizes(arrays, sizes)
        lists = [
            scalars.to_list(array, buffer.dtype)
            for array, buffer in zip(arrays, params, strict=True)
        ]
        with np.errstate(all="ignore"):
            self._run([array.shape for array in arrays], *lists, *values)
        for buffer, array, values_out in zip(params, arrays, lists, strict=True):
            if buffer in self.function.outputs:
                array[...] = scalars.from_list(values_out, buffer.dtype).reshape(array.shape)

    def _sizes(self, arrays: Sequence[np.ndarray], sizes: Sizes) -> list[int]:
        known: dict[Any, int] = {}
        for buffer, array in zip(self.function.params, arrays, strict=True):
            known.update(zip(buffer.shape, array.shape, strict=True))
        if isinstance(sizes, Mapping):
            known.update(sizes)
        else:
            known.update(zip(self.function.sizes, sizes, strict=False))
        return [_size(var, known) for var in self.function.sizes]

    def _outside(self, site: int, name: str, at: tuple[int, ...], shape: tuple[int, ...]) -> None:
        self._fail(site, f"expected indices within {name} of shape {list(shape)}, got {list(at)}")

    def _unset(self, site: int, name: str, at: tuple[int, ...]) -> None:
        self._fail(site, f"expected {name}{list(at)} to be written before it is read")

    def _fail(self, site: int, message: str) -> NoReturn:
        raise VerifyError(message, context=excerpt(self.function, self._sites[site]))


def _check_arrays(params: tuple[Buffer, ...], arrays: Sequence[np.ndarray]) -> None:
    if len(arrays) != len(params):
        raise ArgumentError(f"expected {len(params)} arrays, got {len(arrays)}")
    for buffer, array in zip(params, arrays, strict=True):
        if array.dtype != buffer.dtype.numpy or array.ndim != len(buffer.shape):
            raise ArgumentError(
                f"expected {len(buffer.shape)} dimensions of {buffer.dtype} for {buffer.name}, "
                f"got {array.ndim} of {array.dtype}"
            )


def _size(var: Var, known: Mapping[Any, int]) -> int:
    value = known.get(var.name, known.get(var))
    if value is None:
        raise ArgumentError(f"expected a value for the size {var.name}, got none")
    if not 0 <= value < _LARGEST_SIZE:
        raise ArgumentError(f"expected a size from 0 to 2**40 for {var.name}, got {value}")
    return int(value)


class _Writer:
    """Writes the Python source of one function."""

    def __init__(self, function: Function, check_uninitialised: bool):
        self.exprs = ExprWriter(check_uninitialised)
        self.sites: list[Stmt] = []
        self._set_check = check_uninitialised
        names = [self.exprs.define(buffer, "b") for buffer in function.params]
        for var in function.sizes:
            names.append(self.exprs.define(var, "v"))
            self.exprs.ranges[var] = (0, _LARGEST_SIZE)
        lines = [f"def run(shapes, {', '.join(names)}):"]
        for number, buffer in enumerate(function.params):
            lines += self._dims(buffer, 1)
            dims = "".join(f"{dim.text}, " for dim in self.exprs.dims[buffer])
            lines += [
                f"    if shapes[{number}] != ({dims}):",
                f"        misshapen({buffer.name!r}, ({dims}), shapes[{number}])",
            ]
        self.exprs.namespace["misshapen"] = _misshapen
        lines += self._stmt(function.body, 1, 0)
        self.source = "\n".join([*self.exprs.functions, *lines, ""])

    def _dims(self, buffer: Buffer, depth: int) -> list[str]:
        """Return the lines that name the extents of `buffer` that are not constant."""
        lines: list[str] = []
        dims: list[Code] = []
        for extent in buffer.shape:
            code = self.exprs.clean(extent)
            if not code.text.isdigit():
                name = self.exprs.define(("extent", buffer, len(dims)), "d")
                lines.append(f"{_indent(depth)}{name} = {code.text}")
                code = Code(name, 0, max(0, code.low), code.high)
            dims.append(code)
        self.exprs.dims[buffer] = dims
        return lines

    def _stmt(self, stmt: Stmt, depth: int, loops: int) -> list[str]:
        match stmt:
            case Block(stmts):
                lines = [line for inner in stmts for line in self._stmt(inner, depth, loops)]
                return lines or [f"{_indent(depth)}pass"]
            case For():
                return self._for(stmt, depth, loops)
            case If():
                return self._if(stmt, depth, loops)
            case Allocate():
                return self._allocate(stmt, depth, loops)
            case Store():
                self._open_site(stmt)
                return self._store(stmt, depth)
            case IntrinsicCall():
                return self._stmt(stmt.definition, depth, loops)
        raise VerifyError(f"expected a statement, got {a_kind(stmt)}")

    def _open_site(self, stmt: Stmt) -> None:
        self.exprs.site = len(self.sites)
        self.sites.append(stmt)

    def _for(self, stmt: For, depth: int, loops: int) -> list[str]:
        exprs = self.exprs
        self._open_site(stmt)
        start, extent = exprs.clean(stmt.start), exprs.clean(stmt.extent)
        mark = len(exprs.scope)
        name = exprs.define(stmt.var, "v")
        exprs.ranges[stmt.var] = (start.low, start.high + max(0, extent.high - 1))
        end = extent.text if start.text == "0" else f"{start.text} + {extent.text}"
        lines = [f"{_indent(depth)}for {name} in range({start.text}, {end}):"]
        if loops < _NESTED_LOOPS:
            lines += self._stmt(stmt.body, depth + 1, loops + 1)
        else:
            body = "\n".join(self._stmt(stmt.body, 1, 0))
            lines.append(_indent(depth + 1) + exprs.outline(body))
        exprs.leave(mark)
        return lines

    def _if(self, stmt: If, depth: int, loops: int) -> list[str]:
        self._open_site(stmt)
        lines = [f"{_indent(depth)}if {self.exprs.write(stmt.condition).text}:"]
        lines += self._stmt(stmt.then, depth + 1, loops)
        if stmt.otherwise is not None:
            lines.append(f"{_indent(depth)}else:")
            lines += self._stmt(stmt.otherwise, depth + 1, loops)
        return lines

    def _allocate(self, stmt: Allocate, depth: int, loops: int) -> list[str]:
        exprs, buffer = self.exprs, stmt.buffer
        self._open_site(stmt)
        mark = len(exprs.scope)
        lines = self._dims(buffer, depth)
        count = " * ".join(dim.text for dim in exprs.dims[buffer]) or "1"
        exprs.may_be_unset.add(buffer)
        unset = "None" if self._set_check else exprs.constant(scalars.zero(buffer.dtype))
        name = exprs.define(buffer, "b")
        lines.append(f"{_indent(depth)}{name} = [{unset}] * ({count})")
        lines += self._stmt(stmt.body, depth, loops)
        exprs.leave(mark)
        return lines

    def _store(self, stmt: Store, depth: int) -> list[str]:
        lanes = max(expr.dtype.lanes for expr in own_exprs(stmt))
        if lanes == 1:
            return self._guarded(stmt, depth, "{name}[{offset}] = {value}")
        # All lanes are computed before the first is written.
        exprs, lane = self.exprs, self.exprs.enter_lanes(lanes)
        pending = exprs.fresh("p")
        lines = [
            f"{_indent(depth)}{pending} = []",
            f"{_indent(depth)}for {lane} in range({lanes}):",
        ]
        lines += self._guarded(stmt, depth + 1, pending + ".append(({offset}, {value}))")
        exprs.leave_lanes(None)
        at, value = exprs.fresh("t"), exprs.fresh("t")
        lines.append(f"{_indent(depth)}for {at}, {value} in {pending}:")
        lines.append(f"{_indent(depth + 1)}{exprs.names[stmt.buffer]}[{at}] = {value}")
        return lines

    def _guarded(self, stmt: Store, depth: int, write: str) -> list[str]:
        exprs, buffer = self.exprs, stmt.buffer
        lines = []
        if stmt.mask is not None:
            lines.append(f"{_indent(depth)}if {exprs.write(stmt.mask).text}:")
            depth += 1
        offset, checks, at = exprs.place(buffer, stmt.indices, [*map(exprs.write, stmt.indices)])
        value = exprs.clean(stmt.value)
        if checks:
            dims = "".join(f"{dim.text}, " for dim in exprs.dims[buffer])
            lines.append(f"{_indent(depth)}if not ({checks}):")
            lines.append(
                f"{_indent(depth + 1)}outside({exprs.site}, {buffer.name!r}, {at}, ({dims}))"
            )
        text = write.format(name=exprs.names[buffer], offset=offset, value=value.text)
        return [*lines, _indent(depth) + text]


def _misshapen(name: str, expected: tuple[int, ...], got: tuple[int, ...]) -> NoReturn:
    raise ArgumentError(f"expected shape {expected} for {name}, got {got}")


def _indent(depth: int) -> str:
    return "    " * depth
