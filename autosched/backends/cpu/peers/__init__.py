"""Other libraries that compute the same workloads, to compare with if they are installed."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from autosched.ops.instance import WorkloadInstance

Array = np.ndarray
Run = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Peer:
    """A library; `needs` must be installed.

    `module`, in this folder, has a function `make` of a workload, arrays of its inputs and a
    number of threads, or `make_of_file` of a model's file and its inputs by name, or both. They
    return None for what the library cannot compute.
    """

    name: str
    module: str
    needs: tuple[str, ...]


PEERS = (
    Peer("numpy", "numpy_peer", ("numpy",)),
    Peer("torch", "torch_peer", ("torch",)),
    Peer("onnxruntime", "onnxruntime_peer", ("onnx", "onnxruntime")),
    Peer("openvino", "openvino_peer", ("onnx", "openvino")),
    Peer("xla", "jax_peer", ("jax",)),
)


@dataclass
class Contenders:
    """The peers that compute the workload, and why others that are installed do not."""

    runs: dict[str, Run] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


def contenders(
    workload: WorkloadInstance, arrays: Sequence[Array], threads: int, peers: Sequence[Peer] = PEERS
) -> Contenders:
    """Prepare every installed peer; an exception of a peer is recorded as its failure."""
    return _contenders(peers, "make", workload, arrays, threads)


def model_contenders(
    file: Path, inputs: Mapping[str, Array], threads: int, peers: Sequence[Peer] = PEERS
) -> Contenders:
    """Prepare every installed peer that reads the model's file, on inputs by name."""
    return _contenders(peers, "make_of_file", file, inputs, threads)


def _contenders(peers: Sequence[Peer], maker: str, *given: object) -> Contenders:
    found = Contenders()
    for peer in peers:
        if not all(find_spec(name) for name in peer.needs):
            continue
        try:
            module = importlib.import_module(f"autosched.backends.cpu.peers.{peer.module}")
            make: Callable[..., Run | None] | None = getattr(module, maker, None)
            run = make(*given) if make else None
        except Exception as error:  # code of another library: it must not end the run
            found.failures[peer.name] = f"{type(error).__name__}: {error}"
            continue
        if run is not None:
            found.runs[peer.name] = run
    return found
