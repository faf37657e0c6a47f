"""The order of a program: three modules, each in order, that wait for each other's tokens."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from autosched.errors import AcceleratorError
from autosched.vta.isa.bytes import name_of
from autosched.vta.isa.instructions import QUEUES, Finish, Instruction, Module, module_of

Link = tuple[Module, Module]
"""A token queue, by the module that pushes and the one that pops."""


@dataclass(frozen=True, slots=True)
class Step:
    """An instruction, which may run after the instructions `after`, whose tokens it pops.

    `popped` and `pushed` are the token queues of its flags.
    """

    index: int
    module: Module
    instruction: Instruction
    popped: tuple[Link, ...]
    pushed: tuple[Link, ...]
    after: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The name of the instruction in errors."""
        return name_of(self.index, self.instruction.opcode)


def legal_order(instructions: Sequence[Instruction]) -> list[Step]:
    """Return an order that tokens and queues allow: each module runs until it must wait.

    Raises `AcceleratorError` when the program does not end with its one FINISH, when a flag
    names a neighbour that does not exist, and when the modules wait for each other for ever.
    """
    _check_finish(instructions)
    waiting: dict[Module, deque[Step]] = {module: deque() for module in Module}
    for index, instruction in enumerate(instructions):
        step = _step(index, instruction)
        waiting[step.module].append(step)
    tokens: dict[Link, deque[int]] = {link: deque() for link in QUEUES}
    steps: list[Step] = []
    while any(waiting.values()):
        before = len(steps)
        for queue in waiting.values():
            while queue and all(tokens[link] for link in queue[0].popped):
                step = queue.popleft()
                steps.append(replace(step, after=tuple(tokens[q].popleft() for q in step.popped)))
                for link in step.pushed:
                    tokens[link].append(step.index)
        if len(steps) == before:
            raise _deadlock(waiting, tokens)
    return steps


def _check_finish(instructions: Sequence[Instruction]) -> None:
    for index, instruction in enumerate(instructions[:-1]):
        if isinstance(instruction, Finish):
            raise AcceleratorError(
                f"{name_of(index, instruction.opcode)}: expected FINISH as the last instruction, "
                f"got {len(instructions) - index - 1} behind it"
            )
    if not instructions or not isinstance(instructions[-1], Finish):
        raise AcceleratorError(
            f"instruction {len(instructions)}: expected FINISH at the end, got no more instructions"
        )


def _step(index: int, instruction: Instruction) -> Step:
    popped, pushed = (tuple(_links(index, instruction, verb)) for verb in ("pop", "push"))
    return Step(index, module_of(instruction), instruction, popped, pushed)


def _links(index: int, instruction: Instruction, verb: str) -> Iterator[Link]:
    """Yield the token queues that an instruction pops or pushes; `verb` is `pop` or `push`."""
    module = module_of(instruction)
    for side, neighbour in (("prev", module - 1), ("next", module + 1)):
        if getattr(instruction, f"{verb}_{side}"):
            link = (neighbour, module) if verb == "pop" else (module, neighbour)
            if link not in QUEUES:
                raise AcceleratorError(
                    f"{name_of(index, instruction.opcode)}: expected a module on that side for "
                    f"{verb}_{side}, got the {module.label} module"
                )
            yield QUEUES[QUEUES.index(link)]


def _deadlock(
    waiting: dict[Module, deque[Step]], tokens: dict[Link, deque[int]]
) -> AcceleratorError:
    waits = []
    for module, queue in waiting.items():
        if queue:
            givers = [giver for giver, taker in queue[0].popped if not tokens[giver, taker]]
            missing = " and ".join(giver.label for giver in givers)
            waits.append(f"{module.label} waits at {queue[0].name} for a token of {missing}")
    return AcceleratorError(
        f"expected tokens that let every instruction run, got a deadlock: {'; '.join(waits)}"
    )
