"""The order of a program: three queues, each in order, that wait for each other's tokens."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autosched.errors import AcceleratorError
from autosched.vta.isa import Finish, Instruction, Module, module_of
from autosched.vta.isa.bytes import name_of

Link = tuple[Module, Module]

_PREV = {Module.COMPUTE: Module.LOAD, Module.STORE: Module.COMPUTE}
_NEXT = {Module.LOAD: Module.COMPUTE, Module.COMPUTE: Module.STORE}


@dataclass(frozen=True, slots=True)
class Step:
    """An instruction that may run once `after`, those whose tokens it takes, have run."""

    index: int
    module: Module
    instruction: Instruction
    after: tuple[int, ...]

    @property
    def name(self) -> str:
        """How errors name the instruction."""
        return name_of(self.index, self.instruction.opcode)


def legal_order(instructions: Sequence[Instruction]) -> list[Step]:
    """An order that the tokens and the queues allow: each queue runs until it must wait.

    Raises `AcceleratorError` when the program does not end with its one FINISH, when a flag
    names a neighbour that is not there, and when the queues wait for each other for ever.
    """
    _check_finish(instructions)
    queues: dict[Module, deque[int]] = {module: deque() for module in Module}
    for index, instruction in enumerate(instructions):
        queues[module_of(instruction)].append(index)
    tokens: dict[Link, deque[int]] = {link: deque() for link in _links()}
    steps: list[Step] = []
    while any(queues.values()):
        before = len(steps)
        for module, queue in queues.items():
            while queue:
                step = _take(instructions, queue[0], module, tokens)
                if step is None:
                    break
                queue.popleft()
                steps.append(step)
        if len(steps) == before:
            raise _deadlock(instructions, queues, tokens)
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


def _take(
    instructions: Sequence[Instruction],
    index: int,
    module: Module,
    tokens: dict[Link, deque[int]],
) -> Step | None:
    """The step of the instruction at the head of a queue, or None while it must wait."""
    instruction = instructions[index]
    name = name_of(index, instruction.opcode)
    needed = list(popped(instruction, module, name))
    if not all(tokens[link] for link in needed):
        return None
    after = tuple(tokens[link].popleft() for link in needed)
    for link in pushed(instruction, module, name):
        tokens[link].append(index)
    return Step(index, module, instruction, after)


def _links() -> Iterator[Link]:
    for module, neighbour in _NEXT.items():
        yield module, neighbour
        yield neighbour, module


def popped(instruction: Instruction, module: Module, name: str) -> Iterator[Link]:
    """The links an instruction of `module` takes a token from."""
    if instruction.pop_prev:
        yield _neighbour(_PREV, module, "pop_prev", name), module
    if instruction.pop_next:
        yield _neighbour(_NEXT, module, "pop_next", name), module


def pushed(instruction: Instruction, module: Module, name: str) -> Iterator[Link]:
    """The links an instruction of `module` gives a token to."""
    if instruction.push_prev:
        yield module, _neighbour(_PREV, module, "push_prev", name)
    if instruction.push_next:
        yield module, _neighbour(_NEXT, module, "push_next", name)


def _neighbour(side: dict[Module, Module], module: Module, flag: str, name: str) -> Module:
    if module not in side:
        raise AcceleratorError(
            f"{name}: expected a module on that side for {flag}, got the {module.value} module"
        )
    return side[module]


def _deadlock(
    instructions: Sequence[Instruction],
    queues: dict[Module, deque[int]],
    tokens: dict[Link, deque[int]],
) -> AcceleratorError:
    waits = []
    for module, queue in queues.items():
        if queue:
            name = name_of(queue[0], instructions[queue[0]].opcode)
            links = popped(instructions[queue[0]], module, name)
            missing = " and ".join(giver.value for giver, _ in links if not tokens[giver, module])
            waits.append(f"{module.value} waits at {name} for a token of {missing}")
    return AcceleratorError(
        f"expected tokens that let every instruction run, got a deadlock: {'; '.join(waits)}"
    )
