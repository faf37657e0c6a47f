"""The parameters of a workload: found in annotations, and converted from text."""

from __future__ import annotations

import difflib
import inspect
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from autosched.errors import WorkloadError

_MISSING = inspect.Parameter.empty
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of type `kind`: int, float, bool or str.

    `choices` are the values of a Literal. An `optional` parameter accepts None, written `none`.
    """

    name: str
    kind: type
    choices: tuple[Any, ...] = ()
    optional: bool = False
    default: Any = _MISSING

    @property
    def required(self) -> bool:
        return self.default is _MISSING

    @property
    def expectation(self) -> str:
        """A description of the allowed values."""
        if self.choices:
            return "one of " + ", ".join(map(str, self.choices))
        words = {int: "an integer", float: "a number", bool: "true or false", str: "a text"}
        return words[self.kind] + (" or none" if self.optional else "")

    def __str__(self) -> str:
        return f"{self.name}=" + ("..." if self.required else _written(self.default))


def parameters_of(
    function: Callable[..., Any], workload: str, skip: int = 0
) -> tuple[Parameter, ...]:
    """Return the parameters of a function after the first `skip` of them.

    Raises WorkloadError for types without a text form.
    """
    try:
        hints = typing.get_type_hints(function)
    except Exception as error:
        raise WorkloadError(
            f"expected annotations of {workload} that can be resolved, got {error}"
        ) from error
    return tuple(
        _parameter(item, hints.get(item.name), workload)
        for item in [*inspect.signature(function).parameters.values()][skip:]
    )


def converted(
    parameters: Sequence[Parameter], given: Mapping[str, Any], workload: str
) -> dict[str, Any]:
    """Return a value for every parameter, in order: converted from text, or the default."""
    known = {parameter.name: parameter for parameter in parameters}
    for name in given:
        if name not in known:
            raise _unknown(name, list(known), workload)
    values = {}
    for name, parameter in known.items():
        if name in given:
            values[name] = _value(parameter, given[name], workload)
        elif parameter.required:
            raise WorkloadError(
                f"expected a value for the parameter {name} of {workload}, got none",
                hint=f"{workload} takes {' '.join(map(str, parameters))}",
            )
        else:
            values[name] = parameter.default
    return values


def labelled(name: str, parameters: Sequence[Parameter], values: Mapping[str, Any]) -> str:
    """Return the name with the values that differ from the defaults, as on a command line."""
    words = [
        f"{parameter.name}={_written(value)}"
        for parameter in parameters
        if (value := values[parameter.name]) != parameter.default
    ]
    return " ".join([name, *words])


def _written(value: Any) -> str:
    """Return the text of a value on a command line."""
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


def close_to(name: str, known: Sequence[str]) -> str | None:
    """Return the known name closest to `name`, or None if none is close."""
    return next(iter(difflib.get_close_matches(name, known, n=1)), None)


def _parameter(item: inspect.Parameter, hint: Any, workload: str) -> Parameter:
    if item.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
        raise WorkloadError(
            f"expected named parameters in {workload}, got {item}",
            hint="a workload is given as KEY=VALUE, so each parameter needs a name",
        )
    default = item.default
    optional = default is None
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        parts = [part for part in typing.get_args(hint) if part is not type(None)]
        optional = optional or len(parts) < len(typing.get_args(hint))
        hint = parts[0] if len(parts) == 1 else hint
    choices = typing.get_args(hint) if typing.get_origin(hint) is Literal else ()
    if choices:
        hint = type(choices[0])
    elif hint is None and default is not _MISSING:
        hint = type(default)
    if hint not in (int, float, bool, str) or any(type(choice) is not hint for choice in choices):
        raise WorkloadError(
            f"expected int, float, bool, str or a Literal of one of them for the parameter "
            f"{item.name} of {workload}, got {'no annotation' if hint is None else hint}",
            hint=f"annotate it, as in {item.name}: int",
        )
    return Parameter(item.name, hint, choices, optional, default)


def _value(parameter: Parameter, given: Any, workload: str) -> Any:
    if parameter.optional and (given is None or str(given).lower() == "none"):
        return None
    try:
        value = _TEXT[parameter.kind](given) if isinstance(given, str) else _plain(parameter, given)
    except (ValueError, KeyError):
        raise _wrong(parameter, given, workload) from None
    if parameter.choices and value not in parameter.choices:
        raise _wrong(parameter, given, workload)
    return value


def _plain(parameter: Parameter, given: Any) -> Any:
    """Return a value that is not text; ints are converted to float, NumPy's numbers to Python's."""
    if hasattr(given, "item"):
        given = given.item()
    if parameter.kind is float and type(given) is int:
        return float(given)
    if type(given) is not parameter.kind:
        raise ValueError
    return given


_TEXT: dict[type, Callable[[str], Any]] = {
    int: int,
    float: float,
    bool: lambda text: _TRUTH[text.lower()],
    str: str,
}


def _wrong(parameter: Parameter, given: Any, workload: str) -> WorkloadError:
    return WorkloadError(
        f"expected {parameter.expectation} for the parameter {parameter.name} of {workload}, "
        f"got {given!r}"
    )


def _unknown(name: str, known: list[str], workload: str) -> WorkloadError:
    near = close_to(name, known)
    takes = f"{workload} takes {', '.join(known)}" if known else f"{workload} takes none"
    return WorkloadError(
        f"expected a parameter of {workload}, got {name!r}",
        hint=f"did you mean {near}?" if near else takes,
    )
