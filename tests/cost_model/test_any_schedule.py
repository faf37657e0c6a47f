"""Every expression and every legal schedule has features, not only those a search derives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched import te
from autosched.cost_model.datasets import from_traces
from autosched.cost_model.features import extract, feature_names
from autosched.schedule.schedule import create_schedule
from tests.cost_model.expressions import sketch_of
from tests.properties import examples
from tests.schedule.random_schedules import random_schedule

NO_DECISIONS = np.empty((1, 0), np.int64)


@examples(60)
@given(st.data())
def test_random_schedules_have_features(data: st.DataObject) -> None:
    schedule = random_schedule(lambda n: data.draw(st.integers(0, n - 1)), 8)
    outputs = [op.outputs[0] for op in schedule.outputs]
    features = extract(outputs, sketch_of(schedule), NO_DECISIONS)
    assert features.shape == (1, len(feature_names))
    assert np.isfinite(features).all()
    assert (features >= 0).all()
    np.testing.assert_allclose(from_traces(outputs, [schedule.trace]), features, rtol=1e-5)


A = te.placeholder((10, 12), name="A")


def scalar() -> te.Tensor:
    k, m = te.reduce_axis((0, 10)), te.reduce_axis((0, 12))
    return te.compute((), lambda: te.sum(A[k, m], axis=[k, m]))


def no_dimensions() -> te.Tensor:
    Z = te.placeholder((), name="Z")
    return te.compute((), lambda: Z() + 1.0)


def gather() -> te.Tensor:
    places = te.placeholder((7,), dtype="int32", name="places")
    return te.compute((7, 12), lambda i, j: A[places[i], j])


def bytes_only() -> te.Tensor:
    B = te.placeholder((300,), dtype="int8", name="B")
    return te.compute((300,), lambda i: B[299 - i])


@pytest.mark.parametrize("make", [scalar, no_dimensions, gather, bytes_only])
def test_odd_expressions_have_features(make) -> None:
    output = make()
    features = extract([output], sketch_of(create_schedule(output)), NO_DECISIONS)
    assert np.isfinite(features).all()
    assert features.any()


def test_several_outputs_have_features() -> None:
    B = te.compute((10, 12), lambda i, j: A[i, j] * 2.0, name="B")
    C = te.compute((10,), lambda i: B[i, 0], name="C")
    schedule = create_schedule([B, C])
    assert np.isfinite(extract([B, C], sketch_of(schedule), NO_DECISIONS)).all()
