"""The default schedule runs every operator, bit by bit, on a strict simulator."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched import te
from autosched.backends.vta.packed import packed_form
from autosched.backends.vta.schedules import default_schedule
from autosched.errors import LoweringError
from autosched.ops import resolve
from autosched.vta import Simulator, VTAConfig, cycles, decode
from autosched.vta.isa.instructions import Store
from autosched.vta.lowering import lower_vta
from tests.ops.int8_cases import arrays_of, instances, same
from tests.properties import examples

CONFIGS = [
    VTAConfig(),
    VTAConfig(log_batch=2, log_block=3),
    VTAConfig(log_block=5),
    VTAConfig(log_inp_buff_size=10, log_wgt_buff_size=13, log_acc_buff_size=11),
]


def check(instance, config):
    """Check that the unpacked outputs of the program equal NumPy's."""
    form = packed_form(instance, config)
    program = lower_vta(default_schedule(form.tensors, config), form.tensors, config)
    arrays = arrays_of(instance)
    dram = program.image(form.pack(arrays))
    # The ALU's MUL is not in every implementation, which a strict run says.
    strict = not instance.name.startswith("multiply")
    Simulator(config, strict=strict).run(program.instructions, dram)
    same(form.unpack(program.outputs(dram)), instance.numpy_reference(arrays))
    return program


@examples(120)
@given(instances(), st.sampled_from(CONFIGS))
def test_every_operator(instance, config):
    check(instance, config)


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("avg_pool2d_int8", {"c": 16, "h": 50, "w": 50, "k": 50}),
        ("conv2d_transpose_int8", {"ci": 32, "co": 16, "h": 9, "w": 9, "stride": 2, "padding": 1}),
        ("conv2d_int8", {"ci": 16, "h": 1, "w": 1, "co": 16, "padding": 5, "stride": 3}),
        ("conv2d_int8", {"ci": 64, "h": 9, "w": 9, "co": 128, "groups": 2, "bias": True}),
        ("depthwise_conv2d_int8", {"c": 100, "h": 30, "w": 30, "padding": 1}),
        ("max_pool2d_int8", {"c": 64, "h": 56, "w": 56, "k": 3, "stride": 2, "padding": 1}),
        ("dense_int8", {"m": 1, "n": 1000, "k": 512, "bias": True}),
        ("add_int8", {"c": 64, "h": 56, "w": 56}),
    ],
)
def test_layers_as_networks_have_them(name, sizes):
    check(resolve(name, sizes), VTAConfig())


def test_taps_that_a_phase_lacks_are_not_multiplied():
    sizes = {"ci": 16, "co": 16, "h": 9, "w": 9, "k": 3, "stride": 2}
    form = packed_form(resolve("conv2d_transpose_int8", sizes))
    program = lower_vta(default_schedule(form.tensors), form.tensors)
    dram = program.image(form.pack(arrays_of(form.instance)))
    counters = Simulator(form.config).run(program.instructions, dram)
    # Of four phases of four taps, nine taps are in the kernel.
    assert counters.gemm_counter <= form.macs // 256 * 9 // 16


def test_a_layer_of_resnet18_is_not_slow():
    """TVM's best schedule takes 276 thousand cycles; this one is made without a search."""
    image, taken = {"ci": 64, "h": 56, "w": 56}, {"bias": True, "relu": True}
    sizes = {**image, **taken, "co": 128, "stride": 2, "padding": 1}
    program = check(resolve("conv2d_int8", sizes), VTAConfig())
    assert cycles(program.instructions).total < 300_000


def test_what_fits_in_no_tile_is_refused():
    tensors = packed_form(resolve("max_pool2d_int8", {"c": 1, "h": 50, "w": 50, "k": 50})).tensors
    with pytest.raises(LoweringError, match="2048 elements in the ACC memory") as caught:
        default_schedule(tensors)
    assert caught.value.message.endswith("for a single block of the output")
    assert "smaller window" in (caught.value.hint or "")


def test_a_window_larger_than_the_image_makes_no_long_program():
    sizes = {"ci": 64, "co": 64, "h": 28, "w": 28, "k": 32, "padding": 16}
    form = packed_form(resolve("conv2d_int8", sizes))
    program = lower_vta(default_schedule(form.tensors), form.tensors)
    assert len(program.instructions) // 16 < 50_000


