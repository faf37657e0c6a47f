"""The node tests of the onnx package: all by the meaning of graphs, some by kernels.

`python -m tests.frontend.onnx.report` runs all of them in both ways.
"""

from __future__ import annotations

import pytest

pytest.importorskip("onnx")

from tests.frontend.onnx.node_tests import (
    REASONS,
    by_kernels,
    by_meaning,
    failing,
    node_tests,
)


@pytest.mark.filterwarnings("ignore")
def test_all_that_is_not_known_to_fail_is_right() -> None:
    tests = node_tests()
    wrong = dict(failing(tests, by_meaning))
    unknown = {name: reason for name, reason in wrong.items() if reason not in REASONS.values()}
    assert not unknown
    assert len(wrong) <= 0.03 * len(tests)


@pytest.mark.filterwarnings("ignore")
def test_some_are_right_by_kernels_too() -> None:
    wrong = dict(failing(node_tests()[::41], by_kernels))
    assert set(wrong.values()) <= set(REASONS.values())
