"""A packed form between packing and unpacking computes what the workload does, bit by bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched import te
from autosched.backends.vta.packed import find, packed_form
from autosched.backends.vta.packed.find import FORMS
from autosched.errors import ArgumentError, WorkloadError
from autosched.ops import from_spec, from_tensors, registered, resolve, workload
from autosched.vta.config import VTAConfig
from tests.ops.int8_cases import SPACES, arrays_of, instances, same
from tests.properties import examples

CONFIGS = [
    VTAConfig(),
    VTAConfig(log_batch=2),
    VTAConfig(log_block=5),
    VTAConfig(log_batch=2, log_block=3),
]


@examples(250)
@given(instances(), st.sampled_from(CONFIGS))
def test_compute_the_same(instance, config):
    arrays = arrays_of(instance)
    same(packed_form(instance, config).evaluate(arrays), instance.numpy_reference(arrays))


def test_every_int8_workload_has_one():
    assert set(FORMS) == set(SPACES)
    assert FORMS.keys() <= registered().keys()


def form_of(name, config=None, **params):
    return packed_form(resolve(name, params), config)


def shapes(form):
    return [tuple(extent.value for extent in tensor.shape) for tensor in form.tensors]


def test_the_layout_of_a_convolution():
    form = form_of("conv2d_int8", ci=20, h=7, w=6, co=40, padding=1, bias=True)
    assert shapes(form) == [
        (1, 2, 7, 6, 1, 16),
        (3, 2, 3, 3, 16, 16),
        (3, 1, 16),
        (1, 3, 7, 6, 1, 16),
    ]
    assert form.macs == 3 * 7 * 6 * 16 * 2 * 9 * 16
    assert form.flops == resolve("conv2d_int8", form.instance.params).flops


def test_a_batch_shares_weights():
    config = VTAConfig(log_batch=2)
    form = form_of("conv2d_int8", config, n=5, ci=16, h=3, w=3, co=16, bias=True)
    assert shapes(form)[0] == (2, 1, 3, 3, 4, 16)
    assert shapes(form)[2] == (1, 4, 16)


def test_a_transposed_convolution_multiplies_no_inserted_zeros():
    form = form_of("conv2d_transpose_int8", ci=16, co=16, h=8, w=8, k=4, stride=2, padding=1)
    # 9 x 9 places of each of 4 phases, 2 x 2 taps: the image's rim is all that is more.
    assert form.macs == 4 * 9 * 9 * 4 * 16 * 16


@pytest.mark.parametrize(
    ("co", "k", "weights"),
    [(3, 4, (1, 1, 2, 2, 16, 16)), (16, 3, (2, 2, 1, 1, 2, 2, 16, 16))],
)
def test_phases_are_channels_only_where_that_fills_blocks(co, k, weights):
    form = form_of("conv2d_transpose_int8", ci=16, co=co, h=5, w=4, k=k, stride=2, bias=True)
    assert shapes(form)[1] == weights
    arrays = arrays_of(form.instance)
    same(form.evaluate(arrays), form.instance.numpy_reference(arrays))


def test_an_average_loads_one_block_of_weights():
    form = form_of("avg_pool2d_int8", c=40, h=4, w=4, k=3)
    assert shapes(form)[1] == (16, 16)
    _, weights = form.pack(arrays_of(form.instance))
    np.testing.assert_array_equal(weights, np.diag(np.full(16, 114, np.int8)))


def test_an_instance_from_another_process_has_the_same_form():
    instance = resolve("dense_int8", {"m": 2, "n": 5, "k": 7})
    again = packed_form(from_spec(instance.spec))
    assert again.workload.key == packed_form(instance).workload.key
    assert again.workload.key != instance.key


def test_an_expression_in_packed_layout_passes_through():
    a = te.placeholder((3, 1, 16), "int32", name="a")
    b = te.compute(a.shape, lambda *i: (a(*i) >> 2).astype("int8"), name="b")
    form = packed_form(from_tensors([a, b]))
    assert form.tensors == (a, b)
    array = np.arange(48, dtype=np.int32).reshape(3, 1, 16)
    same(form.evaluate([array]), [(array >> 2).astype(np.int8)])


def test_a_form_of_ones_own(monkeypatch):
    @workload
    def halves(m: int):
        a = te.placeholder((m,), "int32", name="a")
        return [a, te.compute((m,), lambda i: a(i) >> 1, name="b")]

    called = []
    monkeypatch.setattr(find, "FORMS", dict(find.FORMS))
    find.register_form(
        "halves", lambda *given: called.append(given) or form_of("relu_int8", c=1, h=1, w=1)
    )
    packed_form(resolve("halves", {"m": 4}), CONFIGS[1])
    assert called[0][1] is CONFIGS[1]


def test_a_workload_without_one_is_refused():
    with pytest.raises(WorkloadError, match="form for the accelerator, got matmul") as caught:
        form_of("matmul", m=4, n=4, k=4)
    assert "matmul_int8" in str(caught.value.hint)


def test_symbolic_sizes_are_refused():
    n = te.var("n")
    a = te.placeholder((n, 1, 16), "int32", name="a")
    with pytest.raises(WorkloadError, match="constant sizes for the accelerator, got n"):
        packed_form(from_tensors([a, te.compute(a.shape, lambda *i: a(*i) + 1, name="b")]))


def test_arrays_that_do_not_fit():
    form = form_of("relu_int8", c=3, h=2, w=2)
    with pytest.raises(ArgumentError, match="expected 1 arrays"):
        form.pack([])
    with pytest.raises(ArgumentError, match=r"\(1, 3, 2, 2\) and dtype int8 for data, got"):
        form.pack([np.zeros((1, 3, 2, 3), np.int8)])
    with pytest.raises(ArgumentError, match="dtype int32"):
        form.pack([np.zeros((1, 3, 2, 2), np.int32)])
