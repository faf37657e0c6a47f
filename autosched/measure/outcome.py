"""The outcome of measuring a candidate."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Literal

Kind = Literal[
    "ok", "wrong_result", "timeout", "crashed", "build_error", "out_of_memory", "internal_error"
]


@dataclass(frozen=True)
class Outcome:
    """The times of a candidate, or the reason it has none.

    `times_ns` holds the nanoseconds of one call, one number per repeat. If it `stopped_early`,
    clearly slower than the best, they are few and inexact. `build_ms` is the time to lower
    and compile. `reason` is a sentence if the kind is not ok, followed by the traceback if the
    kind is `internal_error`, a bug in autosched. A `wrong_result` that `may_be_rounding`
    exceeds the tolerance only slightly. A candidate that `crashed` `while_building` crashed
    the compiler before its own code ran.
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
        """Whether the compiler failed, or generated code with a wrong result."""
        if self.kind == "wrong_result":
            return not self.may_be_rounding
        return self.kind == "internal_error" or (self.kind == "crashed" and self.while_building)

    @property
    def time_ns(self) -> float:
        """The median of the repeats; infinite if there are none."""
        return median(self.times_ns) if self.times_ns else float("inf")

    def to_plain(self) -> dict[str, Any]:
        """Return the fields as values for JSON."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Outcome:
        return cls(**{**plain, "times_ns": tuple(plain["times_ns"])})
