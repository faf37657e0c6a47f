"""The read bus against a simulation of it cycle by cycle."""

import dataclasses
from collections import deque

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched.codegen.native import Int64s
from autosched.vta import Memory, cycles, encode
from autosched.vta.isa.instructions import Finish
from autosched.vta.timing.bus import BusEntry, new_bus, padding_left, request, serve
from autosched.vta.timing.preset import CLIENTS, Bus
from autosched.vta.timing.table import Entry
from tests.properties import examples
from tests.vta.timing.tables import priced, transfers, tsim_bus
from tests.vta.timing.test_model import CONFIG, load

Wish = tuple[str, int, list[int]]
"""A client, the cycle its first request is at the arbiter, and the beats of its requests."""

BUS = tsim_bus()


def ends(constants: Bus, delay: int, wishes: list[Wish]) -> dict[str, int]:
    """Return the last beat of each client's transfer."""
    table, bursts = transfers([(CLIENTS.index(client), sizes) for client, _, sizes in wishes])
    bus, times = new_bus(constants, delay), np.empty_like(bursts)
    for number, (_, at, _) in enumerate(wishes):
        request(bus, table, number, at)
    found = {}
    while (owner := serve(bus, table, bursts, times)) >= 0:
        found[wishes[owner][0]] = int(bus[BusEntry.FREE])
    return found


def by_cycles(wishes: list[Wish], delay: int, outstanding: int) -> dict[str, int]:
    """Return the same by a simulation cycle by cycle."""
    left = {client: deque(bursts) for client, _, bursts in wishes}
    at = {client: first for client, first, _ in wishes}
    queue: deque[tuple[str, int]] = deque()
    found: dict[str, int] = {}
    under_way = 0
    counter = 0
    serving, beats = "", 0
    ended = 0
    cycle = 0
    while any(left.values()) or queue or beats:
        # A burst's last beat is on the bus in this cycle; the next may be taken in it.
        last = beats == 1
        if beats:
            beats -= 1
            if not beats:
                found[serving] = cycle
                ended = 1
        if queue and counter < delay:
            counter += 1
        elif queue and counter == delay and not beats:
            serving, beats = queue.popleft()
        elif not queue:
            counter = 0
        if not last and under_way < outstanding:
            for client in CLIENTS:
                if left.get(client) and at[client] <= cycle:
                    queue.append((client, left[client].popleft()))
                    at[client] = cycle + 2
                    under_way += 1
                    break
        under_way -= ended
        ended = 0
        cycle += 1
    return found


wishes = st.dictionaries(
    st.sampled_from(CLIENTS),
    st.tuples(
        st.integers(0, 60),
        st.one_of(
            st.lists(st.integers(1, 9), min_size=1, max_size=40),
            st.builds(lambda beats, count: [beats] * count, st.integers(1, 40), st.integers(1, 40)),
        ),
    ),
    min_size=1,
    max_size=3,
).map(lambda drawn: [(client, at, bursts) for client, (at, bursts) in drawn.items()])


@examples(300)
@given(wishes, st.sampled_from([0, 1, 2, 3, 16, 40]), st.sampled_from([1, 2, 3, 16]))
def test_as_cycle_by_cycle(drawn: list[Wish], delay: int, outstanding: int) -> None:
    constants = dataclasses.replace(BUS, outstanding=outstanding)
    assert ends(constants, delay, drawn) == by_cycles(drawn, delay, outstanding)


def test_a_request_beside_a_burst_in_service_pays_the_delay_beside_it() -> None:
    one = ends(BUS, 16, [("wgt", 0, [100]), ("acc", 10, [8])])
    # wgt is taken at 1 + 16; acc waits in an empty queue only once that is taken.
    assert one == {"wgt": 117, "acc": 125}
    later = ends(BUS, 16, [("wgt", 0, [100]), ("acc", 110, [8])])
    assert later == {"wgt": 117, "acc": 110 + 1 + 16 + 8}


def test_the_first_in_order_goes_first() -> None:
    found = ends(BUS, 0, [("acc", 0, [8, 8]), ("inp", 0, [2, 2])])
    # inp, acc, inp, acc: a client has one request at the arbiter at a time.
    assert found == {"inp": 1 + 2 + 8 + 2, "acc": 1 + 2 + 8 + 2 + 8}


def zeros_left(row: Int64s, idle: int) -> int:
    """Count the cycles after the data until all zeros are written, cycle by cycle."""
    bottom, skipped = row[Entry.BOTTOM_CELLS], row[Entry.SKIPPED]
    top = row[Entry.PADDING] - bottom
    cycle = 0
    while top or skipped or bottom:
        data = idle <= cycle < idle + row[Entry.BEATS]
        if top:
            top -= not data
        elif skipped:
            skipped -= 1
        else:
            bottom -= not data
        cycle += 1
    return max(0, cycle - idle - int(row[Entry.BEATS]))


pads = st.integers(0, 15)
sides = st.just(0) | pads


@given(st.integers(1, 26), st.integers(1, 6), pads, pads, sides, sides, st.integers(4, 60))
def test_zeros_are_written_while_no_data_arrives(
    rows: int, columns: int, top: int, bottom: int, left: int, right: int, idle: int
) -> None:
    padded = {"y_pad_0": top, "y_pad_1": bottom, "x_pad_0": left, "x_pad_1": right}
    table = priced(load(Memory.INP, rows, columns, **padded)).table
    cells = (top + rows + bottom) * (left + columns + right)
    assert table[0, Entry.PADDING] == cells - rows * columns
    assert padding_left(table, 0, idle) == zeros_left(table[0], idle)


def test_rows_of_zeros_at_the_top_put_off_the_first_request() -> None:
    plain, padded = (priced(load(Memory.INP, 4, 4, y_pad_0=top)).table for top in (0, 4))
    assert padded[0, Entry.LEAD] == plain[0, Entry.LEAD] + 4


@pytest.mark.parametrize("preset", ["pynq", "pynq-old-alu"])
def test_ports_do_not_wait_for_each_other(preset: str) -> None:
    loads = [load(Memory.INP, 3, 4, x_stride=9, x_pad_0=1), load(Memory.ACC, 1, 5)]
    inputs, sums, _ = cycles(encode([*loads, Finish()], CONFIG), preset).timeline
    assert inputs.end - inputs.start == round(3 * 50 + 24 * 1.09 + 3 * 7)
    assert sums.end - sums.start == 23 + 40
    assert sums.start < inputs.end
    assert inputs.bus_wait == sums.bus_wait == 0
