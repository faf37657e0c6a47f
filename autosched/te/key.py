"""The structural key: one text, and its digest, for all tensors that mean the same.

Neither depends on names, on the process or on the version of this package. Where two keys
have to be told apart for certain, compare the texts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from autosched.te.encode import encode
from autosched.te.tensor import Tensor


def canonical_text(tensors: Sequence[Tensor]) -> str:
    """What the tensors mean, as JSON without names; it depends on the order of the tensors."""
    meaning, _ = encode(tensors)
    return json.dumps(meaning, separators=(",", ":"), sort_keys=True)


def structural_key(tensors: Sequence[Tensor]) -> str:
    """32 hexadecimal digits for `canonical_text`."""
    return key_of_text(canonical_text(tensors))


def key_of_text(text: str) -> str:
    """The key of a canonical text."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]
