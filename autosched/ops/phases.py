"""A transposed convolution taken apart, so that nothing is multiplied with inserted zeros.

Output row `y` is row `y + padding = stride * q + r` of the result before cropping, and takes
just those kernel rows `stride * t + r`: times input row `q - t`. So rows of one remainder `r`,
a phase, are an ordinary convolution of stride 1 with every `stride`-th kernel row.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phases:
    """One dimension of a transposed convolution, in numbers.

    `padding` is what the forward convolution was padded with: it is cut off the result.
    """

    extent: int
    kernel: int
    stride: int
    padding: int
    output_padding: int

    @property
    def output(self) -> int:
        """The extent of the result; not positive where nothing is left of it."""
        return (
            (self.extent - 1) * self.stride - 2 * self.padding + self.kernel + self.output_padding
        )

    @property
    def taps(self) -> int:
        """Kernel places of the phase that has most."""
        return -(-self.kernel // self.stride)

    @property
    def first(self) -> int:
        """The first place of a phase that any output lies at."""
        return self.padding // self.stride

    @property
    def count(self) -> int:
        """How many places each phase is computed at."""
        return (self.padding + self.output - 1) // self.stride - self.first + 1

    @property
    def offset(self) -> int:
        """Where in the input the window of the first place begins; below 0 in the padding."""
        return self.first - (self.taps - 1)
