"""Footprints and loop counts, compared with a run of every loop."""

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
import pytest

from autosched import te
from autosched.cost_model.features.locality import Locality
from autosched.cost_model.features.population import Population
from autosched.cost_model.features.recording import record
from autosched.cost_model.features.structure import Nest, nests
from autosched.ir.expr import Const, Expr
from autosched.ir.rewrite import substitute
from autosched.ir.traverse import walk
from autosched.lowering.plan import Ranges
from autosched.lowering.regions import plan_stages
from autosched.schedule.inline import inline_all
from autosched.schedule.relations import AxisFusion
from autosched.schedule.schedule import Schedule
from autosched.schedule.state import Inlined
from autosched.schedule.trace import replay
from autosched.te.axis import Axis
from autosched.te.tensor import TensorRead
from tests.cost_model.expressions import CASES, candidates, derived, sketch_of

LINE = 16
"""Elements of float32 on a cache line."""


def matmul(s_of: str) -> tuple[te.Tensor, Schedule]:
    A, B = te.placeholder((12, 16), name="A"), te.placeholder((16, 32), name="B")
    k = te.reduce_axis((0, 16), name="k")
    C = te.compute((12, 32), lambda i, j: te.sum(A[i, k] * B[k, j], axis=k), name="C")
    s = te.create_schedule(C)
    (i, j), (k,) = s[C].op.axis, s[C].op.reduce_axis
    if s_of == "tiled":
        io, jo, ii, ji = s[C].tile(i, j, 6, 16)
        ko, ki = s[C].split(k, factor=8)
        s[C].reorder(io, jo, ko, ki, ii, ji)
    if s_of == "fused":
        io, jo, ii, ji = s[C].tile(i, j, 4, 16)
        s[C].fuse(io, jo)
    return C, s


