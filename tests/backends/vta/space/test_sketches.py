"""The sketches for accelerators: candidates fit, give NumPy's results, and beat TVM's schedules."""

import numpy as np
import pytest

from autosched import te
from autosched.backends.vta.features.extract import estimated_cycles
from autosched.backends.vta.packed.conv import extents
from autosched.backends.vta.packed.find import packed_form
from autosched.backends.vta.packed.form import PackedWorkload
from autosched.backends.vta.space.capacity import CapacityLimit, EvenLimit, Extent
from autosched.backends.vta.space.sketches import accelerator_sketches
from autosched.backends.vta.space.tiles import tile_sizes
from autosched.errors import LoweringError
from autosched.ops.resolve import resolve
from autosched.schedule.sketch import ProductLimit, Sketch
from autosched.schedule.trace import replay
from autosched.te.evaluate import evaluate
from autosched.vta import Program, Simulator, VTAConfig, cycles, lower_vta

FAMILIES: list[tuple[str, dict[str, object]]] = [
    ("conv2d_int8", {"ci": 32, "h": 14, "w": 14, "co": 48, "padding": 1, "bias": True}),
    ("conv2d_int8", {"ci": 3, "h": 23, "w": 17, "co": 20, "k": 5, "padding": 2, "stride": 3}),
    ("conv2d_int8", {"ci": 64, "h": 7, "w": 7, "co": 64, "padding": 1, "groups": 4}),
    ("depthwise_conv2d_int8", {"c": 32, "h": 14, "w": 14, "padding": 1}),
    ("conv2d_transpose_int8", {"ci": 32, "h": 7, "w": 7, "co": 32, "k": 4, "stride": 2}),
    ("dense_int8", {"m": 4, "n": 256, "k": 512}),
    ("matmul_int8", {"m": 64, "n": 64, "k": 96}),
    ("requantize", {"c": 32, "h": 14, "w": 14, "shift": 4, "bias": True}),
    ("relu_int8", {"c": 32, "h": 14, "w": 14}),
    ("add_int8", {"c": 32, "h": 14, "w": 14}),
    ("max_pool2d_int8", {"c": 32, "h": 28, "w": 28, "k": 3, "stride": 2, "padding": 1}),
    ("avg_pool2d_int8", {"c": 32, "h": 14, "w": 14, "k": 2, "stride": 2}),
]
CONFIGS = ("1x16_i8w8a32_15_15_18_17", "4x8_i8w8a32_15_16_16_18")


def form_of(
    name: str, params: dict[str, object], config: VTAConfig | None = None
) -> PackedWorkload:
    return packed_form(resolve(name, params), config or VTAConfig())


def program_of(form: PackedWorkload, sketch: Sketch, vector: np.ndarray) -> Program:
    trace = sketch.bind([int(value) for value in vector])
    return lower_vta(replay(form.outputs, trace), form.tensors, form.config)


