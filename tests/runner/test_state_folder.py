"""The runner's folder: one runner, one owner, one token, one key."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from threecx_runner.errors import SettingWrong, StateLocked
from threecx_runner.settings import load_settings
from threecx_runner.state_folder import open_state, runner_token


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.proves("behaviour.env.N8N_3CX_STATE_DIR")
def test_a_new_folder_is_private_and_keeps_its_token_and_key(tmp_path: Path) -> None:
    settings = load_settings(state_dir=tmp_path / "a" / "b")
    with open_state(settings) as first:
        sealed = first.cipher.seal("a secret")
    assert not first.token_configured
    assert len(first.token.get_secret_value()) >= 32
    assert mode(first.path) == 0o700
    assert mode(first.path / "token") == mode(first.path / "key") == 0o600
    with open_state(settings) as second:
        assert second.token == first.token == runner_token(settings)
        assert second.cipher.unseal(sealed) == "a secret"
    assert not [path for path in first.path.iterdir() if path.name.startswith(".")]


def test_a_configured_token_wins_and_is_not_written_down(tmp_path: Path) -> None:
    settings = load_settings(state_dir=tmp_path, runner_token="configured-by-the-admin")
    with open_state(settings) as state:
        assert state.token_configured
        assert state.token.get_secret_value() == "configured-by-the-admin"
    assert not (tmp_path / "token").exists()


def test_a_second_runner_says_which_folder_and_what_to_do(tmp_path: Path) -> None:
    settings = load_settings(state_dir=tmp_path)
    with (
        open_state(settings),
        pytest.raises(StateLocked, match=str(tmp_path)) as caught,
        open_state(settings),
    ):
        pass
    assert "--state-dir" in caught.value.hint
    with open_state(settings):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_made_is_one_sentence() -> None:
    with pytest.raises(SettingWrong, match="cannot be used"), open_state(load_settings(state_dir="/proc/x")):
        pass


def test_a_file_in_the_folders_place_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    with (
        pytest.raises(SettingWrong, match="cannot be used"),
        open_state(load_settings(state_dir=tmp_path / "state")),
    ):
        pass


def test_a_damaged_key_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("gibberish")
    with pytest.raises(SettingWrong, match="is damaged"), open_state(load_settings(state_dir=tmp_path)):
        pass


def command(*words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # our own command
        [Path(sys.executable).with_name("threecx-runner"), *words],
        capture_output=True,
        text=True,
        env=os.environ | variables,
        check=False,
    )


def test_the_command_prints_the_token_and_a_wrong_setting_in_a_sentence(tmp_path: Path) -> None:
    with open_state(load_settings(state_dir=tmp_path)) as state:
        token = state.token.get_secret_value()
    printed = command("token", "--state-dir", str(tmp_path))
    assert (printed.returncode, printed.stdout.strip()) == (0, token)
    wrong = command("serve", "--state-dir", str(tmp_path), N8N_3CX_LOG_LEVEL="loud")
    assert wrong.returncode == 1
    assert "N8N_3CX_LOG_LEVEL must be" in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_where_no_runner_has_worked_there_is_no_token_to_print_and_none_is_made(tmp_path: Path) -> None:
    printed = command("token", N8N_3CX_STATE_DIR=str(tmp_path / "elsewhere"))

    assert (printed.returncode, printed.stdout) == (1, "")
    assert f"There is no token of a runner in {tmp_path / 'elsewhere'}." in printed.stderr
    assert "--state-dir /var/lib/threecx-runner" in printed.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_token_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "token").mkdir()

    with pytest.raises(SettingWrong, match="cannot be read: Is a directory"):
        runner_token(load_settings(state_dir=tmp_path))


def test_the_help_names_the_environment_variable_of_each_option() -> None:
    told = command("serve", "--help").stdout
    names = ("STATE_DIR", "STATE_URL", "RUNNER_LISTEN", "N8N_URL", "LOG_LEVEL")
    assert [name for name in names if f"N8N_3CX_{name}" not in told] == []
