import numpy as np

from autosched.tvm.topi import testing


def test_products() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.integers(-8, 8, (3, 4)).astype("int8"), rng.integers(-8, 8, (2, 4)).astype("int8")
    bias = np.array([500, -500], "int32")
    found = testing.dense(x, y, bias, use_bias=True, use_relu=True, out_dtype="int32")
    assert found.dtype == "int32"
    assert (found == np.maximum(x.astype(int) @ y.T.astype(int) + bias, 0)).all()
    assert (
        testing.batch_matmul(x[None], y[None], "int32")[0]
        == testing.dense(x, y, 0, out_dtype="int32")
    ).all()
    assert (testing.batch_matmul(x[None].swapaxes(1, 2), y.T[None], trans_x=True, trans_y=False)
            == testing.batch_matmul(x[None], y[None])).all()  # fmt: skip
