"""LLVM text of a kernel's fast path: the function that Python calls with NumPy arrays.

`autosched.runtime.fastcall` says how it is called and lays out what it reads. It checks
type, dtype, rank, flags, every extent and that outputs overlap nothing, releases the GIL,
calls the kernel and returns None; on anything else, and where the kernel found an index
outside of its tensor, it returns NotImplemented.
"""

from __future__ import annotations

from math import prod

from autosched.runtime import fastcall
from autosched.runtime.fastcall import FIRST_DTYPE
from autosched.runtime.signature import Param, Signature

_ARRAY_FLAGS = fastcall.FLAG_C_CONTIGUOUS | fastcall.FLAG_ALIGNED


def trampoline_symbol(signature: Signature) -> str:
    """The name of the function that `trampoline_text` defines."""
    return f"{signature.name}.fastcall"


def has_trampoline(signature: Signature) -> bool:
    """Whether every size can be read from a dimension that is just that size."""
    dims = {extent for param in signature.params for extent in param.shape}
    names = {extent for extent in dims if isinstance(extent, str)}
    return names == set(signature.sizes) and not (signature.packed and names)


def trampoline_text(signature: Signature, kernel_symbol: str) -> str:
    """LLVM text that defines the fast path of `kernel_symbol`, to stand in its module.

    Needs `has_trampoline(signature)`; declares and names nothing else at module level.
    """
    return _Trampoline(signature, kernel_symbol).text()


