"""A target as plain data: everything that code and its speed depend on."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import MISSING, dataclass, fields, replace
from functools import cache

from autosched.errors import TargetError

VECTOR_BITS = (64, 128, 256, 512, 1024, 2048)
TOLERANCE = 1e-4
"""The default of `Target.tolerance`."""
LINE_BYTES = 64
"""Bytes of a cache line, except on a few processors; see `Target.cache_line_bytes`."""
HUGE_PAGE_BYTES = 2 << 20
"""A huge page of Linux with pages of 4 KiB."""
WIDEST_VECTOR_BYTES = 64
MOST_VECTOR_REGISTERS = 32
"""The registers of AVX-512, the widest and the most that tiles are sized for."""


@dataclass(frozen=True)
class Target:
    """A machine to make code for.

    `cpu` and `features` are LLVM's names; the features of the machine are joined by commas.
    `threads` is the number of cores that a parallel loop may use. Cache sizes are those that one
    core can use. `math` is "strict", or "fast" to let the compiler change float arithmetic as if
    it were exact. `tolerance` is the largest rounding error that an algorithm other than the one
    written may state, relative to a result plus the root mean square of all results. `gpu` is
    "none", or "emulated" to run loops on the threads of a GPU one point after the other, which
    checks the results of such a schedule and not its speed.
    """

    kind: str
    cpu: str
    features: str
    vector_bits: int
    threads: int
    l1_bytes: int
    l2_bytes: int
    l3_bytes: int
    triple: str
    math: str = "strict"
    tolerance: float = TOLERANCE
    gpu: str = "none"

    @staticmethod
    @cache
    def host() -> Target:
        """Return the description of this machine."""
        from autosched.target.probe import probe

        return Target(**probe())

    @staticmethod
    @cache
    def parse(text: str) -> Target:
        """Return the CPU of a text: `cpu` for this one, then `-FIELD=VALUE` for each difference.

        The text of a target, `str(target)`, gives that target again on every machine. Raises
        TargetError for an invalid option.
        """
        words = target_words(text)
        if words[0] != "cpu":
            raise TargetError(
                f"expected a CPU as the target, got {text!r}",
                hint="write cpu for this machine, such as 'cpu -threads=2'",
            )
        given = dict(_option(word, text) for word in words[1:])
        if set(given) | _OFTEN_LEFT_OUT == set(_OPTIONS):
            return Target(words[0], **given)  # type: ignore[arg-type]
        target = replace(Target.host(), kind=words[0], **given)  # type: ignore[arg-type]
        if given.keys() & {"cpu", "features", "triple"}:
            _check_known(target, text)
        return target

    def with_threads(self, threads: int) -> Target:
        """Return the same machine with that many cores; 0 for all cores of this host."""
        return replace(self, threads=threads or Target.host().threads)

    def with_math(self, math: str) -> Target:
        """Return the same machine with another `math`, "strict" or "fast"."""
        _check_math(math)
        return replace(self, math=math)

    def with_tolerance(self, tolerance: float) -> Target:
        """Return the same machine with another `tolerance`, from 0 to 1."""
        _check_tolerance(tolerance)
        return replace(self, tolerance=float(tolerance))

    def emulating_gpu(self) -> Target:
        """Return the same machine with a `gpu` that is emulated."""
        return replace(self, gpu="emulated")

    def vector_lanes(self, element_bytes: int) -> int:
        """Return the number of elements of a size in one vector register."""
        return self.vector_bits // 8 // element_bytes

    def check_runs_here(self) -> None:
        """Raise TargetError for a target that LLVM does not know, or this machine cannot run."""
        from autosched.target.probe import lacking

        host = Target.host()
        if (self.triple, self.cpu, self.features) == (host.triple, host.cpu, host.features):
            return
        _check_known(self, str(self))
        missing = lacking(self.triple, self.features)
        if missing:
            raise TargetError(
                f"expected a target that this machine can run, got one with {', '.join(missing)}",
                hint="give target='cpu' for this machine",
            )

    @property
    def vector_registers(self) -> int:
        """The number of vector registers: 16 on x86-64 without AVX-512, else 32."""
        few = self.triple.startswith("x86_64") and "+avx512f" not in self.features.split(",")
        return 16 if few else MOST_VECTOR_REGISTERS

    @property
    def cache_line_bytes(self) -> int:
        """Bytes of a cache line: 128 on Apple's processors, else 64."""
        return 128 if "apple" in self.triple else LINE_BYTES

    @property
    def has_huge_pages(self) -> bool:
        """Whether the system gives pages of `HUGE_PAGE_BYTES` on request."""
        return "linux" in self.triple

    def __str__(self) -> str:
        """Return the options, without the defaults of those that older texts do not have."""
        options = [
            f"-{field.name}={getattr(self, field.name)}"
            for field in fields(self)
            if field.name != "kind"
            and not (field.name in _OFTEN_LEFT_OUT and getattr(self, field.name) == field.default)
        ]
        return " ".join([self.kind, *options])


