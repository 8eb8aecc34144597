"""What is dear to make is made once, whole or not at all."""

from pathlib import Path

import pytest

from lab.cache import made_once
from lab.steps import Steps


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_a_finished_folder_is_not_made_again() -> None:
    made = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "node").write_text("binary")

    folders = [made_once("node-24", make, Steps()) for _ in range(2)]

    assert len(made) == 1
    assert folders[0] == folders[1]
    assert (folders[0] / "node").read_text() == "binary"


def test_an_interrupted_installation_leaves_nothing_that_looks_finished_and_starts_from_nothing() -> None:
    def interrupted(folder: Path) -> None:
        (folder / "half").write_text("")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made_once("n8n", interrupted, Steps())
    folder = made_once("n8n", lambda empty: (empty / "whole").touch(), Steps())

    assert [path.name for path in folder.iterdir()] == ["whole"]
