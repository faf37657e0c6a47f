"""A recurrent layer, as a scan over time."""

from __future__ import annotations

from collections.abc import Callable

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor
from autosched.tvm.topi.utils import get_const_int

Function = Callable[[Expr], Expr]


def lstm(
    Xs: Tensor, Wi: Tensor, Wh: Tensor, Bi: Tensor | None = None, Bh: Tensor | None = None,
    h_init: Tensor | None = None, c_init: Tensor | None = None, proj: Tensor | None = None,
    p_i: Tensor | None = None, p_f: Tensor | None = None, p_o: Tensor | None = None,
    f_act: Function = te.sigmoid, g_act: Function = te.tanh, h_act: Function = te.tanh,
    reverse: bool = False, weight_layout: str = "IFGO",
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """The hidden states (time, batch, out) and cell states (time, batch, hidden) of an LSTM.

    `Xs` is (time, batch, in), `Wi` (4 * hidden, in), `Wh` (4 * hidden, out) and the biases
    (4 * hidden,): the gates are in the order of `weight_layout`, of input, forget, cell and
    output. `proj` (out, hidden) makes the hidden state; without it `out` is `hidden`. The cell
    state reaches the gates by the peepholes `p_i`, `p_f` and `p_o`, (batch, hidden). `f_act` is
    the function of the gates, `g_act` that of new values, `h_act` that of the cell state.
    """
    if sorted(weight_layout) != sorted("IFGO"):
        raise ExpressionError(f"expected the letters IFGO as weight_layout, got {weight_layout!r}")
    steps, batch, width = Xs.shape
    hidden = te.const(get_const_int(Wi.shape[0]) // 4, "int64")
    out = hidden if proj is None else proj.shape[0]
    k = te.reduce_axis((0, width), name="k")
    given = te.compute(
        (steps, batch, 4, hidden),
        lambda t, b, g, j: te.sum(Xs[t, b, k] * Wi[g * hidden + j, k], axis=k),
        name="Xi2h",
    )
    h = te.placeholder((steps + 1, batch, out), Xs.dtype, name="h_state")
    c = te.placeholder((steps + 1, batch, hidden), Xs.dtype, name="c_state")
    kh = te.reduce_axis((0, out), name="kh")
    fed_back = te.compute(
        (steps + 1, batch, 4, hidden),
        lambda t, b, g, j: te.sum(h[t - 1, b, kh] * Wh[g * hidden + j, kh], axis=kh),
        name="h2h",
    )
    shape = (steps + 1, batch, hidden)

    def gate(
        letter: str, act: Function, peephole: Tensor | None = None, cell: Tensor = c, delay: int = 1
    ) -> Tensor:
        g = weight_layout.index(letter)

        def value(t: Expr, b: Expr, j: Expr) -> Expr:
            total = given[steps - t if reverse else t - 1, b, g, j] + fed_back[t, b, g, j]
            for bias in (Bi, Bh):
                total = total if bias is None else total + bias[g * hidden + j]
            if peephole is not None:
                total = total + peephole[b, j] * cell[t - delay, b, j]
            return act(total)

        return te.compute(shape, value, name=f"gate_{letter.lower()}")

    i, f, g = gate("I", f_act, p_i), gate("F", f_act, p_f), gate("G", g_act)
    next_c = te.compute(
        shape, lambda t, b, j: f[t, b, j] * c[t - 1, b, j] + i[t, b, j] * g[t, b, j], name="next_c"
    )
    o = gate("O", f_act, p_o, next_c, 0)
    next_h = te.compute(shape, lambda *at: o(*at) * h_act(next_c(*at)), name="next_h")
    if proj is not None:
        inner, kp = next_h, te.reduce_axis((0, hidden), name="kp")
        next_h = te.compute(
            (steps + 1, batch, out),
            lambda t, b, j: te.sum(inner[t, b, kp] * proj[j, kp], axis=kp),
            name="projected",
        )
    firsts = [_first(h_init, h), _first(c_init, c)]
    states = te.scan(firsts, [next_h, next_c], [h, c], name="lstm")
    hs, cs = (
        te.compute((steps, *s.shape[1:]), lambda t, b, j, s=s: s[t + 1, b, j], name=name)
        for s, name in zip(states, ("hidden_states", "cell_states"), strict=True)
    )
    return hs, cs


def _first(given: Tensor | None, state: Tensor) -> Tensor:
    """Return the first row of a state, 0 where none is given."""

    def value(_: Expr, b: Expr, j: Expr) -> Expr:
        return te.const(0.0, state.dtype) if given is None else given(b, j)

    return te.compute((1, *state.shape[1:]), value, name=f"{state.op.name}_init")
