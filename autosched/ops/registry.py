"""The registry of workloads: functions of plain parameters that return tensors."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, overload

from autosched.errors import WorkloadError
from autosched.ops.parameters import Parameter, parameters_of

Function = TypeVar("Function", bound=Callable[..., Any])

_ATTRIBUTE = "__autosched_workload__"
_REGISTERED: dict[str, Workload] = {}


@dataclass(frozen=True, slots=True)
class Workload:
    """A function that returns the tensors of a workload, its inputs first.

    `reference` computes the same directly on arrays: it is called with an array for each
    input and, by keyword, those parameters that its keyword-only arguments name. `packed`
    makes its form for an accelerator, from the workload's instance and the accelerator's
    configuration. `inputs` are those that a kernel for a CPU is measured on, in place of drawn
    ones: by name an array, or a range (low, high) of numbers from low to below high; or a
    function that returns such a mapping, called with the parameters that its keyword-only
    arguments name.
    """

    name: str
    function: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    reference: Callable[..., Any] | None = None
    packed: Callable[..., Any] | None = None
    inputs: Mapping[str, Any] | Callable[..., Mapping[str, Any]] | None = None

    @property
    def summary(self) -> str:
        """The first line of the function's docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    @property
    def shipped(self) -> bool:
        """Whether it comes with autosched."""
        return self.function.__module__.rpartition(".")[0] == __package__


@overload
def workload(function: Function) -> Function: ...
@overload
def workload(
    *,
    name: str | None = None,
    reference: Callable[..., Any] | None = None,
    packed: Callable[..., Any] | None = None,
    inputs: Mapping[str, Any] | Callable[..., Mapping[str, Any]] | None = None,
) -> Callable[[Function], Function]: ...


def workload(
    function: Any = None,
    *,
    name: str | None = None,
    reference: Callable[..., Any] | None = None,
    packed: Callable[..., Any] | None = None,
    inputs: Mapping[str, Any] | Callable[..., Mapping[str, Any]] | None = None,
) -> Any:
    """Register a function as a workload under its own name, or `name`.

    Its parameters are ints, floats, bools, strings or choices by `Literal`, annotated or with
    a default, and it returns the tensors a kernel takes, inputs first. The function itself
    stays as it was. Registering a name again replaces it, as a notebook does; `WorkloadError`
    is raised for the name of a workload that comes with autosched.

        @autosched.workload
        def scaled(m: int, n: int = 64):
            A = te.placeholder((m, n), name="A")
            return [A, te.compute((m, n), lambda i, j: A[i, j] * 2.0, name="B")]

    `inputs` gives the values or ranges of inputs, for example of offsets that are computed into
    indices. Inputs that are indices themselves need none: they are drawn within the extent.

        @autosched.workload(inputs=lambda *, rows: {"offset": (0, rows - 8)})
        def windows(n: int, rows: int): ...
    """

    def register(target: Any) -> Any:
        given = name or target.__name__
        entry = Workload(given, target, parameters_of(target, given), reference, packed, inputs)
        known = _REGISTERED.get(entry.name)
        if known is not None and known.shipped and not entry.shipped:
            raise WorkloadError(
                f"expected a name for the workload that autosched has not taken, got {entry.name}",
                hint="give another one: @autosched.workload(name=...)",
            )
        _REGISTERED[entry.name] = entry
        setattr(target, _ATTRIBUTE, entry)
        return target

    return register if function is None else register(function)


def described(function: Callable[..., Any], name: str) -> Workload:
    """The function as a workload, registered or not."""
    found = getattr(function, _ATTRIBUTE, None)
    if isinstance(found, Workload):
        return found
    return Workload(name, function, parameters_of(function, name))


def registered() -> dict[str, Workload]:
    """The registered workloads by name, in the order they were registered."""
    return dict(_REGISTERED)
