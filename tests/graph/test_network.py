"""Compiled networks compute what their graphs mean."""

from __future__ import annotations

import gc
import weakref
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from autosched import building
from autosched.backends.parse import parse as parse_target
from autosched.codegen.llvm.symbols import PARALLEL_SYMBOL
from autosched.errors import ArgumentError, CodegenError, GraphError
from autosched.graph.evaluate import evaluate
from autosched.graph.graph import Graph
from autosched.graph.infer import bind
from autosched.graph.native import NativePart
from autosched.graph.network import Network, compiled
from autosched.graph.parser import parse
from autosched.graph.passes import pipeline
from autosched.runtime.code import MachineCode
from autosched.search.kernels import compile_best
from tests.graph.networks import choice_net, image_net

rng = np.random.default_rng(11)


def network(graph: Graph, target: str = "cpu -threads=1") -> Network:
    return compiled(pipeline.run(graph), parse_target(target))


def check(graph: Graph, *arrays: np.ndarray, target: str = "cpu -threads=1") -> Network:
    made = network(graph, target)
    for _ in range(2):  # the second time on an arena that was used
        for got, wanted in zip(made.run(arrays), evaluate(graph, arrays), strict=True):
            assert (got.dtype, got.shape) == (wanted.dtype, wanted.shape)
            np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-4)
    return made


def floats(*shape: int) -> np.ndarray:
    return rng.standard_normal(shape).astype(np.float32)


def test_a_network_of_one_kernel_and_a_view() -> None:
    made = check(bind(image_net(), {"n": 2}), floats(2, 3, 8, 8))
    (step,) = made.steps
    assert step.kernel is not None
    assert made.arena_bytes == 0


def test_a_kernel_that_llvm_does_not_compile_is_left_to_numpy(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failed: Future[bytes] = Future()
    failed.set_exception(CodegenError("expected LLVM to compile, got the end of its process"))
    monkeypatch.setattr(building, "file_later", lambda *_: failed)
    made = check(bind(image_net(), {"n": 2}), floats(2, 3, 8, 8))
    assert made.steps
    assert all(step.kernel is None for step in made.steps)
    assert "by NumPy, expected LLVM to compile" in caplog.text


@pytest.mark.parametrize("without", [[], ["planes"]])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_contraction_and_windows_over_its_planes_are_one_kernel(
    threads: int, without: list[str]
) -> None:
    inputs = "x: float32[1, 3, 32, 32], w: float32[17, 3, 1, 1], v: float32[17, 1, 3, 3]"
    source = (
        f"graph g({inputs})"
        + """ {
      y = conv(x, w)
      a = silu(y)
      d = conv(a, v, groups=17, pads=[1, 1, 1, 1], strides=[2, 2])
      z = relu(d)
      return z
    }"""
    )
    graph = bind(parse(source), {})
    target = parse_target(f"cpu -l2_bytes=262144 -threads={threads}")
    made = compiled(pipeline.run(graph, without, pipeline.of_target(target)), target)
    assert len(made.steps) == (2 if without else 1)
    arrays = [floats(1, 3, 32, 32), floats(17, 3, 1, 1), floats(17, 1, 3, 3)]
    for got, wanted in zip(made.run(arrays), evaluate(graph, arrays), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-4)


def test_kernels_with_parallel_loops_run_on_the_team() -> None:
    source = """graph g(x: float32[8, 64, 64]) {
      y = exp(x)
      z = softmax(y)
      return z
    }"""
    made = check(bind(parse(source), {}), floats(8, 64, 64), target="cpu -threads=2")
    codes = [step.kernel for step in made.steps if isinstance(step.kernel, MachineCode)]
    assert any(PARALLEL_SYMBOL.encode() in code.file for code in codes)


def test_inputs_by_name_and_inputs_that_do_not_fit() -> None:
    made = network(bind(image_net(), {"n": 1}))
    x = floats(1, 3, 8, 8)
    assert np.array_equal(made.run({"x": x})[0], made.run([x])[0])
    with pytest.raises(GraphError, match="for the input x"):
        made.run([x[:, :2]])


def test_what_has_no_kernel_is_computed_by_numpy() -> None:
    made = check(bind(choice_net(), {}), np.array(True), floats(3))
    assert [step.kernel for step in made.steps] == [None]
    source = """graph g(x: float32[5, 7]) {
      y = exp(x)
      i = hardmax(y, axis=1)
      n = nonzero(i)
      f = cast(i, to=int32)
      z = relu(f)
      return z, n, x
    }"""
    made = check(bind(parse(source), {}), floats(5, 7))
    assert [step.kernel is None for step in made.steps] == [False, True, True, False]
    assert all(step.why for step in made.steps if step.kernel is None)


def test_equal_groups_have_one_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    source = """graph g(x: float32[6, 6]) {
      v: float32[6] = constant [1, 2, 3, 4, 5, 6]
      w: float32[6] = constant [6, 5, 4, 3, 2, 1]
      a = softmax(x)
      b = mul(a, v)
      c = softmax(b)
      d = mul(c, w)
      return d
    }"""
    built: list[object] = []

    def counted(*given: Any) -> Any:
        built.append(given)
        return compile_best(*given)

    monkeypatch.setattr("autosched.graph.kernels.compile_best", counted)
    made = check(bind(parse(source), {}), floats(6, 6))
    assert len(made.steps) == 2
    assert len(built) == 1
    assert made.arena_bytes == 192


CHAIN = """graph g(x: float32[6, 6]) {
  v: float32[6] = constant [1, 2, 3, 4, 5, 6]
  a = softmax(x)
  b = mul(a, v)
  c = softmax(b)
  return c
}"""


def test_a_network_of_kernels_is_one_native_call(monkeypatch: pytest.MonkeyPatch) -> None:
    made = network(bind(parse(CHAIN), {}))
    x = floats(6, 6)
    wanted = made.run({"x": x})
    monkeypatch.setattr(Network, "_run_step", None)
    monkeypatch.setattr(NativePart, "run", None)
    assert np.array_equal(made.run([x]), wanted)
    with pytest.raises(GraphError, match="for the input x"):
        made.run([x[:3]])


def test_what_one_native_call_does_not_take_is_not_attempted() -> None:
    made = network(bind(parse(CHAIN), {}))
    x = floats(6, 6)
    found = made.attempt([x])
    assert found is not None
    by_name = made.attempt({"x": x})
    assert by_name is not None
    assert np.array_equal(found, by_name)
    assert np.array_equal(found, made.run({"x": x}))
    for named in ({}, {"y": x}, {"x": x, "y": x}):
        assert made.attempt(named) is None
    for inputs in ([x.T], [x[:5]], [x, x], [], [x.tolist()], [x.astype(np.float64)]):
        assert made.attempt(inputs) is None
    assert network(bind(choice_net(), {})).attempt([np.array(True), floats(3)]) is None


def test_an_input_with_gaps_is_as_good_as_another() -> None:
    made = network(bind(parse(CHAIN), {}))
    x = floats(6, 6)
    assert np.array_equal(made.run([x.T]), made.run([np.ascontiguousarray(x.T)]))


def test_threads_share_a_network() -> None:
    made = network(bind(parse(CHAIN), {}))
    inputs = [floats(6, 6) for _ in range(40)]
    wanted = [made.run([x])[0] for x in inputs]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda x: made.run([x])[0], inputs * 10))
    assert all(map(np.array_equal, found, wanted * 10))


