"""Lowering: from a schedule to a program for the accelerator.

All sizes are constants, so the loops around the leaves run here, and each visit of a leaf
becomes instructions. A leaf is analysed once and emitted for all its visits together; then
the instructions are sorted into the order of the loops.
"""

from __future__ import annotations

from collections.abc import Sequence

from autosched.errors import LoweringError
from autosched.ir.expr import Buffer
from autosched.ir.stmt import Function
from autosched.lowering.lower import lower
from autosched.schedule.schedule import Schedule
from autosched.te.tensor import Tensor
from autosched.vta.config import Memory, VTAConfig, checked
from autosched.vta.isa.table import Rows, pack
from autosched.vta.lowering.emitter import Emitter
from autosched.vta.lowering.forms import elements, shape
from autosched.vta.lowering.match import match
from autosched.vta.lowering.outline import outline
from autosched.vta.lowering.plan import Planner
from autosched.vta.lowering.program import Place, Program
from autosched.vta.lowering.storage import allocate
from autosched.vta.lowering.stream import put_tokens
from autosched.vta.lowering.uops import place as place_uops
from autosched.vta.lowering.visits import VisitTable

PAGE_BYTES = 4096
"""Tensors begin at multiples of this, or of the largest element's size if that is larger."""


def lower_vta(
    schedule: Schedule, tensors: Sequence[Tensor], config: VTAConfig | None = None
) -> Program:
    """Return the program of `schedule` for an accelerator of `config`, by default the usual one.

    `tensors` are the placeholders and outputs in the order a caller passes them, in packed
    shapes. Raises LoweringError if the accelerator cannot run the schedule.
    """
    config = checked(config)
    function = lower(schedule, tensors)
    page = max(PAGE_BYTES, config.element_bytes(Memory.WGT))
    places, zeros = _places(function, page)
    bases = {buffer: place.base for buffer, place in places.items()}
    rows, kernels = _emitted(function, bases, (zeros, page), config)
    end = zeros + page
    put_tokens(rows, config)
    rows, uops = place_uops(rows, kernels, config, end // config.element_bytes(Memory.UOP))
    return Program(
        pack(rows, config), uops, tuple(places.values()), end, _page(end + len(uops), page), config
    )


def _emitted(
    function: Function, bases: dict[Buffer, int], zeros: tuple[int, int], config: VTAConfig
) -> tuple[Rows, list[Rows]]:
    """Return the instructions without tokens, and their micro-op kernels."""
    out = outline(function.body)
    works = {leaf: match(leaf.store) for leaf in out.leaves}
    storages = allocate(out, works, config)
    emitter = Emitter(config)
    planner = Planner(storages, bases, zeros, config, emitter)
    visitors = {leaf: planner.visitors(leaf, works[leaf]) for leaf in out.leaves}
    own = {
        leaf: [[*leaf.active, *visitor.walked] for visitor in found]
        for leaf, found in visitors.items()
    }
    table = VisitTable(out.root, own, storages)
    for leaf, found in visitors.items():
        for visitor, visits in zip(found, table.visits[leaf], strict=True):
            visitor.emit(visits)
    return emitter.rows(), emitter.kernels


def _places(function: Function, page: int) -> tuple[dict[Buffer, Place], int]:
    """Return the place of each parameter in DRAM, and the first free byte behind them."""
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
