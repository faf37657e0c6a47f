"""Functions of C's math library, called for one lane after the other.

They are rare in kernels, and have no vector code of their own here.
"""

from __future__ import annotations

from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.module import definition
from autosched.codegen.llvm.text.types import register_type
from autosched.ir.dtype import DType

ARITY = {"nextafter": 2}
"""The functions by name, with the number of their arguments."""


def in_library(name: str, dtype: DType) -> tuple[dict[str, str], str]:
    """Return the texts that a module needs by symbol, and the symbol of `name` on `dtype`.

    `dtype` is float32 or float64, of any number of lanes.
    """
    element, lanes = register_type(dtype.scalar), dtype.lanes
    scalar = name + ("f" if dtype.bits == 32 else "")
    arguments = [element] * ARITY[name]
    declared = f"declare {element} @{scalar}({', '.join(arguments)}) nounwind memory(none)\n"
    if lanes == 1:
        return {scalar: declared}, scalar
    symbol, kind = f"autosched.{name}.{dtype.name}", register_type(dtype)
    lines, result = ["entry:"], "poison"
    for lane in range(lanes):
        operands = []
        for number in range(len(arguments)):
            taken = llvm.extract(kind, f"%x{number}", lane)
            lines.append(llvm.assigned(f"%x{number}.{lane}", taken))
            operands.append(f"{element} %x{number}.{lane}")
        lines.append(llvm.assigned(f"%y{lane}", llvm.call(element, scalar, operands)))
        inserted = llvm.insert(kind, result, element, f"%y{lane}", lane)
        lines.append(llvm.assigned(f"%r{lane}", inserted))
        result = f"%r{lane}"
    lines.append(llvm.returned(kind, result))
    text = definition(
        kind,
        symbol,
        [f"{kind} %x{number}" for number in range(len(arguments))],
        lines,
        linkage="internal ",
        attributes=" alwaysinline",
    )
    return {scalar: declared, symbol: text + "\n"}, symbol
