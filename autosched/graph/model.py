"""Models: a graph that runs on any sizes, with a network made for each when it is needed."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from autosched.backends.base import Backend
from autosched.codegen.machine.apart import compiling_apart
from autosched.codegen.machine.idle import release_memory
from autosched.errors import CodegenError, GraphError, LoweringError, WorkloadError, a_kind
from autosched.graph.drawing import complete
from autosched.graph.folder import SavedModel, write
from autosched.graph.graph import Graph, check_inputs
from autosched.graph.inner import InnerGraphs
from autosched.graph.inputs import Inputs, arrays_of
from autosched.graph.kept import KeptNetworks
from autosched.graph.kernels import Kernels
from autosched.graph.network import Network, compiled
from autosched.graph.passes import pipeline
from autosched.graph.passes.pipeline import PassReport
from autosched.graph.profile import Profile, profiled
from autosched.graph.report import Report, report
from autosched.graph.specialize import (
    Key,
    check_fits,
    deciding,
    is_dynamic,
    key_for,
    key_of,
    retyped,
    specialized,
)
from autosched.graph.stored import StoredConstants
from autosched.graph.types import TensorType
from autosched.measure.measurer import Measurer
from autosched.tuning_logs import MemoryStore, Store, copy_trials

if TYPE_CHECKING:
    from autosched.graph.offload.offload import Offload
    from autosched.search.events import Listener
    from autosched.search.result import TasksResult
    from autosched.search.scheduler import WeightedTask

Array = np.ndarray
Schedules = Callable[[], AbstractContextManager[Store | None]]
"""Opens what is known of schedules; None where nothing is."""

_NOT_COMPILED = (GraphError, WorkloadError, LoweringError, CodegenError)
"""What is raised for a graph that cannot be compiled."""

logger = logging.getLogger("autosched")


class Model:
    """A graph compiled for a target, called as `model.run([x])` or `model(x)`.

    Inputs are NumPy arrays, or objects with `__dlpack__` such as tensors of PyTorch, in order or
    by name; bfloat16 is passed as its bits in uint16. Outputs are new NumPy arrays. For other
    values of its symbolic sizes, and of inputs that decide shapes, another network is compiled
    and kept. Several threads may run one model at once. `schedules` has the trials by which the
    schedules of its kernels were chosen; `trials` opens the store that `tune` adds to. Where the
    graph cannot be compiled, that of `fallback` is, with a warning; the report has the reason.
    """

    def __init__(
        self,
        graph: Graph,
        backend: Backend,
        schedules: Schedules,
        trials: Callable[[], AbstractContextManager[Store]],
        without: Collection[str] = (),
        fallback: Callable[[], Graph] | None = None,
    ):
        pipeline.check_names(without)
        self.graph = graph
        self.backend = backend
        self.without = tuple(without)
        self.schedules = MemoryStore()
        self._open = schedules
        self._open_trials = trials
        self._fallback = fallback
        decides = deciding(graph)
        self._decides = [value in decides for value in graph.inputs]
        self._kept = KeptNetworks()
        self._last: Network | None = None

    @property
    def inputs(self) -> dict[str, TensorType | None]:
        """The types of the inputs by name, in order; None where the model leaves it open."""
        return {value.name: value.type for value in self.graph.inputs}

    @property
    def outputs(self) -> dict[str, TensorType | None]:
        """The types of the outputs by name, in order, as far as they are known without sizes."""
        return {value.name: value.type for value in self.graph.outputs}

    @property
    def sizes(self) -> list[str]:
        """The names of the symbolic sizes."""
        return self.graph.sizes

    @property
    def networks(self) -> list[Network]:
        """The networks that are compiled, the one used last at the end."""
        return list(self._kept.by_key.values())

    @property
    def is_closed(self) -> bool:
        """Whether one network serves every call."""
        return not self.decides_shapes and all(
            value.type is not None and not value.type.names for value in self.graph.inputs
        )

    @property
    def report(self) -> Report:
        """How each node of the network used last is computed. Raises GraphError without one."""
        networks = self.networks
        if not networks:
            raise GraphError(
                f"expected a network of {self.graph.name} that is compiled, got none",
                hint="call run or network first",
            )
        return report(networks[-1])

    def run(self, inputs: Inputs) -> list[Array]:
        """The outputs, in order. Raises GraphError or ArgumentError for inputs that do not fit."""
        last = self._last
        found = None if last is None else last.attempt(inputs)
        if found is not None:
            return found
        network, arrays = self.prepared(inputs)
        self._last = network if len(arrays) == len(self._decides) else None
        return network.run(arrays)

    def prepared(self, inputs: Inputs) -> tuple[Network, list[Array]]:
        """The network that runs these inputs, and the arrays that it takes."""
        arrays = arrays_of(self.graph, inputs)
        key = key_of(arrays, self._decides)

        def make() -> Network:
            check_inputs(self.graph, arrays)
            return self._compiled(key, given)

        given = [array for array, part in zip(arrays, key, strict=True) if is_dynamic(part)]
        return self._kept.get(key, make), given

    def __call__(self, *inputs: Any, **named: Any) -> list[Array]:
        """The outputs for inputs in order, or by name."""
        if inputs and named:
            raise GraphError(
                f"expected the inputs of {self.graph.name} in order or by name, got both"
            )
        return self.run(named or inputs)

    def network(
        self,
        sizes: Mapping[str, int] | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> Network:
        """The network for these values of the symbolic sizes, compiled where it is not yet.

        `values` are the arrays of those inputs that decide shapes, and of those whose type the
        model leaves open. Raises GraphError where one is missing, or a shape does not fit.
        """
        sizes = sizes or {}
        check_sizes(self.graph, sizes)
        sizes = {name: int(size) for name, size in sizes.items()}
        arrays = {name: np.asarray(array, order="C") for name, array in (values or {}).items()}
        key = key_for(self.graph, self._decides, sizes, arrays)
        return self._kept.get(key, partial(self._compiled, key))

    def profile(self, inputs: Inputs | None = None, *, repeats: int = 10, seed: int = 0) -> Profile:
        """Time each step in `repeats` runs on inputs as `run` takes; the medians are told.

        Without inputs they are drawn with the seed, where the model's sizes are known.
        """
        if not isinstance(repeats, Integral) or int(repeats) < 1:
            raise GraphError(f"expected a number of repeats, of 1 or more, got {repeats!r}")
        given = complete(self.graph, {}, {}, seed) if inputs is None else inputs
        network, arrays = self.prepared(given)
        return profiled(network, arrays, self.backend, repeats)

    @property
    def tasks(self) -> list[WeightedTask]:
        """The tasks of all networks that are compiled, with how often each computes them.

        Those of graphs inside nodes count as often as in one run of the graph.
        """
        from autosched.search.scheduler import WeightedTask  # late: running does without a search

        found: dict[str, WeightedTask] = {}
        for network in self.networks:
            own = [WeightedTask(s.task, 1, s.group.name) for s in network.steps if s.task]
            inner = network.inner.models if network.inner else []
            for task in (*own, *(task for model in inner for task in model.tasks)):
                known = found.get(task.task.key, replace(task, weight=0))
                found[task.task.key] = replace(known, weight=known.weight + task.weight)
        return list(found.values())

    @property
    def decides_shapes(self) -> bool:
        """Whether the elements of an input decide shapes."""
        return any(self._decides)

    def knows(self, inputs: Inputs) -> bool:
        """Whether the network that runs these inputs is compiled."""
        return key_of(arrays_of(self.graph, inputs), self._decides) in self._kept.by_key

    def tune(
        self,
        *,
        trials: int | None = None,
        time_limit: float | None = None,
        strategy: str = "evolutionary",
        seed: int = 0,
        on_event: Listener | None = None,
        measurer: Measurer | None = None,
    ) -> TasksResult:
        """Search faster schedules for the networks that are compiled, and compile these anew.

        `trials` new candidates are measured in all, or for `time_limit` seconds; trials are
        shared by what each kernel is expected to gain of the whole time. The search starts from
        what the database knows, and adds to it. The networks then have the schedules that are
        the fastest inside of them; see `tune_networks`. Ctrl-C ends it early, not with an error.
        Raises GraphError where no network is compiled, and where no budget is given.
        """
        from autosched.graph.tuning import check_budget, tune_networks  # late, as in `tasks`

        check_budget(trials, time_limit)
        if not self.networks:
            raise GraphError(
                f"expected a network of {self.graph.name} that is compiled, got none",
                hint="call network with its sizes first",
            )
        keys = list(self._kept.by_key)
        with self._open_trials() as store:
            result = tune_networks(
                self.tasks,
                store,
                partial(self._compiled_with, keys),
                trials=trials,
                time_limit=time_limit,
                strategy=strategy,
                seed=seed,
                on_event=on_event,
                measurer=measurer,
            )
        self.forget()
        for key in keys:
            self._kept.get(key, partial(self._compiled, key))
        return result

    def passes(self, inputs: Inputs) -> list[PassReport]:
        """What each pass took and left of the graph that runs these inputs."""
        arrays = arrays_of(self.graph, inputs)
        check_inputs(self.graph, arrays)
        bound = specialized(self.graph, key_of(arrays, self._decides))
        with self._open() as store:
            offload = offload_for(self.backend, Kernels(store))
            own = pipeline.of_target(self.backend, offload)
            return list(pipeline.trace(bound, self.without, own))

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write the model to a folder that `autosched.load` reads: text, weights and schedules.

        The folder is made where it does not exist; one that holds a saved model is written over.
        Raises GraphError for one that holds other files, and where it cannot be written.
        """
        saved = SavedModel(self.graph, self.schedules, str(self.backend), self.without)
        write(saved, Path(folder))

    def forget(self) -> None:
        """Drop the networks: the next are compiled with the schedules that are known then."""
        self._last = None
        self._kept.clear()
        self.schedules = MemoryStore()

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name}: {'any' if kind is None else kind}" for name, kind in self.inputs.items()
        )
        return f"<Model {self.graph.name}({shown})>"

    def _compiled(self, key: Key, arrays: Sequence[Array] | None = None) -> Network:
        """The network for a key; the one of the fallback runs the arrays once, if any are given."""
        try:
            return self._compiled_graph(self.graph, key)
        except _NOT_COMPILED as error:
            if self._fallback is None:
                raise
            refused = error
        try:
            network = self._compiled_graph(self._fallback(), key, refused.message)
            if arrays is not None:
                network.run(arrays)
        except _NOT_COMPILED as error:  # such as wrong sizes, which nothing can run
            told = [refused.hint, f"the fallback fails too: {error.message}"]
            raise type(refused)(refused.message, hint="; ".join(filter(None, told))) from error
        logger.warning("%s: the fallback runs it: %s", self.graph.name, refused.message)
        return network

    def _compiled_graph(self, graph: Graph, key: Key, why: str = "") -> Network:
        """The network of a graph; `why` says why it is the fallback's, if it is."""
        start = time.perf_counter()
        bound = specialized(graph, key)
        for value in bound.values:
            check_fits(value.name, value.type)
        with self._open() as store, compiling_apart():
            kernels = Kernels(store)
            offload = offload_for(self.backend, kernels)
            own = pipeline.of_target(self.backend, offload)
            graph = pipeline.run(bound, self.without, own)
            self._give_back_constants()  # the passes read all of them
            reasons = {} if offload is None else offload.reasons
            if why:
                reasons = {node.name: why for node in graph.nodes}
            inner = InnerGraphs(self._inner)
            network = compiled(graph, self.backend, kernels, reasons, inner)
            self._keep(store, network)
        self._release()
        taken = time.perf_counter() - start
        if logger.isEnabledFor(logging.INFO):
            logger.info("%s: %s, compiled in %.1f s", graph.name, report(network).summary, taken)
        return network

    def _compiled_with(self, keys: Sequence[Key], schedules: Store) -> Iterator[Network]:
        """Compile the networks of these keys with the schedules that a store knows."""
        opens = partial(nullcontext, schedules), self._open_trials
        other = Model(self.graph, self.backend, *opens, self.without, self._fallback)
        for key in keys:
            yield other._compiled(key)

    def _inner(self, graph: Graph) -> Model:
        """The model of a graph inside a node."""
        made = Model(graph, self.backend, self._open, self._open_trials, self.without)
        made.schedules = self.schedules
        return made

    def _release(self) -> None:
        """Give back the memory that only compiling takes."""
        self._give_back_constants()
        release_memory()

    def _give_back_constants(self) -> None:
        if isinstance(self.graph.constants, StoredConstants):
            self.graph.constants.release()

    def _keep(self, store: Store | None, network: Network) -> None:
        """Keep the trials by which the network's schedules were chosen."""
        if store is None or store is self.schedules:
            return
        found = [step.choice.trial for step in network.steps if step.choice is not None]
        copy_trials(store, self.schedules, [trial for trial in found if trial is not None])


