"""Packs the channel groups of a convolution into blocks; several small groups share a block.

`merged` neighbouring groups become one group with `merged` times the channels. The weights
between two different original groups are 0, so a depthwise convolution has diagonal weight
blocks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autosched.backends.vta.packed.layout import blocks, pack, unpack
from autosched.vta.config import VTAConfig

Array = np.ndarray


@dataclass(frozen=True, slots=True)
class Groups:
    """`count` groups, each of `inputs` to `outputs` channels; `merged` groups are packed as one."""

    config: VTAConfig
    count: int
    inputs: int
    outputs: int
    merged: int

    @classmethod
    def of(cls, config: VTAConfig, count: int, inputs: int, outputs: int) -> Groups:
        """Choose `merged` for the fewest weight blocks, then the fewest input blocks.

        Among equally good choices, take the one with the fullest blocks: then the channels of a
        depthwise convolution are packed as those of any image.
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
        """The number of merged groups; the last one may be smaller than the others."""
        return blocks(self.count, self.merged)

    @property
    def blocks_in(self) -> int:
        """The number of input blocks of a merged group."""
        return blocks(self.merged * self.inputs, self.config.block_in)

    @property
    def blocks_out(self) -> int:
        """The number of output blocks of a merged group."""
        return blocks(self.merged * self.outputs, self.config.block_out)

    @property
    def lead(self) -> tuple[int, ...]:
        """The leading dimension, over merged groups; empty if there is only one."""
        return (self.parts,) if self.parts > 1 else ()

    @property
    def shape_in(self) -> tuple[int, ...]:
        """The dimensions that replace the input channels.

        If each merged group is one block, they are those of an image without groups.
        """
        return self.lead if self.lead and self.blocks_in == 1 else (*self.lead, self.blocks_in)

    @property
    def shape_out(self) -> tuple[int, ...]:
        """The dimensions that replace the output channels."""
        return self.lead if self.lead and self.blocks_out == 1 else (*self.lead, self.blocks_out)

    def pack_images(self, x: Array) -> Array:
        """Pack (n, c, h, w) to (n / batch, *shape_in, h, w, batch, block)."""
        n, _, h, w = x.shape
        grouped = self._merge(x, 1, self.inputs).reshape(n, self.parts, -1, h, w)
        made = pack(grouped, {0: self.config.batch, 2: self.config.block_in})
        return made.reshape(made.shape[0], *self.shape_in, *made.shape[3:])

    def pack_weights(self, weight: Array) -> Array:
        """Pack (co, ci / groups, kh, kw).

        The result is (*lead, blocks_out, blocks_in, kh, kw, block, block).
        """
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
        """Pack (co,) to (*shape_out, batch, block), with the bias repeated along batch."""
        grouped = self._merge(bias, 0, self.outputs).reshape(self.parts, -1)
        made = pack(grouped, {1: self.config.block_out})
        rows = np.repeat(made[..., None, :], self.config.batch, axis=-2)
        return rows.reshape(*self.shape_out, *rows.shape[-2:])

    def unpack_images(self, x: Array, batches: int) -> Array:
        """Unpack (n / batch, *shape_out, h, w, batch, block) to (n, co, h, w)."""
        h, w = x.shape[-4:-2]
        split = x.reshape(x.shape[0], self.parts, self.blocks_out, *x.shape[-4:])
        sizes = {0: self.config.batch, 2: self.config.block_out}
        channels = self.merged * self.outputs
        full = unpack(split, sizes, (batches, self.parts, channels, h, w))
        return full.reshape(batches, -1, h, w)[:, : self.count * self.outputs]

    def _merge(self, array: Array, axis: int, channels: int) -> Array:
        """Pad `axis` with zeros, so that the last merged group is as large as the others."""
        missing = self.parts * self.merged - self.count
        if not missing:
            return array
        sides = [(0, missing * channels if n == axis else 0) for n in range(array.ndim)]
        return np.pad(array, sides)
