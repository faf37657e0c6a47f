"""When the constant operands of a contraction are fetched from memory.

They were packed before the call and, in a network, are in no cache when it begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from autosched.schedule.schedule import Stage
from autosched.search.space.blocks import Tiling
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.dot import DotAxis
from autosched.search.space.structure import Contraction, points_of
from autosched.search.space.tiles import PREFETCH_STEPS, Core
from autosched.search.space.variants import Variant, is_constant
from autosched.te.axis import Axis


@dataclass(eq=False)
class Weights:
    """The constant operands of a contraction that one variant schedules.

    With `is_ahead` the next panel is fetched while the tiles of one panel are computed.
    """

    b: SketchBuilder
    found: Contraction
    variant: Variant
    core: Core
    dot: DotAxis | None
    is_ahead: bool = False

    def come_ahead(self, tiling: Tiling) -> bool:
        """Decide whether a block has all tiles of the unrolled axes, and return it.

        A panel then serves all tiles while the next one comes from memory, and the other operand
        is read once a panel. It should stay in L2, or be the smaller one. Weights that no cache
        has, in GFLOP/s, blocks of 8 tiles -> of all: 512x2048 times 2048x49 116 -> 146, 3072x768
        times 768x128 145 -> 170.
        """
        panels, *others = tiling.tiles
        room = max(self.core.l2_bytes // 4, tiling.panel_bytes * panels)
        self.is_ahead = (
            bool(self.panels())
            and not self.variant.blocked
            and prod(others) >= 4
            and panels >= 2 * self.core.threads
            and tiling.data_bytes <= room
        )
        return self.is_ahead

    def panels(self) -> list[int]:
        """Return the constant operands whose panels serve all tiles of the other axes in turn."""
        vector = self.found.data[self.variant.vector]
        return [
            number
            for number in sorted(self.variant.packed)
            if self.variant.vector_outside
            and is_constant(self.found.reads[number])
            and vector in self.found.reads[number].axes
        ]

    def prefetch_panels(self, sink: Stage, packs: dict[int, Stage], loop: Axis) -> None:
        """Prefetch the next panel while the loops inside of `loop` compute the tiles of this."""
        default = 1 if self.is_ahead else 0
        for number in self.panels():
            name = f"{self.found.reads[number].tensor.name}.ahead"
            steps = self.b.decide(name, "prefetch", (0, 1), default)
            self.b.prefetch(sink, packs[number].op.outputs[0], loop, steps)

    def prefetch(self, local: Stage, packs: dict[int, Stage], loop: Axis) -> None:
        """Prefetch what `loop` reads some steps later.

        Small operands are not by default; dot products take bytes as many times as fast as they
        have steps.
        """
        for number, pack in packs.items():
            read = self.found.reads[number]
            if not is_constant(read):
                continue
            tensor = pack.op.outputs[0]
            size = points_of(pack.op.axis, 1) * tensor.dtype.bytes
            speed = 1 if self.dot is None else self.dot.steps
            is_far = size * speed > self.core.far_bytes
            default = 4 if is_far or self.is_ahead else 0
            name = f"{read.tensor.name}.prefetch"
            steps = self.b.decide(name, "prefetch", PREFETCH_STEPS, default)
            self.b.prefetch(local, tensor, loop, steps)
