"""The machine code of a kernel as data, from which any process can make the kernel."""

from __future__ import annotations

import json
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from itertools import accumulate, pairwise

from autosched.runtime.signature import Signature

PREPARE_SUFFIX = "_prepare"


@dataclass(frozen=True, eq=False)
class MachineCode:
    """An object file, to come or there, with the C functions of `signature` under its name.

    The function that packs constants has `PREPARE_SUFFIX` behind the name. `others` are files with
    functions that the first one has not, such as this one. `releases` are the functions that free
    the working memory which the kernel keeps between calls.
    """

    signature: Signature
    content: Future[bytes]
    releases: tuple[str, ...] = ()
    others: tuple[bytes, ...] = ()

    @property
    def file(self) -> bytes:
        """The object file, once it is compiled. Raises CodegenError where it is not."""
        return self.content.result()

    @property
    def files(self) -> list[bytes]:
        """All object files, once they are compiled. Raises CodegenError where they are not."""
        return [self.file, *self.others]

    @property
    def prepare(self) -> str:
        """The function that packs the constants, if any are `packed`."""
        return self.signature.name + PREPARE_SUFFIX

    def to_bytes(self) -> bytes:
        """Return the code as bytes: a line of JSON, then the object files."""
        facts = {
            "signature": asdict(self.signature),
            "releases": self.releases,
            "other_bytes": [*map(len, self.others)],
        }
        return b"".join([json.dumps(facts).encode(), b"\n", *self.others, self.file])

    @staticmethod
    def from_bytes(data: bytes) -> MachineCode:
        """Return the code that `to_bytes` wrote."""
        line, _, files = data.partition(b"\n")
        facts = json.loads(line)
        ends = [0, *accumulate(facts["other_bytes"])]
        return MachineCode(
            Signature.from_plain(facts["signature"]),
            there(files[ends[-1] :]),
            tuple(facts["releases"]),
            tuple(files[start:end] for start, end in pairwise(ends)),
        )


def there(file: bytes) -> Future[bytes]:
    """The content that is there already."""
    found: Future[bytes] = Future()
    found.set_result(file)
    return found
