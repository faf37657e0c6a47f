"""Writes Python source: names in scope, helper functions, and values used more than once.

Each piece of source has the range of its integer value, so that arithmetic wraps only if the
range exceeds that of the dtype. A value that is used more than once gets a name of its own, in the
innermost scope around its uses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autosched.ir import expr as e
from autosched.ir import python_scalars as scalars
from autosched.ir.dtype import DType
from autosched.ir.expr import Buffer, Expr, Var
from autosched.ir.intrinsics import INTRINSICS
from autosched.ir.sharing import Scope, Sharing
from autosched.ir.traverse import Steps, children, recurse, walk

_NAME = re.compile(r"\b[vbdlx]\d+\b")
_DEEPEST = 25
"""Nested parentheses after which an expression moves into a function: Python allows 200."""


@dataclass(frozen=True, slots=True)
class Code:
    """Source of a value, how deep its parentheses nest, and the range of an integer."""

    text: str
    depth: int = 0
    low: int = 0
    high: int = 0


class SourceWriter:
    """Writes expressions by `node`; owns the names, the constants and the helper functions."""

    def __init__(self, check_uninitialised: bool) -> None:
        self.namespace: dict[str, Any] = dict(scalars.NAMESPACE)
        self.functions: list[str] = []
        self.scope: list[str] = []
        self.names: dict[Any, str] = {}
        self.ranges: dict[Var, tuple[int, int]] = {}
        self.dims: dict[Buffer, list[Code]] = {}
        self.may_be_unset: set[Buffer] = set()
        self.site = 0
        self.check_uninitialised = check_uninitialised
        self.lane: tuple[str, int] | None = None
        self._count = 0
        self._shared: set[Expr] = set()
        self._lines: list[str] = []
        self._done: dict[Expr, Code] = {}

    def fresh(self, letter: str) -> str:
        self._count += 1
        return f"{letter}{self._count}"

    def define(self, thing: Any, letter: str) -> str:
        """Return a new Python name for a variable or buffer, in scope from here on."""
        name = self.fresh(letter)
        self.names[thing] = name
        self.scope.append(name)
        return name

    def leave(self, mark: int) -> None:
        """Forget the names defined since the scope had `mark` of them."""
        ended = set(self.scope[mark:])
        self.names = {thing: name for thing, name in self.names.items() if name not in ended}
        del self.scope[mark:]

    def constant(self, value: object) -> str:
        name = self.fresh("c")
        self.namespace[name] = value
        return name

    def outline(self, body: str) -> str:
        """Define a function with `body`; return its call, given the names in scope that it uses."""
        used = set(_NAME.findall(body))
        given = ", ".join(name for name in self.scope if name in used)
        name = self.fresh("h")
        self.functions.append(f"def {name}({given}):\n{body}\n")
        return f"{name}({given})"

    def enter_lanes(self, lanes: int) -> str:
        """Write the next source for one lane of `lanes`; return the name of the lane's number."""
        self.lane = (self.fresh("l"), lanes)
        self.scope.append(self.lane[0])
        return self.lane[0]

    def leave_lanes(self, outer: tuple[str, int] | None) -> None:
        """Return to the lane `outer` of the code around, or to None outside of lanes."""
        assert self.lane is not None
        self.scope.remove(self.lane[0])
        self.lane = outer

    def clean(self, expr: Expr) -> Code:
        """Return the source of `expr`, with a value within the range of its dtype."""
        return self.wrapped(self.write(expr), expr.dtype)

    def write(self, root: Expr) -> Code:
        """Return the source of `root`; an integer may be off by a multiple of 2**width."""
        sharing = Sharing((root,), lambda choice: True, _reads_nothing, _operands)
        outer = self._shared, self._lines, self._done
        self._shared, self._lines, self._done = sharing.shared, [], {}
        mark = len(self.scope)
        code = self._after_lines(recurse(self._steps, root, sharing.scope), mark)
        self._shared, self._lines, self._done = outer
        return code

    def _steps(self, node: Expr, scope: Scope) -> Steps:
        if node in self._done:
            return self._done[node]
        if type(node) is e.Select:
            codes = yield from self._choice(node, scope)
        else:
            codes = []
            for operand in _operands(node):
                codes.append((yield operand, scope))
        code = self.node(node, codes)
        if code.depth > _DEEPEST:
            code = self._outlined(code)
        if node in self._shared:
            code, name = self.wrapped(code, node.dtype), self.fresh("x")
            self._lines.append(f"    {name} = {code.text}")
            self.scope.append(name)
            code = Code(name, 0, code.low, code.high)
        self._done[node] = code
        return code

    def _choice(self, node: e.Select, scope: Scope) -> Steps:
        """Write the condition and the branches; a branch computes the values that it alone uses."""
        codes = [(yield node.condition, scope)]
        for shared in scope.before(node):
            yield shared, scope
        for taken, branch in ((True, node.then), (False, node.otherwise)):
            outer, self._lines = self._lines, []
            mark, known = len(self.scope), len(self._done)
            code = yield branch, scope.branch(node, taken)
            codes.append(self._after_lines(code, mark))
            self._lines = outer
            while len(self._done) > known:
                self._done.popitem()
        return codes

    def _after_lines(self, code: Code, mark: int) -> Code:
        """Return `code` after the pending lines, whose names leave the scope from `mark` on."""
        del self.scope[mark:]
        return self._outlined(code, self._lines) if self._lines else code

    def _outlined(self, code: Code, lines: Sequence[str] = ()) -> Code:
        text = self.outline("\n".join([*lines, f"    return {code.text}"]))
        return Code(text, 1, code.low, code.high)

    def node(self, node: Expr, operands: list[Code]) -> Code:
        """Return the source of a node from that of its operands."""
        raise NotImplementedError

    def wrapped(self, code: Code, dtype: DType) -> Code:
        if not dtype.is_integer:
            return code
        low, high = int(dtype.min_value), int(dtype.max_value)
        if low <= code.low and code.high <= high:
            return code
        t = self.fresh("t")
        text = f"({t} if {low} <= ({t} := {code.text}) <= {high} else wrap({t}, {low}, {high}))"
        return Code(text, code.depth + 2, low, high)

    def made(self, dtype: DType, text: str, operands: list[Code]) -> Code:
        """Return source that can have any value of `dtype`; a bfloat16 is rounded."""
        if dtype.kind == "bfloat":
            text = f"bfloat({text})"
        depth = 1 + max((operand.depth for operand in operands), default=0)
        if dtype.is_integer:
            return Code(text, depth, int(dtype.min_value), int(dtype.max_value))
        return Code(text, depth)


def _operands(node: Expr) -> tuple[Expr, ...]:
    """Return the operands of a node that are written for the same lane."""
    return () if across_lanes(node) else children(node)


def _reads_nothing(node: Expr) -> bool:
    return not any(type(inner) is e.Load for inner in walk(node))


def across_lanes(node: Expr) -> bool:
    return type(node) is e.Call and node.name in INTRINSICS and INTRINSICS[node.name].across_lanes