@pytest.mark.parametrize("tag", CONFIGS)
@pytest.mark.parametrize(("name", "params"), FAMILIES)
def test_candidates_are_legal_and_right(name: str, params: dict[str, object], tag: str) -> None:
    form = form_of(name, params, VTAConfig.from_tag(tag))
    rng = np.random.default_rng(7)
    values = {
        tensor: rng.integers(-9, 9, extents(tensor)).astype(tensor.dtype.name)
        for tensor in form.inputs
    }
    expected = evaluate(form.outputs, values)
    found = accelerator_sketches(form.outputs, form.config)
    assert found
    for sketch in found:
        for vector in (np.array(sketch.default), *sketch.sample(rng, 1)):
            program = program_of(form, sketch, vector)
            dram = program.image(list(values.values()))
            Simulator(form.config, strict=True).run(program.instructions, dram)
            for got, want in zip(program.outputs(dram), expected, strict=True):
                np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize(
    ("ci", "size", "co", "k", "stride", "tvm"),
    [(256, 14, 512, 1, 2, 41_378), (512, 7, 512, 3, 1, 469_093), (64, 56, 128, 1, 2, 94_907)],
)
def test_the_best_default_takes_no_more_cycles_than_the_best_of_tvm(
    ci: int, size: int, co: int, k: int, stride: int, tvm: int
) -> None:
    params = {"ci": ci, "h": size, "w": size, "co": co, "k": k, "stride": stride, "bias": True}
    form = form_of("conv2d_int8", {**params, "padding": k // 2, "relu": True})
    best = min(
        cycles(program_of(form, sketch, np.array(sketch.default)).instructions).total
        for sketch in accelerator_sketches(form.outputs, form.config)
    )
    assert best < tvm


def test_the_estimate_orders_candidates_as_the_cycle_model_does() -> None:
    form = form_of("conv2d_int8", {"ci": 64, "h": 14, "w": 14, "co": 64, "padding": 1})
    estimates: list[float] = []
    totals: list[int] = []
    for sketch in accelerator_sketches(form.outputs, form.config):
        vectors = sketch.sample(np.random.default_rng(1), 6)
        estimates += list(estimated_cycles(form.outputs, sketch, vectors, form.config))
        totals += [cycles(program_of(form, sketch, v).instructions).total for v in vectors]
    first, second = (np.argsort(np.argsort(values)) for values in (estimates, totals))
    assert np.corrcoef(first, second)[0, 1] > 0.6


def test_all_sketches_have_the_same_decisions() -> None:
    form = form_of("conv2d_int8", {"ci": 32, "h": 14, "w": 14, "co": 32, "padding": 1})
    found = accelerator_sketches(form.outputs, form.config)
    assert len({sketch.decisions for sketch in found}) == 1
    assert len({sketch.key for sketch in found}) == len(found)


SMALL = [
    ("1x16_i8w8a32_15_15_18_10", "conv2d_int8", {"ci": 64, "h": 9, "w": 9, "co": 64, "bias": True}),
    ("1x16_i8w8a32_15_15_18_8", "matmul_int8", {"m": 16, "n": 64, "k": 96}),
    ("1x16_i8w8a32_15_15_18_13", "max_pool2d_int8", {"c": 32, "h": 28, "w": 28, "k": 3}),
    ("4x16_i8w8a32_15_15_18_12", "add_int8", {"c": 32, "h": 14, "w": 14}),
    ("1x32_i8w8a32_15_15_18_11", "dense_int8", {"m": 8, "n": 128, "k": 256}),
    ("1x16_i8w8a32_15_9_12_17", "depthwise_conv2d_int8", {"c": 32, "h": 14, "w": 14, "padding": 1}),
    ("1x16_i8w8a32_15_9_12_17", "max_pool2d_int8", {"c": 32, "h": 14, "w": 14, "k": 3}),
    ("2x2_i8w8a32_12_6_5_8", "matmul_int8", {"m": 8, "n": 8, "k": 12}),
]  # fmt: skip
"""Accelerators with few sums, with few inputs and weights, and with little of everything."""


@pytest.mark.parametrize(("tag", "name", "params"), SMALL)
def test_small_accelerators_have_sketches_that_fit(
    tag: str, name: str, params: dict[str, object]
) -> None:
    form = form_of(name, params, VTAConfig.from_tag(tag))
    vectors = [
        (sketch, vector)
        for sketch in accelerator_sketches(form.outputs, form.config)
        for vector in (np.array(sketch.default), *sketch.sample(np.random.default_rng(3), 2))
    ]
    # Some are refused: room is a lower bound where tiles and steps move the same index.
    assert any(fits(form, sketch, vector) for sketch, vector in vectors)


def fits(form: PackedWorkload, sketch: Sketch, vector: np.ndarray) -> bool:
    try:
        program_of(form, sketch, vector)
    except LoweringError:
        return False
    return True


def test_tiles_have_48_sums_where_there_is_room() -> None:
    form = form_of("conv2d_int8", {"ci": 64, "h": 14, "w": 14, "co": 64, "padding": 1})
    for sketch in accelerator_sketches(form.outputs, form.config):
        assert max(limit.least for limit in sketch.limits if isinstance(limit, ProductLimit)) == 48


def test_nothing_fits_an_accelerator_with_less_memory_than_a_block_needs() -> None:
    config = VTAConfig.from_tag("1x16_i8w8a32_15_8_8_10")
    form = form_of("conv2d_int8", {"ci": 32, "h": 14, "w": 14, "co": 32, "k": 7}, config)
    assert accelerator_sketches(form.outputs, config) == []


def test_programs_without_end_are_no_best_guess() -> None:
    config = VTAConfig.from_tag("2x2_i8w8a32_12_6_5_8")
    form = form_of("depthwise_conv2d_int8", {"c": 960, "h": 112, "w": 112, "padding": 1}, config)
    assert accelerator_sketches(form.outputs, config) == []


def test_an_expression_that_is_no_layer_gets_tiles_of_its_sums() -> None:
    x = te.placeholder((2, 6, 1, 16), "int32", name="x")
    doubled = te.compute(x.shape, lambda *i: x(*i) + x(*i), name="doubled")
    out = te.compute(x.shape, lambda *i: doubled(*i).astype("int8"), name="out")
    found = accelerator_sketches([out], VTAConfig())
    assert [sketch.name for sketch in found] == ["stay_none_double_s", "stay_none_double_none"]


def test_tiles_divide_or_cut_evenly() -> None:
    assert tile_sizes(56) == (1, 2, 4, 7, 8, 14, 28, 56)
    assert tile_sizes(7) == (1, 2, 3, 4, 7)
    assert tile_sizes(1) == (1,)


def test_room_is_for_all_buffers_together() -> None:
    room = CapacityLimit(
        ((Extent((0,), 2, 1, 9), Extent((1,), 1, 0, 4)), (Extent((), 3, 0, 3),)), 23
    )
    vectors = np.array([[1, 4], [2, 4], [4, 2], [5, 9]])
    # 3 * 4, 5 * 4, 9 * 2 and, at most, 9 * 4 beside 3
    assert room.holds(vectors).tolist() == [True, True, True, False]
    assert room.decisions == {0, 1}


def test_threads_share_tiles_evenly() -> None:
    even = EvenLimit(14, 0, 1)
    vectors = np.array([[2, 2], [7, 2], [2, 1], [14, 2]])
    assert even.holds(vectors).tolist() == [False, True, True, False]
    assert even.decisions == {0, 1}
