"""The tensors that a target computes for a workload."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.ops.instance import WorkloadInstance


@dataclass(frozen=True, eq=False)
class WorkloadForm:
    """The tensors that a target computes for the user's workload `instance`: here its own.

    A target that computes other tensors, such as blocks of these, has a subclass with them in
    `workload`, and with the conversion of the user's arrays to theirs and back.
    """

    instance: WorkloadInstance

    @property
    def workload(self) -> WorkloadInstance:
        """The tensors that are scheduled, searched and measured."""
        return self.instance

    @property
    def flops(self) -> int | None:
        """Arithmetic operations of the user's workload; None where sizes decide how many."""
        return self.instance.flops if isinstance(self.instance.flops, int) else None
