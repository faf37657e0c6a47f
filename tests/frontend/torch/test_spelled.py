"""What is spelled out in other operators computes what PyTorch does."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")


from tests.frontend.torch.programs import check_same, graph_of, run_graph  # noqa: E402

generator = torch.Generator().manual_seed(3)


def floats(*shape: int) -> Any:
    return torch.randn(shape, generator=generator)


def whole(*shape: int) -> Any:
    return torch.randint(0, 6, shape, generator=generator)


ordered = torch.tensor([[0, 2, 2, 5], [1, 2, 3, 4]])
ids, starts = torch.tensor([3, 1, 1, 4, 0, 2, 5]), torch.tensor([0, 2, 2, 5])


def bag(mode: int, *extra: Any) -> Any:
    operator = torch.ops.aten._embedding_bag
    return lambda w, i, o: operator(w, i, o, False, mode, False, *extra)[0]


def layer(use_gelu: bool, norm_first: bool, *, kind: int | None = None) -> Any:
    operator = torch.ops.aten._transformer_encoder_layer_fwd

    def run(x: Any, *given: Any) -> Any:
        weights, mask = given[:12], given[12:]
        attention, others = weights[:4], weights[4:]
        how = use_gelu, norm_first, 1e-5
        return operator(x, 8, 2, *attention, *how, *others, *mask, mask_type=kind)

    return run


shapes = [(24, 8), (24,), (8, 8), (8,), (8,), (8,), (8,), (8,), (12, 8), (12,), (8, 12), (8,)]
of_layer = [floats(2, 5, 8), *(floats(*shape) for shape in shapes)]
masks = torch.ones(5, 5, dtype=torch.bool).triu(1), torch.arange(5)[None] > torch.tensor([[2], [3]])

CASES: list[tuple[str, Any, list[Any]]] = [
    *((f"bag {mode}", bag(mode), [floats(6, 3), ids, starts]) for mode in (0, 1, 2)),
    *((f"bag {m}, padded", bag(m, None, False, 1), [floats(6, 3), ids, starts]) for m in (0, 1, 2)),
    ("bag, last offset", bag(0, None, True), [floats(6, 3), ids, torch.tensor([0, 2, 7])]),
    (
        "bag, weights",
        lambda w, i, o, p: torch.ops.aten._embedding_bag(w, i, o, False, 0, False, p)[0],
        [floats(6, 3), ids, starts, floats(7)],
    ),
    ("histogram", lambda x: x.histc(4, -1, 1.5), [torch.tensor([-2, -1, -0.4, 0, 1.5, 1.6])]),
    ("histogram of counts", lambda x: x.histc(6, 0, 5), [whole(9).float()]),
    ("encoder layer", layer(False, False), of_layer),
    ("encoder layer, norm first", layer(True, True), of_layer),
    ("encoder layer, mask", layer(False, False, kind=0), [*of_layer, masks[0]]),
    ("encoder layer, padding", layer(False, True, kind=1), [*of_layer, masks[1]]),
    (
        "batch norm of no statistics",
        lambda x, w, b: torch.ops.aten._native_batch_norm_legit.no_stats(x, w, b, True, 0.1, 1e-5),
        [floats(3, 4, 5), floats(4), floats(4)],
    ),
    *(
        (
            f"distances {p}",
            lambda x, y, p=p: torch.cdist(x, y, p),
            [floats(2, 3, 4), floats(2, 5, 4)],
        )
        for p in (0.0, 1.0, 2.0, 3.0, float("inf"))
    ),
    ("hypotenuse", torch.hypot, [floats(3, 4), floats(4)]),
    *(
        (f"places, {right}", lambda s, x, r=right: torch.searchsorted(s, x, right=r), given)
        for right in (True, False)
        for given in ([ordered, whole(2, 3)], [ordered[0], whole(2, 3)])
    ),
    (
        "places of another order",
        lambda s, x, o: torch.searchsorted(s, x, sorter=o, side="right", out_int32=True),
        [ordered.flip(1), whole(2, 3), torch.tensor([[3, 2, 1, 0]] * 2)],
    ),
    ("buckets", lambda x, b: torch.bucketize(x, b, right=True), [whole(2, 3), ordered[1]]),
    ("median", lambda x: x.median(1), [floats(3, 6, 2)]),
    ("median, kept", lambda x: x.median(-1, keepdim=True), [floats(3, 5)]),
    *(
        (f"diagonal {k}", lambda x, k=k: torch.diagonal(x, k, 2, 0), [floats(3, 2, 5)])
        for k in (-3, -1, 0, 2, 6)
    ),
]


@pytest.mark.parametrize(("function", "inputs"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_what_is_spelled_out_is_as_in_pytorch(function: Any, inputs: list[Any]) -> None:
    with torch.no_grad():
        graph = graph_of(function, *inputs, composite=False)
        check_same(run_graph(graph, inputs), function(*inputs))
