"""Networks that are kept, and threads that ask for one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import cast

import numpy as np
import pytest

from autosched.graph import kept
from autosched.graph.kept import KeptNetworks
from autosched.graph.network import Network
from autosched.graph.specialize import Key

KEYS: list[Key] = [((np.dtype("float32"), (n,), None),) for n in range(4)]


class Made(list[str]):
    """Stands for networks, with a log of what was made."""

    def __call__(self, name: str = "network") -> Network:
        self.append(name)
        return cast(Network, object())


def test_the_networks_used_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_NETWORKS", 2)
    networks, made = KeptNetworks(), Made()
    first = networks.get(KEYS[0], made)
    networks.get(KEYS[1], made)
    assert networks.get(KEYS[0], made) is first
    networks.get(KEYS[2], made)
    assert list(networks.by_key) == [KEYS[0], KEYS[2]]
    assert len(made) == 3
    networks.clear()
    assert networks.by_key == {}


def test_what_cannot_be_made_is_not_kept_and_ousts_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_NETWORKS", 1)
    networks, made = KeptNetworks(), Made()

    def broken() -> Network:
        raise ValueError("broken")

    networks.get(KEYS[0], made)
    with pytest.raises(ValueError, match="broken"):
        networks.get(KEYS[1], broken)
    assert list(networks.by_key) == [KEYS[0]]
    networks.get(KEYS[1], made)
    assert list(networks.by_key) == [KEYS[1]]


def test_one_thread_makes_what_several_ask_for() -> None:
    networks, made, started, go = KeptNetworks(), Made(), Event(), Event()

    def slowly() -> Network:
        started.set()
        assert go.wait(60)
        return made("slow")

    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(networks.get, KEYS[0], slowly) for _ in range(2)]
        assert started.wait(60)
        other = pool.submit(networks.get, KEYS[1], lambda: made("other"))
        other.result(60)  # does not wait for the first
        assert made == ["other"]
        go.set()
        assert waiting[0].result(60) is waiting[1].result(60)
    assert made == ["other", "slow"]


def test_a_forked_process_makes_what_another_thread_was_making() -> None:
    networks, made = KeptNetworks(), Made()
    kept_one = networks.get(KEYS[0], made)
    begun, leave = Event(), Event()

    def wait() -> Network:
        begun.set()
        leave.wait(60)
        return made("late")

    with ThreadPoolExecutor() as pool:
        late = pool.submit(networks.get, KEYS[1], wait)
        begun.wait(60)
        networks.begin_anew()  # as the process that is forked here does
        own = networks.get(KEYS[1], made)
        leave.set()
        assert late.result() is not own
    assert networks.by_key == {KEYS[0]: kept_one, KEYS[1]: own}
