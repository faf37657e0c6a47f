"""The numbers that a graph is made from: drawn from a seed, kept, and made fewer and smaller."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random


class Draws:
    """Numbers from 0 up to, and without, the one given: those of `known`, then of a seed.

    Without a seed what is not known is 0. `taken` has all that were drawn.
    """

    def __init__(self, seed: int | None = None, known: Sequence[int] = ()):
        self._random = None if seed is None else Random(seed)
        self._known = known
        self.taken: list[int] = []

    def __call__(self, count: int) -> int:
        place = len(self.taken)
        if place < len(self._known):
            value = self._known[place] % count
        else:
            value = self._random.randrange(count) if self._random is not None else 0
        self.taken.append(value)
        return value


def shrunk(
    taken: Sequence[int], fails: Callable[[Sequence[int]], bool], attempts: int = 400
) -> list[int]:
    """Fewer and smaller numbers for which `fails` still holds, as it does for `taken`."""
    best, left = list(taken), attempts

    def tried(smaller: list[int]) -> bool:
        nonlocal best, left
        left -= 1
        if left < 0 or smaller == best or not fails(smaller):
            return False
        best = smaller
        return True

    size = len(best) // 2
    while size and left > 0:
        first = 0
        while first < len(best) and left > 0:
            if not tried(best[:first] + best[first + size :]):
                first += size
        size //= 2
    for place in range(len(best)):
        while any(
            tried([*best[:place], less, *best[place + 1 :]])
            for less in sorted({0, best[place] // 2, best[place] - 1})
            if 0 <= less < best[place]
        ):
            pass
    return best
