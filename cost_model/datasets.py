"""Training data from a tuning database, and how to split it into training and test sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from autosched.cost_model.features import extract, feature_names
from autosched.cost_model.lifting import families
from autosched.schedule.trace import Trace, from_json
from autosched.te.tensor import Tensor
from autosched.tuning_logs.records import TrialRecord


class Task(NamedTuple):
    """A workload on a target with a number of threads: times of one task can be compared."""

    workload: str
    target: str
    threads: int


@dataclass(frozen=True, eq=False)
class Dataset:
    """Rows for `CostModel.fit`: features `X`, throughputs `y` from 0 to 1.

    Row `i` is a candidate of `tasks[groups[i]]`.
    """

    X: np.ndarray
    y: np.ndarray
    groups: np.ndarray
    tasks: tuple[Task, ...]

    def __len__(self) -> int:
        return len(self.X)

    def rows(self, chosen: np.ndarray) -> Self:
        """Return the dataset of some rows; the tasks keep their numbers."""
        return type(self)(self.X[chosen], self.y[chosen], self.groups[chosen], self.tasks)


def from_trials(
    trials: Iterable[TrialRecord], outputs_of: Callable[[str], Sequence[Tensor]]
) -> Dataset:
    """Return a dataset with a row for each trial.

    `outputs_of` gives the output tensors of a workload by its key. Trials whose trace does not
    apply (outcome `illegal`) are left out.
    """
    by_task: dict[Task, list[TrialRecord]] = {}
    for trial in trials:
        if trial.outcome != "illegal":
            task = Task(trial.workload, trial.target, trial.threads)
            by_task.setdefault(task, []).append(trial)
    X = [np.empty((0, len(feature_names)), np.float32)]
    y = [np.empty(0, np.float32)]
    groups = [np.empty(0, np.int64)]
    for number, (task, members) in enumerate(by_task.items()):
        X.append(from_traces(outputs_of(task.workload), [from_json(t.trace) for t in members]))
        y.append(throughputs([trial.time_ns for trial in members]))
        groups.append(np.full(len(members), number))
    return Dataset(np.concatenate(X), np.concatenate(y), np.concatenate(groups), tuple(by_task))


def from_traces(outputs: Sequence[Tensor], traces: Sequence[Trace]) -> np.ndarray:
    """Return the features of complete traces, a float32 array of shape (n, F)."""
    X = np.empty((len(traces), len(feature_names)), np.float32)
    for family in families(traces):
        X[family.rows] = extract(outputs, family.sketch, family.vectors)
    return X


def throughputs(times: Sequence[float | None]) -> np.ndarray:
    """Return the best time of a task divided by each time; 0 for a failure, whose time is None."""
    known = [time for time in times if time is not None]
    best = min(known, default=0.0)
    return np.array([0.0 if time is None else best / time for time in times], np.float32)


def held_out_tasks(data: Dataset, folds: int) -> Iterator[tuple[Dataset, Dataset]]:
    """Yield training and test sets with no task in common, to judge a model on new workloads."""
    from sklearn.model_selection import GroupKFold

    for train, test in GroupKFold(folds).split(data.X, data.y, data.groups):
        yield data.rows(train), data.rows(test)


def held_out_candidates(
    data: Dataset, share: float = 0.5, *, repeats: int = 1, seed: int = 0
) -> Iterator[tuple[Dataset, Dataset]]:
    """Yield training and test sets of all tasks, to judge a model in the course of a search.

    `share` of the candidates of each task are for testing.
    """
    from sklearn.model_selection import StratifiedShuffleSplit

    splits = StratifiedShuffleSplit(repeats, test_size=share, random_state=seed)
    for train, test in splits.split(data.X, data.groups):
        yield data.rows(train), data.rows(test)
