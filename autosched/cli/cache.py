"""`autosched cache`: the compiled kernels that are kept on disk."""

from __future__ import annotations

import click

from autosched.cli.options import json_option
from autosched.cli.reply import Reply
from autosched.config import Settings
from autosched.disk_cache import DiskCache
from autosched.errors import SettingsError
from autosched.text import pairs, size


@click.group("cache")
def command() -> None:
    """Look into the cache of compiled kernels, or empty it."""


@command.command("stats")
@json_option
def stats() -> Reply:
    """Count the kernels in the cache, with what is kept to load them, and their bytes."""
    cache = _cache()
    return _reply(cache, "kernels", cache.stats().entries, cache.stats().size_bytes)


@command.command("clear")
@json_option
def clear() -> Reply:
    """Remove every kernel from the cache; each is compiled again when it is needed."""
    cache = _cache()
    removed = cache.clear()
    return _reply(cache, "removed", removed.entries, removed.size_bytes)


def _cache() -> DiskCache:
    folder = Settings.from_environment().cache
    if folder is None:
        raise SettingsError(
            "expected a cache of compiled kernels, but it is switched off",
            hint="AUTOSCHED_CACHE names its folder",
        )
    return DiskCache(folder)


def _reply(cache: DiskCache, what: str, count: int, size_bytes: int) -> Reply:
    document = {
        "folder": str(cache.folder),
        what: count,
        "size_bytes": size_bytes,
        "most_bytes": cache.most_bytes,
    }
    shown = f"{size(size_bytes)} of {size(cache.most_bytes)} at most"
    return Reply(document, pairs({"folder": cache.folder, what: count, "size": shown}))
