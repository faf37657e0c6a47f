"""Features of populations: their shape, and that they depend on the candidate alone."""

import gc
import weakref

import numpy as np
import pytest

from autosched import te
from autosched.cost_model.features import extract, feature_names
from autosched.cost_model.features.recording import record
from autosched.ops.convolution import conv2d
from autosched.schedule.arguments import Decision
from autosched.schedule.primitives import Primitive, RFactor, Split
from autosched.schedule.schedule import Schedule, create_schedule
from autosched.schedule.sketch import DecisionInfo, Sketch
from autosched.search.space.generate import space
from tests.cost_model.expressions import CASES, TARGET, candidates, derived, matmul, sketch_of


def column(name: str, features: np.ndarray) -> np.ndarray:
    return features[:, feature_names.index(name)]


def count(name: str, features: np.ndarray) -> float:
    """Return a count feature of the only row, before the logarithm."""
    (value,) = column(name, features)
    return float(2.0**value - 1.0)


def features_of(output: te.Tensor, schedule: Schedule) -> np.ndarray:
    return extract([output], sketch_of(schedule), np.empty((1, 0), np.int64))


def test_names_are_unique() -> None:
    assert len(set(feature_names)) == len(feature_names)


@pytest.mark.parametrize("name", CASES)
def test_features_are_finite_and_of_fixed_shape(name: str) -> None:
    output, sketches = derived(name)
    for sketch in sketches:
        vectors = candidates(sketch, 50)
        features = extract([output], sketch, vectors)
        assert features.shape == (len(vectors), len(feature_names))
        assert features.dtype == np.float32
        assert np.isfinite(features).all()
        assert (features >= 0).all()


@pytest.mark.parametrize("name", CASES)
def test_a_row_depends_on_its_candidate_only(name: str) -> None:
    output, sketches = derived(name)
    for sketch in sketches[:6]:
        vectors = candidates(sketch, 5)
        alone = [extract([output], sketch, vector[None]) for vector in vectors]
        np.testing.assert_array_equal(extract([output], sketch, vectors), np.concatenate(alone))


@pytest.mark.parametrize("name", CASES)
def test_open_and_bound_decisions_give_the_same(name: str) -> None:
    output, sketches = derived(name)
    for sketch in sketches[:6]:
        vectors = candidates(sketch, 3, seed=1)
        for vector, row in zip(vectors, extract([output], sketch, vectors), strict=True):
            bound = Sketch("bound", tuple(sketch.bind(vector.tolist())), (), ())
            other = extract([output], bound, np.empty((1, 0), np.int64))[0]
            np.testing.assert_allclose(row, other, rtol=1e-5, err_msg=sketch.name)


def test_panels_that_are_computed_are_one_structure() -> None:
    """The width of a panel stands in the expression that computes it, as its sample."""
    x = te.placeholder((1, 32, 9, 9), name="x")
    w = te.placeholder((64, 32, 3, 3), name="w", constant=True)
    output = conv2d(x, w, padding=1)
    found = [s for s in space([output], TARGET).sketches if s.name.startswith("winograd")]
    assert found
    for sketch in found:
        assert not record([output], sketch, {}).written
        vectors = candidates(sketch, 6)
        assert len(set(vectors[:, 0].tolist())) > 1
        for vector, row in zip(vectors, extract([output], sketch, vectors), strict=True):
            bound = Sketch("bound", tuple(sketch.bind(vector.tolist())), (), ())
            other = extract([output], bound, np.empty((1, 0), np.int64))[0]
            np.testing.assert_allclose(row, other, rtol=1e-5, err_msg=sketch.name)


ONE_SPLIT = (Split(1, 1, Decision(0)), RFactor(1, 3, 1))
TWO_SPLITS = (Split(1, 1, Decision(0)), Split(1, 3, 4), RFactor(1, 5, 1))


@pytest.mark.parametrize("steps", [ONE_SPLIT, TWO_SPLITS])
def test_decisions_that_rfactor_writes_into_expressions(steps: tuple[Primitive, ...]) -> None:
    A = te.placeholder((7, 100), name="A")
    k = te.reduce_axis((0, 100), name="k")
    B = te.compute((7,), lambda i: te.sum(A[i, k], axis=k), name="B")
    sketch = Sketch("rfactor", steps, (DecisionInfo("k", "vector", (8, 16, 32)),), (16,))
    vectors = np.array([[8], [32], [8], [16], [128]])
    features = extract([B], sketch, vectors)
    for vector, row in zip(vectors, features, strict=True):
        bound = Sketch("bound", tuple(sketch.bind(vector.tolist())), (), ())
        np.testing.assert_allclose(row, extract([B], bound, np.empty((1, 0), np.int64))[0])
    np.testing.assert_array_equal(features[0], features[2])
    assert (features[0] != features[1]).any()