class _Trampoline:
    def __init__(self, signature: Signature, kernel_symbol: str):
        self.signature = signature
        self.kernel_symbol = kernel_symbol
        self.lines: list[str] = []
        self.blocks = 0
        self.values = 0
        self.sizes: dict[str, str] = {}

    def text(self) -> str:
        params = self.signature.direct_params
        symbol = trampoline_symbol(self.signature)
        # optnone: LLVM's passes took 6 ms here, as much as a small kernel, to save nothing.
        attributes = "nounwind noinline optnone"
        head = f'define ptr @"{symbol}"(ptr %self, ptr %args, i64 %nargs) {attributes} {{'
        self.lines += [head, "entry:"]
        self.emit(f"%table = getelementptr i8, ptr %self, i64 {fastcall.BYTES_DATA}")
        self.require(("i64", "%nargs", str(len(params))))
        data = [self.checked_array(i, param) for i, param in enumerate(params)]
        self.require_apart(params, data)
        self.call_kernel(data)
        self.returns(fastcall.NONE)
        self.lines.append("slow:")
        self.returns(fastcall.NOT_IMPLEMENTED)
        return "\n".join([*self.lines, "}", ""])

    def emit(self, line: str) -> None:
        self.lines.append("  " + line)

    def value(self, text: str) -> str:
        self.values += 1
        self.emit(f"%v{self.values} = {text}")
        return f"%v{self.values}"

    def load(self, kind: str, base: str, offset: int) -> str:
        pointer = self.value(f"getelementptr i8, ptr {base}, i64 {offset}")
        return self.value(f"load {kind}, ptr {pointer}")

    def entry(self, word: int) -> str:
        return self.load("ptr", "%table", 8 * word)

    def require(self, *equal: tuple[str, str, str]) -> None:
        """Go on where all of these (type, value, value) are equal, else to the slow path.

        Together they are one branch: LLVM's time grows with the number of blocks.
        """
        condition = "true"
        for kind, left, right in equal:
            same = self.value(f"icmp eq {kind} {left}, {right}")
            condition = same if condition == "true" else self.value(f"and i1 {condition}, {same}")
        self.blocks += 1
        self.emit(f"br i1 {condition}, label %ok{self.blocks}, label %slow")
        self.lines.append(f"ok{self.blocks}:")

    def checked_array(self, position: int, param: Param) -> str:
        """Check argument `position` against `param`; its data pointer."""
        array = self.load("ptr", "%args", 8 * position)
        kind = self.load("ptr", array, fastcall.OBJECT_TYPE)
        self.require(("ptr", kind, self.entry(fastcall.NDARRAY_TYPE)))
        wanted = _ARRAY_FLAGS | (fastcall.FLAG_WRITEABLE if param.is_output else 0)
        dtype = self.load("ptr", array, fastcall.ARRAY_DTYPE)
        ndim = self.load("i32", array, fastcall.ARRAY_NDIM)
        flags = self.value(f"and i32 {self.load('i32', array, fastcall.ARRAY_FLAGS)}, {wanted}")
        self.require(
            ("ptr", dtype, self.entry(FIRST_DTYPE + position)),
            ("i32", ndim, str(len(param.shape))),
            ("i32", flags, str(wanted)),
        )
        self.require_shape(array, param)
        return self.load("ptr", array, fastcall.ARRAY_DATA)

    def require_shape(self, array: str, param: Param) -> None:
        """The extents are those of `param`; a size met for the first time is taken, if not 0."""
        shape = self.load("ptr", array, fastcall.ARRAY_SHAPE)
        equal = []
        for axis, extent in enumerate(param.shape):
            actual = self.load("i64", shape, 8 * axis)
            if isinstance(extent, int):
                equal.append(("i64", actual, str(extent)))
            elif extent in self.sizes:
                equal.append(("i64", actual, self.sizes[extent]))
            else:
                self.sizes[extent] = actual
                equal.append(("i1", self.value(f"icmp sgt i64 {actual}, 0"), "true"))
        self.require(*equal)

    def require_apart(self, params: tuple[Param, ...], data: list[str]) -> None:
        """Outputs share no byte with another argument. An empty array ends where it starts."""
        spans = []
        for param, pointer in zip(params, data, strict=True):
            start = self.value(f"ptrtoint ptr {pointer} to i64")
            spans.append((start, self.value(f"add i64 {start}, {self.byte_count(param)}")))
        apart = []
        for i, param in enumerate(params):
            for j, other in enumerate(params):
                if param.is_output and j != i and not (other.is_output and j < i):
                    apart.append(("i1", self.disjoint(spans[i], spans[j]), "true"))
        self.require(*apart)

    def disjoint(self, first: tuple[str, str], second: tuple[str, str]) -> str:
        before = self.value(f"icmp ule i64 {first[1]}, {second[0]}")
        after = self.value(f"icmp ule i64 {second[1]}, {first[0]}")
        return self.value(f"or i1 {before}, {after}")

    def byte_count(self, param: Param) -> str:
        known = [extent for extent in param.shape if isinstance(extent, int)]
        count = str(param.storage.itemsize * prod(known))
        for extent in param.shape:
            if isinstance(extent, str):
                count = self.value(f"mul i64 {count}, {self.sizes[extent]}")
        return count

    def call_kernel(self, data: list[str]) -> None:
        first_packed = FIRST_DTYPE + len(data)
        packed = [self.entry(first_packed + i) for i in range(len(self.signature.packed))]
        sizes = [self.sizes[name] for name in self.signature.sizes]
        faults = [self.no_faults()] if self.signature.checks else []
        pointers = [f"ptr {pointer}" for pointer in (*data, *packed, *faults)]
        args = pointers + [f"i64 {n}" for n in sizes]
        save, restore = self.entry(fastcall.SAVE_THREAD), self.entry(fastcall.RESTORE_THREAD)
        state = self.value(f"call ptr {save}()")
        # Inlined, the kernel would be compiled twice.
        self.emit(f'call void @"{self.kernel_symbol}"({", ".join(args)}) noinline')
        self.emit(f"call void {restore}(ptr {state})")
        for pointer in faults:
            self.require_none(pointer)

    def no_faults(self) -> str:
        """Memory in which the kernel leaves what its checks find."""
        kind = f"[{len(self.signature.checks)} x i64]"
        pointer = self.value(f"alloca {kind}, align 8")
        self.emit(f"store {kind} zeroinitializer, ptr {pointer}, align 8")
        return pointer

    def require_none(self, faults: str) -> None:
        """On to the slow path, which finds it again, where a check found something."""
        words = range(len(self.signature.checks))
        self.require(*(("i64", self.load("i64", faults, 8 * word), "0") for word in words))

    def returns(self, word: int) -> None:
        singleton = self.entry(word)
        self.emit(f"call void {self.entry(fastcall.INC_REF)}(ptr {singleton})")
        self.emit(f"ret ptr {singleton}")
