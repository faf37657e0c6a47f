"""Divides a transposed convolution into phases, so that nothing is multiplied by inserted zeros.

Row `y` of the result before cropping is the sum of kernel rows `k` times input rows `i` with
`y = stride * i + dilation * k`. Let `g` be the greatest common divisor of the two: other rows than
every `g`-th have no terms. Divided by it they are `step` and `spread`. The kernel rows
`k = step * t + r`, phase `r`, reach the rows `y / g = step * q + spread * r` from the input rows
`i = q - spread * t`. So a phase is an ordinary convolution of stride 1 and of dilation `spread`,
and each row belongs to one phase.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

from autosched.ir.expr import Expr


@dataclass(frozen=True, slots=True)
class Phases:
    """The sizes of one dimension of a transposed convolution.

    `output` rows belong to the result, after `cropped` ones that do not.
    """

    extent: int
    kernel: int
    stride: int
    cropped: int
    output: int
    dilation: int = 1

    @property
    def between(self) -> int:
        """Rows of the result that have terms are multiples of this, before cropping."""
        return gcd(self.stride, self.dilation)

    @property
    def step(self) -> int:
        """The number of phases."""
        return self.stride // self.between

    @property
    def spread(self) -> int:
        """The dilation of the convolution that a phase is."""
        return self.dilation // self.between

    @property
    def taps(self) -> int:
        """The most kernel rows that one phase has."""
        return -(-self.kernel // self.step)

    @property
    def first(self) -> int:
        """The first row `q` of a phase: the least that the output has of any phase."""
        return -((self.spread * (self.step - 1) - self.cropped // self.between) // self.step)

    @property
    def count(self) -> int:
        """The number of rows computed of each phase."""
        return (self.cropped + self.output - 1) // self.stride - self.first + 1

    @property
    def offset(self) -> int:
        """The first input row of the window of the first row; below 0 it is padding."""
        return self.first - self.spread * (self.taps - 1)

    @property
    def needed(self) -> int:
        """The number of input rows, with padding, that the windows of a phase read."""
        return self.count + self.spread * (self.taps - 1)

    def row(self, place: Expr) -> Expr:
        """The row `y`, counted from that of row `first` of phase 0, of a place of the output."""
        return place + (self.cropped - self.first * self.stride)

    def source(self, place: Expr) -> tuple[Expr, Expr]:
        """The phase that has a place of the output, and its row among those computed."""
        row = self.row(place) // self.between
        phase = row % self.step
        if self.spread > 1 and self.step > 1:
            phase = phase * pow(self.spread, -1, self.step) % self.step
        return phase, row // self.step - phase * self.spread // self.step


def extended(
    extent: int, kernel: int, stride: int, padding: int, more: int, dilation: int = 1
) -> Phases:
    """The phases of a result that `padding` crops on both sides, then `more` rows extend.

    Its extent is not positive if the padding crops all of it.
    """
    output = (extent - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1 + more
    return Phases(extent, kernel, stride, padding, output, dilation)
