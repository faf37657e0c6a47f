"""How an image gets into the blocks of an accelerator."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.graph.operators.blocks import FoldColumns, ToBlocks
from autosched.graph.types import TensorType


@dataclass(frozen=True)
class Packing:
    """The operators that put an image into blocks; the first is left out for most images."""

    blocks: ToBlocks
    folding: FoldColumns | None = None

    @property
    def operators(self) -> list[FoldColumns | ToBlocks]:
        """Those that are there, in order."""
        return [self.blocks] if self.folding is None else [self.folding, self.blocks]

    def infer(self, image: TensorType) -> TensorType:
        """The type of the image in blocks."""
        for operator in self.operators:
            image = operator.infer(image)
        return image