@pytest.mark.parametrize("index", [-7, 5])
def test_an_index_that_is_outside_is_an_error_that_names_the_value(index: int) -> None:
    source = """graph g(i: int64[2], x: float32[5, 3]) {
      y = gather(x, i)
      z = softmax(y)
      return z
    }"""
    i, x = np.array([1, 4]), floats(5, 3)
    made = check(bind(parse(source), {}), i, x)
    for run in (made.run, made.timed):
        with pytest.raises(ArgumentError, match="of x in g, got") as found:
            run([np.array([0, index]), x])
        assert found.value.hint is None  # that for kernels is about their `bounds`
    assert np.array_equal(made.run([i, x])[0], made.run({"x": x, "i": i})[0])


def test_each_step_is_timed() -> None:
    source = """graph g(x: float32[5, 7]) {
      y = exp(x)
      s = softmax(y)
      i = argmax(s, axis=1)
      n = nonzero(i)
      t = softmax(s)
      return n, t
    }"""
    made = check(bind(parse(source), {}), floats(5, 7))
    times = made.timed([floats(5, 7)])
    assert [step for step, _ in times] == made.steps
    assert all(time > 0 for _, time in times)


def test_constants_are_let_go_once_the_kernels_have_them() -> None:
    graph = pipeline.run(bind(image_net(), {"n": 1}))
    array = next(array for array in graph.constants.values() if array.ndim == 4)
    alive = weakref.ref(array)
    made = compiled(graph, parse_target("cpu -threads=1"))
    del array, graph
    gc.collect()
    assert alive() is None
    assert made.graph.constants == {}
    assert made.weights_bytes >= 108 * 4


def test_what_follows_a_node_without_a_kernel_has_one() -> None:
    source = """graph g(x: float32[5, 7]) {
      i = hardmax(x)
      z = relu(i)
      return z
    }"""
    made = check(bind(parse(source), {}), floats(5, 7))
    assert [step.kernel is None for step in made.steps] == [True, False]


def test_results_are_the_callers_own() -> None:
    source = """graph g(x: float32[4, 3]) {
      t = transpose(x)
      f = flatten(t)
      return f, x
    }"""
    made = check(bind(parse(source), {}), floats(4, 3))
    x = floats(4, 3)
    first, same = made.run([x])
    kept = first.copy()
    made.run([floats(4, 3)])
    assert np.array_equal(first, kept)
    assert not np.shares_memory(same, x)


@pytest.mark.usefixtures("interpreter")
def test_a_network_on_another_target() -> None:
    source = """graph g(x: float32[3, 4]) {
      w: float32[4, 2] = constant [1, 2, 3, 4, 5, 6, 7, 8]
      y = matmul(x, w)
      z = relu(y)
      s = sum(z)
      return z, s
    }"""
    made = check(bind(parse(source), {}), floats(3, 4), target="interpreter")
    assert [step.why for step in made.steps] == ["", ""]
