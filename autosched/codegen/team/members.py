"""Shares a loop among the members of the team: native functions over the array of `layout`.

The iterations are cut into pieces, and each member gets a contiguous range of them. A range is
one word that holds its first piece and its end; 0 means that none is left. A member takes half
of its own range from the front, then half of the others' ranges from the back (work stealing),
always by compare-and-swap of the word. A loop does not end before all taken pieces are finished,
so a member with pieces may read the description of the loop. The caller takes pieces that others
have not begun and waits only for pieces under computation. If that takes long, because the system
has taken the core from a thread, loops are not shared for a while.

A thread that looks for pieces of a loop that has just ended may take some of the next loop,
even of one with fewer members than its own number: that number tells threads apart and is less
than `MOST`, but it is no index into as many places as the loop has members.
"""

from __future__ import annotations

from autosched.codegen.native import Int64s, native
from autosched.codegen.team import layout
from autosched.codegen.team.primitives import (
    call,
    core,
    create,
    fence,
    initialise,
    load,
    now,
    store,
    subtract,
    swap,
    thread,
)
from autosched.codegen.team.waiting import is_in_the_way, leave, rest, wake

EACH = 8
"""Pieces for each member: enough for a member that comes late to find some."""

PATIENCE = 1000
"""Parallel loops after which a refused thread is requested again."""

GUESSED_WAKE_NS = 20_000
MOST_WAKE_NS = 200_000
"""The assumed time to wake a thread before the first measurement, and its maximum: after a
measurement that another process interrupted, threads must still be woken."""

MOST_CAUTION = 4
"""Loops are not shared for at most this many times the time waited, so that in the long run at
most a fifth is lost."""

BITS = 32
LOW = (1 << BITS) - 1


@native
def parallel(
    team: Int64s, function: int, context: int, start: int, extent: int, threads: int
) -> None:
    """Call `function(context, low, high, member)` on ranges that cover the iterations.

    The caller makes one call for the whole range where the team runs another loop (of another
    thread, or an outer one), and where other processes occupy the cores.
    """
    if extent <= 0:
        return
    members = min(threads, extent, layout.MOST)
    if members == 1 or is_crowded(team) or not swap(team, layout.BUSY, 0, 1):
        call(function, context, start, start + extent, 0)
        return
    members = min(members, 1 + started(team, members - 1))
    pieces = min(extent, EACH * members)
    team[layout.FUNCTION], team[layout.CONTEXT] = function, context
    team[layout.START], team[layout.EXTENT], team[layout.PIECES] = start, extent, pieces
    begin = now()
    store(team, layout.CORE, core())
    store(team, layout.MEMBERS, members)
    store(team, layout.LEFT, pieces)
    for member in range(members):
        low, high = pieces * member // members, pieces * (member + 1) // members
        store(team, layout.FIRST_MEMBER + member * layout.MEMBER, low << BITS | high)
    fence()
    done = 0
    sleepers = asleep(team, members)
    if sleepers:
        done = alone(team, members, sleepers)
    done += work(team, 0)
    if subtract(team, layout.LEFT, done) != done:
        worked = now()
        if rest(team, 0):
            waited = now() - worked
            if waited > worked - begin:
                keep_apart(team, waited)
    if sleepers:
        team[layout.ALONE_UNTIL] = now()
        team[layout.ALONE_NS] += team[layout.ALONE_UNTIL] - begin
    store(team, layout.BUSY, 0)


@native
def is_crowded(team: Int64s) -> int:
    """Return whether loops run on their caller alone now, since the cores are occupied."""
    if not load(team, layout.CROWDED):
        return 0
    if now() < load(team, layout.CROWDED_UNTIL):
        return 1
    store(team, layout.CROWDED, 0)
    return 0


@native
def keep_apart(team: Int64s, waited: int) -> None:
    """Do not share loops for as long as was waited; longer, if the last time was not enough."""
    end, since = now(), load(team, layout.CROWDED_UNTIL)
    is_again = end - since < MOST_CAUTION * (since - team[layout.CROWDED_SINCE])
    team[layout.CAUTION] = min(2 * team[layout.CAUTION], MOST_CAUTION) if is_again else 1
    team[layout.CROWDED_SINCE] = end
    store(team, layout.CROWDED_UNTIL, end + team[layout.CAUTION] * waited)
    store(team, layout.CROWDED, 1)


