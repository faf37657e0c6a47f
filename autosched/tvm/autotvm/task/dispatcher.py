"""Contexts that choose the configuration of a template that is called."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from autosched.tvm.autotvm.config import Config, FallbackConfigEntity
from autosched.tvm.autotvm.env import GLOBAL_SCOPE
from autosched.tvm.autotvm.record import Records, is_for_cpu, load_any

logger = logging.getLogger("autotvm")


class DispatchContext:
    """A `with` context: templates called inside get the configuration that `query` returns."""

    current: DispatchContext

    def __init__(self) -> None:
        self._outer: list[DispatchContext] = []

    def query(self, target: Any, workload: Any) -> Config:
        """Return the configuration for a template's name and arguments."""
        return self._query_inside(target, workload) or self._below().query(target, workload)

    def update(self, target: Any, workload: Any, cfg: Config) -> None:
        """Use a configuration for a workload from now on."""
        raise NotImplementedError

    def _query_inside(self, target: Any, workload: Any) -> Config | None:
        raise NotImplementedError

    def _below(self) -> DispatchContext:
        return self._outer[-1] if self._outer else FallbackContext()

    def __enter__(self) -> DispatchContext:
        self._outer.append(DispatchContext.current)
        DispatchContext.current = self
        return self

    def __exit__(self, *exception: object) -> None:
        DispatchContext.current = self._outer.pop()


class ApplyConfig(DispatchContext):
    """Gives every template this configuration."""

    def __init__(self, config: Config):
        super().__init__()
        self._config = config
        self.workload: Any = None

    def _query_inside(self, target: Any, workload: Any) -> Config | None:
        self.workload = workload
        return self._config

    def update(self, target: Any, workload: Any, cfg: Config) -> None:
        self.workload = workload
        self._config = cfg


ApplyFixedConfig = ApplyConfig


class ApplyHistoryBest(DispatchContext):
    """Gives a template the fastest configuration that records have for its arguments.

    Records are a log's name, an open one, pairs of an input and a result, or several of these.
    """

    def __init__(self, records: Records | Iterable[Records] | None):
        super().__init__()
        self._best: dict[Any, tuple[float, Config]] = {}
        if records is not None:
            self.load(records)

    def load(self, records: Records | Iterable[Records]) -> None:
        """Add records; those of failed measurements, or for other targets, are passed over."""
        for given, result in load_any(records):
            if result.error_no == 0 and is_for_cpu(given):
                time = sum(result.costs) / len(result.costs)
                key = given.task.workload
                if key not in self._best or time < self._best[key][0]:
                    self._best[key] = time, given.config

    def _query_inside(self, target: Any, workload: Any) -> Config | None:
        found = self._best.get(workload)
        return found[1] if found else None

    def update(self, target: Any, workload: Any, cfg: Config) -> None:
        self._best[workload] = 0.0, cfg


class FallbackContext(DispatchContext):
    """Gives every template the first value of each knob, with a warning for each workload."""

    def __init__(self) -> None:
        super().__init__()
        self._configs: dict[Any, Config] = {}
        self.silent = False

    def query(self, target: Any, workload: Any) -> Config:
        if workload in self._configs:
            return self._configs[workload]
        if not (self.silent or GLOBAL_SCOPE.silent):
            logger.warning("no configuration is known of %s: its knobs have defaults", workload)
        return FallbackConfigEntity()

    def update(self, target: Any, workload: Any, cfg: Config) -> None:
        self._configs[workload] = cfg


DispatchContext.current = FallbackContext()
