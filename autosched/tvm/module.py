"""Built kernels with TVM's interface: called with their outputs, timed by a time evaluator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median, pstdev
from typing import Any, NoReturn, cast

from autosched import api
from autosched.codegen.machine.module import CompiledModule
from autosched.errors import ArgumentError, ScheduleError, not_offered
from autosched.runtime.kernel import Kernel
from autosched.schedule.schedule import Schedule
from autosched.te.tensor import Tensor
from autosched.tvm.device import Device
from autosched.tvm.lowered import Args, IRModule, checked_args, order
from autosched.tvm.nd import data_of
from autosched.tvm.target import Target, chosen

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
    imported_modules: tuple[Module, ...] = ()

    def __init__(self, kernel: Kernel, args: Args):
        self.kernel = kernel
        self._args = tuple(args)

    def __call__(self, *args: Any) -> None:
        self.kernel(*self._arrays(args))

    def __getitem__(self, name: str) -> Callable[..., None]:
        return self.get_function(name)

    def get_function(self, name: str, query_imports: bool = False) -> Callable[..., None]:
        """Return the kernel by its own name, or as the entry of the module."""
        self._check_name(name)
        return self.__call__

    def time_evaluator(
        self,
        func_name: str,
        dev: Device,
        number: int = 10,
        repeat: int = 1,
        min_repeat_ms: int = 0,
        **ignored: Any,
    ) -> Callable[..., BenchmarkResult]:
        """Return a function that times the kernel: `repeat` means of `number` calls each.

        A first call is not counted. A repeat lasts at least `min_repeat_ms`. TVM's options for
        cooling down and flushing caches are accepted and have no effect.
        """
        from autosched.measure.native_loop import NativeRunner

        self._check_name(func_name)

        def evaluate(*args: Any) -> BenchmarkResult:
            arrays = self._arrays(args)
            run = NativeRunner(self.kernel.address, self.kernel.pointers(*arrays), arrays)
            once_ms = run(1) / 1e6
            calls = max(number, int(min_repeat_ms / max(once_ms, 1e-6)))
            return BenchmarkResult(tuple(run(calls) / calls / 1e9 for _ in range(repeat)))

        return evaluate

    def get_source(self, fmt: str = "") -> str:
        """Return the LLVM IR, or with `asm` or `s` the assembly."""
        code = cast(CompiledModule, self.kernel.keepalive)
        if fmt in ("", "ll", "llvm"):
            return code.llvm_text()
        if fmt in ("asm", "s"):
            return code.asm()
        raise ArgumentError(f"expected the format ll or asm of a source, got {fmt!r}")

    inspect_source = get_source

    def export_library(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise not_offered("export_library", "build again where it is needed; that takes moments")

    def save(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise not_offered("Module.save", "get_source gives the code as text")

    def import_module(self, module: Any) -> NoReturn:
        raise not_offered("import_module", "a module has one kernel")

    def __repr__(self) -> str:
        return f"Module({self.type_key}, {self.kernel!r})"

    def _check_name(self, name: str) -> None:
        if name not in (MAIN, self.kernel.name):
            raise ArgumentError(
                f"expected the function {self.kernel.name} of the module, got {name!r}"
            )

    def _arrays(self, args: Sequence[Any]) -> list[Any]:
        """Return the arrays among the arguments. Sizes follow from their shapes."""
        if len(args) != len(self._args):
            names = ", ".join(arg.name for arg in self._args)
            raise ArgumentError(
                f"expected {len(self._args)} arguments for {self.kernel.name} ({names}), "
                f"got {len(args)}"
            )
        given = zip(self._args, args, strict=True)
        return [data_of(value) for arg, value in given if isinstance(arg, Tensor)]


def build(
    inputs: Schedule | IRModule,
    args: Args | None = None,
    target: str | Target | None = None,
    target_host: str | Target | None = None,
    runtime: Any = None,
    name: str | None = None,
    binds: Mapping[Any, Any] | None = None,
) -> Module:
    """Build a kernel from a schedule, or from the result of `lower`."""
    if runtime is not None:
        raise not_offered("build with a runtime")
    if isinstance(inputs, IRModule):
        if args is not None:
            raise ScheduleError("expected no arguments beside what was lowered, got some")
        args, name = inputs.args, name or inputs.function.name
        inputs = inputs.schedule
    checked = checked_args(inputs, args, binds)
    if target_host is not None:
        Target(target_host)
    kernel = api.build(
        inputs, order(checked), target=chosen(target).machine, name=name or "default_function"
    )
    assert isinstance(kernel, Kernel), "these targets are CPUs"
    return Module(kernel, checked)
