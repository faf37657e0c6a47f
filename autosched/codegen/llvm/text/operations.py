"""Writes instructions on values of dtypes."""

from __future__ import annotations

from typing import Any

from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.body import Body
from autosched.codegen.llvm.text.module import ModuleText
from autosched.codegen.llvm.text.types import Value, constant, mangled, register_type
from autosched.ir.dtype import BOOL, DType


class Operations(Body):
    """A body that writes constants and types, and avoids repeated instructions."""

    def __init__(self, module: ModuleText, block: str = "entry") -> None:
        super().__init__(block)
        self.module = module
        self.cache: dict[Any, str] = {}
        """Results known at this point, in the order of their computation."""

    def once(self, instruction: str) -> str:
        """Append an instruction as `let` does, unless its result is known."""
        name = self.cache.get(instruction)
        if name is None:
            name = self.cache[instruction] = self.let(instruction)
        return name

    def text(self, value: Value, dtype: DType) -> str:
        """Return a value as an operand, without its type."""
        return value if type(value) is str else constant(value, dtype)  # type: ignore[arg-type]

    def typed(self, value: Value, dtype: DType) -> str:
        """Return a value as an argument, with its type."""
        return f"{register_type(dtype)} {self.text(value, dtype)}"

    def flags(self, freedom: str) -> str:
        """Return the fast-math flags of a float operation with `freedom`, after a blank."""
        flags = self.module.float_flags or freedom
        return f" {flags}" if flags else ""

    def binary(self, operation: str, dtype: DType, a: Value, b: Value) -> str:
        """Append an operation on two values, such as `fadd` or `icmp slt`."""
        left, right = self.text(a, dtype), self.text(b, dtype)
        return self.once(llvm.binary(operation, register_type(dtype), left, right))

    def integer(self, operation: str, dtype: DType, a: Value, b: Value) -> str:
        """Append an operation as `binary` does, unless its result is known."""
        left = a if type(a) is str else constant(a, dtype)  # type: ignore[arg-type]  # hot
        right = b if type(b) is str else constant(b, dtype)  # type: ignore[arg-type]
        return self.once(llvm.binary(operation, register_type(dtype), left, right))

    def convert(self, operation: str, value: Value, source: DType, target: DType) -> str:
        """Append a conversion by its LLVM name."""
        text, kind = self.text(value, source), register_type(target)
        return self.once(llvm.convert(operation, register_type(source), text, kind))

    def select(
        self, condition: str, dtype: DType, then: Value, otherwise: Value, lanes: int = 0
    ) -> str:
        """Append a choice of two values by a condition of as many lanes, or of `lanes`."""
        bools = register_type(BOOL.with_lanes(lanes or dtype.lanes))
        a, b = self.text(then, dtype), self.text(otherwise, dtype)
        return self.once(llvm.select(bools, condition, register_type(dtype), a, b))

    def extreme(self, which: str, dtype: DType, a: Value, b: Value) -> str:
        """Append the lesser (`min`) or greater (`max`) of two floats, NaN if either is NaN.

        Of two zeros it is either one: their order would cost three more instructions.
        """
        symbol = f"llvm.{which}imum.{mangled(dtype)}"
        return self.call(symbol, dtype, (a, dtype), (b, dtype), freedom="nsz")

    def call(
        self, symbol: str, result: DType, *arguments: tuple[Value, DType], freedom: str = ""
    ) -> str:
        """Append a call of a pure function, and declare it; `freedom` is that of a float result."""
        if symbol not in self.module.declarations:
            kinds = (register_type(dtype) for _, dtype in arguments)
            self.module.declare(symbol, register_type(result), *kinds)
        flags = self.flags(freedom) if result.is_float else ""
        typed = [
            f"{register_type(dtype)} {value if type(value) is str else constant(value, dtype)}"  # type: ignore[arg-type]
            for value, dtype in arguments
        ]
        return self.once(llvm.call(register_type(result), symbol, typed, flags))

    def called(
        self, symbol: str, result: str, *arguments: tuple[str, object], flags: str = ""
    ) -> str:
        """Return the call of a function with types and operands, and declare the function."""
        if symbol not in self.module.declarations:
            self.module.declare(symbol, result, *(kind for kind, _ in arguments))
        return llvm.call(result, symbol, [f"{k} {v}" for k, v in arguments], flags)
