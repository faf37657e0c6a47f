"""Random small modules compute the same when they are exported, traced and compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from hypothesis import HealthCheck, given, settings  # noqa: E402  after the skip
from hypothesis import strategies as st  # noqa: E402
from torch import nn  # noqa: E402
from torch.func import functional_call  # noqa: E402

from autosched.frontend.torch.backend import backend  # noqa: E402
from tests.frontend.torch.programs import check_same, graph_of, run_graph  # noqa: E402
from tests.properties import examples  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")  # in torch itself


class Step(nn.Module):
    """A layer, if there is one, and what is done with its result and its input."""

    def __init__(self, layer: nn.Module | None, combine: Callable[[Any, Any], Any]):
        super().__init__()
        self.layer, self.combine = layer, combine

    def forward(self, x: Any) -> Any:
        return self.combine(x, x if self.layer is None else self.layer(x))


def attention(x: Any) -> Any:
    flat = x.flatten(1, -2)[:, None]
    return nn.functional.scaled_dot_product_attention(flat, flat, flat * 2)[:, 0].reshape(x.shape)


def normalized(x: Any) -> Any:
    return (x - x.mean(-1, keepdim=True)) / (x.var(-1, keepdim=True, unbiased=False) + 1e-3).sqrt()


def masked(x: Any) -> Any:
    places = torch.arange(x.shape[-1])
    return torch.where(places[:, None] >= places, 1.0, 0.0).sum(0) * x.masked_fill(x > 1, 0.5)


ANY = [
    lambda x, y: torch.relu(y) + x,
    lambda x, y: y * torch.sigmoid(x),
    lambda x, y: torch.tanh(y) - 0.5,
    lambda x, y: nn.functional.gelu(y).transpose(-1, -2),
    lambda x, y: torch.cat([x, y], 1)[:, ::2],
    lambda x, y: x.softmax(1) + y.amax(1, keepdim=True),
    lambda x, y: torch.stack(y.chunk(2, -1), 1).flatten(1, 2),
    lambda x, y: y.flip(1).cumsum(-1) / 4,
    lambda x, y: x.gather(1, y.argsort(1)),
    lambda x, y: y[:, torch.tensor([0, -1])] * x.reshape(x.shape[0], -1).mean(1).view(
        -1, *[1] * (x.ndim - 1)),
    lambda x, y: normalized(y) @ x.transpose(-1, -2),
    lambda x, y: attention(y),
    lambda x, y: masked(y),
    lambda x, y: y.clamp(-1, 1) + y,
]  # fmt: skip
OF_IMAGES = [
    lambda c: nn.Conv2d(c, 4, 3, padding=1),
    lambda c: nn.Conv2d(c, c, 1, groups=c, bias=False),
    lambda c: nn.BatchNorm2d(c),
    lambda c: nn.MaxPool2d(2, ceil_mode=True),
    lambda c: nn.AvgPool2d(3, 1, 1),
    lambda c: nn.AdaptiveAvgPool2d(3),
    lambda c: nn.Upsample(scale_factor=2),
    lambda c: nn.GroupNorm(1, c),
]
OF_ROWS = [
    lambda c: nn.Linear(c, 6),
    lambda c: nn.LayerNorm(c),
    lambda c: nn.Identity(),
    lambda c: nn.Sequential(nn.Linear(c, 4), nn.SiLU(), nn.Linear(4, c)),
]


@st.composite
def modules(draw: Any) -> tuple[nn.Module, Any]:
    """A chain of steps that fit each other, and an input."""
    torch.manual_seed(draw(st.integers(0, 99)))
    is_image = draw(st.booleans())
    x = torch.randn((2, draw(st.integers(1, 3)), 5, 6) if is_image else (2, 5, 4))
    steps: list[nn.Module] = []
    value = x
    for _ in range(draw(st.integers(1, 5))):
        axis, layers = (1, OF_IMAGES) if is_image else (-1, OF_ROWS)
        make = draw(st.sampled_from([None, *layers]))
        layer = make(value.shape[axis]).eval() if make else None
        step = Step(layer, draw(st.sampled_from([lambda x, y: y, *ANY])))
        try:
            with torch.no_grad():
                made = step(value.clone())
        except (RuntimeError, IndexError):
            continue  # it does not fit
        if 0 < made.numel() < 5000 and made.ndim == x.ndim and made.isfinite().all():
            steps.append(step)
            value = made
    return nn.Sequential(*steps).eval(), x


@settings(examples(25), suppress_health_check=list(HealthCheck))
@given(modules(), st.booleans())
def test_a_module_means_the_same_as_a_graph(drawn: tuple[nn.Module, Any], composite: bool) -> None:
    model, x = drawn
    with torch.no_grad():
        wanted = model(x.clone())
    weights = dict(model.state_dict())

    def function(given: Any, *tensors: Any) -> Any:
        return functional_call(model, dict(zip(weights, tensors, strict=True)), given)

    inputs = [x, *weights.values()]
    graph = graph_of(function, *(tensor.clone() for tensor in inputs), composite=composite)
    check_same(run_graph(graph, inputs), wanted, 1e-4)


@settings(examples(4), suppress_health_check=list(HealthCheck))
@given(modules())
def test_a_compiled_module_computes_the_same(drawn: tuple[nn.Module, Any]) -> None:
    model, x = drawn
    torch._dynamo.reset()
    with torch.no_grad():
        wanted = model(x.clone())
        fast = torch.compile(model, backend=backend, options={"fallback": "error", "threads": 1})
        torch.testing.assert_close(fast(x.clone()), wanted, rtol=1e-4, atol=1e-4)
