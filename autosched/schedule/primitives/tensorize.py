"""Compute the innermost loops by an instruction of the target, or by a tensor intrinsic."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.ir.expr import Cast, Mul
from autosched.ir.pragma import Tensorized
from autosched.schedule import legality
from autosched.schedule.arguments import AXIS, EXTENTS, STAGE, WORD, takes
from autosched.schedule.instruction import is_intrinsic, refused
from autosched.schedule.legality import Reason
from autosched.schedule.primitives.base import LoopPrimitive
from autosched.schedule.state import ScheduleState, StageState
from autosched.te.axis import Axis
from autosched.te.combining import summed
from autosched.te.tensor import Operation
from autosched.te.tensor_intrinsic import declared


@dataclass(frozen=True, slots=True)
class Tensorize(LoopPrimitive):
    """Mark the loops that one instruction of `shape` replaces.

    The instruction is a matrix instruction of an accelerator, or a tensor intrinsic that
    `te.decl_tensor_intrin` declared. The first requires a sum of products of two tensors, and
    loops from `axis` on with just the extents of `shape`; where the target has no such instruction
    they run as loops. The second requires that these loops compute just what the intrinsic does,
    and of a part of a reduction that it has an update; it takes the place of another. Both require
    that the loops are not annotated and that nothing is computed in them.

        for b in range(1):                  for b in range(1):  # tensorize='gemm'
            for o in range(16):     ->          for o in range(16):
                for i in range(16):                 for i in range(16):
                    C[b, o] += A[b, i] * W[o, i]        C[b, o] += A[b, i] * W[o, i]

    Others: TVM `tensorize(var, tensor_intrin)`; Exo `replace`; Halide has no such primitive.
    """

    name = "tensorize"
    arguments = takes(stage=STAGE, axis=AXIS, instruction=WORD, shape=EXTENTS)

    instruction: str
    shape: tuple[int, ...]

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage, axis = self.loop_in(schedule)
        inside = stage.leaves[stage.position_of(axis) :]
        return (
            legality.not_a_loop(stage, axis)
            or legality.first(legality.annotated(stage, leaf) for leaf in inside)
            or self._what_reason(stage, axis, inside)
            or legality.first(
                legality.occupied(stage, leaf, "tensorize", legality.FURTHER_OUT) for leaf in inside
            )
        )

    def apply(self, schedule: ScheduleState) -> None:
        stage, axis = self.loop_in(schedule)
        what = declared(self.instruction) or self.instruction
        others = [each for each in stage.pragmas.get(axis, ()) if not is_intrinsic(each)]
        stage.pragmas[axis] = [*others, Tensorized(what)]

    def _what_reason(self, stage: StageState, axis: Axis, inside: list[Axis]) -> Reason | None:
        intrinsic = declared(self.instruction)
        if intrinsic is not None:
            return refused(stage, axis, intrinsic)
        if "." in self.instruction:
            return Reason(
                "expected a tensor intrinsic that this process has declared, got {name}",
                (stage, axis),
                hint="call te.decl_tensor_intrin as the schedule's maker did",
                name=self.instruction,
            )
        return self._work_reason(stage, axis) or self._loops_reason(stage, axis, inside)

    def _work_reason(self, stage: StageState, axis: Axis) -> Reason | None:
        if _sums_products(stage.op):
            return None
        return Reason(
            "expected a sum of products of two tensors to tensorize, got stage {stage.name}",
            (stage, axis),
            hint="use vectorize, or an instruction of an ALU, for other operations",
        )

    def _loops_reason(self, stage: StageState, axis: Axis, inside: list[Axis]) -> Reason | None:
        extents = [legality.extent_of(leaf) for leaf in inside]
        if sorted(map(str, extents)) != sorted(map(str, self.shape)):
            return Reason(
                "expected the loops from {axis.name} on to have the extents {wanted} in stage "
                "{stage.name}, got {found}",
                (stage, axis),
                hint="reorder the loops of one block to the innermost places",
                wanted=list(self.shape),
                found=[str(leaf.extent) for leaf in inside],
            )
        return None


def _sums_products(op: Operation) -> bool:
    source = summed(op)
    while type(source) is Cast:
        source = source.value
    return type(source) is Mul
