"""Keeps heap buffers of a kernel for its next call.

If every call allocated and freed megabytes, the C library would return the pages and the system
fault them in again, which takes as long as a good part of a matmul. Each buffer has a slot for
each member of the team whose parallel loop it is in. A call takes the block out of the slot, so
that simultaneous calls never share one, and puts it back at its end; `NAME.release` frees the
blocks in the slots.
"""

from __future__ import annotations

from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.state.module import ModuleState
from autosched.codegen.llvm.symbols import RELEASE_SUFFIX
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.module import definition, pointers
from autosched.target.target import HUGE_PAGE_BYTES

SLOTS = 64

MEMBER = "%own"
"""The parameter of code in a parallel loop with the number of the member that runs it."""

MADV_HUGEPAGE = 14
"""The value in Linux's <asm-generic/mman-common.h>."""


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
    take = llvm.call(block_type, "workspace.take", [f"ptr {slot}", f"i64 {count}"])
    em.entry.append(llvm.assigned(block, take))
    em.exit.append("  " + llvm.call("void", "workspace.give", [f"ptr {slot}", f"ptr {block}"]))
    return block


def allocated(em: Emitter, count: str) -> str:
    """Allocate a block of `count` bytes, which the code must free; return its name."""
    em.module.declare_library("free")
    align = em.module.alignment
    arguments = [f"i64 {align}", f"i64 {count}"]
    return em.let(llvm.call(f"noalias align {align} ptr", "workspace.allocate", arguments))


def runtime_text(state: ModuleState, name: str) -> list[str]:
    """Return the functions that `keep` and `allocated` call, and the exported `NAME.release`."""
    if not state.slots:
        return [_allocator(state)] if "free" in state.declarations else []
    state.declare_library("free")
    drops = ["  " + llvm.call("void", "workspace.drop", [f"ptr {slots}"]) for slots in state.slots]
    return [
        _allocator(state),
        _take_text(state),
        _huge_text(state),
        _give_text(state.alignment),
        _DROP,
        definition("void", name + RELEASE_SUFFIX, [], [*drops, "  ret void"]),
    ]


def _allocator(state: ModuleState) -> str:
    """Return the function that allocates, or ends the process with a message if it cannot."""
    state.declare_library("aligned_alloc", "perror", "abort")
    return _ALLOCATE


def _huge_text(state: ModuleState) -> str:
    """Return the function that requests huge pages, which are faster to fault in and to find."""
    lines = ["  ret void"]
    if state.target.has_huge_pages:
        state.declare_library("madvise")
        arguments = ["ptr %block", "i64 %bytes", f"i32 {MADV_HUGEPAGE}"]
        lines.insert(0, "  " + llvm.call("i32", "madvise", arguments))
    parameters = ["ptr %block", "i64 %bytes"]
    return definition("void", "workspace.huge", parameters, lines, linkage="internal ")


def _take_text(state: ModuleState) -> str:
    """Return the function that takes a block out of its slot, or allocates one.

    A large block is aligned to huge pages and requests them.
    """
    align, huge = state.alignment, HUGE_PAGE_BYTES
    return f"""
define internal noalias nonnull ptr @workspace.take(ptr %slot, i64 %bytes) noinline {{
entry:
  %old = atomicrmw xchg ptr %slot, ptr null acquire
  %none = icmp eq ptr %old, null
  br i1 %none, label %fresh, label %known
known:
  %has = load i64, ptr %old, align 8
  %fits = icmp uge i64 %has, %bytes
  br i1 %fits, label %done, label %small
small:
  call void @free(ptr %old)
  br label %fresh
fresh:
  %is.large = icmp uge i64 %bytes, {2 * huge}
  %align = select i1 %is.large, i64 {huge}, i64 {align}
  %more = add i64 %bytes, {2 * align - 1}
  %room = and i64 %more, -{align}
  %new = call ptr @workspace.allocate(i64 %align, i64 %room)
  br i1 %is.large, label %huge, label %ready
huge:
  call void @workspace.huge(ptr %new, i64 %room)
  br label %ready
ready:
  store i64 %bytes, ptr %new, align 8
  br label %done
done:
  %block = phi ptr [ %old, %known ], [ %new, %ready ]
  %data = getelementptr i8, ptr %block, i64 {align}
  ret ptr %data
}}""".lstrip()


def _give_text(align: int) -> str:
    return f"""define internal void @workspace.give(ptr %slot, ptr %data) noinline {{
  %block = getelementptr i8, ptr %data, i64 -{align}
  %old = atomicrmw xchg ptr %slot, ptr %block acq_rel
  call void @free(ptr %old)
  ret void
}}"""


_MESSAGE = "autosched kernel: no working memory"

_ALLOCATE = f"""@workspace.message = private constant [{len(_MESSAGE) + 1} x i8] c"{_MESSAGE}\\00"
define internal noalias nonnull ptr @workspace.allocate(i64 %align, i64 %bytes) noinline {{
entry:
  %block = call ptr @aligned_alloc(i64 %align, i64 %bytes)
  %none = icmp eq ptr %block, null
  br i1 %none, label %failed, label %done
failed:
  call void @perror(ptr @workspace.message)
  call void @abort()
  unreachable
done:
  ret ptr %block
}}"""

_DROP = f"""define internal void @workspace.drop(ptr %slots) noinline {{
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
  %slot = getelementptr ptr, ptr %slots, i64 %i
  %old = atomicrmw xchg ptr %slot, ptr null acquire
  call void @free(ptr %old)
  %next = add i64 %i, 1
  %again = icmp ult i64 %next, {SLOTS}
  br i1 %again, label %loop, label %end
end:
  ret void
}}"""
