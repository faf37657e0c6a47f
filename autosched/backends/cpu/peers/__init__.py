"""Others that compute the same workloads, to be timed beside: where they are installed."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec

import numpy as np

from autosched.ops.instance import WorkloadInstance

Array = np.ndarray
Run = Callable[[], object]
Make = Callable[[WorkloadInstance, Sequence[Array], int], Run | None]
"""What computes an instance on arrays of its inputs, with so many threads; None for no such."""


@dataclass(frozen=True, slots=True)
class Peer:
    """`make` is an attribute of a `module` of this folder; `needs` must be installed."""

    name: str
    module: str
    needs: tuple[str, ...]


PEERS = (
    Peer("numpy", "numpy_peer", ("numpy",)),
    Peer("torch", "torch_peer", ("torch",)),
    Peer("onnxruntime", "onnxruntime_peer", ("onnx", "onnxruntime")),
    Peer("openvino", "openvino_peer", ("onnx", "openvino")),
)


@dataclass
class Contenders:
    """The peers that compute the workload, and why others that are installed do not."""

    runs: dict[str, Run] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


def contenders(
    workload: WorkloadInstance, arrays: Sequence[Array], threads: int, peers: Sequence[Peer] = PEERS
) -> Contenders:
    """Make every installed peer ready. Whatever one raises is its failure and no more."""
    found = Contenders()
    for peer in peers:
        if not all(find_spec(name) for name in peer.needs):
            continue
        try:
            make: Make = importlib.import_module(f"autosched.backends.cpu.peers.{peer.module}").make
            run = make(workload, arrays, threads)
        except Exception as error:  # another's code: it must not end what we were asked for
            found.failures[peer.name] = f"{type(error).__name__}: {error}"
            continue
        if run is not None:
            found.runs[peer.name] = run
    return found
