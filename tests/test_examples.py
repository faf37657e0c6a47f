"""The examples do what they say."""

from pathlib import Path

import numpy as np

from autosched.ops.resolve import resolve

EXAMPLES = Path(__file__).parents[1] / "examples"


def test_a_workload_of_your_own() -> None:
    instance = resolve(f"{EXAMPLES / 'own_workload.py'}:gated", {"m": "3", "n": "5"})
    assert instance.params == {"m": 3, "n": 5}
    arrays = instance.make_inputs(seed=1)
    (meaning,) = instance.reference(arrays)
    numpy = instance.numpy_reference(arrays)
    assert numpy is not None
    np.testing.assert_allclose(meaning, numpy[0], rtol=1e-6)
