"""Writes the LLVM text of a kernel's fast path: the function that Python calls with NumPy arrays.

`autosched.runtime.fastcall` describes the call and the memory that it reads. It checks type,
dtype, rank, flags, every extent and that outputs overlap nothing, releases the GIL, calls the
kernel and returns None. If a check fails, or the kernel found an index outside its tensor, it
returns NotImplemented.
"""

from __future__ import annotations

from math import prod

from autosched.codegen.llvm.shapes import extent_value, is_computed
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.body import Body
from autosched.codegen.llvm.text.module import definition
from autosched.runtime import fastcall
from autosched.runtime.fastcall import FIRST_DTYPE
from autosched.runtime.signature import Param, Signature

_ARRAY_FLAGS = fastcall.FLAG_C_CONTIGUOUS | fastcall.FLAG_ALIGNED


def trampoline_symbol(signature: Signature) -> str:
    """Return the name of the function that `trampoline_text` defines."""
    return f"{signature.name}.fastcall"


def has_trampoline(signature: Signature) -> bool:
    """Tell whether every size can be read from a dimension that equals it.

    The other dimensions are computed from the sizes.
    """
    dims = {extent for param in signature.params for extent in param.shape}
    texts = {extent for extent in dims if isinstance(extent, str)}
    if not texts.issuperset(signature.sizes) or (signature.packed and texts):
        return False
    return all(map(is_computed, texts))


def trampoline_text(
    signature: Signature, kernel_symbol: str, *, outputs_are_new: bool = False
) -> str:
    """Return LLVM text that defines the fast path of `kernel_symbol`, for its module.

    Requires `has_trampoline(signature)`; the text declares nothing else at module level. It does
    not check that outputs overlap nothing if the caller's `outputs_are_new` memory.
    """
    return _Trampoline(signature, kernel_symbol).text(outputs_are_new)


