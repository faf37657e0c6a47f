"""A key that workloads share when they differ in their sizes only."""

from __future__ import annotations

import json
from typing import Any

from autosched.tuning_logs import content_key

_LEAVES = ("axis", "size", "left", "right")
_FIRST_OPERAND = {"Read": 3, "Call": 2, "Cast": 2}


def shape_free_key(canonical_text: str) -> str:
    """Return the key of a canonical text (`te.encode.canonical_text`) without index constants.

    Extents, window sizes, strides and paddings do not count, but which axis indexes which
    dimension does.
    """
    meaning = json.loads(canonical_text)
    ops = [_operation(op) for op in meaning["ops"]]
    return content_key(json.dumps([ops, meaning["tensors"]], sort_keys=True))


def _operation(op: dict[str, Any]) -> dict[str, Any]:
    digests: list[str] = []
    for node in op["nodes"]:
        digests.append(_node(node, digests))
    plain: dict[str, Any] = {"rank": len(op["shape"])}
    for name, value in op.items():
        if name in ("shape", "nodes"):
            continue
        if name == "bodies":
            value = [digests[place] for place in value]
        elif name == "reduce":
            value = _reduction(value, digests)
        plain[name] = value
    return plain


def _reduction(reduce: dict[str, Any], digests: list[str]) -> dict[str, Any]:
    named = {
        name: [digests[place] for place in reduce[name] or ()]
        for name in ("sources", "initial", "results", "identities")
    }
    return {**named, "axes": len(reduce["axes"]), "condition": digests[reduce["condition"]]}


def _node(node: list[Any], digests: list[str]) -> str:
    """Return the meaning of a node, independent of its place in the table."""
    kind = node[0]
    if kind in _LEAVES or kind == "Const":
        is_size = kind == "size" or node[:2] == ["Const", "int64"]
        return "n" if is_size else json.dumps(node)
    first = _FIRST_OPERAND.get(kind, 1)
    return content_key(json.dumps([node[:first], [digests[place] for place in node[first:]]]))
