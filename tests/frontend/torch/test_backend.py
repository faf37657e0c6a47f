"""`torch.compile` with the backend: numbers, sizes, weights that change, and what PyTorch runs."""

from __future__ import annotations

import importlib
import tomllib
import warnings
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402  after the skip
from torch._dynamo.backends.common import aot_autograd  # noqa: E402

from autosched.errors import GraphError, LoweringError  # noqa: E402
from autosched.frontend.torch.backend import Options, backend  # noqa: E402
from autosched.frontend.torch.compiling import CompiledProgram  # noqa: E402
from tests.frontend.torch.programs import traced  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")  # in torch itself


@pytest.fixture(autouse=True)
def _anew() -> None:
    torch._dynamo.reset()


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> list[CompiledProgram]:
    """The programs that are compiled."""
    made: list[CompiledProgram] = []
    module = importlib.import_module("autosched.frontend.torch.backend")

    def counted(*given: Any) -> CompiledProgram:
        made.append(CompiledProgram(*given))
        return made[-1]

    monkeypatch.setattr(module, "CompiledProgram", counted)
    return made


def compiled(model: Any, fallback: str = "error", **options: Any) -> Any:
    return torch.compile(
        model, backend=backend, options={"fallback": fallback, "threads": 1}, **options
    )


def small() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.RMSNorm(5), nn.Linear(5, 2)).eval()


@torch.no_grad()
def test_a_model_computes_the_same(programs: list[CompiledProgram]) -> None:
    model, x = small(), torch.randn(4, 3)
    fast = compiled(model)
    for _ in range(2):
        torch.testing.assert_close(fast(x), model(x))
    assert len(programs) == 1
    assert not programs[0].is_eager


@torch.no_grad()
@pytest.mark.parametrize("kind", [torch.bfloat16, torch.half])
def test_a_model_of_halves_rounds_as_pytorch_does(
    kind: torch.dtype, programs: list[CompiledProgram]
) -> None:
    model = nn.Sequential(small(), nn.LayerNorm(2)).to(kind).eval()
    x = torch.randn(4, 3, dtype=kind)
    fast = compiled(model)(x)
    assert fast.dtype is kind
    assert not programs[0].is_eager
    step = torch.finfo(kind).eps
    torch.testing.assert_close(fast, model(x), rtol=4 * step, atol=4 * step)


@torch.no_grad()
def test_weights_that_change_are_seen() -> None:
    model, x = small(), torch.randn(4, 3)
    fast = compiled(model)
    fast(x)
    model[0].weight.add_(1)
    torch.testing.assert_close(fast(x), model(x))
    model[3].weight.data.mul_(2)  # which counts as no new version
    torch.testing.assert_close(fast(x), model(x))
    model[0].weight.data = torch.randn(5, 3)
    torch.testing.assert_close(fast(x), model(x))
    model.load_state_dict({name: value * 2 for name, value in model.state_dict().items()})
    torch.testing.assert_close(fast(x), model(x))


@torch.no_grad()
def test_sizes_that_change(programs: list[CompiledProgram]) -> None:
    model = small()
    fast = compiled(model)
    x = torch.randn(4, 3)
    torch._dynamo.mark_dynamic(x, 0)
    for rows in (4, 2, 7, 4):
        x = x if rows == 4 else torch.randn(rows, 3)
        torch.testing.assert_close(fast(x), model(x))
    assert len(programs) == 1


@torch.no_grad()
def test_sizes_beyond_the_most_networks_run_in_pytorch() -> None:
    made: list[Any] = []

    def doubled(graph: Any) -> Any:
        made.append(graph)
        return lambda arrays: [arrays[0] * 2]

    def captured(module: Any, _: Any) -> Any:
        return CompiledProgram(module, [], doubled, False)

    fast = torch.compile(lambda x: x * 2, backend=aot_autograd(fw_compiler=captured), dynamic=True)
    for rows in (*range(2, 18), 2):
        torch.testing.assert_close(fast(torch.ones(rows)), torch.full((rows,), 2.0))
    with pytest.warns(UserWarning, match="for more sizes than the 16"):
        found = fast(torch.ones(18))
    for each in (found, fast(torch.ones(18))):
        torch.testing.assert_close(each, torch.full((18,), 2.0))
    assert len(made) == 16


