"""From what names a target to its backend: texts of users and databases, descriptions."""

from __future__ import annotations

import pkgutil

from autosched.backends.base import Backend
from autosched.backends.form import WorkloadForm
from autosched.backends.kinds import KINDS, usage
from autosched.backends.reporter import Machine
from autosched.errors import TargetError
from autosched.ops.instance import WorkloadInstance
from autosched.target.target import target_words

AnyTarget = str | Backend | Machine
"""A target as users name it: its text, its backend, or the description of a machine."""


def parse(text: str) -> Backend:
    """The target that a text names. Raises TargetError."""
    return _class_of(text).parse(text)


def as_backend(target: AnyTarget) -> Backend:
    """The backend of a text, or of the description of a machine; a backend itself.

    Raises TargetError for anything else.
    """
    if isinstance(target, Backend):
        return target
    if isinstance(target, str):
        return parse(target)
    kind = getattr(target, "kind", None)
    if not isinstance(kind, str) or kind not in KINDS:
        raise TargetError(f"expected a target or its text, such as 'cpu', got {target!r}")
    return backend_class(kind)(target)


def backend_class(kind: str) -> type[Backend]:
    """The backend of a kind that is in the table, imported."""
    found = pkgutil.resolve_name(KINDS[kind].path)
    assert issubclass(found, Backend), f"{KINDS[kind].path} is no backend"
    return found


def target_names() -> list[str]:
    """The texts of targets that a shell completes."""
    return [name for kind in KINDS for name in backend_class(kind).names()]


def label(text: str) -> str:
    """A short name of the machine that a text in a database names; the text of an unknown kind."""
    try:
        return _class_of(text).label(text)
    except TargetError:
        return text


def form_on(text: str, instance: WorkloadInstance) -> WorkloadForm:
    """The workload as the target of a text in a database computes it.

    Raises TargetError or WorkloadError where there is none, or none any more.
    """
    return _class_of(text).form_on(text, instance)


def _class_of(text: str) -> type[Backend]:
    kind = target_words(text)[0].partition(":")[0]
    if kind not in KINDS:
        raise TargetError(f"expected a target, got {text!r}", hint=f"write {usage()}")
    return backend_class(kind)
