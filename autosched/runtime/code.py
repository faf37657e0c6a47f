"""The machine code of a kernel as data, from which any process can make the kernel."""

from __future__ import annotations

import json
from concurrent.futures import Future
from dataclasses import asdict, dataclass

from autosched.runtime.signature import Signature

PREPARE_SUFFIX = "_prepare"


@dataclass(frozen=True, eq=False)
class MachineCode:
    """An object file, to come or there, with the C functions of `signature` under its name.

    The function that packs constants has `PREPARE_SUFFIX` behind the name. `release` is the
    function that frees the working memory which the kernel keeps between calls, without one "".
    """

    signature: Signature
    content: Future[bytes]
    release: str = ""

    @property
    def file(self) -> bytes:
        """The object file, once it is compiled. Raises CodegenError where it is not."""
        return self.content.result()

    @property
    def prepare(self) -> str:
        """The function that packs the constants, if any are `packed`."""
        return self.signature.name + PREPARE_SUFFIX

    def to_bytes(self) -> bytes:
        """Return the code as bytes: a line of JSON, then the object file."""
        facts = {"signature": asdict(self.signature), "release": self.release}
        return json.dumps(facts).encode() + b"\n" + self.file

    @staticmethod
    def from_bytes(data: bytes) -> MachineCode:
        """Return the code that `to_bytes` wrote."""
        line, _, file = data.partition(b"\n")
        facts = json.loads(line)
        return MachineCode(Signature.from_plain(facts["signature"]), there(file), facts["release"])


def there(file: bytes) -> Future[bytes]:
    """The content that is there already."""
    found: Future[bytes] = Future()
    found.set_result(file)
    return found
