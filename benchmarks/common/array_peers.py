"""NumPy, PyTorch and XLA on expressions that they have no operator for, by one formula."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from autosched.backends.cpu.peers import Array, Contenders, Run

Formula = Callable[..., Any]
"""A function of a library of arrays, such as NumPy, and of an array for each input."""


def array_contenders(formula: Formula, arrays: Sequence[Array], threads: int) -> Contenders:
    """Prepare the installed libraries; an exception of one is recorded as its failure."""
    found = Contenders()
    for name, make in {"numpy": _numpy, "torch": _torch, "xla": _xla}.items():
        if not find_spec("jax" if name == "xla" else name):
            continue
        try:
            found.runs[name] = make(formula, arrays, threads)
        except Exception as error:  # code of another library: it must not end the run
            found.failures[name] = f"{type(error).__name__}: {error}"
    return found


def _numpy(formula: Formula, arrays: Sequence[Array], threads: int) -> Run:
    return lambda: formula(np, *arrays)


def _torch(formula: Formula, arrays: Sequence[Array], threads: int) -> Run:
    torch = importlib.import_module("torch")
    torch.set_num_threads(threads)
    tensors = [torch.from_numpy(array) for array in arrays]

    def run() -> object:
        with torch.inference_mode():
            return formula(torch, *tensors)

    return run


def _xla(formula: Formula, arrays: Sequence[Array], threads: int) -> Run:
    peer = importlib.import_module("autosched.backends.cpu.peers.jax_peer")
    jnp = importlib.import_module("jax.numpy")
    run: Run = peer.compiled(lambda *given: formula(jnp, *given), arrays, threads)
    return run
