"""Settings: options over environment over defaults, and one sentence for what is wrong."""

from pathlib import Path

import pytest

from threecx_runner.errors import SettingWrong
from threecx_runner.settings import Listen, LogLevel, load_settings


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "STATE_DIR",
        "STATE_URL",
        "RUNNER_TOKEN",
        "RUNNER_LISTEN",
        "LOG_LEVEL",
        "N8N_URL",
        "CA_FILE",
    ):
        monkeypatch.delenv(f"N8N_3CX_{name}", raising=False)


def test_without_anything_it_listens_on_loopback() -> None:
    settings = load_settings()
    assert (settings.listen, settings.log_level) == (Listen(host="127.0.0.1", port=5690), LogLevel.INFO)
    assert settings.listen.loopback
    assert settings.state_dir.name == "threecx-runner"


@pytest.mark.proves(
    "behaviour.env.N8N_3CX_LOG_LEVEL",
    "behaviour.env.N8N_3CX_RUNNER_TOKEN",
    "behaviour.env.N8N_3CX_RUNNER_LISTEN",
)
def test_the_environment_is_read_and_options_win(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("N8N_3CX_STATE_DIR", str(tmp_path / "env"))
    monkeypatch.setenv("N8N_3CX_RUNNER_LISTEN", "[::]:80")
    monkeypatch.setenv("N8N_3CX_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("N8N_3CX_RUNNER_TOKEN", "0123456789abcdef")
    monkeypatch.setenv("N8N_3CX_N8N_URL", "")
    settings = load_settings(state_dir=tmp_path / "option", listen=None)
    assert settings.state_dir == tmp_path / "option"
    assert settings.listen == Listen(host="::", port=80)
    assert not settings.listen.loopback
    assert settings.log_level is LogLevel.DEBUG
    assert settings.runner_token is not None
    assert settings.runner_token.get_secret_value() == "0123456789abcdef"
    assert settings.n8n_url == ""


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (
            "RUNNER_LISTEN",
            "localhost",
            "N8N_3CX_RUNNER_LISTEN must be an address and a port, such as 127.0.0.1:5690.",
        ),
        (
            "RUNNER_LISTEN",
            "localhost:99999",
            "N8N_3CX_RUNNER_LISTEN must be an address and a port, such as 127.0.0.1:5690.",
        ),
        ("LOG_LEVEL", "loud", "N8N_3CX_LOG_LEVEL must be 'debug', 'info', 'warning' or 'error'."),
        ("N8N_URL", "n8n:5678", "N8N_3CX_N8N_URL must be an address that begins with http:// or https://."),
        ("CA_FILE", "/nowhere.pem", "N8N_3CX_CA_FILE names a file that is not there."),
        ("RUNNER_TOKEN", "short", "N8N_3CX_RUNNER_TOKEN must have at least 16 characters."),
    ],
)
def test_a_wrong_value_is_one_sentence_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(f"N8N_3CX_{name}", value)
    with pytest.raises(SettingWrong) as caught:
        load_settings()
    assert caught.value.message == sentence


def test_certificate_and_key_go_together(tmp_path: Path) -> None:
    cert = tmp_path / "cert.pem"
    cert.touch()
    with pytest.raises(SettingWrong, match="give both or none"):
        load_settings(tls_cert=cert)
    with pytest.raises(SettingWrong, match="--tls-key names a file that is not there"):
        load_settings(tls_cert=cert, tls_key=tmp_path / "key.pem")


def test_several_task_brokers_are_named_with_their_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("N8N_RUNNERS_TASK_BROKER_URI", "http://127.0.0.1:5679/, http://worker:5679,")
    monkeypatch.setenv("N8N_RUNNERS_AUTH_TOKEN", "shared")
    settings = load_settings()
    assert settings.task_broker_uris == ("http://127.0.0.1:5679", "http://worker:5679")
    assert settings.task_broker_token.get_secret_value() == "shared"
    assert "shared" not in repr(settings)


@pytest.mark.parametrize(
    ("uri", "token", "sentence"),
    [
        (
            "http://127.0.0.1:5679",
            "",
            "N8N_RUNNERS_TASK_BROKER_URI needs N8N_RUNNERS_AUTH_TOKEN, the same as n8n's own.",
        ),
        (
            "127.0.0.1:5679",
            "shared",
            "N8N_RUNNERS_TASK_BROKER_URI must be addresses that begin with http:// or https://, separated by commas.",
        ),
        (
            "http://me:a-password@127.0.0.1:5679",
            "shared",
            "N8N_RUNNERS_TASK_BROKER_URI must name no user and no password: n8n's task broker takes N8N_RUNNERS_AUTH_TOKEN.",
        ),
    ],
)
def test_a_wrong_task_broker_is_one_sentence_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, uri: str, token: str, sentence: str
) -> None:
    monkeypatch.setenv("N8N_RUNNERS_TASK_BROKER_URI", uri)
    monkeypatch.setenv("N8N_RUNNERS_AUTH_TOKEN", token)
    with pytest.raises(SettingWrong) as caught:
        load_settings()
    assert caught.value.message == sentence