def test_no_candidates_have_no_rows() -> None:
    output, sketches = derived("matmul")
    empty = np.empty((0, len(sketches[0].decisions)), np.int64)
    assert extract([output], sketches[0], empty).shape == (0, len(feature_names))


def test_symbolic_sizes_have_features() -> None:
    n = te.var("n")
    A = te.placeholder((n, n), name="A")
    B = te.compute((n, n), lambda i, j: A[i, j] * 2.0, name="B")
    s = te.create_schedule(B)
    s[B].split(s[B].op.axis[1], factor=16)
    assert count("nest.points", features_of(B, s)) == pytest.approx(512 * 512, rel=1e-5)


def test_a_register_tile() -> None:
    C = matmul(64, 96, 32)
    s = te.create_schedule(C)
    local = s.cache_write(C, "local")
    i, j = s[C].op.axis
    io, jo, ii, ji = s[C].tile(i, j, 4, 32)
    s[C].parallel(io)
    s[C].unroll(ii)
    s[C].vectorize(ji)
    s[local].compute_at(s[C], jo)
    i, j = s[local].op.axis
    (k,) = s[local].op.reduce_axis
    s[local].reorder(k, i, j)
    s[local].unroll(i)
    s[local].vectorize(j)
    features = features_of(C, s)
    expected = {
        "nest.points": 64 * 96 * 32,
        "nest.flops": 2 * 64 * 96 * 32,
        "nest.lanes": 32,
        "nest.registers_each": 2,
        "nest.accumulators": 8,
        "nest.statements": 8,
        "nest.pressure": 11,
        "nest.operands": 6,
        "nest.loop_0": 32,
        "nest.tiles": 48,
        "nest.tasks": 16,
        "nest.vector_steps": 64 * 96 * 32 / 16,
        "wide.stride": 1,
        "wide.bytes": 4 * 32 * 96,
        "wide.bytes_block": 4 * 32,
        "narrow.stride": 0,
        "narrow.bytes": 4 * 64 * 32,
        "narrow.reuse": 96,
        "others.stored_local": 0,
    }
    for name, value in expected.items():
        assert count(name, features) == pytest.approx(value, rel=1e-4, abs=1e-4), name
    assert column("narrow.broadcast", features) == 1
    assert column("wide.contiguous", features) == 1
    assert column("nest.balance_8", features) == 1


@pytest.mark.parametrize(("tail", "points"), [("guard", 60), ("partition", 60), ("pad", 64)])
def test_points_that_a_tail_adds(tail: str, points: int) -> None:
    A = te.placeholder((60,), name="A")
    B = te.compute((60,), lambda i: A[i] + 1.0, name="B")
    s = te.create_schedule(B)
    s[B].split(s[B].op.axis[0], factor=16, tail=tail)
    assert count("nest.points", features_of(B, s)) == pytest.approx(points, rel=1e-5)


def test_traffic_falls_as_tiles_grow() -> None:
    """A blocked product of matrices that exceed the cache moves less than an untiled one."""
    moved = []
    for block in (1, 64):
        C = matmul(512, 512, 512)
        s = te.create_schedule(C)
        i, j = s[C].op.axis
        (k,) = s[C].op.reduce_axis
        io, jo, ii, ji = s[C].tile(i, j, block, block)
        s[C].reorder(io, jo, k, ii, ji)
        moved.append(count("nest.traffic_32k", features_of(C, s)))
    assert moved[1] < moved[0] / 16


def test_an_analysis_is_forgotten_with_its_sketch() -> None:
    output = matmul()
    sketch = sketch_of(create_schedule(output))
    extract([output], sketch, np.empty((1, 0), np.int64))
    watched = weakref.ref(sketch)
    del sketch
    gc.collect()
    assert watched() is None


def test_what_is_computed_from_constants_alone_is_not_the_heaviest() -> None:
    """A transform of weights has more operations than the product, but no call computes it."""
    W = te.placeholder((24, 32), name="W", constant=True)
    r = te.reduce_axis((0, 999), name="r")
    T = te.compute((24, 32), lambda i, j: te.sum(W[i, j] * r.astype("float32"), axis=r), name="T")
    X = te.placeholder((5, 24), name="X")
    k = te.reduce_axis((0, 24), name="k")
    C = te.compute((5, 32), lambda i, j: te.sum(X[i, k] * T[k, j], axis=k), name="C")
    features = features_of(C, te.create_schedule(C))
    assert count("nest.points", features) == pytest.approx(5 * 24 * 32, rel=1e-4)
    assert count("others.points", features) == pytest.approx(0, abs=1e-4)
