"""The table of the kinds of targets: the path of each backend, which is imported when needed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """The backend is at `path`, as `module:class`; see `register_backend`."""

    path: str
    usage: str
    forms: tuple[str, ...] = ()


KINDS: dict[str, Kind] = {
    "cpu": Kind(
        "autosched.backends.cpu.backend:CpuBackend", "cpu for this machine", ("llvm", "asm")
    ),
    "vta": Kind(
        "autosched.backends.vta.backend:VtaBackend",
        "vta, vta:PRESET or vta:FILE.json for an accelerator",
        ("vta",),
    ),
}
"""By the first word of a target's text, before a colon if it has one."""


def register_backend(kind: str, path: str, usage: str = "", forms: tuple[str, ...] = ()) -> None:
    """Enter a kind of target, or replace it.

    `path` is `module:class` of a `Backend`, `usage` says how a text of the kind is written,
    and `forms` are the forms of code that `autosched show --ir` has for it alone.
    """
    KINDS[kind] = Kind(path, usage or kind, forms)


def usage() -> str:
    """Return how the texts of targets are written, for every kind."""
    return "; ".join(kind.usage for kind in KINDS.values())


def code_forms() -> tuple[str, ...]:
    """Return the forms of code that `autosched show` has for some kind of target."""
    return tuple(form for kind in KINDS.values() for form in kind.forms)
