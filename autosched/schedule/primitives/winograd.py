"""Compute a convolution with fewer multiplications, by Winograd's minimal filtering."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from autosched.schedule.arguments import POSITIVE, STAGE, takes
from autosched.schedule.legality import Reason, changed, input_has_no_loops
from autosched.schedule.primitives.base import StagePrimitive
from autosched.schedule.rewrite import with_bodies
from autosched.schedule.sliding import windows_of
from autosched.schedule.state import ScheduleState, unused_name
from autosched.schedule.winograd import TRANSFORMS, Filtering, fits
from autosched.te.tensor import ComputeOp, Tensor


@dataclass(frozen=True, slots=True)
class Winograd(StagePrimitive):
    """Compute a convolution by F(tile, 3) along each axis of its windows, where tile is 2 or 4.

    The made stages transform the image and the filters, multiply them and transform the products
    back; the old stage reads its elements from the tiles of the result. `schedule.winograd` says
    what they compute, and how far rounding may move the results (`relative_error`). Requires a
    sum of products of float32 or float64 in which windows of 3 points along one or two axes move by
    one point, and to whose loops nothing was done.

                                            for u in range(4), n in range(4), k in range(8):
        for i in range(8):                      D.input[u, n, k] = # transform of A[k, n*2 + ...]
            for k in range(8):              for u in range(4), k in range(8):
                for r in range(3):              D.weight[u, k] = # transform of W[k, ...]
                    D[i] +=         ->      for u in range(4), n in range(4), k in range(8):
                        A[k, i + r]             D.product[u, n] += D.input[u, n, k]*D.weight[u, k]
                        * W[k, r]           for i in range(2), n in range(4):
                                                D.output[i, n] = # transform of D.product[..., n]
                                            for i in range(8):
                                                D[i] = D.output[i % 2, i // 2]

    Not in TVM's schedules, Halide or Exo, where it is another definition of the tensor.
    """

    name = "winograd"
    arguments = takes(stage=STAGE, tile=POSITIVE)

    tile: int

    @property
    def algorithm(self) -> str:
        return f"Winograd F({self.tile}, 3)"

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage = self.stage_in(schedule)
        if self.tile not in TRANSFORMS:
            return Reason(
                "expected one of {known} for the tile of {stage.name}, got {tile}",
                stage,
                known=", ".join(map(str, TRANSFORMS)),
                tile=self.tile,
            )
        action = "compute by Winograd's algorithm"
        if refused := input_has_no_loops(stage, action) or changed(stage, action, self.name):
            return refused
        windows = windows_of(stage.op)
        if windows is None or not fits(windows):
            return Reason(
                "expected a convolution of floats, along one or two axes, with windows of 3 points "
                "that move by one, got stage {stage.name}",
                stage,
            )
        return None

    def apply(self, schedule: ScheduleState) -> tuple[Tensor, ...]:
        stage = self.stage_in(schedule)
        assert isinstance(stage.op, ComputeOp), "why_not refuses other stages"
        taken = frozenset(each.name for each in schedule.stages if each.name.startswith(stage.name))
        made, op = _filtered(stage.op, self.tile, stage.name, taken)
        for tensor in made:
            schedule.add_stage(tensor.op, before=stage)
        schedule.rewrite({stage: lambda _: op})
        stage.restart()
        return made


@lru_cache(maxsize=16)
def _filtered(
    op: ComputeOp, tile: int, name: str, taken: frozenset[str]
) -> tuple[tuple[Tensor, ...], ComputeOp]:
    """Return the tensors that are made, and the operation that reads its elements from the last.

    The candidates of a search share them. Of the names that begin with `name` some are `taken`.
    """
    windows = windows_of(op)
    assert windows is not None, "why_not refuses other stages"
    filtering = Filtering(windows, tile, lambda what: unused_name(f"{name}.{what}", taken))
    made = tuple(filtering.tensors())
    return made, with_bodies(op, (filtering.result(made[-1]),))
