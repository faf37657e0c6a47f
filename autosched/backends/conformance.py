"""The tests of every backend; a backend's test class inherits this one.

class TestMine(BackendConformance):
    kind = "mine"
    texts = ("mine", "mine -size=4")

    def workload(self) -> WorkloadInstance:
        return resolve("dense", {"m": 4, "n": 6, "k": 8})
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from autosched.backends.base import Backend, arguments
from autosched.backends.form import WorkloadForm
from autosched.backends.kinds import KINDS, code_forms
from autosched.backends.parse import as_backend, backend_class, label, parse
from autosched.backends.reporter import NetworkRequest, Report, RunRequest
from autosched.cost_model.models.boosted import BoostedParams
from autosched.errors import ArgumentError, TargetError
from autosched.measure.verify import Expected
from autosched.ops.instance import WorkloadInstance
from autosched.schedule.schedule import Schedule
from autosched.schedule.sketch import Sketch
from autosched.schedule.trace import replay
from autosched.te import serialize

_SEED = 3


class BackendConformance(ABC):
    """Inherit, with a `kind` that is in the table of kinds, and a `workload` that runs quickly."""

    kind: ClassVar[str]
    texts: ClassVar[tuple[str, ...]]
    """Texts of targets of the kind that differ in what their candidates take."""

    @abstractmethod
    def workload(self) -> WorkloadInstance:
        """A workload that the target computes in milliseconds, registered or not.

        One of its inputs is a constant.
        """

    @pytest.fixture
    def backend(self) -> Backend:
        return parse(self.texts[0]).configured(threads=1)

    @pytest.fixture
    def form(self, backend: Backend) -> WorkloadForm:
        return backend.form(self.workload())

    # The description.

    def test_it_is_in_the_table(self, backend: Backend) -> None:
        assert backend.kind == self.kind == backend.machine.kind
        assert type(backend) is backend_class(self.kind)
        assert set(KINDS[self.kind].forms) <= set(code_forms())

    def test_its_text_gives_it_again(self) -> None:
        for text in self.texts:
            backend = parse(text)
            assert str(backend).startswith(self.kind)
            assert parse(str(backend)) == backend == as_backend(backend.machine)
            assert as_backend(backend) is backend

    def test_its_keys_tell_machines_apart(self) -> None:
        assert len({parse(text).key for text in self.texts}) == len(self.texts)

    def test_threads_are_no_part_of_the_key(self, backend: Backend) -> None:
        assert backend.configured(threads=2).key == backend.key

    def test_what_makes_no_sense_is_refused(self) -> None:
        for text in (f"{self.kind} -no_such_option=1", f"{self.kind} nonsense"):
            with pytest.raises(TargetError, match="expected"):
                parse(text)

    def test_float_math_may_change_or_is_refused(self, backend: Backend) -> None:
        assert backend.configured(math="strict").key == backend.key
        try:
            fast = backend.configured(math="fast")
        except TargetError:
            return
        assert fast.key != backend.key
        assert backend.key in [text for text, _ in fast.related()]

    def test_it_has_names(self, backend: Backend) -> None:
        assert self.kind in backend.names()
        assert label(backend.key)
        assert backend.host_cpu
        for name in backend.names():
            assert type(parse(name)) is type(backend)

    # Workloads and their schedules.

    def test_a_form_computes_the_workload(self, backend: Backend, form: WorkloadForm) -> None:
        again = backend.form_on(backend.key, self.workload())
        assert again.workload.canonical_text == form.workload.canonical_text
        assert form.instance.name == form.workload.name
        assert form.flops

    def test_sketches_hold_their_defaults(self, backend: Backend, form: WorkloadForm) -> None:
        sketches = backend.space(form).sketches
        assert sketches
        assert len({sketch.key for sketch in sketches}) == len(sketches)
        assert all(sketch.holds(_defaults(sketch))[0] for sketch in sketches)
        assert backend.best_guess(form).key == sketches[0].key
        for sketch in sketches[:2]:
            backend.check_lowers(form, default_of(form, sketch))

    def test_there_is_a_plain_schedule(self, backend: Backend, form: WorkloadForm) -> None:
        schedule = backend.plain_schedule(form)
        assert backend.fits(form, schedule)
        backend.check_lowers(form, schedule)
        assert "for" in str(backend.lower(schedule, arguments(form)))

    # The cost model.

    def test_features_are_finite_and_of_one_length(
        self, backend: Backend, form: WorkloadForm
    ) -> None:
        lengths = set()
        for sketch in backend.space(form).sketches:
            vectors = sketch.sample(np.random.default_rng(_SEED), 5)
            rows = backend.features(form, sketch, vectors)
            lengths.add(rows.shape[1])
            assert len(rows) == len(vectors)
            assert rows.dtype == np.float32
            assert np.isfinite(rows).all()
            np.testing.assert_array_equal(backend.features(form, sketch, vectors[:1]), rows[:1])
            if backend.has_estimates:
                assert backend.estimates(rows).shape == (len(vectors),)
        assert len(lengths) == 1

    def test_the_learner_has_settings(self, backend: Backend) -> None:
        assert isinstance(backend.model_params, BoostedParams)
        assert backend.batch > 0

    # Measuring, kernels and reports.

    def test_candidates_are_measured(self, backend: Backend, form: WorkloadForm) -> None:
        text = serialize.to_json(form.workload.tensors)
        sketch = backend.space(form).sketches[0]
        good = sketch.text(sketch.default)
        reported = []
        with closing(backend.measurer(form, {})) as measurer:
            outcomes = measurer.measure(
                text, [good, "[]", good], report=lambda place, _: reported.append(place)
            )
        assert [outcome.ok for outcome in (outcomes[0], outcomes[2])] == [True, True]
        assert sorted(reported) == [0, 1, 2]
        assert not any(outcome.is_our_fault for outcome in outcomes)
        assert outcomes[0].time_ns > 0
        if backend.is_deterministic:
            assert outcomes[0].times_ns == outcomes[2].times_ns

    def test_kernels_compute_the_workload(self, backend: Backend, form: WorkloadForm) -> None:
        instance = form.instance
        inputs = instance.make_inputs(_SEED)
        wanted = instance.reference(inputs)
        schedules = [default_of(form, sketch) for sketch in backend.space(form).sketches]
        for schedule in [*schedules[:1], backend.plain_schedule(form)]:
            kernel = backend.build_workload(form, schedule)
            result = kernel(*inputs)
            for got, want in zip([result], wanted, strict=True):
                np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)  # type: ignore[arg-type]
            assert kernel.schedule == "given"
            assert [param.name for param in kernel.signature.params] == [
                tensor.name for tensor in instance.tensors
            ]

    def test_constants_are_bound(self, backend: Backend, form: WorkloadForm) -> None:
        inputs = form.instance.make_inputs(_SEED)
        kernel = backend.build_workload(form, backend.plain_schedule(form))
        named = dict(zip((param.name for param in kernel.signature.inputs), inputs, strict=True))
        constants = {name: named.pop(name).copy() for name in kernel.signature.bindable}
        assert constants, "the workload has a constant input"
        bound = kernel.bind(**constants)
        name, array = next(iter(constants.items()))
        array[...] = 0  # what is bound is a copy
        np.testing.assert_array_equal(bound(*named.values()), kernel(*inputs))
        with pytest.raises(ArgumentError, match=name):
            kernel.bind(**{name: array[None]})
        with pytest.raises(ArgumentError, match="expected the constants of"):
            kernel.bind(nothing=array)

    def test_a_schedule_of_its_own_tensors_is_built(
        self, backend: Backend, form: WorkloadForm
    ) -> None:
        kernel = backend.build(backend.plain_schedule(form), form.workload.tensors, "mine")
        assert kernel.signature.name == "mine"

    def test_it_is_described(self, backend: Backend, form: WorkloadForm) -> None:
        reporter = backend.reporter
        assert reporter.where
        assert reporter.caption
        told(reporter.description())
        schedule = backend.plain_schedule(form)
        for name in KINDS[self.kind].forms:
            assert reporter.code(name, form, schedule).strip()
        assert bool(reporter.pass_times(form, schedule)) == reporter.has_passes

    def test_speeds_are_told(self, backend: Backend, form: WorkloadForm) -> None:
        speed = backend.reporter.speed(form)
        assert speed.text(1500.0)
        json.dumps(speed.facts)
        assert speed.combined(speed) == speed
        told(speed.of_best(backend.plain_schedule(form), 1500.0))
        least_ns = backend.reporter.least_ns(form)
        assert least_ns is None or least_ns > 0

    def test_runs_are_reported(self, backend: Backend, form: WorkloadForm) -> None:
        kernel = backend.build_workload(form, backend.plain_schedule(form))
        report = backend.reporter.run(kernel, RunRequest(form, {}))
        assert report.is_right
        assert report.facts["correct"]
        assert "result" in report.lines
        told(report)

    def test_runs_of_networks_are_reported(self, backend: Backend) -> None:
        wanted = np.arange(6, dtype=np.float32)
        expected = [Expected("y", "float32", wanted, 1e-4)]
        for result in (wanted, wanted + 1):
            request = NetworkRequest(partial(list, [result]), expected, 6, Path("net"), {})
            report = backend.reporter.run_network(request)
            assert report.is_right == report.facts["correct"] == (result is wanted)
            assert "result" in report.lines
            told(report)


def default_of(form: WorkloadForm, sketch: Sketch) -> Schedule:
    """The schedule of a sketch with its default decisions."""
    return replay(form.workload.outputs, sketch.bind(sketch.default))


def told(report: Report) -> None:
    """Check that a report can be printed, as JSON and as text."""
    json.dumps(report.facts)
    assert all(map(str, report.lines.values()))
    assert all(report.tables)


def _defaults(sketch: Sketch) -> np.ndarray:
    return np.array([sketch.default], dtype=np.int64).reshape(1, -1)
