"""Programs in files: the schedule, its tensors, and the name; loading builds the program again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from os import PathLike, fspath
from pathlib import Path

from autosched.errors import AutoschedError, WorkloadError
from autosched.files import write_whole
from autosched.schedule.schedule import Schedule
from autosched.schedule.trace import from_json, replay, to_json
from autosched.te import serialize
from autosched.te.tensor import Tensor

FileName = str | PathLike[str]

_KIND = "program of autosched.tvm.vta"


def write(path: FileName, schedule: Schedule, tensors: Sequence[Tensor], name: str) -> None:
    """Write a schedule of `tensors`, the arguments of its program."""
    document = {
        "kind": _KIND,
        "name": name,
        "tensors": serialize.to_json(tensors),
        "outputs": [list(tensors).index(op.outputs[0]) for op in schedule.outputs],
        "trace": to_json(schedule.trace),
    }
    write_whole(fspath(path), json.dumps(document))


def read(path: FileName) -> tuple[Schedule, list[Tensor], str]:
    """Return what `write` wrote. Raises WorkloadError for another file."""
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
        if document["kind"] != _KIND:
            raise ValueError
        tensors = serialize.from_json(document["tensors"])
        outputs = [tensors[place] for place in document["outputs"]]
        return replay(outputs, from_json(document["trace"])), tensors, document["name"]
    except (OSError, ValueError, LookupError, TypeError, AutoschedError) as error:
        raise WorkloadError(
            f"expected the file of a program for the accelerator, got {fspath(path)}"
        ) from error
