"""Convolutions by Winograd's algorithm: when they are proposed, and what they compute."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from autosched import te
from autosched.building import build_schedule
from autosched.ops.convolution import conv2d, convolution
from autosched.ops.elementwise import relu
from autosched.runtime.kernel import Kernel
from autosched.schedule.trace import replay
from autosched.schedule.winograd import TRANSFORMS
from autosched.search.space.generate import space
from autosched.search.space.tiles import LEAST_SUMS
from autosched.target.target import Target
from autosched.te.dag import inputs
from autosched.te.evaluate import evaluate
from tests.search.space.nests import WIDE


def square(
    channels: int = 64, size: int = 28, filters: int = 64, batch: int = 1, **options: Any
) -> te.Tensor:
    x = te.placeholder((batch, channels, size, size), name="x")
    kernel = options.pop("kernel", 3)
    w = te.placeholder((filters, channels, kernel, kernel), name="w", constant=True)
    return conv2d(x, w, padding=kernel // 2, **options)


def names(output: te.Tensor, target: Target = WIDE) -> list[str]:
    return [sketch.name for sketch in space([output], target).sketches]


def filtered(output: te.Tensor, target: Target = WIDE) -> list[str]:
    return [name for name in names(output, target) if name.startswith("winograd")]


def test_all_tiles_and_blocks_are_proposed() -> None:
    assert sorted(filtered(square())) == [
        *("winograd2_blocked_inline", "winograd2_inline"),
        *("winograd4_blocked_inline", "winograd4_inline"),
    ]


def along_a_line(channels: int, points: int) -> te.Tensor:
    x = te.placeholder((1, channels, points), name="x")
    w = te.placeholder((channels, channels, 3), name="w", constant=True)
    return convolution(x, w, padding=1)


def test_it_is_the_first_guess_where_it_is_faster_for_certain() -> None:
    assert names(square())[0].startswith("winograd4")
    assert names(along_a_line(512, 32))[0].startswith("winograd4")
    assert names(square(256, 14, 256))[0].startswith("winograd4")
    assert not names(square(512, 3, 512))[0].startswith("winograd")


def test_weights_from_memory_count_where_few_tiles_use_them() -> None:
    assert names(square(512, 7, 512))[0].startswith("winograd2")
    assert not names(along_a_line(512, 16))[0].startswith("winograd")


def test_taps_that_meet_padding_alone_count_for_neither() -> None:
    """Of 225 products of taps and points, 169 meet the image."""
    assert filtered(square(512, 5, 512))
    assert not names(square(512, 5, 512))[0].startswith("winograd")


def test_large_images_are_computed_in_blocks() -> None:
    assert filtered(square(size=56))[0] == "winograd4_blocked_inline"
    assert filtered(square(size=14))[0] == "winograd4_inline"


@pytest.mark.parametrize(("threads", "blocked"), [(1, "_blocked"), (2, "")])
def test_blocks_that_threads_do_not_share_evenly_are_left(threads: int, blocked: str) -> None:
    target = replace(WIDE, threads=threads)
    assert filtered(square(128, 28, 128), target)[0] == f"winograd4{blocked}_inline"


@pytest.mark.parametrize(("channels", "is_low"), [(512, False), (1024, True)])
def test_tiles_whose_rows_share_sets_of_l1_are_low(channels: int, is_low: bool) -> None:
    sketches = space([along_a_line(channels, 64)], WIDE).sketches
    (sketch,) = [each for each in sketches if each.name == "winograd2_inline"]
    decided = [each.name for each in sketch.decisions]
    assert (sketch.default[decided.index("tiles.tile")] <= 8) == is_low


@pytest.mark.parametrize(
    "other",
    [{"kernel": 5}, {"stride": 2}, {"dilation": 2}, {"channels": 16}, {"filters": 8}],
    ids=str,
)
def test_other_convolutions_have_none(other: dict[str, int]) -> None:
    assert not filtered(square(**other))


@pytest.mark.parametrize(("tolerance", "tiles"), [(0.0, ""), (1e-5, "2"), (1e-4, "24")])
def test_those_within_the_tolerance(tolerance: float, tiles: str) -> None:
    found = filtered(square(), replace(WIDE, tolerance=tolerance))
    assert {name[len("winograd")] for name in found} == set(tiles)


@pytest.mark.parametrize("name", ["winograd2_inline", "winograd4_blocked_inline"])
@pytest.mark.parametrize("sizes", [(32, 3, 16, 2), (33, 7, 37, 1)], ids=str)
def test_what_they_compute(name: str, sizes: tuple[int, ...]) -> None:
    """With a residual and relu, on images that tiles and vectors do not divide."""
    channels, size, filters, batch = sizes
    conv = square(channels, size, filters, batch)
    r = te.placeholder(conv.shape, name="r")
    added = te.compute(conv.shape, lambda b, o, y, x: conv(b, o, y, x) + r(b, o, y, x), name="add")
    output = relu(added)
    host = replace(Target.host(), threads=2)
    sketch = next(each for each in space([output], host).sketches if each.name == name)
    schedule = replay([output.op], sketch.bind(sketch.default))
    arguments = inputs([output])
    kernel = build_schedule(schedule, [*arguments, output], host)
    random = np.random.default_rng(1)
    arrays = [
        random.uniform(-1, 1, [int(e.value) for e in tensor.shape]).astype(np.float32)
        for tensor in arguments
    ]
    (want,) = evaluate([output], dict(zip(arguments, arrays, strict=True)), accumulate="float64")
    got = np.empty_like(want)
    kernel(*arrays, got)
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-3)


def test_it_is_the_first_guess_where_sizes_are_symbolic() -> None:
    n, h, w = te.var("n"), te.var("h"), te.var("w")
    f = te.placeholder((64, 64, 3, 3), name="f")
    for shape in ((n, 64, 28, 28), (1, 64, h, w), (n, 64, h, w)):
        x = te.placeholder(shape, name="x")
        assert names(conv2d(x, f, padding=1))[0] == "winograd4_inline"


@pytest.mark.parametrize("name", ["winograd2_inline", "winograd4_blocked_inline"])
@pytest.mark.parametrize("is_open", ["n", "hw", "nhw"])
def test_batches_and_images_of_symbolic_sizes(name: str, is_open: str) -> None:
    n, h, w = (te.var(size) if size in is_open else 9 for size in "nhw")
    x = te.placeholder((n, 33, h, w), name="x")
    f = te.placeholder((37, 33, 3, 3), name="f")
    output = relu(conv2d(x, f, padding=1))
    host = replace(Target.host(), threads=2)
    sketch = next(each for each in space([output], host).sketches if each.name == name)
    schedule = replay([output.op], sketch.bind(sketch.default))
    kernel = build_schedule(schedule, [x, f, output], host)
    random = np.random.default_rng(1)
    for sizes in ((1, 1, 1), (2, 3, 7), (3, 17, 4), (1, 8, 23), (7, 16, 16)):
        batch, *points = (s if c in is_open else 9 for s, c in zip(sizes, "nhw", strict=True))
        image = random.uniform(-1, 1, (batch, 33, *points)).astype(np.float32)
        filters = random.uniform(-1, 1, (37, 33, 3, 3)).astype(np.float32)
        (want,) = evaluate([output], {x: image, f: filters}, accumulate="float64")
        np.testing.assert_allclose(kernel(image, filters), want, rtol=0, atol=1e-3)


def test_channels_that_are_last() -> None:
    """Nothing is turned: the image and the result have vectors along channels."""
    x = te.placeholder((1, 16, 16, 64), name="x")
    w = te.placeholder((3, 3, 64, 64), name="w", constant=True)
    c, p, q = (te.reduce_axis((0, n), name) for n, name in ((64, "c"), (3, "p"), (3, "q")))
    output = te.compute(
        (1, 14, 14, 64),
        lambda b, i, j, o: te.sum(x[b, i + p, j + q, c] * w[p, q, c, o], axis=[c, p, q]),
        name="y",
    )
    found = {sketch.name: sketch for sketch in space([output], WIDE).sketches}["winograd4"]
    loops = str(replay([output.op], found.bind(found.default))).splitlines()
    image = next(n for n, line in enumerate(loops) if "y.image[b, i, j, c] =" in line)
    result = next(n for n, line in enumerate(loops) if " y[b, i, j, o] =" in line)
    assert loops[image - 1].endswith("vectorized c.inner in 0..16:")
    assert loops[result - 1].endswith("vectorized o.inner in 0..16:")


def test_windows_along_one_axis() -> None:
    x, w = te.placeholder((2, 40, 50), name="x"), te.placeholder((32, 40, 3), name="w")
    assert {"winograd2", "winograd4"} <= set(filtered(convolution(x, w)))


@pytest.mark.parametrize("name", ["winograd2", "winograd4_blocked"])
def test_filters_are_transformed_in_short_loops(name: str) -> None:
    """A row of points is written out, of vectors of filters; the rows are a loop."""
    sketch = next(
        each for each in space([square()], WIDE).sketches if each.name == f"{name}_inline"
    )
    lines = str(replay([square().op], sketch.bind(sketch.default))).splitlines()
    packed = next(n for n, line in enumerate(lines) if ".weight.global[" in line and "] =" in line)
    loops = [line.split(":")[0].split() for line in lines[packed - 3 : packed]]
    assert [words[0] for words in loops] == ["for", "unrolled", "vectorized"]


@pytest.mark.parametrize("tile", [2, 4])
@pytest.mark.parametrize("shape", [(37, 33, 3, 3), (16, 32, 3, 3), (40, 35, 3)], ids=str)
def test_transformed_filters(tile: int, shape: tuple[int, ...]) -> None:
    """Also of fewer filters than a panel has, which is filled up."""
    rank = len(shape) - 2
    x = te.placeholder((1, shape[1], *[9] * rank), name="x")
    output = convolution(x, te.placeholder(shape, name="w", constant=True))
    host = Target.host()
    sketch = next(s for s in space([output], host).sketches if s.name.startswith(f"winograd{tile}"))
    schedule = replay([output.op], sketch.bind(sketch.default))
    kernel = build_schedule(schedule, [*inputs([output]), output], host)
    w = np.random.default_rng(1).uniform(-1, 1, shape).astype(np.float32)
    assert isinstance(kernel, Kernel)
    (packed,) = kernel.pack([w], {})
    matrix = np.array(TRANSFORMS[tile].filters, dtype=np.float64)
    want = w.astype(np.float64)
    for _ in range(rank):
        want = np.moveaxis(want @ matrix.T, -1, 2)
    want = np.moveaxis(want, (0, 1), (-1, -2))  # points, then channels by filters
    got = np.moveaxis(packed, rank, -2).reshape(*packed.shape[:rank], shape[1], -1)
    np.testing.assert_allclose(got[..., : shape[0]], want, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("size", "filters"), [(28, 64), (3, 16), (3, 40), (1, 16)], ids=str)
def test_the_first_guess_is_a_candidate(size: int, filters: int) -> None:
    sketches = space([square(size=size, filters=filters)], WIDE).sketches
    for sketch in (each for each in sketches if each.name.startswith("winograd")):
        assert sketch.holds(np.array([sketch.default])).all()


def test_tiles_have_the_sums_that_hide_the_latency_of_multiply_adds() -> None:
    sketches = space([square()], WIDE).sketches
    for sketch in (each for each in sketches if each.name.startswith("winograd")):
        assert [each.name for each in sketch.decisions[:2]] == ["co.tile", "tiles.tile"]
        assert min(-(-across // 16) * down for across, down, *_ in sketch.every) >= LEAST_SUMS
