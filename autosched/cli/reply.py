"""The reply of a command: a JSON document, and the same as text."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autosched.text import UNPRINTABLE

DONE, FAILED, WRONG_REQUEST, INTERRUPTED = 0, 1, 2, 130
"""Exit statuses: 1 when the work failed, 2 when the request was wrong, 130 after Ctrl-C."""


@dataclass(frozen=True)
class Reply:
    """`document` is what `--json` prints, `text` what is printed otherwise."""

    document: Any
    text: str
    status: int = DONE


def json_text(document: Any) -> str:
    """Return the document as JSON in ASCII; NaN and infinities become null."""
    text = json.dumps(_finite(document), allow_nan=False)
    return UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value
