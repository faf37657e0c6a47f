import json

import numpy as np
import pytest

from autosched.schedule.sketch import DecisionInfo, Limit, Sketch
from autosched.search.candidate import Candidate, find_candidate
from tests.search.tasks import matmul_task


def test_every_sketch_is_found_again_by_its_traces() -> None:
    task = matmul_task()
    rng = np.random.default_rng(0)
    for number, sketch in enumerate(task.sketches):
        for vector in sketch.sample(rng, 5):
            candidate = Candidate(sketch, number, tuple(map(int, vector)))
            found = find_candidate(task.sketches, candidate.trace)
            assert found is not None
            assert found.point == candidate.point


@pytest.mark.parametrize("change", ["drop", "append", "rename", "literal"])
def test_a_trace_of_no_sketch_is_not_found(change: str) -> None:
    task = matmul_task()
    steps = json.loads(Candidate(task.sketches[0], 0, task.sketches[0].default).trace)
    match change:
        case "drop":
            steps["steps"].pop()
        case "append":
            steps["steps"].append(["unroll", 0, 0])
        case "rename":
            steps["steps"][-1][0] = "unroll"
        case "literal":
            steps["steps"][-1][1] += 1
    assert find_candidate(task.sketches, json.dumps(steps)) is None


def test_keys_tell_traces_apart() -> None:
    sketch = matmul_task().sketches[0]
    vectors = sketch.sample(np.random.default_rng(1), 20)
    candidates = [Candidate(sketch, 0, tuple(map(int, v))) for v in np.unique(vectors, axis=0)]
    assert len({c.key for c in candidates}) == len(candidates) > 5


def test_every_candidate_of_a_sketch_keeps_its_limits() -> None:
    decisions = tuple(DecisionInfo(name, "tile", (1, 2, 4)) for name in "ab")
    sketch = Sketch("s", (), decisions, (1, 1), (Limit(((0, 1), (1, 2)), most=4, least=2),))
    grid = np.array([[a, b] for a in (1, 2, 4) for b in (1, 2, 4)])
    assert sketch.every.tolist() == grid[sketch.holds(grid)].tolist()
    assert sketch.every.tolist() == [[1, 4], [2, 1], [2, 2], [2, 4], [4, 1], [4, 2]]
    assert not sketch.every.flags.writeable
    assert Sketch("fixed", (), (), ()).every.shape == (1, 0)
