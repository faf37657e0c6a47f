"""Targets as TVM writes them: `llvm` with options stands for this machine."""

from __future__ import annotations

import shlex
from types import SimpleNamespace

from autosched.errors import TargetError, not_offered
from autosched.target.target import Target as Machine
from autosched.tvm.device import check_kind
from autosched.tvm.target import codegen

__all__ = ["ACCELERATOR", "C_SOURCE", "Target", "chosen", "codegen", "create"]

_IGNORED = (
    "device", "jit", "keys", "libs", "link-params", "mabi", "mattr", "mcpu", "mfloat-abi", "model",
    "mtriple", "opt-level", "runtime", "system-lib", "tag", "vector-width",
)  # fmt: skip

_FLAGS = ("fast-math", "fast-math-nnan", "fast-math-ninf", "fast-math-nsz", "fast-math-contract")
"""Options without a value, which permit what is not done here: results that are not exact."""

ACCELERATOR = "ext_dev"
"""The target of VTA."""

C_SOURCE = "c"
"""The target whose modules show C source; their code is for this machine."""


class Target:
    """A target such as `llvm -mcpu=core-avx2 -num-cores 2`; also a `with` context.

    Code is always made for this machine, whatever processor `-mcpu` or `-mattr` name, so that a
    script written for another machine runs. `-num-cores` is the number of threads.
    """

    _contexts: list[Target] = []  # noqa: RUF012  one stack for all, as in TVM

    def __init__(self, target: str | Target = "llvm", host: str | Target | None = None):
        self._text = str(target)
        words = shlex.split(self._text)
        kind = words[0] if words else ""
        if kind not in (ACCELERATOR, C_SOURCE):
            check_kind(kind, "target")
        self.kind = SimpleNamespace(name=kind)
        self.keys = ("cpu",)
        options = _options(words[1:], self._text)
        self.threads = _cores(options.get("num-cores"), self._text)
        self.mcpu = options.get("mcpu", "")
        self.mattr = options.get("mattr", "")
        if host is not None:
            Target(host)

    @staticmethod
    def current(allow_none: bool = True) -> Target | None:
        """Return the target of the innermost `with`."""
        if not Target._contexts and not allow_none:
            raise TargetError("expected a target around this, got none", hint="with Target(...):")
        return Target._contexts[-1] if Target._contexts else None

    @property
    def machine(self) -> Machine:
        """The `autosched` target. Raises NotOfferedError for the accelerator."""
        if self.kind.name == ACCELERATOR:
            raise not_offered(f"code for the target {ACCELERATOR}", "vta.build makes its programs")
        return Machine.host().with_threads(self.threads)

    def __enter__(self) -> Target:
        Target._contexts.append(self)
        return self

    def __exit__(self, *exception: object) -> None:
        Target._contexts.pop()

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Target({self._text!r})"


def create(target: str | Target) -> Target:
    """Return `Target(target)`, as older scripts write it."""
    return Target(target)


def chosen(target: str | Target | None) -> Target:
    """Return the given target, else that of the innermost `with`, else llvm."""
    return Target(target) if target is not None else Target.current() or Target()


def _options(words: list[str], text: str) -> dict[str, str]:
    """Parse options written as `-name=value` or `-name value`."""
    found: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.lstrip("-").partition("=")
        if not word.startswith("-") or name not in (*_IGNORED, *_FLAGS, "num-cores"):
            raise TargetError(f"expected an option of the target llvm, got {word!r} in {text!r}")
        if not equals and name in _FLAGS:
            continue
        if not equals:
            if not rest:
                raise TargetError(f"expected a value for {word} in {text!r}, got none")
            value = rest.pop(0)
        found[name] = value
    return found


def _cores(value: str | None, text: str) -> int:
    """Return the number of cores; 0, for all, where none is given."""
    if value is None:
        return 0
    if not value.isdecimal() or not int(value):
        raise TargetError(f"expected a positive number for -num-cores in {text!r}, got {value!r}")
    return int(value)
