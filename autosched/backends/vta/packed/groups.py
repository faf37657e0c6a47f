"""Groups of channels in blocks: several small groups share a block, with zeros between them.

`merged` groups next to one another become one of `merged` times the channels; weights from
one of them to another are 0. A depthwise convolution so has diagonal weight blocks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autosched.backends.vta.packed.layout import blocks, pack, unpack
from autosched.vta.config import VTAConfig

Array = np.ndarray


@dataclass(frozen=True, slots=True)
class Groups:
    """`count` groups of `inputs` to `outputs` channels each, `merged` of them together."""

    config: VTAConfig
    count: int
    inputs: int
    outputs: int
    merged: int

    @classmethod
    def of(cls, config: VTAConfig, count: int, inputs: int, outputs: int) -> Groups:
        """The groups, merged so that the fewest weight blocks result, then the fewest inputs.

        Of ways as good the one with the fullest blocks is chosen, which for a depthwise
        convolution has channels where any image has them.
        """
        ways = [
            cls(config, count, inputs, outputs, merged)
            for merged in range(1, min(count, config.block_in) + 1)
        ]
        return min(ways, key=lambda way: way._cost)

    @property
    def _cost(self) -> tuple[int, int, int]:
        weights = self.parts * self.blocks_in * self.blocks_out
        return weights, self.parts * self.blocks_in, -self.merged

    @property
    def parts(self) -> int:
        """Merged groups, the last of which may have fewer than the others."""
        return blocks(self.count, self.merged)

    @property
    def blocks_in(self) -> int:
        """Input blocks of a merged group."""
        return blocks(self.merged * self.inputs, self.config.block_in)

    @property
    def blocks_out(self) -> int:
        """Output blocks of a merged group."""
        return blocks(self.merged * self.outputs, self.config.block_out)

    @property
    def lead(self) -> tuple[int, ...]:
        """The dimension of merged groups, where there is more than one."""
        return (self.parts,) if self.parts > 1 else ()

    @property
    def shape_in(self) -> tuple[int, ...]:
        """The dimensions in the place of input channels.

        Merged groups of one block each are blocks of channels as those of any image.
        """
        return self.lead if self.lead and self.blocks_in == 1 else (*self.lead, self.blocks_in)

    @property
    def shape_out(self) -> tuple[int, ...]:
        """The dimensions in the place of output channels."""
        return self.lead if self.lead and self.blocks_out == 1 else (*self.lead, self.blocks_out)

    def pack_images(self, x: Array) -> Array:
        """(n, c, h, w) to (n / batch, *shape_in, h, w, batch, block)."""
        n, _, h, w = x.shape
        grouped = self._merge(x, 1, self.inputs).reshape(n, self.parts, -1, h, w)
        made = pack(grouped, {0: self.config.batch, 2: self.config.block_in})
        return made.reshape(made.shape[0], *self.shape_in, *made.shape[3:])

    def pack_weights(self, weight: Array) -> Array:
        """(co, ci / groups, kh, kw) to (*lead, out blocks, in blocks, kh, kw, block, block)."""
        full = self._merge(weight, 0, self.outputs)
        split = full.reshape(self.parts, self.merged, self.outputs, *weight.shape[1:])
        wide = np.zeros(
            (*split.shape[:3], self.merged, self.inputs, *weight.shape[2:]), weight.dtype
        )
        for own in range(self.merged):
            wide[:, own, :, own] = split[:, own]
        wide = wide.reshape(
            self.parts, self.merged * self.outputs, self.merged * self.inputs, *weight.shape[2:]
        )
        made = pack(wide, {1: self.config.block_out, 2: self.config.block_in})
        return made.reshape(*self.lead, *made.shape[1:])

    def pack_bias(self, bias: Array) -> Array:
        """(co) to (*shape_out, batch, block): the same for every row of a block."""
        grouped = self._merge(bias, 0, self.outputs).reshape(self.parts, -1)
        made = pack(grouped, {1: self.config.block_out})
        rows = np.repeat(made[..., None, :], self.config.batch, axis=-2)
        return rows.reshape(*self.shape_out, *rows.shape[-2:])

    def unpack_images(self, x: Array, batches: int) -> Array:
        """(n / batch, *shape_out, h, w, batch, block) to (n, co, h, w)."""
        h, w = x.shape[-4:-2]
        split = x.reshape(x.shape[0], self.parts, self.blocks_out, *x.shape[-4:])
        sizes = {0: self.config.batch, 2: self.config.block_out}
        channels = self.merged * self.outputs
        full = unpack(split, sizes, (batches, self.parts, channels, h, w))
        return full.reshape(batches, -1, h, w)[:, : self.count * self.outputs]

    def _merge(self, array: Array, axis: int, channels: int) -> Array:
        """Zeros for the groups that the last merged one lacks."""
        missing = self.parts * self.merged - self.count
        if not missing:
            return array
        sides = [(0, missing * channels if n == axis else 0) for n in range(array.ndim)]
        return np.pad(array, sides)
