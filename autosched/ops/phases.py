"""Divides a transposed convolution into phases, so that nothing is multiplied by inserted zeros.

Output row `y` is row `y + padding = stride * q + r` of the result before cropping. It is the sum
of kernel rows `stride * t + r` times input rows `q - t`. So the rows with the same remainder
`r`, a phase, are an ordinary convolution of stride 1 with every `stride`-th kernel row.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phases:
    """The sizes of one dimension of a transposed convolution.

    `padding` is the padding of the forward convolution: so much is cropped from the result.
    """

    extent: int
    kernel: int
    stride: int
    padding: int
    output_padding: int

    @property
    def output(self) -> int:
        """The extent of the result; not positive if the padding crops all of it."""
        return (
            (self.extent - 1) * self.stride - 2 * self.padding + self.kernel + self.output_padding
        )

    @property
    def taps(self) -> int:
        """The most kernel rows that one phase has."""
        return -(-self.kernel // self.stride)

    @property
    def first(self) -> int:
        """The first row of a phase that belongs to the output."""
        return self.padding // self.stride

    @property
    def count(self) -> int:
        """The number of rows computed of each phase."""
        return (self.padding + self.output - 1) // self.stride - self.first + 1

    @property
    def offset(self) -> int:
        """The first input row of the window of the first row; below 0 it is padding."""
        return self.first - (self.taps - 1)
