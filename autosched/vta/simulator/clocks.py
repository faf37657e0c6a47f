"""Which instructions surely ran before which, and how many tokens may pile up."""

from __future__ import annotations

from bisect import bisect_right

from autosched.errors import AcceleratorError
from autosched.vta.isa import Module
from autosched.vta.simulator.order import Link, Step, popped, pushed

Clock = dict[Module, int]

TOKEN_LIMIT = 255
"""The hardware counts tokens in eight bits."""


class Clocks:
    """Vector clocks: for each instruction, how many of each queue surely ran before it.

    Steps are given in a legal order. An instruction counts itself.
    """

    def __init__(self) -> None:
        self._of: dict[int, Clock] = {}
        self._last: dict[Module, Clock] = {module: dict.fromkeys(Module, 0) for module in Module}
        self.indices: dict[Module, list[int]] = {module: [] for module in Module}
        self._pushes: dict[Link, int] = {}
        self._pops: dict[Link, list[int]] = {}

    def advance(self, step: Step) -> Clock:
        """The clock of the next step."""
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
        """All other instructions must surely have run before FINISH, and no token be left."""
        finish = max(steps, key=lambda step: step.index)
        for module, count in self._of[finish.index].items():
            if count < len(self.indices[module]):
                raise AcceleratorError(
                    f"{finish.name}: expected it to wait for instruction "
                    f"{self.indices[module][count]} of the {module.value} queue, got no token "
                    "between them"
                )
        for (giver, taker), count in self._pushes.items():
            left = count - len(self._pops.get((giver, taker), ()))
            if left:
                raise AcceleratorError(
                    f"{finish.name}: expected every token to be taken, got {left} left from "
                    f"{giver.value} to {taker.value}"
                )

    def _count_tokens(self, step: Step, clock: Clock) -> None:
        for link in popped(step.instruction, step.module, step.name):
            self._pops.setdefault(link, []).append(clock[step.module])
        for link in pushed(step.instruction, step.module, step.name):
            self._pushes[link] = self._pushes.get(link, 0) + 1
            taken = bisect_right(self._pops.get(link, []), clock[link[1]])
            if self._pushes[link] - taken > TOKEN_LIMIT:
                raise AcceleratorError(
                    f"{step.name}: expected at most {TOKEN_LIMIT} tokens at a time from "
                    f"{link[0].value} to {link[1].value}, got {self._pushes[link] - taken}"
                )
