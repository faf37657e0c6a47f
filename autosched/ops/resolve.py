"""Finds workloads: registered ones, and functions in files or modules."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from autosched.config import expanded
from autosched.errors import WorkloadError
from autosched.ops import workloads, workloads_int8, workloads_rows, workloads_windows
from autosched.ops.instance import WorkloadInstance, checked, from_tensors
from autosched.ops.parameters import close_to, converted, labelled
from autosched.ops.registry import Workload, described, registered
from autosched.ops.user_code import user_code
from autosched.te.tensor import Tensor

__all__ = [
    "as_instance",
    "find",
    "resolve",
    "workloads",
    "workloads_int8",
    "workloads_rows",
    "workloads_windows",
]


def resolve(spec: str, params: Mapping[str, Any] | None = None) -> WorkloadInstance:
    """Return the instance of workload `spec` with `params`, converted from text.

    `spec` is a registered name, `file.py:function` or `package.module:function`. Raises
    `WorkloadError` if the name is unknown, the function cannot be loaded or does not return
    tensors, or a parameter is invalid.
    """
    entry, source = find(spec)
    values = converted(entry.parameters, params or {}, entry.name)
    template = None
    if entry.is_template:
        from autosched.ops.templates.template import Template  # late: few workloads are templates

        template = Template(entry.name, partial(entry.function, **values))
    with user_code(entry.name):
        returned = template.tensors if template else entry.function(**values)
    tensors = checked(returned, entry.name)
    label = labelled(entry.name, entry.parameters, values)
    return WorkloadInstance(
        entry.name, values, tensors, source, label, entry.reference, entry.inputs, template
    )


def as_instance(
    workload: str | WorkloadInstance | Sequence[Tensor], params: Mapping[str, Any] | None = None
) -> WorkloadInstance:
    """Return the instance for a workload that a user gave as a name, an instance or tensors."""
    if isinstance(workload, str):
        return resolve(workload, params)
    if params:
        raise WorkloadError(
            f"expected parameters only with a workload's name, got {', '.join(params)} with tensors"
        )
    return workload if isinstance(workload, WorkloadInstance) else from_tensors(workload)


def find(spec: str) -> tuple[Workload, str]:
    """Return the workload that `spec` names, and a spec of it for any working directory."""
    if ":" not in spec:
        return _registered(spec), spec
    place, _, name = spec.rpartition(":")
    if not place:
        raise WorkloadError(f"expected file.py:function or package.module:function, got {spec!r}")
    if place.endswith(".py"):
        path = expanded(place).resolve()
        module, source = _load_file(path, place), f"{path}:{name}"
    else:
        module, source = _import(place), spec
    return described(_function(module, name, place), name), source


def _registered(name: str) -> Workload:
    known = registered()
    if name in known:
        return known[name]
    near = close_to(name, list(known))
    hint = f"did you mean {near}?" if near else f"there are {', '.join(known)}"
    if name.endswith(".py"):
        hint = f"name the function too, as in {name}:function"
    raise WorkloadError(
        f"expected a registered workload, file.py:function or package.module:function, "
        f"got {name!r}",
        hint=hint,
    )


def _load_file(path: Path, given: str) -> ModuleType:
    if not path.is_file():
        raise WorkloadError(f"expected a Python file with the workload, got no file {given!r}")
    name = f"_autosched_workload_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise WorkloadError(f"expected a Python file with the workload, got {given!r}")
    module = importlib.util.module_from_spec(spec)
    with _import_path(path.parent), user_code(given):
        # Annotations and dataclasses look up their module here.
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return module


def _import(name: str) -> ModuleType:
    with _import_path(Path.cwd()), user_code(name):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not (name + ".").startswith(error.name + "."):
                raise
            raise WorkloadError(
                f"expected a module with the workload, got no module {name!r}",
                hint="for a file, give its path with .py, as in file.py:function",
            ) from None


def _function(module: ModuleType, name: str, place: str) -> Callable[..., Any]:
    function = getattr(module, name, None)
    if callable(function) and not isinstance(function, type):
        return function
    functions = [key for key, value in vars(module).items() if callable(value)]
    near = close_to(name, functions)
    raise WorkloadError(
        f"expected a function {name!r} in {place}, got none",
        hint=f"did you mean {near}?" if near else None,
    )


@contextlib.contextmanager
def _import_path(folder: Path) -> Iterator[None]:
    """Let imports find the modules in `folder`, as a script would."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(str(folder))
