"""Places buffers: on the stack if they are small, else in the kernel's workspace.

A buffer whose size changes between iterations is allocated and freed around its statement.
"""

from __future__ import annotations

from autosched.codegen.llvm.memory.tiles import Vectors, vectors_of
from autosched.codegen.llvm.memory.workspace import allocated, keep
from autosched.codegen.llvm.state.emitter import Emitter, Handler
from autosched.codegen.llvm.state.forms import linear, size
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.types import memory_type
from autosched.codegen.llvm.values.linear import resolve, total
from autosched.errors import CodegenError
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Buffer, Expr, Var
from autosched.ir.stmt import Allocate
from autosched.ir.traverse import walk

SMALL_BYTES = 32 << 10
STACK_BYTES = 256 << 10
"""The maximum bytes of the stack for a buffer that is not `local`, and for all together."""


def allocate(em: Emitter, node: Allocate) -> None:
    buffer = node.buffer
    em.alignments[buffer] = em.module.alignment
    em.touch(buffer)
    vectors = vectors_of(em, node)
    if vectors is not None:
        _in_values(em, node, vectors)
        return
    if buffer in em.pointers:  # an earlier instance of an unrolled loop made room for it
        em.run(node.body)
        return
    elements = size(buffer)
    if isinstance(elements, int):
        _fixed(em, buffer, max(elements, 1) * buffer.dtype.bytes)
        em.run(node.body)
    elif _is_fixed_in(em, elements):
        _hoisted(em, buffer, elements)
        em.run(node.body)
    else:
        em.pointers[buffer] = allocated(em, _bytes(em, elements, buffer))
        em.run(node.body)
        em.do(em.called("free", "void", ("ptr", em.pointers.pop(buffer))))


def _in_values(em: Emitter, node: Allocate, vectors: Vectors) -> None:
    em.tiles[node.buffer] = vectors
    em.run(node.body)
    del em.tiles[node.buffer]
    for offset in vectors:
        em.cells.pop((node.buffer, offset), None)


def _fixed(em: Emitter, buffer: Buffer, count: int) -> None:
    limit = STACK_BYTES if buffer.scope == "local" else SMALL_BYTES
    if count <= limit and em.stack_bytes + count <= STACK_BYTES:
        em.stack_bytes += count
        name = em.pointers[buffer] = em.slot()
        element = memory_type(buffer.dtype)
        elements = count // buffer.dtype.bytes
        em.entry.append(llvm.assigned(name, llvm.alloca(element, elements, em.module.alignment)))
    elif em.module.options.memory_bytes and count > em.module.options.memory_bytes:
        raise CodegenError(
            f"expected working memory that this machine has, got {count >> 20} MiB for "
            f"{buffer.name}",
            hint="compute less of it at a time, or align its rows to less",
        )
    else:
        em.pointers[buffer] = keep(em, str(count))


def _hoisted(em: Emitter, buffer: Buffer, elements: Expr) -> None:
    """Allocate a buffer at the entry, so that a loop around does not repeat it."""
    with em.having(lines=em.entry, cache={}, stem="%e"):
        count = _bytes(em, elements, buffer)
    em.pointers[buffer] = keep(em, count)


def _is_fixed_in(em: Emitter, elements: Expr) -> bool:
    return all(var in em.fixed for var in walk(elements) if isinstance(var, Var))


def _bytes(em: Emitter, elements: Expr, buffer: Buffer) -> str:
    constant, terms = resolve(em, linear(elements))
    count = total(em, constant, terms)
    scaled = em.binary("mul", INDEX, count, buffer.dtype.bytes)
    padded = em.binary("add", INDEX, scaled, 2 * em.module.alignment - 1)
    return em.binary("and", INDEX, padded, -em.module.alignment)


HANDLERS: dict[type, Handler] = {Allocate: allocate}
