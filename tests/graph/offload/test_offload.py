"""What an accelerator computes of a network is the same to the bit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autosched
from autosched.graph.evaluate import evaluate
from autosched.graph.graph import Graph, Value
from autosched.graph.model import Model
from autosched.search.kernels import compile_best
from autosched.search.task import Task
from tests.graph.offload.targets import accelerator
from tests.graph.passes.quantized_nets import Net

rng = np.random.default_rng(3)


def image(net: Net, value: Value | None = None, bits: int = 5) -> Value:
    """A value quantized to int8 in steps of 2**-bits, and dequantized."""
    return net.quantized(net.x if value is None else value, 2.0**-bits, 0, "int8")


def conv(net: Net, x: Value, filters: int, k: int = 3, strides: tuple[int, ...] = ()) -> Value:
    channels = x.type.sizes[1]  # type: ignore[union-attr]
    weights = net.weights(filters, channels, k, k, scale=2.0**-6)
    bias = (rng.integers(-3000, 3000, filters) * 2.0**-11).astype(np.float32)
    pads = (k // 2,) * 4
    return net.add("conv", x, weights, net.constant(bias), pads=pads, strides=strides)


def layer(net: Net, x: Value, filters: int, k: int = 3, strides: tuple[int, ...] = ()) -> Value:
    """A convolution with a ReLU, quantized."""
    return image(net, net.add("relu", conv(net, x, filters, k, strides)), bits=2)


def one_layer(net: Net) -> Value:
    return layer(net, image(net), 20)


def block(net: Net) -> Value:
    """A block of a residual network, with steps of other sizes where it branches."""
    x = layer(net, image(net), 16)
    a = image(net, conv(net, x, 20, strides=(2, 2)), bits=1)
    b = image(net, conv(net, x, 20, k=1, strides=(2, 2)), bits=3)
    return image(net, net.add("relu", net.add("add", a, b)), bits=0)


def residual(net: Net) -> Value:
    """A sum of two images of the same steps."""
    x = layer(net, image(net), 16)
    return image(net, net.add("add", x, image(net, conv(net, x, 16), bits=2)), bits=2)


def pool(net: Net) -> Value:
    x = layer(net, image(net), 16)
    return net.add("max_pool", x, kernel=(3, 3), strides=(2, 2), pads=(1, 1, 1, 1))


def pooled(net: Net) -> Value:
    return image(net, pool(net), bits=2)


def dense(net: Net) -> Value:
    flat = net.add("reshape", image(net), net.constant(np.array([2, -1])))
    x = image(net, flat)
    y = net.add("matmul", x, net.weights(48, 10, scale=2.0**-7))
    return image(net, net.add("add", y, net.constant(np.float32(range(10)))), bits=3)


def moved(net: Net) -> Value:
    """Layers as quantizers write them: uint8, zero points, a scale for each channel."""
    x = net.quantized(net.x, 0.031, 101)
    for filters in (20, 8):
        channels = x.type.sizes[1]  # type: ignore[union-attr]
        scales = rng.uniform(0.002, 0.004, filters).astype(np.float32)
        weights = net.weights(filters, channels, 3, 3, scale=scales, axis=0)
        bias = net.constant(rng.uniform(-1, 1, filters).astype(np.float32))
        y = net.add("conv", x, weights, bias, pads=(1, 1, 1, 1), strides=(2, 2))
        x = net.quantized(net.add("relu", y), 0.023, 0)
    return x


def graph_of(make: Callable[[Net], Value], *shape: int) -> Graph:
    net = Net(*shape)
    return net.of(make(net))


def check(graph: Graph, target: str) -> Model:
    """Run it on the accelerator; the outputs are those of the evaluator and of kernels here."""
    made = autosched.compile(graph, target=target, threads=1)
    x = rng.standard_normal(graph.inputs[0].type.sizes).astype(np.float32) * 2  # type: ignore[union-attr]
    here = autosched.compile(graph, threads=1)
    for got, wanted, other in zip(made.run([x]), evaluate(graph, [x]), here.run([x]), strict=True):
        assert len(np.unique(wanted)) > 4
        np.testing.assert_array_equal(got, wanted)
        np.testing.assert_array_equal(other, wanted)
    return made


def programs(model: Model) -> dict[str, int]:
    """How many programs there are of each operator."""
    steps = (step for step in model.report.steps if step.target == "vta")
    return dict(Counter(operator for step in steps for operator in step.operators))


def test_sums_leave_the_accelerator_where_scales_are_no_powers_of_two(tmp_path: Path) -> None:
    graph = graph_of(moved, 1, 3, 8, 8)
    made = autosched.compile(graph, target=accelerator(tmp_path), threads=1)
    x = rng.standard_normal((1, 3, 8, 8)).astype(np.float32) * 2
    (got,), (wanted,) = made.run([x]), autosched.compile(graph, threads=1).run([x])
    np.testing.assert_array_equal(got, wanted)
    np.testing.assert_allclose(got, evaluate(graph, [x])[0], atol=0.024)
    assert len(np.unique(got)) > 4
    assert programs(made) == {"sum_blocks": 2}


@pytest.mark.parametrize(
    ("make", "shape", "wanted"),
    [
        (one_layer, (1, 3, 6, 6), {"conv_blocks": 1}),
        (block, (1, 3, 6, 6), {"conv_blocks": 3, "add_blocks": 1}),
        (pooled, (1, 3, 7, 7), {"conv_blocks": 1, "max_pool_blocks": 1}),
        (dense, (2, 3, 4, 4), {"conv_blocks": 1}),
    ],
)
def test_programs_are_the_same_to_the_bit(
    make: Callable[[Net], Value], shape: tuple[int, ...], wanted: dict[str, int], tmp_path: Path
) -> None:
    made = check(graph_of(make, *shape), accelerator(tmp_path))
    assert programs(made) == wanted
    moves = Counter(operator for step in made.report.steps for operator in step.operators)
    assert (moves["to_blocks"], moves["from_blocks"]) == (1, 1)


def test_tasks_are_those_of_both_targets(tmp_path: Path) -> None:
    made = autosched.compile(graph_of(one_layer, 1, 3, 6, 6), target=accelerator(tmp_path))
    assert {weighted.task.backend.kind for weighted in made.tasks} == {"cpu", "vta"}
    assert any(report.name == "offload" for report in made.passes([np.zeros((1, 3, 6, 6), "f4")]))


def test_a_program_that_is_priced_is_the_one_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds: list[str] = []

    def counted(task: Task, *given: Any) -> Any:
        kinds.append(task.backend.kind)
        return compile_best(task, *given)

    monkeypatch.setattr("autosched.graph.kernels.compile_best", counted)
    made = autosched.compile(graph_of(residual, 1, 3, 6, 6), target=accelerator(tmp_path))
    assert programs(made) == {"conv_blocks": 2, "add_blocks": 1}
    assert kinds.count("vta") == 3


def test_the_pass_can_be_left_out(tmp_path: Path) -> None:
    graph, target = graph_of(one_layer, 1, 3, 6, 6), accelerator(tmp_path)
    assert programs(autosched.compile(graph, target=target, without=["offload"])) == {}


def test_a_fast_host_computes_all(tmp_path: Path) -> None:
    made = check(graph_of(one_layer, 1, 3, 6, 6), accelerator(tmp_path, mops=10**9))
    assert programs(made) == {}
    assert "here" in made.report.steps[1].placed


def test_nothing_is_moved_for_less_than_moving_takes(tmp_path: Path) -> None:
    made = check(graph_of(one_layer, 1, 3, 6, 6), accelerator(tmp_path, mops=5000, mbytes=1))
    assert programs(made) == {}
