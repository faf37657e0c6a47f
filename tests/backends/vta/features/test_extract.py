"""Features of candidates for accelerators, against the programs themselves."""

import numpy as np
import pytest

from autosched.backends.vta.features.extract import (
    accelerator_feature_names,
    extract_accelerator,
)
from autosched.backends.vta.packed.find import packed_form
from autosched.backends.vta.packed.form import PackedWorkload
from autosched.backends.vta.space.sketches import accelerator_sketches
from autosched.ops.resolve import resolve
from autosched.schedule.sketch import Sketch
from autosched.schedule.trace import replay
from autosched.vta import VTAConfig, cycles, lower_vta
from autosched.vta.timing.report import CycleReport

CONFIG = VTAConfig()


def form_of(name: str, **params: object) -> PackedWorkload:
    return packed_form(resolve(name, params), CONFIG)


CONV = form_of("conv2d_int8", ci=64, h=16, w=16, co=64, k=1, bias=True)
SKETCHES = accelerator_sketches(CONV.outputs, CONFIG)


def features(form: PackedWorkload, sketch: Sketch, vectors: np.ndarray) -> dict[str, np.ndarray]:
    table = extract_accelerator(form.outputs, sketch, vectors, CONFIG)
    return dict(zip(accelerator_feature_names, table.T, strict=True))


def count(column: np.ndarray) -> np.ndarray:
    return np.round(np.exp2(column.astype(np.float64)) - 1.0)


def report(form: PackedWorkload, sketch: Sketch, vector: np.ndarray) -> CycleReport:
    trace = sketch.bind([int(value) for value in vector])
    program = lower_vta(replay(form.outputs, trace), form.tensors, CONFIG)
    return cycles(program.instructions)


@pytest.mark.parametrize("sketch", SKETCHES, ids=lambda sketch: sketch.name)
def test_traffic_and_work_are_those_of_the_program(sketch: Sketch) -> None:
    vectors = sketch.sample(np.random.default_rng(2), 4)
    found = features(CONV, sketch, vectors)
    reports = [report(CONV, sketch, vector) for vector in vectors]
    for name, client in (("data", "inp"), ("weights", "wgt"), ("sums", "acc")):
        beats = [each.beats[client] for each in reports]
        np.testing.assert_allclose(count(found[f"{name}.beats"]), beats, rtol=1e-4)
    np.testing.assert_allclose(
        count(found["micro_ops"]), [each.gemm_uops for each in reports], rtol=1e-4
    )
    threads = np.prod(vectors[:, [d.role == "threads" for d in sketch.decisions]], axis=1)
    assert found["threads"].tolist() == threads.tolist()


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("conv2d_int8", {"ci": 3, "h": 23, "w": 17, "co": 20, "k": 5, "padding": 2, "stride": 3}),
        ("conv2d_transpose_int8", {"ci": 32, "h": 7, "w": 7, "co": 32, "k": 4, "stride": 2}),
        ("max_pool2d_int8", {"c": 32, "h": 28, "w": 28, "k": 3, "stride": 2}),
        ("requantize", {"c": 32, "h": 14, "w": 14, "shift": 4}),
        ("dense_int8", {"m": 4, "n": 256, "k": 512}),
    ],
)
def test_rows_are_finite_and_depend_on_their_candidate_alone(
    name: str, params: dict[str, object]
) -> None:
    form = form_of(name, **params)
    for sketch in accelerator_sketches(form.outputs, CONFIG):
        vectors = sketch.sample(np.random.default_rng(3), 5)
        table = extract_accelerator(form.outputs, sketch, vectors, CONFIG)
        assert table.dtype == np.float32
        assert np.isfinite(table).all()
        again = extract_accelerator(form.outputs, sketch, vectors[1:2], CONFIG)
        np.testing.assert_array_equal(again, table[1:2])


def test_what_hides_latency_is_told() -> None:
    found = {sketch.name: sketch for sketch in SKETCHES}
    table = {
        name: features(CONV, sketch, np.array([sketch.default])) for name, sketch in found.items()
    }
    assert table["stay_none_double_dsw"]["data.copies"] == 2.0
    assert table["stay_none_double_w"]["data.copies"] == 1.0
    assert table["stay_weights_double_ds"]["weights.stays"] == 1.0
    assert table["stay_none_double_dsw"]["weights.stays"] == 0.0
