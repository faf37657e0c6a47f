"""Accelerators beside a processor of any speed."""

from __future__ import annotations

from pathlib import Path

FACT = '{{ value = {}, unit = "", source = "" }}'


def accelerator(folder: Path, mops: int = 1, mbytes: int = 100_000) -> str:
    """The text of a target whose host does so many million operations, and moves bytes, a second.

    By default the accelerator computes all that it can.
    """
    path = folder / "host.toml"
    path.write_text(
        f"""extends = "tsim"
        [host]
        mops = {FACT.format(mops)}
        mbytes = {FACT.format(mbytes)}
        """
    )
    return f"vta -preset={path}"
