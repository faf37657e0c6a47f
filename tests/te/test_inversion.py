"""Solutions of indices: each is tried at every point."""

from itertools import product

import pytest

from autosched import te
from autosched.ir.build import const
from autosched.ir.dtype import INDEX
from autosched.ir.rewrite import substitute
from autosched.te.axis import Axis, AxisKind
from autosched.te.inversion import invert


def axes_of(*extents: int) -> list[Axis]:
    return [Axis(f"x{n}", INDEX, const(0), const(e), AxisKind.DATA) for n, e in enumerate(extents)]


def solved(found, axes, elements, target):
    """Return the points that an inverse gives for one element."""
    points = []
    for free in product(*(range(int(axis.extent.value)) for axis in found.free)):
        at = {
            **{axis: const(value) for axis, value in zip(found.free, free, strict=True)},
            **{axis: const(value) for axis, value in zip(elements, target, strict=True)},
        }
        if substitute(found.condition, at).value:
            points.append(tuple(int(substitute(found.values[a], at).value) for a in axes))
    return sorted(points)


@pytest.mark.parametrize(
    ("extents", "shape", "indices", "free"),
    [
        ((3, 4), (3, 4), lambda i, j: (i, j), 0),
        ((3, 4), (4, 3), lambda i, j: (j, 2 - i), 0),
        ((4, 3), (6,), lambda i, r: (i + r,), 1),
        ((4, 3), (9,), lambda i, r: (i * 2 + r,), 1),
        ((12,), (3, 4), lambda i: (i // 4, i % 4), 0),
        ((24,), (2, 3, 4), lambda i: (i // 12, (i // 4) % 3, i % 4), 0),
        ((6,), (3,), lambda i: (i // 2,), 1),
        ((7,), (3,), lambda i: (i % 3,), 1),
        ((3,), (3, 3), lambda i: (i, i), 0),
        ((3, 2), (4, 3), lambda i, j: (i + j, i), 0),
        ((4, 4), (16,), lambda i, j: (i * j,), 2),
        ((2,), (1, 2), lambda i: (const(0), i), 0),
    ],
)
def test_the_points_of_each_element_are_found(extents, shape, indices, free) -> None:
    axes, elements = axes_of(*extents), axes_of(*shape)
    found = invert(indices(*axes), axes, elements, [const(n) for n in shape])
    assert len(found.free) == free
    where = {}
    for point in product(*map(range, extents)):
        at = {axis: const(value) for axis, value in zip(axes, point, strict=True)}
        place = tuple(int(substitute(index, at).value) for index in indices(*axes))
        where.setdefault(place, []).append(point)
    for target in product(*map(range, shape)):
        assert solved(found, axes, elements, target) == where.get(target, [])


def test_what_is_always_so_is_no_condition() -> None:
    n = te.var("n")
    axis, element = (Axis(name, INDEX, const(0), n, AxisKind.DATA) for name in "ie")
    found = invert([axis], [axis], [element], [n])
    assert found.values[axis] is element
    assert str(found.condition) == "True"
