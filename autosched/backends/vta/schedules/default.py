"""A schedule without search: tiles of the output, made smaller until they fit the memories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autosched.backends.vta.schedules.roles import Product, Roles, roles
from autosched.backends.vta.schedules.sizes import (
    MOST_INSTRUCTIONS,
    extent,
    instructions,
    weights_of_a_step,
)
from autosched.errors import CapacityError, LoweringError
from autosched.schedule import Schedule, create_schedule
from autosched.te.tensor import Tensor
from autosched.vta.config import Memory, VTAConfig
from autosched.vta.environment import Environment
from autosched.vta.lowering import lower_vta

_DEPTH = 16
"""Blocks of a reduction that are loaded together where there is no window."""

_FILTERS = 4
"""Blocks of output channels that are kept before rows are cut."""


@dataclass(frozen=True, slots=True)
class _Loading:
    """Whether operands are double-buffered, and whether they are loaded for one tap at a time."""

    doubled: bool
    tapwise: bool


_LOADINGS = (_Loading(True, False), _Loading(False, False), _Loading(False, True))
"""The fastest first; each takes less memory than the one before."""


def default_schedule(tensors: Sequence[Tensor], config: VTAConfig | None = None) -> Schedule:
    """Return a schedule of the packed expression `tensors` that `lower_vta` accepts.

    Each tile of the output is computed completely on the chip. Operands of one step of a
    reduction are loaded during the step before; if they do not fit twice, each is loaded when it
    is needed, if necessary for one tap at a time. The schedule is not fast. Raises
    LoweringError if not even the smallest tiles fit, or if the program would be very long.
    """
    config = VTAConfig() if config is None else config
    found = roles(tensors)
    for loading in _LOADINGS if found.products else _LOADINGS[:1]:
        try:
            return _fitting(found, tensors, loading, config)
        except LoweringError as error:
            refusal = error
    raise refusal


def _fitting(
    found: Roles, tensors: Sequence[Tensor], loading: _Loading, config: VTAConfig
) -> Schedule:
    """Return the schedule with the first tiles that fit."""
    tiles = [extent(axis) for axis in found.out.op.axis[:-2]]
    depth = _DEPTH if found.products else 1
    while True:
        fewer = _fewer_weights(found, tiles, depth, loading, config)
        if fewer is None:
            _check_length(found, tiles, depth, loading)
            schedule = _scheduled(found, tiles, depth, loading, Environment(config))
            try:
                lower_vta(schedule, tensors, config)
                return schedule
            except LoweringError as error:
                if depth == 1 and max(tiles) == 1:
                    raise _for_one_block(error) from None
        if depth > 1:
            depth //= 2
        else:
            tiles = fewer or _smaller(tiles)


def _fewer_weights(
    found: Roles, tiles: list[int], depth: int, loading: _Loading, config: VTAConfig
) -> list[int] | None:
    """Return tiles that need fewer weights, if those of one step do not fit; else None.

    Smaller tiles of rows would not help then, and would make the program long.
    """
    most = config.depth(Memory.WGT) // (2 if loading.doubled else 1)
    for product in found.products:
        place = next((n for n in product.chosen_by if tiles[n] > 1), None)
        if place is not None and weights_of_a_step(product, tiles, depth, loading.tapwise) > most:
            return [-(-tile // 2) if n == place else tile for n, tile in enumerate(tiles)]
    return None


def _check_length(found: Roles, tiles: list[int], depth: int, loading: _Loading) -> None:
    length = instructions(found, tiles, depth, tapwise=loading.tapwise)
    if length > MOST_INSTRUCTIONS:
        raise LoweringError(
            f"expected tiles that make a program of at most {MOST_INSTRUCTIONS} instructions, got "
            f"about {length} with tiles of {' x '.join(map(str, tiles))} blocks, as larger ones "
            "do not fit",
            hint="use an accelerator with larger memories, or compute the layer in parts",
        )


def _for_one_block(error: LoweringError) -> LoweringError:
    """Return the error of the smallest tiles."""
    if not isinstance(error, CapacityError):
        return error
    return CapacityError(
        f"{error.message}, for a single block of the output",
        hint="use an accelerator with larger memories, or a layer with a smaller window",
    )


def _smaller(tiles: list[int]) -> list[int]:
    """Return tiles with one made smaller: batches and groups, then channels, rows, columns."""
    rows = len(tiles) - 2
    result = list(tiles)
    order = [*range(rows - 1), *([rows - 1] if rows > 0 and tiles[rows - 1] > _FILTERS else [])]
    order += [rows, rows - 1, rows + 1] if rows > 0 else [0, 1]
    for place in order:
        if tiles[place] > 1:
            result[place] = 1 if place < rows - 1 else -(-tiles[place] // 2)
            break
    return result


def _scheduled(
    found: Roles, tiles: list[int], depth: int, loading: _Loading, env: Environment
) -> Schedule:
    s = create_schedule(found.out)
    copies = [
        s.cache_read(tensor, env.acc_scope, list(readers)) for tensor, readers in found.loaded
    ]
    loads = [_operands(s, product, env) for product in found.products]
    out = s[found.out]
    axes = out.op.axis
    outer, inner = [], []
    for axis, tile in zip(axes[:-2], tiles, strict=True):
        before, within = out.split(axis, tile)
        outer.append(before)
        inner.append(within)
    out.reorder(*outer, *inner, *axes[-2:])
    for tensor in (*found.alu, *(product.sums for product in found.products)):
        s[tensor].set_scope(env.acc_scope)
        s[tensor].compute_at(out, outer[-1])
    for copy in copies:
        s[copy].compute_at(out, outer[-1])
        s[copy].pragma(s[copy].op.axis[0], env.dma_copy)
    for tensor in found.alu:
        s[tensor].reorder(*tensor.op.reduce_axis, *tensor.op.axis)
        s[tensor].pragma(s[tensor].op.axis[0], env.alu)
    out.pragma(inner[0], env.dma_copy)
    for product, operands in zip(found.products, loads, strict=True):
        _multiplied(s, product, operands, depth, loading, env)
    return s


def _operands(s: Schedule, product: Product, env: Environment) -> tuple[Tensor, Tensor]:
    """Load data and weights to the chip; padding of the data is inlined into the product."""
    first = product.padded[-1] if product.padded else product.sums
    data = s.cache_read(product.data, env.inp_scope, [first])
    for stage in product.padded:
        s[stage].compute_inline()
    return data, s.cache_read(product.weights, env.wgt_scope, [product.sums])


def _multiplied(
    s: Schedule,
    product: Product,
    operands: tuple[Tensor, Tensor],
    depth: int,
    loading: _Loading,
    env: Environment,
) -> None:
    stage = s[product.sums]
    *place, rows, columns = stage.op.axis
    *reduced, lane = stage.op.reduce_axis
    # A loop outside of all keeps the resets together, also where it has one step.
    if reduced:
        first = next((n for n, axis in enumerate(reduced) if extent(axis) > 1), 0)
        step, reduced[first] = stage.split(reduced[first], depth)
    else:
        step, lane = stage.split(lane, env.BLOCK_IN)
    outer, inner = ([step, *reduced], []) if loading.tapwise else ([step], reduced)
    stage.reorder(*outer, *place, *inner, rows, columns, lane)
    for operand in operands:
        s[operand].compute_at(stage, outer[-1])
        if loading.doubled:
            s[operand].double_buffer()
        s[operand].pragma(s[operand].op.axis[0], env.dma_copy)
    stage.tensorize(rows, env.gemm)
