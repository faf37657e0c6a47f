"""What became of a candidate that was measured."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Literal, get_args

Kind = Literal[
    "ok", "wrong_result", "timeout", "crashed", "build_error", "out_of_memory", "internal_error"
]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Outcome:
    """A candidate's times, or why it has none.

    `times_ns` are the nanoseconds of one call, one number per repeat; those of a candidate
    that `stopped_early`, clearly worse than the best, are few and rough. `build_ms` is what
    lowering and compiling took. `reason` is a sentence where the kind is not ok, and the
    traceback below it where the kind is `internal_error`: a bug of ours. A `wrong_result` that
    `may_be_rounding` is off by little more than rounding explains. What `crashed`
    `while_building` ended the compiler, before any of the candidate's code ran.
    """

    kind: Kind
    reason: str = ""
    times_ns: tuple[float, ...] = ()
    build_ms: float = 0.0
    stopped_early: bool = False
    may_be_rounding: bool = False
    while_building: bool = False

    @property
    def ok(self) -> bool:
        return self.kind == "ok"

    @property
    def is_our_fault(self) -> bool:
        """The compiler failed, or made code that computes something else."""
        if self.kind == "wrong_result":
            return not self.may_be_rounding
        return self.kind == "internal_error" or (self.kind == "crashed" and self.while_building)

    @property
    def time_ns(self) -> float:
        """The median of the repeats; infinite where there is no time."""
        return median(self.times_ns) if self.times_ns else float("inf")

    def to_plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Outcome:
        return cls(**{**plain, "times_ns": tuple(plain["times_ns"])})