def offload_for(backend: Backend, kernels: Kernels) -> Offload | None:
    """The pass for a target; None where it computes all that it is given."""
    if backend.offloading is None:
        return None
    from autosched.graph.offload.offload import Offload  # late: few targets are accelerators

    return Offload(backend, backend.offloading, kernels)


def check_sizes(graph: Graph, sizes: Mapping[str, int]) -> None:
    """Raise GraphError for a name that is no symbolic size of the graph, and for a bad value."""
    if not isinstance(sizes, Mapping):
        raise GraphError(f"expected sizes by name, got {a_kind(sizes)}")
    for name, size in sizes.items():
        if name not in graph.sizes:
            known = ", ".join(graph.sizes) or "none"
            raise GraphError(f"expected sizes of {graph.name} ({known}), got {name}")
        if isinstance(size, bool) or not isinstance(size, Integral) or int(size) < 0:
            raise GraphError(f"expected a number for the size {name}, got {size!r}")


def with_sizes(graph: Graph, sizes: Mapping[str, int]) -> Graph:
    """The graph with some of its symbolic sizes given. Raises GraphError as `check_sizes` does."""
    check_sizes(graph, sizes)
    sizes = {name: int(size) for name, size in sizes.items()}
    types = {
        value.name: value.type.bound(sizes) for value in graph.inputs if value.type is not None
    }
    return retyped(graph, types)
