"""Built kernels with TVM's interface: called with their outputs, timed by a time evaluator."""

from __future__ import annotations

import timeit
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from statistics import mean, median, pstdev
from tempfile import TemporaryDirectory
from typing import Any, cast

import numpy as np

from autosched import api
from autosched.codegen.c.source import c_source
from autosched.codegen.machine.module import CompiledModule
from autosched.errors import ArgumentError, ScheduleError, not_offered
from autosched.files import write_whole
from autosched.ir.expr import Var
from autosched.lowering.lower import lower as lower_nest
from autosched.runtime.kernel import Kernel
from autosched.runtime.signature import Param
from autosched.runtime.steps import StepKernel
from autosched.te.tensor import Tensor
from autosched.tvm.contrib.cc import create_shared
from autosched.tvm.contrib.tar import tar
from autosched.tvm.device import Device
from autosched.tvm.emulation import THREAD_FILES, ThreadCode
from autosched.tvm.library import Library, loaded
from autosched.tvm.lowered import IRModule, checked_args, completed, order
from autosched.tvm.nd import data_of
from autosched.tvm.target import C_SOURCE, Target, chosen
from autosched.tvm.te.applied import apply_intrinsics
from autosched.tvm.tir.intrinsics import apply_rules

MAIN = "__tvm_main__"


@dataclass(frozen=True)
class BenchmarkResult:
    """The seconds of a call, a number for each repeat."""

    results: tuple[float, ...]

    @property
    def mean(self) -> float:
        return mean(self.results)

    @property
    def median(self) -> float:
        return median(self.results)

    @property
    def min(self) -> float:
        return min(self.results)

    @property
    def max(self) -> float:
        return max(self.results)

    @property
    def std(self) -> float:
        return pstdev(self.results)


class Module:
    """A kernel. `module(a, b, c)` and `module[name](a, b, c)` write the outputs in place."""

    entry_name = MAIN
    type_key = "llvm"
    imported_modules: tuple[ThreadCode, ...] = ()

    def __init__(
        self,
        kernel: Kernel | StepKernel,
        takes: Sequence[str],
        library: Library | None = None,
        c_code: str | None = None,
    ):
        self.kernel = kernel
        self._takes = tuple(takes)
        self._library = library
        self._c_code = c_code
        if c_code is not None:
            self.type_key = C_SOURCE
        self._others: Mapping[str, Module] = {}

    def __call__(self, *args: Any) -> None:
        arrays, sizes = self._given(args)
        self.kernel(*arrays, sizes=sizes or None)

    def __getitem__(self, name: str) -> Callable[..., None]:
        return self.get_function(name)

    @property
    def entry_func(self) -> Callable[..., None]:
        """The kernel, as a function."""
        return self.__call__

    def get_function(self, name: str, query_imports: bool = False) -> Callable[..., None]:
        """Return the kernel by its own name, or as the entry of the module."""
        return self._with(name).__call__

    def time_evaluator(
        self,
        func_name: str,
        dev: Device | None = None,
        number: int = 10,
        repeat: int = 1,
        min_repeat_ms: int = 0,
        **ignored: Any,
    ) -> Callable[..., BenchmarkResult]:
        """Return a function that times the kernel: `repeat` means of `number` calls each.

        A first call is not counted. A repeat lasts at least `min_repeat_ms`. TVM's options for
        cooling down and flushing caches are accepted and have no effect. A kernel for an emulated
        GPU runs once, since its time says nothing.
        """
        from autosched.measure.native_loop import NativeRunner

        named = self._with(func_name)
        if named is not self:
            return named.time_evaluator(func_name, dev, number, repeat, min_repeat_ms)

        def evaluate(*args: Any) -> BenchmarkResult:
            arrays, sizes = self._given(args)
            if isinstance(self.kernel, StepKernel):
                return _timed_from_python(lambda: self(*args), number, repeat)
            pointers = self.kernel.pointers(*arrays, sizes=sizes)
            run = NativeRunner(self.kernel.address, pointers, arrays)
            once_ms = run(1) / 1e6
            if self.imported_modules:
                return BenchmarkResult((once_ms / 1e3,))
            calls = max(number, int(min_repeat_ms / max(once_ms, 1e-6)))
            return BenchmarkResult(tuple(run(calls) / calls / 1e9 for _ in range(repeat)))

        return evaluate

    def get_source(self, fmt: str = "") -> str:
        """Return the LLVM IR, or with `asm` or `s` the assembly; of the target c, C source."""
        if self._c_code is not None and fmt in ("", "c"):
            return self._c_code
        code = cast(CompiledModule, self.kernel.keepalive)
        if fmt in ("", "ll", "llvm"):
            return code.llvm_text()
        if fmt in ("asm", "s"):
            return code.asm()
        raise ArgumentError(f"expected the format ll or asm of a source, got {fmt!r}")

    inspect_source = get_source

    def save(self, file_name: str, fmt: str = "") -> None:
        """Write an object file (`.o`), LLVM IR (`.ll`) or assembly (`.s`).

        The code of an object file is for this machine and runs on one core.
        """
        fmt = fmt or file_name.rpartition(".")[2]
        if fmt in ("o", "obj"):
            write_whole(file_name, self._object())
        else:
            write_whole(file_name, self.get_source(fmt))

    def export_library(self, file_name: str, fcompile: Any = None, **ignored: Any) -> None:
        """Write a shared library, by the C compiler of this machine; its code runs on one core.

        A name that ends in `.tar` makes an archive of the object file, which `load_module` reads.
        """
        with TemporaryDirectory() as folder:
            path = Path(folder) / "kernel.o"
            write_whole(path, self._object())
            default = tar if str(file_name).endswith(".tar") else create_shared
            (fcompile or default)(file_name, [str(path)])

    def _object(self) -> bytes:
        if self._others:
            raise not_offered("saving a module of several functions", "build and save each alone")
        if self._library is None:
            raise not_offered("saving a module that was loaded", "keep the file")
        return self._library.object_file(self._takes)

    def import_module(self, module: Any) -> None:
        """Take the loop nest of an emulated GPU. Raises NotOfferedError for another module."""
        if not isinstance(module, ThreadCode):
            raise not_offered("import_module", "a module has one kernel")
        self.imported_modules = (*self.imported_modules, module)

    def __repr__(self) -> str:
        return f"Module({self.type_key}, {self.kernel!r})"

    def _with(self, name: str) -> Module:
        """Return the module of a function, which is one of several where they were built so."""
        if name in self._others:
            return self._others[name]
        self._check_name(name)
        return self

    def _check_name(self, name: str) -> None:
        if name not in (MAIN, self.kernel.name):
            raise ArgumentError(
                f"expected the function {self.kernel.name} of the module, got {name!r}"
            )

    def _given(self, args: Sequence[Any]) -> tuple[list[Any], dict[str, int]]:
        """Return the arrays for the kernel, and the sizes among the arguments by name."""
        if len(args) != len(self._takes):
            raise ArgumentError(
                f"expected {len(self._takes)} arguments for {self.kernel.name} "
                f"({', '.join(self._takes)}), got {len(args)}"
            )
        signature = self.kernel.signature
        given = dict(zip(self._takes, args, strict=True))
        arrays = [self._array(param, given) for param in signature.params]
        sizes = set(signature.sizes) - {param.name for param in signature.params}
        return arrays, {name: int(given[name]) for name in sizes & given.keys()}

    def _array(self, param: Param, given: dict[str, Any]) -> Any:
        if param.name in given:
            value = data_of(given[param.name])
            return np.asarray(value, param.storage) if isinstance(value, Real) else value
        if not param.is_static:
            raise ArgumentError(
                f"expected an array for the output {param.name} of {self.kernel.name}, got none",
                hint="give it among the arguments of build",
            )
        return np.empty(param.shape, param.storage)


