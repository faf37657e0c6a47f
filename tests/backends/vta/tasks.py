"""Tasks on an accelerator, and a sketch of them made by hand."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from autosched.backends.vta.backend import VtaBackend
from autosched.backends.vta.target import VtaTarget
from autosched.ops.instance import from_tensors
from autosched.schedule.arguments import Decision
from autosched.schedule.primitives import Split
from autosched.schedule.sketch import DecisionInfo, Sketch
from autosched.search.task import Task
from autosched.vta.environment import get_env
from tests.vta.lowering.nets import Conv, Plan, schedule


class HandMade(Task):
    """A task with sketches of its own."""

    made: list[Sketch]

    @property
    def sketches(self) -> list[Sketch]:  # type: ignore[override]
        return self.made


@cache
def conv_task(height: int = 24) -> Task:
    """A convolution in packed layout whose tiles are open: channels, rows and columns.

    The accumulator has no room for the largest tiles.
    """
    conv = Conv(get_env(), height=height, width=48, channels=1)
    s, args = schedule(conv, Plan(tile_co=2, tile_h=2, tile_w=3))
    steps, open_ = list(s.trace), {2: 0, 3: 1, 4: 2}
    out = s[conv.out].number
    splits = [n for n, step in enumerate(steps) if isinstance(step, Split) and step.stage == out]
    for place, decision in zip(splits[1:4], open_.values(), strict=True):
        steps[place] = replace(steps[place], factor=Decision(decision))
    decisions = (
        DecisionInfo("tile_co", "tile", (1, 2)),
        DecisionInfo("tile_h", "tile", (3, 6, 12, 24)),
        DecisionInfo("tile_w", "tile", (12, 24, 48)),
    )
    sketch = Sketch("by_hand", tuple(steps), decisions, (1, 6, 24))
    backend = VtaBackend(VtaTarget())
    made = HandMade(backend.form(from_tensors(args, "conv")), backend)
    object.__setattr__(made, "made", [sketch])
    return made


def every_vector(sketch: Sketch) -> list[tuple[int, ...]]:
    """All candidates of a sketch."""
    axes = [decision.choices for decision in sketch.decisions]
    return [tuple(map(int, v)) for v in np.stack(np.meshgrid(*axes), -1).reshape(-1, len(axes))]
