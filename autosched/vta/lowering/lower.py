"""Lowering: a schedule becomes a program for the accelerator.

All sizes are constants, so the loops around the leaves run here, in Python, and each visit
of a leaf appends the instructions it stands for. What a leaf needs is worked out once.
"""

from __future__ import annotations

from collections.abc import Sequence

from autosched.errors import LoweringError
from autosched.ir.buffer import Buffer
from autosched.ir.stmt import Function
from autosched.lowering.lower import lower
from autosched.schedule.schedule import Schedule
from autosched.te.tensor import Tensor
from autosched.vta.config import Memory, VTAConfig
from autosched.vta.lowering import outline as o
from autosched.vta.lowering.emitter import Emitter
from autosched.vta.lowering.forms import Env, elements, shape
from autosched.vta.lowering.match import match
from autosched.vta.lowering.outline import Leaf, Loop, Node, Region, Repeat, outline
from autosched.vta.lowering.pack import pack
from autosched.vta.lowering.plan import Planner
from autosched.vta.lowering.program import Place, Program
from autosched.vta.lowering.storage import Storage, allocate
from autosched.vta.lowering.stream import Stream
from autosched.vta.lowering.uops import place as place_uops
from autosched.vta.lowering.work import Visitor

PAGE_BYTES = 4096
"""Tensors begin at multiples of this, or of the largest element's size if that is larger."""


def lower_vta(
    schedule: Schedule, tensors: Sequence[Tensor], config: VTAConfig | None = None
) -> Program:
    """The program of `schedule` for an accelerator of `config`, the default one where None.

    `tensors` are the placeholders and outputs in the order a caller passes them, in packed
    shapes. Raises LoweringError, in one sentence with the sizes, where the accelerator
    cannot run it.
    """
    config = VTAConfig() if config is None else config
    function = lower(schedule, tensors)
    return lower_function(function, config)


def lower_function(function: Function, config: VTAConfig) -> Program:
    """The program of a loop nest as `autosched.lowering` makes it."""
    page = max(PAGE_BYTES, config.element_bytes(Memory.WGT))
    places, zeros = _places(function, page)
    bases = {buffer: place.base for buffer, place in places.items()}
    stream = _stream(function, bases, (zeros, page), config)
    end = zeros + page
    instructions, uops = place_uops(stream.drafts, config, end // 4)
    return Program(
        pack(instructions, config),
        uops,
        tuple(places.values()),
        end,
        _page(end + len(uops), page),
        config,
    )


def _stream(
    function: Function, bases: dict[Buffer, int], zeros: tuple[int, int], config: VTAConfig
) -> Stream:
    out = outline(function.body)
    works = {leaf: match(leaf.store) for leaf in out.leaves}
    storages = allocate(out, works, config)
    emitter = Emitter(config)
    planner = Planner(storages, bases, zeros, config, emitter)
    visitors = {leaf: planner.visitors(leaf, works[leaf]) for leaf in out.leaves}
    _Walk(storages, visitors).run(out.root)
    emitter.finish()
    return emitter.stream


class _Walk:
    """Runs the loops around the leaves."""

    def __init__(self, storages: dict[Buffer, Storage], visitors: dict[Leaf, list[Visitor]]):
        self.env: Env = {}
        self.storages = storages
        self.visitors = visitors

    def run(self, node: Node) -> None:
        match node:
            case Leaf():
                for visitor in self.visitors[node]:
                    if node.active or visitor.walked:
                        self._visit(visitor, [*node.active, *visitor.walked])
                    else:
                        visitor.visit(self.env)
            case o.Sequence():
                for item in node.items:
                    self.run(item)
            case Repeat():
                for value in range(node.extent):
                    self.env[node.var] = value
                    self.run(node.body)
            case Region():
                self._turn(node)
                self.run(node.body)

    def _turn(self, region: Region) -> None:
        """Every buffer with several copies takes the next."""
        for storage in dict.fromkeys(self.storages[buffer] for buffer in region.buffers):
            if storage.turn is not None and storage.owner is region:
                before = self.env.get(storage.turn, -1)
                self.env[storage.turn] = (before + 1) % storage.copies

    def _visit(self, visitor: Visitor, loops: list[Loop]) -> None:
        if not loops:
            visitor.visit(self.env)
            return
        (var, extent), *rest = loops
        for value in range(extent):
            self.env[var] = value
            self._visit(visitor, rest)


def _places(function: Function, page: int) -> tuple[dict[Buffer, Place], int]:
    """Where each parameter lies in DRAM, and where the next thing can."""
    places: dict[Buffer, Place] = {}
    end = 0
    for buffer in function.params:
        is_output = buffer in function.outputs
        if str(buffer.dtype) not in ("int8", "int32"):
            raise LoweringError(
                f"expected int8 and int32 tensors for the accelerator, got {buffer.name} of "
                f"{buffer.dtype}"
            )
        place = Place(buffer.name, end, shape(buffer), str(buffer.dtype), is_output)
        places[buffer] = place
        end = _page(end + elements(buffer) * buffer.dtype.bits // 8, page)
    return places, end


def _page(address: int, page: int) -> int:
    return -(-address // page) * page
