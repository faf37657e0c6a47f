"""A recurrent layer by NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Array = np.ndarray


def lstm_python(
    Xs: Array, Wi: Array, Wh: Array, Bi: Array | None = None, Bh: Array | None = None,
    h_init: Array | None = None, c_init: Array | None = None, proj: Array | None = None,
    p_i: Array | None = None, p_f: Array | None = None, p_o: Array | None = None,
    f_act: str = "sigmoid", g_act: str = "tanh", h_act: str = "tanh", reverse: bool = False,
    weight_layout: str = "IFGO",
) -> tuple[Array, Array]:  # fmt: skip
    """Return the hidden and the cell states of each step of an LSTM; see `topi.nn.lstm`."""
    hidden, batch = len(Wi) // 4, Xs.shape[1]
    h = np.zeros((batch, Wh.shape[1]), Xs.dtype) if h_init is None else h_init
    c = np.zeros((batch, hidden), Xs.dtype) if c_init is None else c_init
    biases = [bias for bias in (Bi, Bh) if bias is not None]
    f, g, act = (_FUNCTIONS[name] for name in (f_act, g_act, h_act))
    hs, cs = [], []
    for x in Xs[::-1] if reverse else Xs:
        total = x @ Wi.T + h @ Wh.T
        for bias in biases:
            total = total + bias
        gate = dict(zip(weight_layout, np.split(total, 4, axis=1), strict=True))
        entered = f(gate["I"] + (0 if p_i is None else p_i * c)) * g(gate["G"])
        c = f(gate["F"] + (0 if p_f is None else p_f * c)) * c + entered
        h = f(gate["O"] + (0 if p_o is None else p_o * c)) * act(c)
        h = h if proj is None else h @ proj.T
        hs.append(h)
        cs.append(c)
    return np.stack(hs), np.stack(cs)


_FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
}