def convolution(stride: int, dilation: int = 1) -> tuple[te.Tensor, Schedule]:
    X, W = te.placeholder((3, 15, 17), name="X"), te.placeholder((4, 3, 3, 3), name="W")
    c, dy, dx = (te.reduce_axis((0, 3), name=name) for name in ("c", "dy", "dx"))
    shape = (4, (15 - 2 * dilation - 1) // stride + 1, (17 - 2 * dilation - 1) // stride + 1)
    Y = te.compute(
        shape,
        lambda o, y, x: te.sum(
            X[c, y * stride + dy * dilation, x * stride + dx * dilation] * W[o, c, dy, dx],
            axis=[c, dy, dx],
        ),
        name="Y",
    )
    s = te.create_schedule(Y)
    x = s[Y].op.axis[2]
    s[Y].reorder(*(a for a in s[Y].leaves if a is not x), x)
    return Y, s


def gathered() -> tuple[te.Tensor, Schedule]:
    """Read a vector at a quotient and a remainder, as tiles."""
    A = te.placeholder((6, 8), name="A")
    B = te.compute((48,), lambda i: A[i // 8, i % 8] + 1.0, name="B")
    s = te.create_schedule(B)
    s[B].split(s[B].op.axis[0], factor=16)
    return B, s


GIVEN = {
    "plain": lambda: matmul("plain"),
    "tiled": lambda: matmul("tiled"),
    "fused": lambda: matmul("fused"),
    "convolution": lambda: convolution(1),
    "strided": lambda: convolution(2),
    "very strided": lambda: convolution(4),
    "dilated": lambda: convolution(1, 2),
    "gathered": gathered,
}


def points(nest: Nest, extents: dict[Axis, int], level: int) -> Iterator[dict[Axis, int]]:
    """Return the values of root axes while the loops inside `level` run and the others are 0."""
    ranges = [range(extents[a] if n >= level else 1) for n, a in enumerate(nest.leaves)]
    for values in product(*ranges):
        at = dict(zip(nest.leaves, values, strict=True))
        for relation in reversed(nest.relations):
            if isinstance(relation, AxisFusion):
                inner = extents[relation.inner]
                at[relation.outer], at[relation.inner] = divmod(at[relation.fused], inner)
            else:
                at[relation.parent] = (
                    at[relation.outer] * extents[relation.inner] + at[relation.inner]
                )
        yield at


def address(indices: Sequence[Expr], shape: Sequence[Expr], at: dict[Axis, int]) -> int:
    values = {axis: te.const(value, "int64") for axis, value in at.items()}
    flat = 0
    for index, extent in zip(indices, shape, strict=True):
        value = substitute(index, values)
        assert isinstance(value, Const)
        assert isinstance(extent, Const)
        flat = flat * int(extent.value) + int(value.value)
    return flat


@pytest.mark.parametrize("name", GIVEN)
def test_footprints_are_those_of_running_the_loops(name: str) -> None:
    output, schedule = GIVEN[name]()
    (nest,) = nests(record([output], sketch_of(schedule), {}))
    population = Population(np.empty((1, 0), np.int64))
    extents = {a: int(np.ravel(e)[0]) for a, e in population.extents(nest).items()}
    reads = [n for body in output.op.bodies for n in walk(body) if type(n) is TensorRead]
    assert len(reads) == len(nest.reads)
    for access, read in zip(nest.reads, reads, strict=True):
        assert access.name == read.tensor.name
        for level in range(len(nest.leaves) + 1):
            found = population.touched(nest, access)
            addresses = {
                address(read.indices, read.tensor.shape, at) for at in points(nest, extents, level)
            }
            assert float(found.elements[level, 0]) == len(addresses), (access.name, level)
            lines = len({a // LINE for a in addresses})
            # Rows that do not start on a line share lines, or cross one more.
            rows = len({a // int(read.tensor.shape[-1].value) for a in addresses})
            assert abs(float(found.lines[level, 0]) - lines) <= rows, (access.name, level)


@pytest.mark.parametrize("name", ["plain", "tiled", "fused"])
def test_lines_are_exact_where_rows_start_on_them(name: str) -> None:
    output, schedule = GIVEN[name]()
    (nest,) = nests(record([output], sketch_of(schedule), {}))
    population = Population(np.empty((1, 0), np.int64))
    extents = {a: int(np.ravel(e)[0]) for a, e in population.extents(nest).items()}
    reads = [n for body in output.op.bodies for n in walk(body) if type(n) is TensorRead]
    for access, read in zip(nest.reads, reads, strict=True):
        for level in range(len(nest.leaves) + 1):
            lines = {
                address(read.indices, read.tensor.shape, at) // LINE
                for at in points(nest, extents, level)
            }
            found = population.touched(nest, access).lines[level]
            assert float(found[0]) == len(lines), (access.name, level)


@pytest.mark.parametrize("name", CASES)
def test_extents_are_those_that_lowering_infers(name: str) -> None:
    output, sketches = derived(name)
    for sketch in sketches[:6]:
        vectors = candidates(sketch, 4, seed=2)
        written = record([output], sketch, {}).written
        for number, vector in enumerate(vectors):
            fixed = {index: int(vector[index]) for index in written}
            found = nests(record([output], sketch, fixed))
            population = Population(vectors)
            schedule = replay([output], sketch.bind(vector.tolist()))
            given = {schedule.current(output)}
            plans = plan_stages(schedule, inline_all(schedule), given, Ranges())
            by_name = {
                plan.stage.name: plan
                for plan in plans.values()
                if type(plan.stage.attachment) is not Inlined
            }
            assert by_name.keys() == {nest.name for nest in found}
            for nest in found:
                plan = by_name[nest.name]
                for leaf, axis in zip(plan.stage.leaves, nest.leaves, strict=True):
                    expected = plan.extents[leaf]
                    value = np.broadcast_to(population.extents(nest)[axis], len(vectors))[number]
                    if isinstance(expected, Const):
                        assert value == expected.value, (sketch.name, vector, nest.name, leaf.name)


def test_an_operand_that_stays_is_loaded_once_for_many_loops() -> None:
    """In a 6 by 16 tile of C, A moves with k and i but not with j: it is loaded once for all j."""
    output, schedule = matmul("tiled")
    (nest,) = nests(record([output], sketch_of(schedule), {}))
    locality = Locality(Population(np.empty((1, 0), np.int64)), nest)
    a, b = nest.reads
    # Loops: io of 2, jo of 2, ko of 2, ki of 8, ii of 6, ji of 16.
    assert locality.loads(a)[:, 0].tolist() == [1, 2, 2, 8, 64, 384, 384]
    assert locality.loads(b)[:, 0].tolist() == [1, 1, 4, 8, 64, 64, 6144]


def test_a_small_cache_is_loaded_more_than_a_large_one() -> None:
    output, schedule = matmul("plain")
    (nest,) = nests(record([output], sketch_of(schedule), {}))
    locality = Locality(Population(np.empty((1, 0), np.int64)), nest)
    b = nest.reads[1]
    whole = 4 * 16 * 32
    assert locality.traffic(b, 1 << 20)[0] == whole
    assert locality.traffic(b, 1 << 10)[0] > 20 * whole
    assert locality.reuse_distance(b, 0)[0] == locality.footprint[1][0]