def target_words(text: str) -> list[str]:
    """Return the words of a target's text; the first is its kind, before a colon if it has one.

    Raises TargetError if there are none.
    """
    try:
        words = shlex.split(text)
    except ValueError:  # a quotation that does not end
        words = []
    if not words:
        raise TargetError(f"expected a target, got {text!r}", hint="write cpu for this machine")
    return words


def option_of(word: str, text: str, names: Iterable[str]) -> tuple[str, str]:
    """Return the name and the value of an option -NAME=VALUE in a target's text.

    Raises TargetError if `word` is no option, or its name is not among `names`.
    """
    name, equals, value = word.removeprefix("-").partition("=")
    if not word.startswith("-") or not equals or name not in names:
        raise TargetError(
            f"expected an option -NAME=VALUE of a target, got {word!r} in {text!r}",
            hint="the names are " + ", ".join(names),
        )
    return name, value


def _check_known(target: Target, text: str) -> None:
    from autosched.target.probe import unknown

    bare = [name for name in target.features.split(",") if name and name[0] not in "+-"]
    complaint = (
        f"the feature {bare[0]!r} without + or -"
        if bare
        else unknown(target.triple, target.cpu, target.features)
    )
    if complaint:
        raise TargetError(
            f"expected a processor and features that LLVM knows in {text!r}, got {complaint}",
            hint="`autosched target` shows this machine's",
        )


_TYPES = {"int": int, "float": float, "str": str}
_OPTIONS = {f.name: _TYPES[str(f.type)] for f in fields(Target) if f.name != "kind"}
_OFTEN_LEFT_OUT = {f.name for f in fields(Target) if f.default is not MISSING}


def _tolerance(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise TargetError(f"expected a number for -tolerance, got {text!r}") from None
    _check_tolerance(value)
    return value


def _check_math(value: object) -> None:
    if value not in ("strict", "fast"):
        raise TargetError(f"expected strict or fast for the math of a target, got {value!r}")


def _check_tolerance(value: object) -> None:
    if not isinstance(value, int | float) or not 0 <= value <= 1:
        raise TargetError(f"expected a tolerance from 0 to 1, got {value!r}")


def _option(word: str, text: str) -> tuple[str, int | float | str]:
    name, value = option_of(word, text, _OPTIONS)
    if name == "tolerance":
        return name, _tolerance(value)
    if name == "math":
        _check_math(value)
    if name == "gpu" and value not in ("none", "emulated"):
        raise TargetError(f"expected none or emulated for -gpu, got {value!r}")
    if _OPTIONS[name] is str:
        return name, value
    if not value.isdecimal() or (name in ("threads", "vector_bits") and int(value) < 1):
        raise TargetError(f"expected a positive number for -{name}, got {value!r}")
    if name == "vector_bits" and int(value) not in VECTOR_BITS:
        raise TargetError(
            f"expected one of {', '.join(map(str, VECTOR_BITS))} for -vector_bits, got {value!r}"
        )
    return name, int(value)
