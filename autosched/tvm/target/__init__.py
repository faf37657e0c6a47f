"""Targets as TVM writes them: `llvm` with options stands for this machine."""

from __future__ import annotations

import json
import platform
import shlex
import warnings
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from autosched.config import tvm_threads
from autosched.errors import TargetError, not_offered
from autosched.target.target import Target as Machine
from autosched.tvm.absent import refusing
from autosched.tvm.device import check_kind
from autosched.tvm.emulation import emulated
from autosched.tvm.target import codegen
from autosched.tvm.target.dispatch import AROUND, generic_func, override_native_generic_func

__all__ = [
    "ACCELERATOR", "C_SOURCE", "Target", "arm_cpu", "chosen", "codegen", "create", "cuda",
    "generic_func", "override_native_generic_func",
]  # fmt: skip

_IGNORED = (
    "device", "jit", "keys", "libs", "link-params", "mabi", "mattr", "mcpu", "mfloat-abi", "model",
    "mtriple", "opt-level", "runtime", "system-lib", "tag", "vector-width",
)  # fmt: skip

_FLAGS = ("fast-math", "fast-math-nnan", "fast-math-ninf", "fast-math-nsz", "fast-math-contract")
"""Options without a value, which permit what is not done here: results that are not exact."""

_THREADS = {"cuda": (1024, 32), "nvptx": (1024, 32), "rocm": (256, 64), "metal": (256, 16)}
"""The most threads of a block and the threads of a warp that TVM takes for a kind of GPU."""

_THREADS_OF_OTHERS = (256, 1)

ACCELERATOR = "ext_dev"
"""The target of VTA."""

C_SOURCE = "c"
"""The target whose modules show C source; their code is for this machine."""


class Target:
    """A target such as `llvm -mcpu=core-avx2 -num-cores 2`; also a `with` context.

    It may also be a dict, or its JSON text, such as `{"kind": "llvm", "num-cores": 2}`. Code is
    always made for this machine, whatever processor `-mcpu` or `-mattr` name, so that a script
    written for another machine runs; a build for an `-mtriple` of another processor warns.
    `-num-cores`, else the variable `TVM_NUM_THREADS`, is the number of threads. The options of an
    emulated GPU have no effect on code.
    """

    def __init__(
        self,
        target: str | Target | Mapping[str, Any] = "llvm",
        host: str | Target | Mapping[str, Any] | None = None,
    ):
        self._text = _text_of(target)
        words = shlex.split(self._text)
        kind = words[0] if words else ""
        if kind not in (ACCELERATOR, C_SOURCE):
            check_kind(kind, "target")
        self.kind = SimpleNamespace(name=kind)
        self.is_gpu = emulated(kind)
        options = _options(words[1:], self._text, self.is_gpu)
        self.attrs = options
        self.device_name = options.get("device", "")
        own = (kind, "gpu") if self.is_gpu else ("cpu",)
        self.keys = tuple(filter(None, (self.device_name, *own)))
        most, warp = _THREADS.get(kind, _THREADS_OF_OTHERS)
        self.max_num_threads = self._count("max_num_threads", most)
        self.thread_warp_size = self._count("thread_warp_size", warp)
        self.threads = self._count("num-cores", 0)
        self.mcpu = options.get("mcpu", "")
        self.mattr = options.get("mattr", "")
        self.mtriple = options.get("mtriple", "")
        self.model = options.get("model", "unknown")
        self.libs = options["libs"].split(",") if "libs" in options else []
        self.host = None if host is None else Target(host)

    @staticmethod
    def current(allow_none: bool = True) -> Target | None:
        """Return the target of the innermost `with`."""
        if not AROUND and not allow_none:
            raise TargetError("expected a target around this, got none", hint="with Target(...):")
        return AROUND[-1] if AROUND else None

    @property
    def machine(self) -> Machine:
        """The `autosched` target. Raises NotOfferedError for the accelerator."""
        if self.kind.name == ACCELERATOR:
            raise not_offered(f"code for the target {ACCELERATOR}", "vta.build makes its programs")
        if self.mtriple and _processor(self.mtriple.partition("-")[0]) != _processor():
            warnings.warn(
                f"code is made for this machine, a {platform.machine()}, not for {self.mtriple}",
                stacklevel=3,
            )
        host = Machine.host().with_threads(self.threads or tvm_threads())
        return host.emulating_gpu() if self.is_gpu else host

    def _count(self, name: str, default: int) -> int:
        """Return the number that an option has. Raises TargetError unless it is positive."""
        value = self.attrs.get(name)
        if value is None:
            return default
        if not value.isdecimal() or not int(value):
            raise TargetError(
                f"expected a positive number for -{name} in {self._text!r}, got {value!r}"
            )
        return int(value)

    @property
    def tuned_machine(self) -> Machine:
        """The `autosched` target to tune for. Raises NotOfferedError for an emulated GPU."""
        if self.is_gpu:
            raise not_offered(
                f"tuning for the target {self.kind.name}",
                'emulation checks results, and its times say nothing: tune for "llvm"',
            )
        return self.machine

    def __enter__(self) -> Target:
        AROUND.append(self)
        return self

    def __exit__(self, *exception: object) -> None:
        AROUND.pop()

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Target({self._text!r})"


