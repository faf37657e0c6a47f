"""Writes LLVM IR text from Python formulas: each operator on a `Value` adds an instruction.

A `Function` collects the lines of one definition; a `Value` knows its name, its element
(`"float"`, `"double"`, `"i32"`, `"i64"` or `"i1"`) and the lane count. Python numbers stand
for constants in every lane. No instruction has a fast-math flag: `reassoc` and `contract` would
remove the error terms of these functions.

LLVM declares its own intrinsics when the text calls them, so a definition stands alone.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from autosched.codegen.llvm.math.scaling import Scaling
from autosched.codegen.llvm.math.tables import FORMATS, as_float
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.body import Body
from autosched.codegen.llvm.text.module import definition
from autosched.codegen.llvm.text.types import register_type
from autosched.ir.dtype import DType


def literal(element: str, value: float) -> str:
    """Return a scalar constant as LLVM text; floats are rounded to their element first."""
    if element.startswith("i"):
        bits = int(element[1:])
        signed = int(value) & ((1 << bits) - 1)
        return str(signed - (1 << bits) if signed >> (bits - 1) and bits > 1 else signed)
    if element == "float":
        value = as_float(value)
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


def _operator(
    float_op: str, int_op: str, swap: bool = False
) -> Callable[[Value, Value | float], Value]:
    """Make the method of an operator: one LLVM instruction for floats, another for integers."""

    def method(self: Value, other: Value | float) -> Value:
        left, right = self.name, self.fn.operand(self.element, other)
        if swap:
            left, right = right, left
        op = float_op if self.is_float else int_op
        return self.fn.line(self.element, llvm.binary(op, self.fn.type(self.element), left, right))

    return method


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """An SSA value, whose operators append instructions to its function.

    `<` and `>` are false for NaN; `>>` is a logical shift, which shifts in zeros.
    """

    fn: Function
    element: str
    name: str

    @property
    def is_float(self) -> bool:
        return not self.element.startswith("i")

    __add__ = _operator("fadd", "add")
    __sub__ = _operator("fsub", "sub")
    __rsub__ = _operator("fsub", "sub", swap=True)
    __mul__ = _operator("fmul", "mul")
    __truediv__ = _operator("fdiv", "sdiv")
    __rtruediv__ = _operator("fdiv", "sdiv", swap=True)
    __mod__ = _operator("frem", "srem")
    __and__ = _operator("", "and")
    __or__ = _operator("", "or")
    __xor__ = _operator("", "xor")
    __lshift__ = _operator("", "shl")
    __rshift__ = _operator("", "lshr")
    arithmetic_shift = _operator("", "ashr")

    def __neg__(self) -> Value:
        return self.fn.line(self.element, llvm.unary("fneg", self.fn.type(self.element), self.name))

    def __invert__(self) -> Value:
        return self ^ -1

    def _compare(self, float_op: str, int_op: str, other: Value | float) -> Value:
        op = f"fcmp {float_op}" if self.is_float else f"icmp {int_op}"
        right = self.fn.operand(self.element, other)
        return self.fn.line("i1", llvm.binary(op, self.fn.type(self.element), self.name, right))

    def __lt__(self, other: Value | float) -> Value:
        return self._compare("olt", "slt", other)

    def __gt__(self, other: Value | float) -> Value:
        return self._compare("ogt", "sgt", other)

    def equal(self, other: Value | float) -> Value:
        return self._compare("oeq", "eq", other)

    def where(self, yes: Value | float, no: Value | float) -> Value:
        """Return `yes` in the lanes where this mask is set, else `no`; one must be a `Value`."""
        value = yes if isinstance(yes, Value) else no
        assert isinstance(value, Value)
        return self.fn.select(value.element, self, yes, no)

    def at_most(self, bound: float) -> Value:
        """Return the lesser of the two; NaN stays NaN."""
        return (self > bound).where(bound, self)

    def at_least(self, bound: float) -> Value:
        """Return the greater of the two; NaN stays NaN."""
        return (self < bound).where(bound, self)

    def cast(self, op: str, element: str) -> Value:
        """Convert by an operation of LLVM: `bitcast`, `fpext`, `zext` and so on."""
        source, target = self.fn.type(self.element), self.fn.type(element)
        return self.fn.line(element, llvm.convert(op, source, self.name, target))

    def bits(self) -> Value:
        """Return the float's bits as an integer of its size."""
        return self.cast("bitcast", "i32" if self.element == "float" else "i64")

    def as_float(self) -> Value:
        """Return the float with the bits of this integer."""
        return self.cast("bitcast", "float" if self.element == "i32" else "double")

    def fabs(self) -> Value:
        return self.fn.intrinsic("fabs", self)

    def copysign(self, sign: Value) -> Value:
        return self.fn.intrinsic("copysign", self, sign)


