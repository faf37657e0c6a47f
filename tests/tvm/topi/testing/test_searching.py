import numpy as np

from autosched.tvm.topi import testing


def test_places_before_and_after_equal_elements() -> None:
    sequence = np.array([[1, 2, 2], [0, 3, 5]])
    values = np.array([[2, 0], [5, 9]])
    before = testing.searchsorted_ref(sequence, values, False, "int32")
    after = testing.searchsorted_ref(sequence, values, True, "int32")
    assert before.tolist() == [[1, 0], [2, 3]]
    assert after.tolist() == [[3, 0], [3, 3]]