class _Trampoline(Body):
    def __init__(self, signature: Signature, kernel_symbol: str):
        super().__init__()
        self.signature = signature
        self.kernel_symbol = kernel_symbol
        self.sizes: dict[str, str] = {}
        """The values of extents that are no numbers, by their texts."""
        self.open("entry")
        self.table = self.let(llvm.element("i8", "%self", fastcall.BYTES_DATA))

    def text(self, outputs_are_new: bool) -> str:
        params = self.signature.direct_params
        self.require(("i64", "%nargs", str(len(params))))
        data = [self.checked_array(i, param) for i, param in enumerate(params)]
        self.require_computed()
        if not outputs_are_new:
            self.require_apart(params, data)
        self.call_kernel(data)
        self.returns(fastcall.NONE)
        self.open("slow")
        self.returns(fastcall.NOT_IMPLEMENTED)
        symbol = llvm.quoted(trampoline_symbol(self.signature))
        parameters = ["ptr %self", "ptr %args", "i64 %nargs"]
        # optnone: LLVM's passes took 6 ms here, as much as a small kernel, to save nothing.
        attributes = " nounwind noinline optnone"
        return definition("ptr", symbol, parameters, self.lines, attributes=attributes) + "\n"

    def load(self, kind: str, base: str, offset: int) -> str:
        return self.let(llvm.load(kind, self.let(llvm.element("i8", base, offset))))

    def entry(self, word: int) -> str:
        return self.load("ptr", self.table, 8 * word)

    def require(self, *equal: tuple[str, str, str]) -> None:
        """Continue if all of these (type, value, value) are equal, else go to the slow path.

        Together they are one branch: LLVM's time grows with the number of blocks.
        """
        condition = "true"
        for kind, left, right in equal:
            same = self.let(llvm.binary("icmp eq", kind, left, right))
            first = condition == "true"
            condition = same if first else self.let(llvm.binary("and", "i1", condition, same))
        ok = self.label("ok")
        self.branch(condition, ok, "slow")
        self.open(ok)

    def checked_array(self, position: int, param: Param) -> str:
        """Check argument `position` against `param`; return its data pointer."""
        array = self.load("ptr", "%args", 8 * position)
        kind = self.load("ptr", array, fastcall.OBJECT_TYPE)
        self.require(("ptr", kind, self.entry(fastcall.NDARRAY_TYPE)))
        wanted = _ARRAY_FLAGS | (fastcall.FLAG_WRITEABLE if param.is_output else 0)
        dtype = self.load("ptr", array, fastcall.ARRAY_DTYPE)
        ndim = self.load("i32", array, fastcall.ARRAY_NDIM)
        flags = self.load("i32", array, fastcall.ARRAY_FLAGS)
        self.require(
            ("ptr", dtype, self.entry(FIRST_DTYPE + position)),
            ("i32", ndim, str(len(param.shape))),
            ("i32", self.let(llvm.binary("and", "i32", flags, wanted)), str(wanted)),
        )
        self.require_shape(array, param)
        return self.load("ptr", array, fastcall.ARRAY_DATA)

    def require_shape(self, array: str, param: Param) -> None:
        """Check that the extents are those of `param`; a new text is bound to its extent."""
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
                equal.append(("i1", self.let(llvm.binary("icmp sgt", "i64", actual, 0)), "true"))
        self.require(*equal)

    def require_computed(self) -> None:
        """Check that extents that are computed from sizes are what they were bound to."""
        others = [text for text in self.sizes if text not in self.signature.sizes]
        equal = [("i64", self.sizes[each], extent_value(self, each, self.sizes)) for each in others]
        if equal:
            self.require(*equal)

    def require_apart(self, params: tuple[Param, ...], data: list[str]) -> None:
        """Check that outputs share no byte with another argument; empty arrays have none."""
        spans = []
        for param, pointer in zip(params, data, strict=True):
            start = self.let(llvm.convert("ptrtoint", "ptr", pointer, "i64"))
            end = self.let(llvm.binary("add", "i64", start, self.byte_count(param)))
            spans.append((start, end))
        apart = []
        for i, param in enumerate(params):
            for j, other in enumerate(params):
                if param.is_output and j != i and not (other.is_output and j < i):
                    apart.append(("i1", self.disjoint(spans[i], spans[j]), "true"))
        self.require(*apart)

    def disjoint(self, first: tuple[str, str], second: tuple[str, str]) -> str:
        before = self.let(llvm.binary("icmp ule", "i64", first[1], second[0]))
        after = self.let(llvm.binary("icmp ule", "i64", second[1], first[0]))
        return self.let(llvm.binary("or", "i1", before, after))

    def byte_count(self, param: Param) -> str:
        known = [extent for extent in param.shape if isinstance(extent, int)]
        count = str(param.storage.itemsize * prod(known))
        for extent in param.shape:
            if isinstance(extent, str):
                count = self.let(llvm.binary("mul", "i64", count, self.sizes[extent]))
        return count

    def call_kernel(self, data: list[str]) -> None:
        first_packed = FIRST_DTYPE + len(data)
        packed = [self.entry(first_packed + i) for i in range(len(self.signature.packed))]
        sizes = [self.sizes[name] for name in self.signature.sizes]
        faults = [self.no_faults()] if self.signature.checks else []
        pointers = [f"ptr {pointer}" for pointer in (*data, *packed, *faults)]
        args = pointers + [f"i64 {n}" for n in sizes]
        save, restore = self.entry(fastcall.SAVE_THREAD), self.entry(fastcall.RESTORE_THREAD)
        state = self.let(llvm.call_at("ptr", save, []))
        # Inlined, the kernel would be compiled twice.
        self.do(llvm.call("void", llvm.quoted(self.kernel_symbol), args) + " noinline")
        self.do(llvm.call_at("void", restore, [f"ptr {state}"]))
        for pointer in faults:
            self.require_none(pointer)

    def no_faults(self) -> str:
        """Allocate the buffer for faults that the checks of the kernel find."""
        count = len(self.signature.checks)
        pointer = self.let(llvm.alloca("i64", count, 8))
        self.do(llvm.store(llvm.array("i64", count), "zeroinitializer", pointer, 8))
        return pointer

    def require_none(self, faults: str) -> None:
        """Go to the slow path, which raises the error, if a check found a fault."""
        words = range(len(self.signature.checks))
        self.require(*(("i64", self.load("i64", faults, 8 * word), "0") for word in words))

    def returns(self, word: int) -> None:
        singleton = self.entry(word)
        self.do(llvm.call_at("void", self.entry(fastcall.INC_REF), [f"ptr {singleton}"]))
        self.ret(f"ptr {singleton}")
