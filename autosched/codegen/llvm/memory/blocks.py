"""The functions that take blocks of working memory out of slots, and put them back.

A block begins with its bytes, and its data follow after as many bytes as it is aligned to.
"""

from __future__ import annotations

from autosched.codegen.llvm.symbols import C_LIBRARY, WORKSPACE
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.module import declaration, definition
from autosched.target.target import HUGE_PAGE_BYTES, Target

SLOTS = 64
"""Slots of a buffer."""

ALLOCATE, TAKE, GIVE, DROP = (
    f"{WORKSPACE}.{each}" for each in ("allocate", "take", "give", "drop")
)

LIBRARY = ("aligned_alloc", "free", "madvise", "perror", "abort")
"""The functions of C that the definitions call."""

MADV_HUGEPAGE = 14
"""The value in Linux's <asm-generic/mman-common.h>."""


def declarations() -> list[str]:
    """Declare the functions for code that calls them."""
    return [
        declaration("ptr", ALLOCATE, ["i64", "i64"]),
        declaration("ptr", TAKE, ["ptr", "i64", "i64"]),
        declaration("void", GIVE, ["ptr", "ptr", "i64"]),
        declaration("void", DROP, ["ptr"]),
    ]


def definitions(target: Target, linkage: str = "") -> list[str]:
    """Define the functions; `linkage` ends with a blank."""
    texts = (text.format(linkage=linkage) for text in (_ALLOCATE, _TAKE, _GIVE, _DROP))
    return [*texts, _huge_text(target)]


def module_text(target: Target) -> str:
    """Return a module that exports the functions."""
    library = [declaration(C_LIBRARY[each][0], each, C_LIBRARY[each][1:]) for each in LIBRARY]
    return "\n".join([f'target triple = "{target.triple}"', *library, *definitions(target)])


def _huge_text(target: Target) -> str:
    """Return the function that requests huge pages, which are faster to fault in and to find."""
    lines = ["  ret void"]
    if target.has_huge_pages:
        arguments = ["ptr %block", "i64 %bytes", f"i32 {MADV_HUGEPAGE}"]
        lines.insert(0, "  " + llvm.call("i32", "madvise", arguments))
    parameters = ["ptr %block", "i64 %bytes"]
    return definition("void", "workspace.huge", parameters, lines, linkage="internal ")


_TAKE = f"""
define {{linkage}}noalias nonnull ptr @{TAKE}(ptr %slot, i64 %bytes, i64 %align) noinline {{{{
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
  %is.large = icmp uge i64 %bytes, {2 * HUGE_PAGE_BYTES}
  %start = select i1 %is.large, i64 {HUGE_PAGE_BYTES}, i64 %align
  %twice = shl i64 %align, 1
  %rest = sub i64 %twice, 1
  %more = add i64 %bytes, %rest
  %mask = sub i64 0, %align
  %room = and i64 %more, %mask
  %new = call ptr @{ALLOCATE}(i64 %start, i64 %room)
  br i1 %is.large, label %huge, label %ready
huge:
  call void @workspace.huge(ptr %new, i64 %room)
  br label %ready
ready:
  store i64 %bytes, ptr %new, align 8
  br label %done
done:
  %block = phi ptr [ %old, %known ], [ %new, %ready ]
  %data = getelementptr i8, ptr %block, i64 %align
  ret ptr %data
}}}}"""
"""A large block is aligned to huge pages and requests them."""

_GIVE = f"""define {{linkage}}void @{GIVE}(ptr %slot, ptr %data, i64 %align) noinline {{{{
  %before = sub i64 0, %align
  %block = getelementptr i8, ptr %data, i64 %before
  %old = atomicrmw xchg ptr %slot, ptr %block acq_rel
  call void @free(ptr %old)
  ret void
}}}}"""

_MESSAGE = "autosched kernel: no working memory"

_ALLOCATE = f"""
@workspace.message = private constant [{len(_MESSAGE) + 1} x i8] c"{_MESSAGE}\\00"
define {{linkage}}noalias nonnull ptr @{ALLOCATE}(i64 %align, i64 %bytes) noinline {{{{
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
}}}}"""
"""It ends the process with a message where there is no memory."""

_DROP = f"""define {{linkage}}void @{DROP}(ptr %slots) noinline {{{{
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
}}}}"""
