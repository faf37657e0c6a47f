"""Vector clocks: which instructions run before which in every legal order, and how many tokens
may wait in a queue."""

from __future__ import annotations

from bisect import bisect_right

from autosched.errors import AcceleratorError
from autosched.vta.config import MAX_TOKENS
from autosched.vta.isa.instructions import Module
from autosched.vta.simulator.order import Link, Step

Clock = dict[Module, int]


class Clocks:
    """For each instruction, how many of each module run before it in every legal order.

    Steps come in a legal order. An instruction counts itself.
    """

    def __init__(self) -> None:
        self._of: dict[int, Clock] = {}
        self._last: dict[Module, Clock] = {module: dict.fromkeys(Module, 0) for module in Module}
        self.indices: dict[Module, list[int]] = {module: [] for module in Module}
        self._pushes: dict[Link, int] = {}
        self._pops: dict[Link, list[int]] = {}

    def advance(self, step: Step) -> Clock:
        """Return the clock of the next step."""
        clock = dict(self._last[step.module])
        for index in step.after:
            for module, count in self._of[index].items():
                clock[module] = max(clock[module], count)
        clock[step.module] += 1
        self._of[step.index] = self._last[step.module] = clock
        self.indices[step.module].append(step.index)
        self._count_tokens(step, clock)
        return clock

    def check_finish(self, steps: list[Step]) -> None:
        """Raise unless FINISH runs after all other instructions and no token is left."""
        finish = max(steps, key=lambda step: step.index)
        for module, count in self._of[finish.index].items():
            if count < len(self.indices[module]):
                raise AcceleratorError(
                    f"{finish.name}: expected it to wait for instruction "
                    f"{self.indices[module][count]} of the {module.label} queue, got no token "
                    "between them"
                )
        for (giver, taker), count in self._pushes.items():
            left = count - len(self._pops.get((giver, taker), ()))
            if left:
                raise AcceleratorError(
                    f"{finish.name}: expected every token to be taken, got {left} left from "
                    f"{giver.label} to {taker.label}"
                )

    def _count_tokens(self, step: Step, clock: Clock) -> None:
        for link in step.popped:
            self._pops.setdefault(link, []).append(clock[step.module])
        for link in step.pushed:
            self._pushes[link] = self._pushes.get(link, 0) + 1
            taken = bisect_right(self._pops.get(link, []), clock[link[1]])
            if self._pushes[link] - taken > MAX_TOKENS:
                raise AcceleratorError(
                    f"{step.name}: expected at most {MAX_TOKENS} tokens at a time from "
                    f"{link[0].label} to {link[1].label}, got {self._pushes[link] - taken}"
                )