class Function(Body):
    """The text of one internal, always inlined definition, line after line."""

    def __init__(
        self,
        name: str,
        dtype: DType,
        arguments: int = 1,
        scaling: Scaling | None = None,
        has_registers: bool = False,
    ):
        super().__init__()
        self.dtype = dtype
        self.scaling = scaling
        self.has_registers = has_registers
        self.has_wide_tables = has_registers and dtype.bits == 32
        self.lanes = dtype.lanes
        self.form = FORMATS[dtype.bits]
        self.element = register_type(dtype.scalar)
        self.symbol = f"autosched.{name}.{dtype.name}"
        self.arguments = [Value(self, self.element, f"%x{i}") for i in range(arguments)]

    def type(self, element: str) -> str:
        return llvm.vector(element, self.lanes)

    def operand(self, element: str, value: Value | float) -> str:
        if isinstance(value, Value):
            assert value.element == element, (value.element, element)
            return value.name
        text = literal(element, value)
        return text if self.lanes == 1 else f"splat ({element} {text})"

    def line(self, element: str, instruction: str) -> Value:
        return Value(self, element, self.let(instruction, f"%t{len(self.lines)}"))

    def intrinsic(self, name: str, *arguments: Value | float) -> Value:
        """Call an LLVM intrinsic whose arguments and result have one type."""
        element = next(a.element for a in arguments if isinstance(a, Value))
        suffix = {"float": "f32", "double": "f64"}.get(element, element)
        lanes = "" if self.lanes == 1 else f"v{self.lanes}"
        kind = self.type(element)
        operands = [f"{kind} {self.operand(element, a)}" for a in arguments]
        return self.line(element, llvm.call(kind, f"llvm.{name}.{lanes}{suffix}", operands))

    def select(self, element: str, mask: Value, yes: Value | float, no: Value | float) -> Value:
        """Return `yes` or `no` lane by lane; both may be constants."""
        kind = self.type(element)
        first, second = self.operand(element, yes), self.operand(element, no)
        return self.line(element, llvm.select(self.type("i1"), mask.name, kind, first, second))

    def fma(self, a: Value | float, b: Value | float, c: Value | float) -> Value:
        """Return `a * b + c`, rounded once."""
        return self.intrinsic("fma", a, b, c)

    def horner(self, x: Value, coefficients: tuple[float, ...]) -> Value:
        """Return the polynomial with these coefficients, constant first, at `x`."""
        *rest, below, top = coefficients
        value = self.fma(x, top, below)
        for coefficient in reversed(rest):
            value = self.fma(value, x, coefficient)
        return value

    def estrin(self, x: Value, coefficients: Sequence[Value | float]) -> Value:
        """Return the same polynomial by Estrin's scheme, whose chains are short.

        The instructions of a long chain fill the scheduler of a processor, and those of the next
        vector wait.
        """
        terms: list[Value | float] = list(coefficients)
        while len(terms) > 1:
            alone = terms[len(terms) // 2 * 2 :]
            pairs = zip(terms[::2], terms[1::2], strict=False)
            terms = [*(self.fma(x, high, low) for low, high in pairs), *alone]
            x = x * x if len(terms) > 1 else x
        (value,) = terms
        assert isinstance(value, Value), "there are two coefficients or more"
        return value

    def scaled(self, scaling: Scaling, value: Value, exponent: Value) -> Value:
        """Return `value` times two to the power `exponent`, a whole number, by an instruction."""
        whole, lanes = self.type(self.element), scaling.lanes
        part = llvm.vector(self.element, lanes)
        parts = []
        for first in range(0, self.lanes, lanes):
            of = range(first, first + lanes)
            taken = (self.let(llvm.shuffle(whole, v.name, "poison", of)) for v in (value, exponent))
            given = [*(f"{part} {each}" for each in taken), *scaling.others(part)]
            parts.append(self.let(llvm.call(part, scaling.symbol, given)))
        while len(parts) > 1:
            kind, both = llvm.vector(self.element, lanes), range(2 * lanes)
            pairs = zip(parts[::2], parts[1::2], strict=True)
            parts = [self.let(llvm.shuffle(kind, a, b, both)) for a, b in pairs]
            lanes *= 2
        return Value(self, self.element, parts[0])

    def when_any(
        self, mask: Value, build: Callable[[], tuple[Value, ...]], usual: tuple[Value, ...]
    ) -> tuple[Value, ...]:
        """Return the values of `build` if any lane of `mask` is set, otherwise `usual`.

        The code of `build` runs only in the first case.
        """
        some = mask.name
        if self.lanes > 1:
            reduce, bits = f"llvm.vector.reduce.or.v{self.lanes}i1", f"{self.type('i1')} {some}"
            some = self.line("i1", llvm.call("i1", reduce, [bits])).name
        before, start = self.block, len(self.lines)
        taken, join = f"rare{start}", f"join{start}"
        self.branch(some, taken, join)
        self.open(taken)
        rare = build()
        inside = self.block
        self.jump(join)
        self.open(join)
        return tuple(
            self.line(
                a.element, llvm.phi(self.type(a.element), [(a.name, inside), (b.name, before)])
            )
            for a, b in zip(rare, usual, strict=True)
        )

    def finish(self, result: Value) -> tuple[str, str]:
        """End the function with the value `result`; return its symbol and its text."""
        kind = self.type(self.element)
        self.ret(f"{kind} {result.name}")
        text = definition(
            kind,
            self.symbol,
            [f"{kind} {a.name}" for a in self.arguments],
            ["entry:", *self.lines],
            linkage="internal ",
            attributes=" alwaysinline",
        )
        return self.symbol, text + "\n"
