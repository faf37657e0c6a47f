"""Peers: installed ones compute the same values, and none can break a run."""

import sys
import types
from pathlib import Path

import numpy as np
import pytest

from autosched.backends.cpu import peers
from autosched.backends.cpu.peers import Peer, contenders, model_contenders
from autosched.backends.cpu.trial_run import Bench
from autosched.ops import resolve
from autosched.ops.instance import WorkloadInstance

WORKLOADS = {
    "matmul": {"m": 4, "n": 5, "k": 6},
    "batch_matmul": {"b": 2, "m": 4, "n": 5, "k": 6},
    "dense": {"m": 4, "n": 5, "k": 6, "bias": True, "activation": "gelu"},
    "conv2d": {"ci": 4, "h": 6, "w": 7, "co": 6, "padding": 1, "groups": 2, "bias": True,
               "relu": True},
    "depthwise_conv2d": {"c": 3, "h": 6, "w": 7, "stride": 2},
    "max_pool2d": {"c": 3, "h": 6, "w": 7, "k": 3, "padding": 1},
    "avg_pool2d": {"c": 3, "h": 6, "w": 7, "k": 3, "padding": 1, "count_include_pad": False},
    "gated_dense": {"m": 4, "n": 5, "k": 6},
    "conv1d": {"ci": 4, "w": 7, "co": 6, "bias": True, "residual": True},
    "conv3d": {"ci": 4, "d": 5, "h": 6, "w": 7, "co": 6, "padding": 1},
    "conv2d_transpose": {"ci": 4, "h": 6, "w": 7, "co": 6, "padding": 1, "stride": 2},
    "instance_norm": {"c": 4, "h": 3, "w": 3},
    "batch_norm": {"c": 4, "h": 3, "w": 3},
    "attention": {"heads": 4, "m": 5, "d": 8},
    "softmax": {"m": 4, "n": 5},
    "logsumexp": {"m": 4, "n": 5},
    "l2_norm": {"m": 4, "n": 5},
    "layer_norm": {"m": 4, "n": 5},
    "gelu": {"m": 4, "n": 5},
    "silu": {"m": 4, "n": 5},
    "transpose": {"m": 4, "n": 5},
    "add": {"m": 4, "n": 5},
}  # fmt: skip
OTHER_FORMS = (
    ("matmul", {"m": 24, "n": 8, "k": 8, "transpose_a": True, "transpose_b": True}),
    ("matmul", {"m": 24, "n": 8, "k": 8, "dtype": "int8", "out_dtype": "int32"}),
    ("matmul", {"m": 24, "n": 8, "k": 8, "dtype": "bfloat16"}),
    (
        "matmul",
        {
            "m": 24,
            "n": 8,
            "k": 8,
            "transpose_a": True,
            "transpose_b": True,
            "dtype": "int8",
            "out_dtype": "int32",
        },
    ),
    ("dense", {"m": 5, "n": 7, "k": 3, "dtype": "int8", "out_dtype": "int32"}),
    ("dense_int8", {"m": 5, "n": 7, "k": 3, "shift": 3, "bias": True, "relu": True}),
    ("conv2d", {"ci": 4, "h": 6, "w": 7, "co": 6, "dtype": "int8", "out_dtype": "int32"}),
    (
        "conv2d_int8",
        {"ci": 5, "h": 6, "w": 7, "co": 3, "kh": 3, "kw": 1, "padding": 1, "stride": 2, "shift": 7},
    ),
    (
        "conv2d_int8",
        {
            "ci": 4,
            "h": 6,
            "w": 7,
            "co": 6,
            "groups": 2,
            "dilation": 2,
            "shift": 0,
            "bias": True,
            "relu": True,
        },
    ),
    ("depthwise_conv2d_int8", {"c": 1, "h": 5, "w": 5, "k": 5, "padding": 2, "relu": True}),
    ("depthwise_conv2d_int8", {"c": 3, "h": 6, "w": 7, "padding": 1, "bias": True}),
    *(
        ("dense", {"m": 4, "n": 5, "k": 6, "bias": True, "activation": name})
        for name in ("relu", "gelu_tanh", "silu", "mish", "hard_swish", "tanh", "sigmoid")
    ),
    ("gated_dense", {"m": 4, "n": 5, "k": 6, "activation": "gelu"}),
    ("conv2d", {"ci": 4, "h": 6, "w": 7, "co": 6, "residual": True, "activation": "silu"}),
    ("depthwise_conv2d", {"c": 3, "h": 6, "w": 7, "activation": "hard_swish"}),
    ("attention", {"heads": 4, "key_heads": 2, "m": 5, "d": 8}),
    ("attention", {"heads": 4, "m": 5, "d": 8, "causal": True}),
)


@pytest.mark.parametrize(("name", "params"), [*WORKLOADS.items(), *OTHER_FORMS])
def test_peers_compute_the_same(name: str, params: dict[str, object]) -> None:
    workload = resolve(name, params)
    bench = Bench(workload, {})
    found = contenders(workload, bench.case.inputs, threads=1)
    assert "numpy" in found.runs or params["dtype"] == "bfloat16"
    assert found.failures == {}
    for run in found.runs.values():
        assert bench._difference(run()) is None


def make_peer(monkeypatch: pytest.MonkeyPatch, name: str, make: object) -> Peer:
    module = types.ModuleType(f"autosched.backends.cpu.peers.{name}")
    module.make = make  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return Peer(name, name, ("numpy",))


def broken(workload: WorkloadInstance, arrays: object, threads: int) -> object:
    raise RuntimeError("no license")


def test_a_peer_that_fails_is_told_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: object) -> object:
        return lambda: 1 / 0

    def wrong(*_: object) -> object:
        return lambda: np.zeros((4, 5), "float32")

    given = [
        make_peer(monkeypatch, "broken", broken),
        make_peer(monkeypatch, "late", late),
        make_peer(monkeypatch, "wrong", wrong),
        make_peer(monkeypatch, "none", lambda *_: None),
        Peer("absent", "absent", ("no_such_package_here",)),
    ]
    workload = resolve("add", {"m": 4, "n": 5})
    bench = Bench(workload, {})
    found = contenders(workload, bench.case.inputs, 1, given)
    assert set(found.runs) == {"late", "wrong"}
    assert found.failures == {"broken": "RuntimeError: no license"}
    times = bench.compare("mine", lambda: None, found)
    assert set(times.times_ns) == {"mine"}
    assert times.failures["late"] == "ZeroDivisionError: division by zero"
    assert times.failures["wrong"].startswith("another result: expected")


def test_every_peer_is_declared_as_an_extra() -> None:
    assert {peer.name for peer in peers.PEERS} >= {
        "numpy",
        "torch",
        "onnxruntime",
        "openvino",
        "xla",
    }


def test_peers_read_the_file_of_a_model(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    proto = onnx.parser.parse_model(
        '<ir_version: 8, opset_import: ["" : 18]> g (float[n] x) => (float[n] y) { y = Relu(x) }'
    )
    file = tmp_path / "net.onnx"
    file.write_bytes(proto.SerializeToString())
    x = np.array([-1, 2], np.float32)
    found = model_contenders(file, {"x": x}, 1)
    assert found.failures == {}
    assert "onnxruntime" in found.runs
    for run in found.runs.values():
        (result,) = run()  # type: ignore[misc]
        assert list(result) == [0, 2]


def test_a_file_that_no_peer_reads(tmp_path: Path) -> None:
    found = model_contenders(tmp_path / "net.txt", {}, 1)
    assert (found.runs, found.failures) == ({}, {})
