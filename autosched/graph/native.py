"""The native parts of a network: plans as functions of this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property

import numpy as np

from autosched.backends.base import Backend
from autosched.codegen.llvm.plan import TIMED_SUFFIX
from autosched.codegen.llvm.trampoline import trampoline_symbol
from autosched.codegen.machine.linked import LinkedCode
from autosched.errors import ArgumentError
from autosched.runtime.arrays import addresses
from autosched.runtime.code import MachineCode
from autosched.runtime.fastcall import FastCall
from autosched.runtime.functions import Functions, c_function, no_faults, raise_faults
from autosched.runtime.plan import Plan

Array = np.ndarray


class NativeCode:
    """Plans, linked with the kernels that they call: at once, and to measure when first asked."""

    def __init__(self, plans: Sequence[Plan], codes: Sequence[MachineCode], backend: Backend):
        self._plans, self._codes, self._backend = plans, codes, backend
        self._linked = backend.link(plans, codes) if plans else None

    def address(self, name: str) -> int:
        """The address of a function of a plan or a kernel."""
        assert self._linked is not None, "without a plan nothing is called"
        return self._linked.address(name)

    def timed_address(self, name: str) -> int:
        """The address of the function of a plan that measures its calls."""
        return self._timed.address(name + TIMED_SUFFIX)

    @cached_property
    def _timed(self) -> LinkedCode:
        return self._backend.link(self._plans, self._codes, timed=True)


class NativePart:
    """A plan as a function; `name` is that of the network, for errors."""

    def __init__(self, plan: Plan, name: str, code: NativeCode):
        self._plan = plan
        self._code = code
        self._functions = Functions(
            replace(plan.signature, name=name),
            code.address(plan.name),
            code.address(trampoline_symbol(plan.signature)),
        )

    def fast_call(self, blocks: Sequence[Array]) -> FastCall | None:
        """The call with inputs and results, on an arena and weights; None if there is none."""
        return self._functions.fast_call(addresses(blocks))

    def run(self, arrays: Sequence[Array], blocks: Sequence[Array]) -> None:
        """Call it with checked arrays. Raises ArgumentError for an index that is outside."""
        with _without_hint():
            self._functions.run(arrays, blocks, {})

    def times_ns(self, arrays: Sequence[Array], blocks: Sequence[Array]) -> list[int]:
        """Call it as `run` does, and tell how long each kernel took."""
        signature = self._functions.signature
        faults, times = no_faults(signature), np.zeros(len(self._plan.calls) + 1, np.int64)
        given = addresses([*arrays, *blocks, *faults, times])
        timed = self._code.timed_address(self._plan.name)
        c_function(timed, len(given), 0)(*given)
        with _without_hint():
            raise_faults(signature, faults, {})
        return np.diff(times).tolist()


@contextmanager
def _without_hint() -> Iterator[None]:
    """Drop the hint of an ArgumentError: it is about `bounds`, with which a kernel is built."""
    try:
        yield
    except ArgumentError as error:
        raise ArgumentError(error.message) from None
