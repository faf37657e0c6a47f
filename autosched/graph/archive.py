"""Arrays in a `.npz` file: nothing in it is executed, and nothing allocated that it has not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from autosched.errors import GraphError

if TYPE_CHECKING:
    import zipfile

Array = np.ndarray


def write(path: Path, arrays: Sequence[Array]) -> None:
    """Write arrays of numbers, uncompressed, in order."""
    with path.open("wb") as file:
        np.savez(file, *(np.asarray(array, order="C") for array in arrays))


def read(path: Path) -> list[Array]:
    """The arrays that `write` wrote. Raises GraphError for a file that is none of those."""
    import zipfile  # late: few models are read from a folder

    try:
        size = path.stat().st_size
        with zipfile.ZipFile(path) as archive:
            members = {info.filename: info for info in archive.infolist()}
            return [
                _member(archive, members[f"arr_{number}.npy"], size)
                for number in range(len(members))
            ]
    except KeyError as error:
        raise GraphError(f"expected the array {error} in {path}, got none") from error
    except (OSError, ValueError, EOFError, NotImplementedError, zipfile.BadZipFile) as error:
        raise GraphError(f"expected a file of arrays in {path}, got one with {error}") from error


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> Array:
    import zipfile

    if info.compress_type != zipfile.ZIP_STORED or info.file_size > most:
        raise ValueError(f"the packed member {info.filename}")
    with archive.open(info) as file:
        shape, is_fortran, element = _header(file)
        data = file.read()
    if element.hasobject or is_fortran:
        raise ValueError(f"no plain numbers in {info.filename}")
    return np.frombuffer(data, element).reshape(shape)


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(file)
    if version == (2, 0):
        return np.lib.format.read_array_header_2_0(file)
    raise ValueError(f"the version {version}")
