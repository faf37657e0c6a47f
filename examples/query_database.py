"""What a tuning database tells: the best trials, the failures, the schedule to paste.

python examples/query_database.py
"""

import tempfile
from pathlib import Path

import autosched
from autosched.schedule import to_python


def main(trials: int = 12) -> None:
    """Fill a database with two small runs, then look into it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tuning.db"
        for m in (64, 96):
            autosched.tune("matmul", m=m, n=64, k=64, trials=trials, strategy="random", db=path)
        with autosched.Database(path) as db:
            look_into(db)


def look_into(db: autosched.Database) -> None:
    """Summaries, a record, any SELECT, and a schedule as Python."""
    for task in db.list():
        print(f"{task.workload.name} {task.workload.params}: {task.trials} trials")
    best = db.best("matmul", m=64, n=64, k=64)
    assert best is not None
    print(f"best of the first: {best.time_ns:.0f} ns from {len(best.times_ns)} repeats")
    result = db.query("SELECT outcome, count(*) AS trials FROM trials GROUP BY outcome")
    print(result.columns, list(result.rows))
    print(to_python(db.apply("matmul", m=64, n=64, k=64)))


if __name__ == "__main__":
    main()
