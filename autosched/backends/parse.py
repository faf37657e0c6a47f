"""Finds the backend of a target: from a text of a user or a database, or from a description."""

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
    """Return the backend that a text describes. Raises TargetError."""
    return _class_of(text).parse(text)


def as_backend(target: AnyTarget) -> Backend:
    """Return the backend of a text or of a machine's description; a backend is returned as is.

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
    """Import and return the backend class of a kind in the table."""
    found = pkgutil.resolve_name(KINDS[kind].path)
    assert issubclass(found, Backend), f"{KINDS[kind].path} is no backend"
    return found


def target_names() -> list[str]:
    """Return the texts of targets that shell completion offers."""
    return [name for kind in KINDS for name in backend_class(kind).names()]


def label(text: str) -> str:
    """Return a short name for a target's text in a database; the text itself if it is unknown."""
    try:
        return _class_of(text).label(text)
    except TargetError:
        return text


def form_on(text: str, instance: WorkloadInstance) -> WorkloadForm:
    """Return the workload in the form that the target computes; `text` comes from a database.

    Raises TargetError if this version does not accept the text, WorkloadError if the target
    cannot compute the workload.
    """
    return _class_of(text).form_on(text, instance)


def _class_of(text: str) -> type[Backend]:
    kind = target_words(text)[0].partition(":")[0]
    if kind not in KINDS:
        raise TargetError(f"expected a target, got {text!r}", hint=f"write {usage()}")
    return backend_class(kind)
