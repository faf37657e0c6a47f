"""Writes the text of a module: declarations, globals, definitions and metadata."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from autosched.codegen.llvm.symbols import C_LIBRARY
from autosched.codegen.llvm.text.instructions import array


def definition(
    result: str,
    symbol: str,
    parameters: Iterable[str],
    lines: Iterable[str],
    *,
    attributes: str = "",
    linkage: str = "",
) -> str:
    """Return a function; `attributes` start with a blank, `linkage` ends with one."""
    head = f"define {linkage}{result} @{symbol}({', '.join(parameters)}){attributes} {{"
    return "\n".join([head, *lines, "}"])


def declaration(result: str, symbol: str, kinds: Iterable[str]) -> str:
    """Return the declaration of a function."""
    return f"declare {result} @{symbol}({', '.join(kinds)})"


def constant_array(symbol: str, kind: str, values: Sequence[str], align: int) -> str:
    """Return a global with these values, whose address has no meaning."""
    elements = ", ".join(f"{kind} {value}" for value in values)
    kinds = array(kind, len(values))
    return f"@{symbol} = private unnamed_addr constant {kinds} [{elements}], align {align}"


def pointers(symbol: str, count: int, align: int) -> str:
    """Return a global of `count` pointers, null at first."""
    return f"@{symbol} = internal global {array('ptr', count)} zeroinitializer, align {align}"


class ModuleText:
    """The parts of a module."""

    def __init__(self, float_flags: str = "") -> None:
        self.float_flags = float_flags
        """The fast-math flags that every float operation has."""
        self.functions: list[str] = []
        self.declarations: dict[str, str] = {}
        """Declarations, globals and shared definitions, by their keys."""
        self._metadata: list[str] = []
        self._names = 0

    def unique(self, stem: str) -> str:
        """Return a new name for a symbol."""
        self._names += 1
        return f"{stem}.{self._names}"

    def declare(self, symbol: str, result: str, *kinds: str) -> None:
        """Declare a function, unless it is known."""
        if symbol not in self.declarations:
            self.declarations[symbol] = declaration(result, symbol, kinds)

    def declare_library(self, *symbols: str) -> None:
        """Declare functions of the C library."""
        for symbol in symbols:
            self.declare(symbol, *C_LIBRARY[symbol])

    def plain_loop(self) -> str:
        """Return the annotation of a loop's branch that keeps LLVM from changing the loop."""
        if not self._metadata:
            self._metadata.append('!0 = !{!"llvm.loop.unroll.disable"}')
            self._metadata.append('!1 = !{!"llvm.loop.vectorize.enable", i1 false}')
        number = len(self._metadata)
        self._metadata.append(f"!{number} = distinct !{{!{number}, !0, !1}}")
        return f", !llvm.loop !{number}"

    def text(self, triple: str, attributes: Mapping[str, str]) -> str:
        """Return the whole module; group #0 is `nounwind` and the attributes."""
        listed = " ".join(f'"{key}"="{value}"' for key, value in attributes.items())
        parts = [
            f'target triple = "{triple}"',
            *self.declarations.values(),
            *self.functions,
            f"attributes #0 = {{ nounwind {listed} }}",
            *self._metadata,
        ]
        return "\n".join(parts) + "\n"
