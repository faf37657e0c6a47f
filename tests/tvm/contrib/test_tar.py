"""Archives of files."""

import tarfile

from autosched.tvm.contrib import tar


def test_files_are_kept_under_their_own_names(tmp_path) -> None:
    for name in ("a.o", "b.o"):
        (tmp_path / name).write_text(name)
    tar.tar(tmp_path / "both.tar", [str(tmp_path / "a.o"), str(tmp_path / "b.o")])
    with tarfile.open(tmp_path / "both.tar") as archive:
        assert archive.getnames() == ["a.o", "b.o"]
