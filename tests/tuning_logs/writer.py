"""Writes numbered trials, and prints the number of each when it is stored.

python writer.py FILE TARGET COUNT
"""

import sys

from autosched.tuning_logs import (
    SessionRecord,
    TargetRecord,
    TrialRecord,
    WorkloadRecord,
    open_store,
)

WORKLOAD = WorkloadRecord(content="C = A @ B", name="matmul")


def main(path: str, target: str, count: int) -> None:
    with open_store(path) as store:
        store.add_workload(WORKLOAD)
        store.add_target(TargetRecord(text=target))
        session = SessionRecord(id=f"session of {target}", strategy="random", seed=0)
        store.start_session(session)
        for number in range(count):
            record = TrialRecord(
                workload=WORKLOAD.key,
                target=target,
                session=session.id,
                trace=f"[{number}]",
                outcome="ok",
                times_ns=(1.0 + number,),
            )
            if store.add_trial(record):
                print(number, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
