"""The structural key of tensors: a hash of a canonical text of their meaning.

Neither depends on names, the process or the version of this package. Two texts are equal only
if the tensors have the same meaning.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from autosched.te.encode import encode
from autosched.te.tensor import Tensor


def canonical_text(tensors: Sequence[Tensor]) -> str:
    """Return the meaning of the tensors as JSON without names; the order of tensors matters."""
    meaning, _ = encode(tensors)
    return json.dumps(meaning, separators=(",", ":"), sort_keys=True)


def structural_key(tensors: Sequence[Tensor]) -> str:
    """Return the key of the tensors: 32 hexadecimal digits, a hash of `canonical_text`."""
    return key_of_text(canonical_text(tensors))


def key_of_text(text: str) -> str:
    """Return the key of a canonical text."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]