def create(target: str | Target) -> Target:
    """Return `Target(target)`, as older scripts write it."""
    return Target(target)


def cuda(model: str = "unknown", arch: str | None = None, options: str | None = None) -> Target:
    """Return the target of a GPU of NVIDIA. Raises NotOfferedError unless it is emulated."""
    named = f" -arch={arch}" if arch else ""
    return Target(f"cuda -model={model}{named} {options or ''}")


def arm_cpu(model: str = "unknown", options: str | None = None) -> Target:
    """Return the target of a model with an ARM processor, which names no code for one."""
    return Target(f"llvm -device=arm_cpu -model={model} {options or ''}")


def chosen(target: str | Target | Mapping[str, Any] | None = None) -> Target:
    """Return the given target, else that of the innermost `with`, else llvm."""
    return Target(target) if target is not None else Target.current() or Target()


def _text_of(target: str | Target | Mapping[str, Any]) -> str:
    """Return a target as a kind with options. Raises TargetError for a dict without a kind."""
    if isinstance(target, str) and target.lstrip().startswith("{"):
        try:
            target = json.loads(target)
        except ValueError:
            raise TargetError(f"expected a target as JSON, got {target!r}") from None
    if not isinstance(target, Mapping):
        return str(target)
    if "kind" not in target:
        raise TargetError(f"expected a target with a kind, got {dict(target)}")
    options = {key: value for key, value in target.items() if key not in ("kind", "host", "tag")}
    listed = {
        key: ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
        for key, value in options.items()
    }
    return " ".join([str(target["kind"]), *(f"-{key}={value}" for key, value in listed.items())])


def _processor(name: str = platform.machine()) -> str:
    """Return the one name of a processor that has several."""
    known = name.lower()
    return {"amd64": "x86_64", "x86-64": "x86_64", "arm64": "aarch64"}.get(known, known)


def _options(words: list[str], text: str, any_name: bool = False) -> dict[str, str]:
    """Parse options written as `-name=value` or `-name value`."""
    found: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.lstrip("-").partition("=")
        known = any_name or name in (*_IGNORED, *_FLAGS, "num-cores")
        if not word.startswith("-") or not known:
            raise TargetError(f"expected an option of the target, got {word!r} in {text!r}")
        if not equals and name in _FLAGS:
            continue
        if not equals:
            if not rest:
                raise TargetError(f"expected a value for {word} in {text!r}, got none")
            value = rest.pop(0)
        found[name] = value
    return found


__getattr__ = refusing(__name__)
