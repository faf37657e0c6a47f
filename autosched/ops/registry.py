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

    `reference` computes the outputs on arrays: it is called with an array for each input, and
    with the parameters that are its keyword-only arguments. `inputs` replaces random inputs in
    measurements on a CPU: it maps names of inputs to an array, or to a range (low, high) that
    excludes high. It may be a function that returns such a mapping; it is called with the
    parameters that are its keyword-only arguments. The function of a template takes its knobs
    before the parameters, and returns a schedule with the tensors.
    """

    name: str
    function: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    reference: Callable[..., Any] | None = None
    inputs: Mapping[str, Any] | Callable[..., Mapping[str, Any]] | None = None
    is_template: bool = False

    @property
    def summary(self) -> str:
        """The first line of the function's docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    @property
    def shipped(self) -> bool:
        """Whether it is part of autosched."""
        return self.function.__module__.rpartition(".")[0] == __package__


@overload
def workload(function: Function) -> Function: ...
@overload
def workload(
    *,
    name: str | None = None,
    reference: Callable[..., Any] | None = None,
    inputs: Mapping[str, Any] | Callable[..., Mapping[str, Any]] | None = None,
) -> Callable[[Function], Function]: ...


def workload(
    function: Any = None,
    *,
    name: str | None = None,
    reference: Callable[..., Any] | None = None,
    inputs: Mapping[str, Any] | Callable[..., Mapping[str, Any]] | None = None,
) -> Any:
    """Register a function as a workload under its own name, or under `name`.

    Its parameters are ints, floats, bools, strings or a `Literal` of them, with an annotation
    or a default; it returns the tensors of the kernel, inputs first. The function itself is
    returned unchanged. Registering a name again replaces the workload, as in a notebook. Raises
    `WorkloadError` for the name of a workload of autosched.

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
        return _register(Workload(given, target, parameters_of(target, given), reference, inputs))

    return register if function is None else register(function)


@overload
def template(function: Function) -> Function: ...
@overload
def template(
    *,
    name: str | None = None,
    reference: Callable[..., Any] | None = None,
    inputs: Mapping[str, Any] | Callable[..., Mapping[str, Any]] | None = None,
) -> Callable[[Function], Function]: ...


def template(
    function: Any = None,
    *,
    name: str | None = None,
    reference: Callable[..., Any] | None = None,
    inputs: Mapping[str, Any] | Callable[..., Mapping[str, Any]] | None = None,
) -> Any:
    """Register a function that gives a workload and how to schedule it by knobs.

    It takes its `Knobs`, then parameters as those of a `workload`. It defines the knobs, makes
    a schedule by their values, and returns it with the tensors of the kernel, inputs first. A
    search chooses the values. The tensors must be the same for all of them; values for which the
    function raises an error are left out.

        @autosched.template
        def scaled(knobs, n: int = 4096):
            A = te.placeholder((n,), name="A")
            B = te.compute((n,), lambda i: A[i] * 2.0, name="B")
            s = te.create_schedule(B.op)
            (i,) = s[B].op.axis
            knobs.define_split("tile", i, num_outputs=2)
            outer, inner = knobs["tile"].apply(s, B, i)
            s[B].vectorize(inner)
            return s, [A, B]

    The other arguments are those of `workload`, and the name is found in the same ways.
    """

    def register(target: Any) -> Any:
        given = name or target.__name__
        own = parameters_of(target, given, skip=1)
        return _register(Workload(given, target, own, reference, inputs, is_template=True))

    return register if function is None else register(function)


def _register(entry: Workload) -> Any:
    """Add a workload to those known by name, and return its function."""
    known = _REGISTERED.get(entry.name)
    if known is not None and known.shipped and not entry.shipped:
        raise WorkloadError(
            f"expected a name for the workload that autosched does not use, got {entry.name}",
            hint="give another name: @autosched.workload(name=...)",
        )
    _REGISTERED[entry.name] = entry
    setattr(entry.function, _ATTRIBUTE, entry)
    return entry.function


def described(function: Callable[..., Any], name: str) -> Workload:
    """Return the function as a workload, whether it is registered or not."""
    found = getattr(function, _ATTRIBUTE, None)
    if isinstance(found, Workload):
        return found
    return Workload(name, function, parameters_of(function, name))


def registered() -> dict[str, Workload]:
    """Return the registered workloads by name, in the order of registration."""
    return dict(_REGISTERED)