@native
def asleep(team: Int64s, members: int) -> int:
    """Return the number of members that sleep."""
    found = 0
    for member in range(1, members):
        found += load(team, layout.FIRST_MEMBER + member * layout.MEMBER + layout.ASLEEP)
    return found


@native
def alone(team: Int64s, members: int, sleepers: int) -> int:
    """Compute pieces, wake the sleepers once that pays, and return how many were computed.

    It pays when the time of the loops run in a row, including an estimate for this one, comes
    to twice what waking takes. How many loops will follow is unknown; this way waiting loses no
    more than waking would (the ski rental problem). After long loops it pays before the first
    piece: where each member has one, none would be left for those who are woken later.
    """
    begin = now()
    if begin - team[layout.ALONE_UNTIL] > team[layout.SPIN_NS]:
        team[layout.ALONE_NS] = 0
    done = whole = 0
    while team[layout.ALONE_NS] + whole <= 2 * sleepers * team[layout.WAKE_NS]:
        if not take(team, 0, 1):
            return done
        done += 1
        whole = (now() - begin) * team[layout.PIECES] // done
    woken = now()
    for member in range(1, members):
        wake(team, member)
    spent = min((now() - woken) // sleepers, MOST_WAKE_NS)
    team[layout.WAKE_NS] += (spent - team[layout.WAKE_NS]) // 4
    return done


@native
def serve(team: Int64s, member: int) -> None:
    """Wait for pieces and compute them, forever: the body of a thread of the team."""
    store(team, layout.FIRST_MEMBER + member * layout.MEMBER + layout.THREAD, thread())
    while True:
        rest(team, member)
        if is_in_the_way(team, member):
            leave(load(team, layout.CORE))
        done = work(team, member)
        if done:
            subtract(team, layout.LEFT, done)
            fence()
            wake(team, 0)


@native
def reset(team: Int64s, spin_ns: int) -> None:
    """Initialise the team with no threads: at first, and in a forked process."""
    for word in range(layout.FIRST_MEMBER + layout.MOST * layout.MEMBER):
        team[word] = 0
    team[layout.SPIN_NS], team[layout.WAKE_NS] = spin_ns, GUESSED_WAKE_NS
    initialise(team, layout.FIRST_MEMBER + layout.MUTEX, layout.FIRST_MEMBER + layout.CONDITION)


@native
def started(team: Int64s, wanted: int) -> int:
    """Start threads until there are `wanted` or the system refuses; return how many there are."""
    while team[layout.WORKERS] < wanted:
        if team[layout.REFUSALS] > 0:
            team[layout.REFUSALS] -= 1
            break
        member = team[layout.WORKERS] + 1
        place = layout.FIRST_MEMBER + member * layout.MEMBER
        initialise(team, place + layout.MUTEX, place + layout.CONDITION)
        if not create(team, member):
            team[layout.REFUSALS] = PATIENCE
            break
        team[layout.WORKERS] = member
    return team[layout.WORKERS]


@native
def work(team: Int64s, member: int) -> int:
    """Compute pieces until none is left to take; return how many."""
    done = 0
    while True:
        taken = take(team, member, LOW)
        if taken == 0:
            return done
        done += taken


@native
def take(team: Int64s, member: int, most: int) -> int:
    """Take up to `most` pieces of the first range that has some; return how many were computed."""
    members = load(team, layout.MEMBERS)
    for turn in range(members):
        place = layout.FIRST_MEMBER + (member + turn) % members * layout.MEMBER
        while True:
            word = load(team, place)
            if word == 0:
                break
            low, high = word >> BITS, word & LOW
            taken = min((high - low + 1) >> 1, most)
            first = high - taken if turn else low
            left = low << BITS | first if turn else (low + taken) << BITS | high
            if swap(team, place, word, left if taken < high - low else 0):
                begin, end = bound(team, first), bound(team, first + taken)
                call(team[layout.FUNCTION], team[layout.CONTEXT], begin, end, member)
                return taken
    return 0


@native
def bound(team: Int64s, piece: int) -> int:
    """Return the first iteration of a piece: pieces differ by one iteration at most.

    The product is below 2^63, for no loop ends that has 2^52 iterations.
    """
    return team[layout.START] + team[layout.EXTENT] * piece // team[layout.PIECES]
