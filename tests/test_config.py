from pathlib import Path

import pytest

from autosched.config import Settings, child_environment, default_cache, default_database, expanded
from autosched.errors import SettingsError


def test_the_database_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOSCHED_DB", "/somewhere/t.db")
    assert Settings.from_environment().database == Path("/somewhere/t.db")


def test_the_home_directory_is_expanded() -> None:
    settings = Settings.from_environment({"AUTOSCHED_DB": "~/t.db"})
    assert settings.database == Path.home() / "t.db"


@pytest.mark.parametrize("environment", [{}, {"AUTOSCHED_DB": ""}])
def test_unset_and_empty_mean_the_users_data_directory(environment: dict[str, str]) -> None:
    settings = Settings.from_environment(environment)
    assert settings.database == default_database()
    assert settings.database.is_absolute()
    assert (settings.database.parent.name, settings.database.name) == ("autosched", "tuning.db")


def test_the_cache_is_a_folder_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.from_environment({"AUTOSCHED_CACHE": "/x"}).cache == Path("/x")
    assert Settings.from_environment({"AUTOSCHED_CACHE": "off"}).cache is None
    found = Settings.from_environment({}).cache
    assert found is not None
    assert found == default_cache()
    assert found.is_absolute()
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    assert default_cache() is None


@pytest.mark.parametrize(("text", "us"), [("", 100), ("0", 0), ("007", 7), ("1000000000", 10**9)])
def test_how_long_idle_threads_wait(text: str, us: int) -> None:
    assert Settings.from_environment({"AUTOSCHED_THREAD_WAIT": text}).thread_wait_us == us


@pytest.mark.parametrize("text", ["-1", "1.5", "long", " 5", "²", "1000000001", "9" * 5000])
def test_a_wait_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="AUTOSCHED_THREAD_WAIT to be a whole number"):
        Settings.from_environment({"AUTOSCHED_THREAD_WAIT": text})


def test_a_child_sees_the_changes_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPT", "1")
    monkeypatch.setenv("CHANGED", "old")
    child = child_environment(CHANGED="new")
    assert (child["KEPT"], child["CHANGED"]) == ("1", "new")
    assert child_environment()["CHANGED"] == "old"


def test_no_home_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    for find in (default_database, lambda: expanded("~/file")):
        with pytest.raises(SettingsError, match="expected a home directory for"):
            find()
    assert expanded("file") == Path("file")
