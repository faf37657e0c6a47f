"""Groups that share blocks."""

import pytest

from autosched.backends.vta.packed.groups import Groups
from autosched.vta.config import VTAConfig


@pytest.mark.parametrize(
    ("count", "inputs", "outputs", "merged", "shape_in", "shape_out"),
    [
        (1, 64, 40, 1, (4,), (3,)),
        (64, 1, 1, 16, (4,), (4,)),
        (20, 1, 1, 16, (2,), (2,)),
        (5, 1, 2, 5, (1,), (1,)),
        (16, 4, 4, 4, (4,), (4,)),
        (32, 1, 2, 16, (2,), (2, 2)),
        (2, 32, 32, 1, (2, 2), (2, 2)),
        (2, 12, 24, 1, (2,), (2, 2)),
    ],
)
def test_groups_share_blocks(count, inputs, outputs, merged, shape_in, shape_out):
    groups = Groups.of(VTAConfig(), count, inputs, outputs)
    assert groups.merged == merged
    assert groups.shape_in == shape_in
    assert groups.shape_out == shape_out
