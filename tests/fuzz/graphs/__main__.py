"""Many graphs by hand: `python -m tests.fuzz.graphs --count 20000 --seed 1`.

Graphs are checked in processes of their own, so that one that crashes or never ends is told
like any other. Each failure is told with the numbers of a smaller graph that fails alike, for
`--draws`.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from typing import Any

import click

from tests.fuzz.graphs.check import check
from tests.fuzz.graphs.draws import Draws, shrunk
from tests.fuzz.graphs.graph import shown
from tests.fuzz.graphs.grow import grown

PATIENCE_S = 120.0
"""Seconds that one graph may take."""


@click.command()
@click.option("--count", default=1000, show_default=True, help="How many graphs.")
@click.option("--seed", default=0, show_default=True, help="The seed of the first one.")
@click.option("--jobs", default=2, show_default=True, help="Processes at a time.")
@click.option("--thorough", is_flag=True, help="Every sketch of each, and more candidates.")
@click.option("--draws", "known", help="Show and check the graph of these numbers instead.")
def main(count: int, seed: int, jobs: int, thorough: bool, known: str | None) -> None:
    """Check random graphs; the exit status is 1 where one fails."""
    if known is not None:
        numbers = [int(number) for number in known.split(",")]
        click.echo(shown(grown(Draws(known=numbers))))
        check(Draws(known=numbers), thorough)
        return
    failed = 0
    for number, (at, said) in enumerate(_checked(range(seed, seed + count), jobs, thorough), 1):
        failed += said is not None
        if said is not None:
            click.echo(f"seed {at}: {said}")
        if number % 500 == 0:
            click.echo(f"{number} of {count} graphs, {failed} failed")
    click.echo(f"{count} graphs, {failed} failed")
    sys.exit(1 if failed else 0)


def _checked(seeds: Sequence[int], jobs: int, thorough: bool) -> Iterator[tuple[int, str | None]]:
    """Each seed and what is wrong with its graph, or None."""
    waiting = list(reversed(seeds))
    workers: dict[Connection, tuple[Any, int]] = {}
    while waiting or workers:
        while waiting and len(workers) < jobs:
            ours, process = _started(thorough)
            workers[ours] = (process, waiting.pop())
            ours.send(workers[ours][1])
        ready = multiprocessing.connection.wait(list(workers), timeout=PATIENCE_S)
        for ours in ready or list(workers):
            process, seed = workers.pop(ours)
            try:
                said = ours.recv() if ready else "no end"
            except EOFError:
                process.join()
                said = f"crashed with exit status {process.exitcode}"
            yield seed, said
            if said is None and waiting:
                workers[ours] = (process, waiting.pop())
                ours.send(workers[ours][1])
            else:
                process.kill()


def _started(thorough: bool) -> tuple[Connection, Any]:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, thorough), daemon=True)
    process.start()
    theirs.close()
    return ours, process


def _work(connection: Connection, thorough: bool) -> None:
    warnings.simplefilter("ignore")
    while True:
        connection.send(_wrong(connection.recv(), thorough))


def _wrong(seed: int, thorough: bool) -> str | None:
    draws = Draws(seed)
    found = _failure(draws, thorough)
    if found is None:
        return None

    def fails(taken: Sequence[int]) -> bool:
        again = _failure(Draws(known=taken), thorough)
        return again is not None and again[0] == found[0]

    smaller = shrunk(draws.taken, fails)
    numbers = ",".join(map(str, smaller))
    return f"{found[1]}\n--draws {numbers}\n{shown(grown(Draws(known=smaller)))}"


def _failure(draws: Draws, thorough: bool) -> tuple[object, str] | None:
    """Where and how a check fails: any exception is a failure."""
    try:
        check(draws, thorough)
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{frame.filename}:{frame.lineno}"
        return (type(error), place), f"{type(error).__name__}: {error} ({place})"
    return None


if __name__ == "__main__":
    main()
