"""The read bus against a simulation of it cycle by cycle."""

import dataclasses
from collections import deque

from hypothesis import given, settings
from hypothesis import strategies as st

from autosched.vta.timing import load_preset
from autosched.vta.timing.bus import Ports, SharedBus, Stream, padding_left
from autosched.vta.timing.preset import Bus
from autosched.vta.timing.transfers import Shape, Transfer, transfer

CLIENTS = ("fetch", "uop", "inp", "wgt", "acc")

Wish = tuple[str, int, list[int]]
"""A client, the cycle its first request is at the arbiter, and the beats of its requests."""


def tsim_bus() -> Bus:
    memory = load_preset("tsim").memory
    assert isinstance(memory, Bus)
    return memory


BUS = tsim_bus()


def moved(bursts: list[int], wide: bool = True) -> Transfer:
    return Transfer(1, tuple(bursts), sum(bursts), min(bursts), 0, wide, 0, 0, 0, 0, 0)


class Stepped(SharedBus):
    """The bus without its short cut."""

    def _rest(self, stream: Stream) -> bool:
        return False


def ends(bus: SharedBus, wishes: list[Wish]) -> dict[str, int]:
    """The last beat of each client's transfer."""
    for number, (client, at, bursts) in enumerate(wishes):
        start = at - (0 if client == "fetch" else bus.constants.request)
        bus.request(-1 if client == "fetch" else number, client, start, moved(bursts))
    found = {}
    while (served := bus.serve()) is not None:
        owner, end = served
        if owner < 0:
            found["fetch"] = end
        else:
            found[wishes[owner][0]] = end - bus.constants.drain_wide
    return found


def by_cycles(wishes: list[Wish], delay: int, outstanding: int) -> dict[str, int]:
    """The same, one cycle after the other."""
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


@settings(max_examples=300, deadline=None)
@given(wishes, st.sampled_from([0, 1, 2, 3, 16, 40]), st.sampled_from([1, 2, 3, 16]))
def test_as_cycle_by_cycle(drawn: list[Wish], delay: int, outstanding: int) -> None:
    constants = dataclasses.replace(BUS, outstanding=outstanding)
    expected = by_cycles(drawn, delay, outstanding)
    assert ends(Stepped(constants, delay), drawn) == expected
    assert ends(SharedBus(constants, delay), drawn) == expected


def test_a_request_beside_a_burst_in_service_pays_the_delay_beside_it() -> None:
    one = ends(SharedBus(BUS, 16), [("wgt", 0, [100]), ("acc", 10, [8])])
    # wgt is taken at 1 + 16; acc waits in an empty queue only once that is taken.
    assert one == {"wgt": 117, "acc": 125}
    later = ends(SharedBus(BUS, 16), [("wgt", 0, [100]), ("acc", 110, [8])])
    assert later == {"wgt": 117, "acc": 110 + 1 + 16 + 8}


def test_the_first_in_order_goes_first() -> None:
    found = ends(SharedBus(BUS, 0), [("acc", 0, [8, 8]), ("inp", 0, [2, 2])])
    # inp, acc, inp, acc: a client has one request at the arbiter at a time.
    assert found == {"inp": 1 + 2 + 8 + 2, "acc": 1 + 2 + 8 + 2 + 8}


def zeros_left(moved: Transfer, idle: int) -> int:
    """Cycles after the data until all zeros are written, one cycle after the other."""
    top, skipped, bottom = moved.top_cells + moved.side_cells, moved.skipped, moved.bottom_cells
    cycle = 0
    while top or skipped or bottom:
        data = idle <= cycle < idle + moved.beats
        if top:
            top -= not data
        elif skipped:
            skipped -= 1
        else:
            bottom -= not data
        cycle += 1
    return max(0, cycle - idle - moved.beats)


pads = st.integers(0, 15)


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(1, 6), pads, pads, pads, pads, st.integers(4, 60))
def test_zeros_are_written_while_no_data_arrives(
    rows: int, columns: int, top: int, bottom: int, left: int, right: int, idle: int
) -> None:
    shape = Shape(rows, columns, columns, top, bottom, left, right)
    wanted = transfer(shape, 0, 16, 16, 8, 256)
    assert wanted.padding == (top + rows + bottom) * (left + columns + right) - rows * columns
    assert padding_left(wanted, idle) == zeros_left(wanted, idle)


def test_rows_of_zeros_at_the_top_put_off_the_first_request() -> None:
    bus = SharedBus(BUS, 16)
    plain, padded = (transfer(Shape(4, 4, 4, top), 0, 16, 16, 8, 256) for top in (0, 4))
    assert bus.alone("inp", padded) == bus.alone("inp", plain) + 4


def test_ports_do_not_wait_for_each_other() -> None:
    memory = load_preset("pynq").memory
    assert isinstance(memory, dict)
    ports = Ports(memory)
    rows = transfer(Shape(3, 4, 9, left=1), 0, 16, 16, 8, 1 << 30)
    ports.request(0, "inp", 100, rows)
    ports.request(1, "acc", 100, moved([40]))
    found = {served for _ in range(2) if (served := ports.serve())}
    assert found == {(0, 100 + round(3 * 50 + 24 * 1.09 + 3 * 7)), (1, 100 + 23 + 40)}
    assert ports.serve() is None