@torch.no_grad()
def test_numbers_that_change() -> None:
    def scaled(x: Any, n: int) -> tuple[Any, int]:
        return x.repeat(n, 1) * n, n + 1

    fast = compiled(scaled)
    x = torch.randn(2, 3)
    for n in (2, 3, 4):
        tensor, number = fast(x, n)
        torch.testing.assert_close(tensor, scaled(x, n)[0])
        assert number == n + 1


@torch.no_grad()
def test_graph_breaks_and_results_that_are_no_tensors(programs: list[CompiledProgram]) -> None:
    def broken(x: Any) -> dict[str, Any]:
        y = x * 2
        torch._dynamo.graph_break()
        return {"y": y + 1, "shape": tuple(y.shape), "none": None, "same": x}

    x = torch.randn(2, 3)
    got = compiled(broken)(x)
    torch.testing.assert_close(got["y"], x * 2 + 1)
    assert (got["shape"], got["none"]) == ((2, 3), None)
    assert got["same"] is x
    assert len(programs) == 2


@torch.no_grad()
def test_views_aliases_and_inputs_that_change() -> None:
    def changing(x: Any, y: Any) -> tuple[Any, ...]:
        x[:, 0] = 7
        y.add_(1)
        z = x.t()
        return z, z[0], y.reshape(-1), x.sum()

    x, y = torch.randn(2, 3), torch.randn(4)
    a, b = x.clone(), y.clone()
    got, wanted = compiled(changing)(x, y), changing(a, b)
    torch.testing.assert_close(got, wanted)
    torch.testing.assert_close((x, y), (a, b))
    assert got[0].data_ptr() == x.data_ptr()


@torch.no_grad()
def test_dtypes_and_strides_of_all_kinds() -> None:
    def many(x: Any) -> list[Any]:
        kinds = (torch.bfloat16, torch.half, torch.double, torch.int64, torch.bool, torch.uint8)
        return [(x * 2).to(kind) for kind in kinds]

    x = torch.rand(4, 6)
    for given in (x, x.t(), x[::2, 1:], x[:, :0], x[0, 0], x.bfloat16()):
        torch.testing.assert_close(compiled(many)(given), many(given))


