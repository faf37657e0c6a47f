"""Keeps heap buffers of a kernel for its next call.

If every call allocated and freed megabytes, the C library would return the pages and the system
fault them in again, which takes as long as a good part of a matmul. Each buffer has a slot for
each member of the team whose parallel loop it is in. A call takes the block out of the slot, so
that simultaneous calls never share one, and puts it back at its end; `NAME.release` frees the
blocks in the slots.

The functions of `blocks` that do this are in the process that loads the code, unless the code is
whole: they do not differ from kernel to kernel, and LLVM takes 5 ms for them.
"""

from __future__ import annotations

from autosched.codegen.llvm.memory.blocks import (
    ALLOCATE,
    DROP,
    GIVE,
    LIBRARY,
    SLOTS,
    TAKE,
    declarations,
    definitions,
)
from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.state.module import ModuleState
from autosched.codegen.llvm.symbols import RELEASE_SUFFIX
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.module import definition, pointers

MEMBER = "%own"
"""The parameter of code in a parallel loop with the number of the member that runs it."""


def keep(em: Emitter, count: str) -> str:
    """Take a block of at least `count` bytes from entry to exit; return its name."""
    module, align = em.module, em.module.alignment
    symbol = module.unique(em.name + ".slots")
    slots = f"@{symbol}"
    module.declarations[slots] = pointers(symbol, SLOTS, align)
    module.slots.append(slots)
    slot, block = slots, em.slot()
    if em.in_parallel:
        slot, index = em.slot(), em.slot()
        em.entry += [
            llvm.assigned(index, llvm.binary("urem", "i64", MEMBER, str(SLOTS))),
            llvm.assigned(slot, llvm.element("ptr", slots, index)),
        ]
    block_type = f"noalias nonnull align {align} ptr"
    aligned = f"i64 {align}"
    take = llvm.call(block_type, TAKE, [f"ptr {slot}", f"i64 {count}", aligned])
    em.entry.append(llvm.assigned(block, take))
    give = llvm.call("void", GIVE, [f"ptr {slot}", f"ptr {block}", aligned])
    em.exit.append("  " + give)
    return block


def allocated(em: Emitter, count: str) -> str:
    """Allocate a block of `count` bytes, which the code must free; return its name."""
    em.module.declare_library("free")
    align = em.module.alignment
    arguments = [f"i64 {align}", f"i64 {count}"]
    return em.let(llvm.call(f"noalias align {align} ptr", ALLOCATE, arguments))


def runtime_text(state: ModuleState, name: str) -> list[str]:
    """Return the functions that `keep` and `allocated` call, and the exported `NAME.release`."""
    if not state.slots and "free" not in state.declarations:
        return []
    if state.options.is_whole:
        state.declare_library(*LIBRARY)
        parts = definitions(state.target, "internal ")
    else:
        parts = declarations()
    if state.slots:
        drops = ["  " + llvm.call("void", DROP, [f"ptr {slots}"]) for slots in state.slots]
        parts.append(definition("void", name + RELEASE_SUFFIX, [], [*drops, "  ret void"]))
    return parts