def test_rows_stay_whole_where_the_weights_have_no_room():
    config = VTAConfig(log_wgt_buff_size=14)  # 64 blocks of weights: a window of 7 and no more
    sizes = {"ci": 64, "co": 64, "h": 14, "w": 14, "k": 7}
    form = packed_form(resolve("conv2d_int8", sizes), config)
    program = lower_vta(default_schedule(form.tensors, config), form.tensors, config)
    stored = [each for each in decode(program.instructions, config) if isinstance(each, Store)]
    assert len(stored) == 4


def test_a_program_without_end_is_refused_before_it_is_made(monkeypatch):
    config = VTAConfig.from_tag("2x2_i8w8a32_12_6_5_8")
    sizes = {"ci": 64, "co": 64, "h": 56, "w": 56, "padding": 1}
    tensors = packed_form(resolve("conv2d_int8", sizes), config).tensors
    made = []

    def lowered(*args):
        made.append(lower_vta(*args))

    monkeypatch.setattr("autosched.backends.vta.schedules.default.lower_vta", lowered)
    with pytest.raises(LoweringError, match="at most 1048576 instructions, got about"):
        default_schedule(tensors, config)
    assert not made


@pytest.mark.parametrize(("k", "groups"), [(5, 1), (7, 1), (7, 4)])
def test_a_window_with_room_for_one_copy_or_one_tap_at_a_time_is_taken(k, groups):
    config = VTAConfig.from_tag("1x16_i8w8a32_12_13_13_13")  # 32 blocks of weights
    sizes = {"ci": 64, "co": 64, "h": 9, "w": 9, "k": k, "groups": groups, "padding": k // 2}
    check(resolve("conv2d_int8", sizes), config)


def test_an_expression_of_ones_own():
    a = te.placeholder((5, 1, 16), "int32", name="a")
    b = te.compute(a.shape, lambda *i: te.min(a(*i) >> 2, 100), name="b")
    c = te.compute(a.shape, lambda *i: b(*i).astype("int8"), name="c")
    program = lower_vta(default_schedule([a, c]), [a, c])
    array = np.arange(80, dtype=np.int32).reshape(5, 1, 16) * 5
    same(program.run([array]), [np.minimum(array >> 2, 100).astype(np.int8)])


def test_two_outputs_are_refused():
    a = te.placeholder((5, 1, 16), "int32", name="a")
    b, c = (te.compute(a.shape, lambda *i: a(*i).astype("int8"), name=name) for name in "bc")
    with pytest.raises(LoweringError, match="expected one output to schedule"):
        default_schedule([a, b, c])


@pytest.mark.parametrize("shape", [(16,), (8, 16)])
def test_what_is_not_in_blocks_is_refused(shape):
    a = te.placeholder(shape, "int32", name="a")
    b = te.compute(shape, lambda *i: te.max(a(*i), 0), name="b")
    c = te.compute(shape, lambda *i: b(*i).astype("int8"), name="c")
    with pytest.raises(LoweringError, match=f"in packed layout, .* got c with {len(shape)}"):
        default_schedule([a, c])


def test_an_output_that_computes_all_by_itself_is_refused():
    a = te.placeholder((5, 1, 16), "int32", name="a")
    b = te.compute(a.shape, lambda *i: te.max(a(*i), 0).astype("int8"), name="b")
    with pytest.raises(LoweringError, match="expected b to store what an earlier stage computes"):
        default_schedule([a, b])


def test_a_sum_that_is_the_output_is_refused():
    x, w = te.placeholder((5, 1, 16), "int8"), te.placeholder((16, 16), "int8")
    k = te.reduce_axis((0, 16), name="k")
    sums = te.compute(
        (5, 1, 16),
        lambda i, b, o: te.sum(x[i, b, k].astype("int32") * w[o, k], axis=k),
        name="sums",
    )
    with pytest.raises(LoweringError, match="got it computed and stored in one stage"):
        default_schedule([x, w, sums])


def test_a_hint_to_larger_memories_is_for_what_has_no_room():
    a = te.placeholder((5, 1, 16), "float32", name="a")
    b = te.compute(a.shape, lambda *i: a(*i) * 2.0, name="b")
    c = te.compute(a.shape, lambda *i: b(*i).astype("int8"), name="c")
    with pytest.raises(LoweringError, match="expected int8 and int32 tensors") as refusal:
        default_schedule([a, c])
    assert "memories" not in str(refusal.value)
