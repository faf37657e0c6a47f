"""Recurrent layers and attention."""

from __future__ import annotations

from autosched.frontend.onnx.node import OnnxNode, converts
from autosched.graph.graph import Value
from autosched.graph.operators import recurrent as rec


@converts("RNN", "GRU", "LSTM")
def _recurrent(node: OnnxNode) -> list[Value]:
    kind = {"RNN": rec.Rnn, "GRU": rec.Gru, "LSTM": rec.Lstm}[node.kind]
    own = {"GRU": ("reset_after", "linear_before_reset"), "LSTM": ("coupled", "input_forget")}
    more = {}
    if node.kind in own:
        ours, theirs = own[node.kind]
        more[ours] = bool(node.attribute(theirs, 0))
    operator = kind(
        direction=node.attribute("direction", "forward"),
        activations=tuple(name.lower() for name in node.attribute("activations", ())),
        alphas=node.attribute("activation_alpha", ()),
        betas=node.attribute("activation_beta", ()),
        clip=node.attribute("clip", 0.0),
        batch_first=bool(node.attribute("layout", 0)),
        **more,
    )
    return list(node.emit_all(operator, *node.inputs, count=1 + operator.states))
