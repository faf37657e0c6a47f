import numpy as np
import pytest

from autosched.errors import ExpressionError
from autosched.tvm import te, topi
from tests.tvm.topi.checks import check


def arrays(steps=3, batch=2, width=3, hidden=4, out=4, first=False, projected=False, peeps=False):
    rng = np.random.default_rng(0)
    shapes = {"Xs": (steps, batch, width), "Wi": (4 * hidden, width), "Wh": (4 * hidden, out)}
    shapes |= {"Bi": (4 * hidden,), "Bh": (4 * hidden,)}
    shapes |= {"h_init": (batch, out), "c_init": (batch, hidden)} if first else {}
    shapes |= {"proj": (out, hidden)} if projected else {}
    shapes |= dict.fromkeys(("p_i", "p_f", "p_o"), (batch, hidden)) if peeps else {}
    return {name: rng.uniform(-1, 1, shape).astype("float32") for name, shape in shapes.items()}


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ({}, {}),
        ({"steps": 1, "batch": 1, "width": 1, "hidden": 1, "out": 1}, {}),
        ({"first": True}, {"reverse": True}),
        ({"projected": True, "out": 3}, {"weight_layout": "IOFG"}),
        ({"peeps": True, "first": True}, {"weight_layout": "OIGF"}),
    ],
)
def test_states(given, options):
    inputs = arrays(**given)
    tensors = {name: te.placeholder(each.shape, name=name) for name, each in inputs.items()}
    found = topi.nn.lstm(**tensors, **options)
    wanted = topi.testing.lstm_python(**inputs, **options)
    check(list(found), [(tensors[name], each) for name, each in inputs.items()], wanted)


def test_an_order_of_gates_that_is_none():
    tensors = [te.placeholder(shape) for shape in ((2, 1, 1), (4, 1), (4, 1))]
    with pytest.raises(ExpressionError, match="the letters IFGO as weight_layout, got 'IFOO'"):
        topi.nn.lstm(*tensors, weight_layout="IFOO")
