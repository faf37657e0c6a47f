"""`python -m tests.frontend.onnx.report`: the node tests of the onnx package that are not right.

Every test runs by the evaluator and by compiled networks. The operators that have no kernels in
them are counted, each with the reason.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence

import numpy as np

from autosched.graph.graph import Graph
from tests.frontend.onnx.node_tests import Run, by_meaning, failing, network_for, node_tests


def main() -> None:
    """Print the report; it takes some minutes."""
    warnings.simplefilter("ignore")
    tests = node_tests()
    without: Counter[str] = Counter()

    def by_kernels(graph: Graph, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        network = network_for(graph, arrays)
        for step in network.steps:
            if step.kernel is None:
                without.update(node.operator.name for node in step.group.nodes)
        return network.run(arrays)

    ways: dict[str, Run] = {"the evaluator": by_meaning, "compiled networks": by_kernels}
    for name, run in ways.items():
        wrong = dict(failing(tests, run))
        print(f"{len(tests) - len(wrong)} of {len(tests)} are right by {name}; not these:")
        for test, reason in wrong.items():
            print(f"  {test}: {' '.join(reason.split())[:160]}")
    print("Nodes by NumPy in the compiled networks:")
    for operator, count in without.most_common():
        print(f"  {count:4} {operator}")


if __name__ == "__main__":
    main()