def _is_size(arg: Tensor | Var) -> bool:
    return isinstance(arg, Var) and arg.dtype.is_integer


def _timed_from_python(call: Callable[[], None], number: int, repeat: int) -> BenchmarkResult:
    """Return the times of a kernel in steps, which Python runs; a first call is not counted."""
    call()
    return BenchmarkResult(
        tuple(each / number for each in timeit.repeat(call, repeat=repeat, number=number))
    )


def load_module(path: str, fmt: str = "") -> Module | ThreadCode:
    """Load an object file or a shared library that a module wrote. Raises ArgumentError.

    A file for an emulated GPU, such as `kernel.ptx`, has the loop nest.
    """
    if Path(path).suffix in THREAD_FILES:
        return ThreadCode.read(Path(path))
    kernel, takes = loaded(Path(path))
    return Module(kernel, takes)


def build(
    inputs: Any,
    args: Any = None,
    target: str | Target | None = None,
    target_host: str | Target | None = None,
    runtime: Any = None,
    name: str | None = None,
    binds: Mapping[Any, Any] | None = None,
) -> Module:
    """Build a kernel from a schedule, or from the result of `lower`, which has its arguments.

    A list of such results gives a module with a function for each, by its name.
    """
    if isinstance(inputs, (list, tuple)):
        return _of_several(inputs, target or args)
    if runtime is not None:
        raise not_offered("build with a runtime")
    if isinstance(inputs, IRModule):
        args, name = inputs.args, name or inputs.function.name
        inputs = inputs.schedule
    if target_host is not None:
        Target(target_host)
    wanted, name = chosen(target), name or "default_function"
    machine = wanted.machine
    checked = checked_args(inputs, args, binds)
    apply_rules(inputs, wanted.kind.name)
    apply_intrinsics(inputs)
    every = order(completed(inputs, checked))
    kernel = api.build(inputs, every, target=machine, name=name)
    assert isinstance(kernel, (Kernel, StepKernel)), "these targets are CPUs"
    params, sizes = iter(kernel.signature.params), iter(kernel.signature.sizes)
    names = {arg: next(sizes) if _is_size(arg) else next(params).name for arg in every}
    code = None
    if wanted.kind.name == C_SOURCE:
        code = c_source(lower_nest(inputs, every, name, "clamp"))
    library = Library(inputs, every, machine, name)
    module = Module(kernel, [names[arg] for arg in checked], library, code)
    if wanted.is_gpu:
        nest = str(api.lower(inputs, every, name=name))
        module.imported_modules = (ThreadCode(wanted.kind.name, nest),)
    return module


def _of_several(functions: Sequence[IRModule], target: str | Target | None) -> Module:
    names = [each.function.name for each in functions if isinstance(each, IRModule)]
    if not names or len(names) < len(functions) or len(set(names)) < len(names):
        raise ScheduleError(
            f"expected lowered functions, each with its name, got {', '.join(names) or 'none'}",
            hint='lower(s, args, name="f") names one',
        )
    made = {each.function.name: build(each, target=target) for each in functions}
    first = made[names[0]]
    first._others = {name: each for name, each in made.items() if each is not first}
    return first
