"""LLVM functions around emitted bodies."""

from __future__ import annotations

from autosched.codegen.llvm.context import Emitter
from autosched.ir.buffer import Buffer


def parameter(em: Emitter, buffer: Buffer, align: int) -> str:
    """A pointer parameter for `buffer`: no other pointer reaches its memory."""
    name = em.slot()
    em.pointers[buffer] = name
    em.alignments[buffer] = align
    return f"ptr noalias nonnull align {align} {name}"


def define(em: Emitter, head: str, attributes: str = "") -> None:
    """Close the function under way: `head` says its linkage, name and parameters."""
    lines = [f"define {head} {attributes} #0 {{", "entry:", *em.entry, "  br label %body", "body:"]
    em.module.functions.append("\n".join([*lines, *em.lines, *em.exit, "  ret void", "}"]))
