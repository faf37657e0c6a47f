"""The networks of a model that are kept: those used last, each compiled by one thread."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from weakref import WeakSet

from autosched.graph.network import Network
from autosched.graph.specialize import Key

MOST_NETWORKS = 16
"""Networks that are kept."""


@dataclass(eq=False)
class _Entry:
    """A network, once the thread that holds `making` has made it."""

    making: Lock = field(default_factory=Lock)
    network: Network | None = None


class KeptNetworks:
    """Networks by their keys. Several threads may use it at once.

    A process that is forked meanwhile keeps those that are made, and makes the others itself.
    """

    def __init__(self) -> None:
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()
        self._lock = Lock()
        _all.add(self)

    def get(self, key: Key, make: Callable[[], Network]) -> Network:
        """The network of a key, which the first thread that asks makes; others wait for it.

        Nothing is kept where `make` raises.
        """
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
        if entry.network is not None:
            return entry.network
        try:
            with entry.making:
                entry.network = entry.network or make()
        except BaseException:
            with self._lock:
                if self._entries.get(key) is entry:
                    del self._entries[key]
            raise
        with self._lock:
            while len(self._entries) > MOST_NETWORKS:
                self._entries.popitem(last=False)
        return entry.network

    @property
    def by_key(self) -> dict[Key, Network]:
        """Those that are made, the one used last at the end."""
        with self._lock:
            entries = list(self._entries.items())
        return {key: entry.network for key, entry in entries if entry.network is not None}

    def clear(self) -> None:
        """Keep none."""
        with self._lock:
            self._entries.clear()

    def begin_anew(self) -> None:
        """Drop the locks of threads that are not there, with what these were making."""
        self._lock = Lock()
        made = {key: entry.network for key, entry in self._entries.items()}
        self._entries = OrderedDict((key, _Entry(network=n)) for key, n in made.items() if n)


_all: WeakSet[KeptNetworks] = WeakSet()


def _begin_anew() -> None:
    for kept in _all:
        kept.begin_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
