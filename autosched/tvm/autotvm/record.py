"""Logs in AutoTVM's format: a JSON object a line."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from io import TextIOBase
from math import inf
from os import PathLike, fspath
from types import SimpleNamespace
from typing import Any

from autosched import __version__
from autosched.errors import AutoschedError
from autosched.files import write_whole
from autosched.tvm.absent import refusing
from autosched.tvm.autotvm.config import ConfigEntity, args_to_workload
from autosched.tvm.autotvm.measure import MeasureInput, MeasureResult

AUTOTVM_LOG_VERSION = 0.2

Pair = tuple[MeasureInput, MeasureResult]
Records = str | PathLike[str] | TextIOBase | Iterable[Pair]

logger = logging.getLogger("autotvm")


def encode(inp: MeasureInput, result: MeasureResult, protocol: str = "json") -> str:
    """Return a line of a log."""
    document = {
        "input": [str(inp.target), inp.task.name, _listed(inp.task.args), {}],
        "config": inp.config.to_json_dict(),
        "result": [list(result.costs), result.error_no, result.all_cost, result.timestamp],
        "version": AUTOTVM_LOG_VERSION,
        "tvm_version": f"autosched {__version__}",
    }
    return json.dumps(document)


def decode(row: str, protocol: str = "json") -> Pair | None:
    """Read a line of a log; return None, with a warning, for one that is cut or malformed."""
    try:
        document = json.loads(row)
        target, name, args, _ = document["input"]
        costs, error, total, timestamp = document["result"]
        config = ConfigEntity.from_json_dict(document["config"])
        task = SimpleNamespace(name=name, args=args, workload=args_to_workload(args, name))
        hash((target, name, task.workload))  # lists in their places are refused
        times = _seconds(costs, int(error))
        result = MeasureResult(times, int(error), float(total), float(timestamp))
    except (ValueError, LookupError, TypeError, AutoschedError, RecursionError) as error:
        logger.warning("a line of a log is passed over, since it is malformed: %s", error)
        return None
    return MeasureInput(target, task, config), result


def _seconds(costs: Any, error: int) -> tuple[Any, ...]:
    """Return the times of a record, or what a trial that failed has in their place."""
    if error:
        return tuple(costs)
    seconds = tuple(map(float, costs))
    if not seconds or not all(0 < second < inf for second in seconds):
        raise ValueError(f"{costs} in place of positive times")
    return seconds


def load_from_file(file: str | PathLike[str] | TextIOBase) -> Iterator[Pair]:
    """Yield the pairs of a log that can be read and have values of knobs."""
    if isinstance(file, TextIOBase):
        lines = file.readlines()
    else:
        with open(fspath(file), encoding="utf-8") as opened:
            lines = opened.readlines()
    for line in lines:
        pair = decode(line) if line.strip() and not line.startswith("#") else None
        if pair is not None and pair[0].config.values:
            yield pair


def is_for_cpu(inp: MeasureInput) -> bool:
    """Tell whether a record is for a CPU; one that is not has a warning."""
    kind = str(inp.target).partition(" ")[0]
    is_right = kind in ("llvm", "c")
    if not is_right:
        logger.warning("a record of %s is passed over, since it is for %s", inp.task.name, kind)
    return is_right


def load_any(records: Any) -> Iterator[Pair]:
    """Yield the pairs of logs, by name or open, or of iterables of pairs or of these."""
    if isinstance(records, (str, PathLike, TextIOBase)):
        yield from load_from_file(records)
    elif isinstance(records, tuple) and records and isinstance(records[0], MeasureInput):
        yield records[0], records[1]
    else:
        for each in records:
            yield from load_any(each)


def pick_best(in_file: str, out_file: str) -> None:
    """Write the fastest record of each task and target in a log to another file."""
    best: dict[Any, Pair] = {}
    for inp, result in load_from_file(in_file):
        key = str(inp.target), inp.task.workload
        known = best.get(key)
        if result.error_no == 0 and (known is None or _mean(result) < _mean(known[1])):
            best[key] = inp, result
    write_whole(out_file, "".join(encode(*pair) + "\n" for pair in best.values()))


def split_workload(in_file: str, clean: bool = True) -> None:
    """Write the records of each workload in a log to a file of its own, such as `log.000.wkl`.

    With `clean` they are the fastest first, without those that failed and without a configuration
    twice.
    """
    groups: dict[Any, list[Pair]] = {}
    for pair in load_from_file(in_file):
        groups.setdefault((str(pair[0].target), pair[0].task.workload), []).append(pair)
    for number, pairs in enumerate(groups.values()):
        kept = _cleaned(pairs) if clean else pairs
        write_whole(f"{in_file}.{number:03d}.wkl", "".join(encode(*pair) + "\n" for pair in kept))


def _cleaned(pairs: list[Pair]) -> Iterable[Pair]:
    unique: dict[str, Pair] = {}
    for pair in sorted((p for p in pairs if p[1].error_no == 0), key=lambda p: _mean(p[1])):
        unique.setdefault(measure_str_key(pair[0]), pair)
    return unique.values()


def measure_str_key(inp: MeasureInput, include_config: bool = True) -> str:
    """Return a text that is equal for equal inputs."""
    config = str(inp.config) if include_config else ""
    return "".join([str(inp.target), inp.task.name, str(inp.task.workload), config])


def _mean(result: MeasureResult) -> float:
    return sum(result.costs) / len(result.costs)


def _listed(args: Any) -> list[Any]:
    return [list(arg) if isinstance(arg, tuple) else arg for arg in args_to_workload(args)]


__getattr__ = refusing(__name__)