class Rows(nn.Module):
    """Attention over embedded tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.norm = nn.Embedding(7, 8), nn.LayerNorm(8)
        self.qkv, self.head = nn.Linear(8, 24), nn.Sequential(nn.GELU(), nn.Linear(8, 1))

    def forward(self, tokens: Any) -> Any:
        rows = self.qkv(self.norm(self.embed(tokens))).unflatten(-1, (6, 4)).transpose(1, 2)
        made = nn.functional.scaled_dot_product_attention(*rows.chunk(3, 1), is_causal=True)
        return self.head(made.transpose(1, 2).flatten(2))


@torch.no_grad()
def test_strides_are_those_of_pytorch() -> None:
    model = nn.Conv2d(3, 4, 3).eval().to(memory_format=torch.channels_last)
    x = torch.randn(2, 3, 6, 6).to(memory_format=torch.channels_last)
    fast = compiled(lambda x: (model(x), (x * 2).transpose(1, 2), (x + 1).expand(3, *x.shape)))
    for got, wanted in zip(fast(x), (model(x), (x * 2).transpose(1, 2)), strict=False):
        assert got.stride() == wanted.stride()
        torch.testing.assert_close(got, wanted)
    model.weight.data.mul_(2)
    torch.testing.assert_close(fast(x)[0], model(x))


def image_net() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, 2, 1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2, 1),
        nn.Conv2d(4, 4, (3, 2), padding=1, groups=2, dilation=(1, 2), bias=False),
        nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 1),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("make", "x"),
    [(image_net, torch.randn(2, 3, 12, 11)), (Rows, torch.randint(0, 7, (2, 5)))],
    ids=["image", "rows"],
)
def test_training_by_the_graphs_of_autograd(
    make: Any, x: Any, programs: list[CompiledProgram]
) -> None:
    model, twin = make(), make()
    twin.load_state_dict(model.state_dict())
    fast = compiled(model)
    for each in (fast, twin):
        optimizer = torch.optim.SGD(each.parameters(), 0.1)
        for _ in range(2):
            optimizer.zero_grad()
            (each(x) ** 2).mean().backward()
            optimizer.step()
    assert len(programs) == 2
    for (name, got), wanted in zip(
        model.state_dict().items(), twin.state_dict().values(), strict=True
    ):
        torch.testing.assert_close(got, wanted, rtol=1e-4, atol=1e-5, msg=name)


@torch.no_grad()
def test_what_is_not_supported_runs_in_pytorch(programs: list[CompiledProgram]) -> None:
    def special(x: Any) -> Any:
        return torch.polygamma(2, x) + torch.polygamma(1, x)

    x = torch.rand(3) + 1
    with pytest.warns(UserWarning, match=r"aten.polygamma.default \(2, first at polygamma\)"):
        got = compiled(special, fallback="eager")(x)
    torch.testing.assert_close(got, special(x))
    assert programs[0].is_eager is False
    with pytest.raises(Exception, match=r"aten\.polygamma"):
        compiled(special)(x)


@torch.no_grad()
def test_a_program_of_which_nothing_is_supported_is_pytorchs(
    programs: list[CompiledProgram],
) -> None:
    x = torch.rand(3) + 1
    with pytest.warns(UserWarning, match="polygamma"):
        got = compiled(lambda x: torch.polygamma(2, x), fallback="eager")(x)
    torch.testing.assert_close(got, torch.polygamma(2, x))
    assert programs[0].is_eager


@torch.no_grad()
def test_a_form_that_is_not_supported_runs_in_pytorch(programs: list[CompiledProgram]) -> None:
    def averaged(x: Any) -> Any:
        mean = torch.zeros(4, 4).scatter_reduce(0, torch.tensor([[0, 1]]), x, "mean")
        return mean.exp(), x.sin().scatter_reduce(0, torch.tensor([[0, 0]]), x, "mean")

    x = torch.rand(1, 2)
    with pytest.warns(UserWarning, match="expected sums, products or extrema") as caught:
        got = compiled(averaged, fallback="eager")(x)
    assert len([one for one in caught if "autosched" in str(one.message)]) == 1
    torch.testing.assert_close(got, averaged(x))
    assert not programs[0].is_eager


@torch.no_grad()
def test_weights_are_found_behind_the_tokens_of_checks() -> None:
    """The check of an inverse comes with a token, the first argument of the graph."""
    model = nn.Linear(3, 3)
    x = torch.eye(3)
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        got = compiled(lambda x: torch.linalg.inv(x) + model(x), fallback="eager")(x)
    torch.testing.assert_close(got, x + model(x))


def test_a_graph_that_cannot_be_compiled_runs_in_pytorch() -> None:
    def make(graph: Any) -> Any:
        raise LoweringError("expected less")

    module = traced(torch.exp, torch.ones(3))
    with pytest.warns(UserWarning, match="cannot: expected less"):
        (got,) = CompiledProgram(module, [], make, True)(torch.zeros(3))
    torch.testing.assert_close(got, torch.ones(3))
    with pytest.raises(LoweringError):
        CompiledProgram(module, [], make, False)(torch.zeros(3))


@torch.no_grad()
def test_random_numbers_are_those_of_pytorch() -> None:
    model = nn.Sequential(nn.Linear(3, 5), nn.Dropout(0.5)).train()
    x = torch.randn(4, 3)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fast = compiled(model, fallback="eager")
        torch.manual_seed(1)
        got = fast(x)
    assert any("autosched" in str(one.message) for one in caught)
    torch.manual_seed(1)
    torch.testing.assert_close(got, model(x))


def test_training_with_dropout(programs: list[CompiledProgram]) -> None:
    model = nn.Sequential(nn.Linear(3, 5), nn.Dropout(0.5), nn.Linear(5, 1))
    x, found = torch.randn(4, 3), []
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        for each in (model, compiled(model, fallback="eager")):
            torch.manual_seed(1)
            model.zero_grad()
            each(x).sum().backward()
            found.append([one.grad.clone() for one in model.parameters()])
    torch.testing.assert_close(*found)
    assert not any(program.is_eager for program in programs)


def test_options() -> None:
    assert Options.of(None) == Options()
    assert Options.of({"threads": 2}).threads == 2
    with pytest.raises(GraphError, match="expected options threads, db, fallback, got speed"):
        Options.of({"speed": 3})
    with pytest.raises(GraphError, match="fallback of 'eager' or 'error', got 'onnx'"):
        Options.of({"fallback": "onnx"})
    with pytest.raises(GraphError, match="a number of threads, of 0 or more, got '2'"):
        Options.of({"threads": "2"})


def test_the_entry_point_is_the_backend() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    module, name = project["entry-points"]["torch_dynamo_backends"]["autosched"].split(":")
    assert getattr(importlib.import_module(module), name) is backend
