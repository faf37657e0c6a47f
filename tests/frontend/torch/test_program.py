"""Exported programs as graphs: names, open sizes, weights and what cannot be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402  after the skip

import autosched  # noqa: E402
from autosched.errors import GraphError  # noqa: E402
from autosched.frontend.torch.program import from_torch  # noqa: E402
from autosched.graph.evaluate import evaluate  # noqa: E402
from autosched.graph.infer import bind  # noqa: E402
from autosched.graph.verifier import verify  # noqa: E402
from tests.frontend.torch.programs import check_same, run_graph  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")  # in torch itself


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(True))
        self.head = nn.Linear(4, 5)
        self.register_buffer("scale", torch.tensor([1.0, 2.0, 3.0, 4.0]), persistent=False)

    def forward(self, x: Any) -> Any:
        y = self.body(x).mean((2, 3)) * self.scale
        y += 1
        return {"logits": self.head(y), "none": None, "features": y}


def exported(model: nn.Module, *inputs: Any, **options: Any) -> Any:
    with torch.no_grad():
        return torch.export.export(model.eval(), inputs, **options)


def test_names_are_those_of_the_modules() -> None:
    graph = from_torch(exported(Net(), torch.randn(1, 3, 6, 6)))
    verify(graph)
    assert [value.name for value in graph.inputs] == ["x"]
    names = {value.name for value in graph.constants}
    assert {"body.0.weight", "body.1.running_mean", "head.bias", "scale"} <= names
    (conv,) = (node for node in graph.nodes if node.operator.name == "conv")
    assert conv.name.startswith("body.0.")


def test_open_sizes_stay_open() -> None:
    n, h = torch.export.Dim("batch"), torch.export.Dim("h", min=4)
    shapes = ({0: n, 2: 2 * h},)
    model = Net()
    graph = from_torch(exported(model, torch.randn(2, 3, 8, 6), dynamic_shapes=shapes))
    assert graph.sizes == ["batch", "x.2"]
    for shape in ((3, 3, 10, 6), (1, 3, 8, 6)):
        x = torch.randn(shape)
        check_same(run_graph(graph, [x]), model(x))
        sizes = dict(zip(graph.sizes, (shape[0], shape[2]), strict=True))
        bound = bind(graph, sizes)
        assert all(value.type is not None and not value.type.names for value in bound.values)
        check_same(evaluate(bound, [x.numpy()]), model(x))


class Sized(nn.Module):
    """Sizes in arithmetic, in shapes, and as numbers."""

    def forward(self, x: Any, y: Any) -> Any:
        n, m = x.shape
        z = torch.cat([x, x], 1).reshape(n * 2, -1) + n
        return z, x.new_zeros(n // 2 + 1, m), y[: n - 1], y.expand(m, y.shape[0]), m * 2


def test_arithmetic_on_sizes() -> None:
    n = torch.export.Dim("n", min=3, max=10)
    model = Sized()
    inputs = torch.randn(4, 6), torch.randn(9)
    graph = from_torch(exported(model, *inputs, dynamic_shapes=({0: n}, None)))
    for rows in (3, 5):
        x = torch.randn(rows, 6)
        *tensors, _ = model(x, inputs[1])
        check_same(run_graph(graph, [x, inputs[1]]), tensors)


def test_weights_are_copies() -> None:
    model = Net()
    x = torch.randn(1, 3, 6, 6)
    graph = from_torch(exported(model, x))
    wanted = {name: value for name, value in model(x).items() if value is not None}
    with torch.no_grad():
        model.head.weight.zero_()
    check_same(run_graph(graph, [x]), wanted)


def test_bfloat16_weights_are_bits() -> None:
    model = nn.Linear(3, 4).bfloat16()
    x = torch.randn(2, 3).bfloat16()
    graph = from_torch(exported(model, x))
    assert {array.dtype for array in graph.constants.values()} == {np.dtype(np.uint16)}
    check_same(run_graph(graph, [x]), model(x), 1e-2)


def test_a_module_is_compiled_for_examples_of_its_inputs() -> None:
    model, x = Net().eval(), torch.randn(2, 3, 6, 6)
    with pytest.raises(GraphError, match="expected examples of the inputs"):
        autosched.compile(model)
    with pytest.raises(GraphError, match="a list of examples of inputs, got a Tensor"):
        autosched.compile(model, inputs=x)
    with pytest.raises(GraphError, match="expected a module in eval mode"):
        autosched.compile(model.train(), inputs=[x])
    model.eval()
    shapes = {"x": {0: torch.export.Dim("n")}}
    made = autosched.compile(model, inputs={"x": x}, dynamic_shapes=shapes, threads=1)
    for rows in (2, 3):
        x = torch.randn(rows, 3, 6, 6)
        wanted = {name: value for name, value in model(x).items() if value is not None}
        check_same(made.run([x]), wanted)


class Resized(nn.Module):
    def forward(self, x: Any) -> Any:
        smaller = nn.functional.interpolate(x, scale_factor=0.5, mode="bilinear")
        return smaller, nn.functional.interpolate(x, scale_factor=1.7)


def test_sizes_are_open_where_factors_are_no_whole_numbers() -> None:
    shapes = ({2: torch.export.Dim.AUTO},)
    graph = from_torch(exported(Resized(), torch.randn(1, 2, 8, 6), dynamic_shapes=shapes))
    for rows in (7, 10):
        x = torch.randn(1, 2, rows, 6)
        check_same(run_graph(graph, [x]), Resized()(x))


class NoGradients(nn.Module):
    def forward(self, x: Any) -> Any:
        with torch.no_grad():
            y = x.cos()
        return x * y


def test_a_part_without_gradients_is_a_part_as_any_other() -> None:
    x = torch.randn(3, requires_grad=True)
    graph = from_torch(torch.export.export(NoGradients(), (x,)))
    assert [node.operator.name for node in graph.nodes] == ["cos", "mul"]


class Counter(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("count", torch.zeros(3))

    def forward(self, x: Any) -> Any:
        self.count += x
        return self.count * 2


def test_a_program_that_changes_a_buffer_is_refused() -> None:
    with pytest.raises(GraphError, match="changes no tensor, got one that changes count"):
        from_torch(exported(Counter(), torch.randn(3)))


def test_a_complex_program_is_refused() -> None:
    class Complex(nn.Module):
        def forward(self, x: Any) -> Any:
            return torch.view_as_real(torch.fft.fft(x))

    with pytest.raises(GraphError, match=r"_fft_r2c|complex64"):
        from_torch(exported(Complex(), torch.randn(4)))
