"""Kernels in hand-written LLVM text, so that the runtime is tested without the compiler."""

from __future__ import annotations

import llvmlite.binding as llvm

from autosched.codegen.llvm.trampoline import has_trampoline, trampoline_symbol, trampoline_text
from autosched.runtime.kernel import Kernel
from autosched.runtime.signature import Param, Signature

llvm.initialize_native_target()
llvm.initialize_native_asmprinter()


def engine_for(text: str) -> llvm.ExecutionEngine:
    module = llvm.parse_assembly(text)
    module.verify()
    machine = llvm.Target.from_default_triple().create_target_machine(opt=2)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    return engine


def make_kernel(
    signature: Signature, text: str, *, fast: bool = True, prepare: str | None = None
) -> Kernel:
    fast = fast and has_trampoline(signature)
    if fast:
        text += trampoline_text(signature, signature.name)
    engine = engine_for(text)
    return Kernel(
        signature,
        engine.get_function_address(signature.name),
        trampoline=engine.get_function_address(trampoline_symbol(signature)) if fast else None,
        prepare=engine.get_function_address(prepare) if prepare else None,
        keepalive=engine,
    )


def loop(name: str, args: str, count: str, body: str) -> str:
    """A function that runs `body` for %i from 0 to `count` - 1."""
    return f"""
define void @{name}({args}) {{
entry:
  %empty = icmp sle i64 {count}, 0
  br i1 %empty, label %done, label %loop
loop:
  %i = phi i64 [0, %entry], [%next, %loop]
{body}
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, {count}
  br i1 %more, label %loop, label %done
done:
  ret void
}}
"""


ADD_BODY = """
  %pa = getelementptr float, ptr %a, i64 %i
  %pb = getelementptr float, ptr %b, i64 %i
  %pc = getelementptr float, ptr %c, i64 %i
  %x = load float, ptr %pa
  %y = load float, ptr %pb
  %z = fadd float %x, %y
  store float %z, ptr %pc
"""


def add_kernel(
    shape: tuple[int, ...] = (4, 6), fast: bool = True, bindable: tuple[str, ...] = ()
) -> Kernel:
    """c = a + b in float32."""
    count = 1
    for extent in shape:
        count *= extent
    params = (
        Param("a", "float32", shape),
        Param("b", "float32", shape),
        Param("c", "float32", shape, is_output=True),
    )
    text = loop("add", "ptr %a, ptr %b, ptr %c", str(count), ADD_BODY)
    return make_kernel(Signature("add", params, bindable=bindable), text, fast=fast)


def symbolic_add_kernel(
    shape: tuple[int | str, ...] = ("n",), sizes: tuple[str, ...] = ("n",), fast: bool = True
) -> Kernel:
    """c = a + b over `%n` elements: `n` is the first size."""
    params = (
        Param("a", "float32", shape),
        Param("b", "float32", shape),
        Param("c", "float32", shape, is_output=True),
    )
    more = "".join(f", i64 %{name}" for name in sizes)
    text = loop("add_n", f"ptr %a, ptr %b, ptr %c{more}", "%n", ADD_BODY)
    return make_kernel(Signature("add_n", params, sizes), text, fast=fast)


def copy_bits(dtype: str) -> Kernel:
    """A kernel that copies one value of 16 bits, `a`, into `b`."""
    text = """define void @bits(ptr %a, ptr %b) {
  %v = load i16, ptr %a
  store i16 %v, ptr %b
  ret void
}
"""
    params = (Param("a", dtype, (1,)), Param("b", dtype, (1,), is_output=True))
    return make_kernel(Signature("bits", params), text)
