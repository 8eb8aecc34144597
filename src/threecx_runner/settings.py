"""The runner's settings: options of the command line, else environment variables, else defaults."""

import ipaddress
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from platformdirs import user_state_path
from pydantic import (
    AliasChoices,
    BaseModel,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from threecx_runner.errors import SettingWrong

DEFAULT_LISTEN = "127.0.0.1:5690"
TASK_BROKER_URI = "N8N_RUNNERS_TASK_BROKER_URI"
TASK_BROKER_TOKEN = "N8N_RUNNERS_AUTH_TOKEN"  # noqa: S105 - the name of the variable, as n8n has it


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Listen(BaseModel, frozen=True):
    """Where the API listens. Port 0 lets the system choose."""

    host: str
    port: int

    @property
    def loopback(self) -> bool:
        """Whether only this machine can connect."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def _environment(name: str, field: str) -> AliasChoices:
    return AliasChoices(field, f"N8N_3CX_{name}")


class Settings(BaseSettings):
    """Read once at start; handed down, never global."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, case_sensitive=True)

    state_dir: Annotated[Path, Field(validation_alias=_environment("STATE_DIR", "state_dir"))] = Field(
        default_factory=lambda: user_state_path("threecx-runner", appauthor=False)
    )
    state_url: Annotated[SecretStr | None, Field(validation_alias=_environment("STATE_URL", "state_url"))] = (
        None
    )
    """SQLAlchemy URL of the journal; it may hold a database password. None: SQLite in the state folder."""
    ca_file: Annotated[Path | None, Field(validation_alias=_environment("CA_FILE", "ca_file"))] = None
    log_level: Annotated[LogLevel, Field(validation_alias=_environment("LOG_LEVEL", "log_level"))] = (
        LogLevel.INFO
    )
    runner_token: Annotated[
        SecretStr | None, Field(validation_alias=_environment("RUNNER_TOKEN", "runner_token"))
    ] = None
    listen: Annotated[Listen, NoDecode, Field(validation_alias=_environment("RUNNER_LISTEN", "listen"))] = (
        Listen(host="127.0.0.1", port=5690)
    )
    n8n_url: Annotated[str, Field(validation_alias=_environment("N8N_URL", "n8n_url"))] = ""
    fallback_destination: Annotated[
        str, Field(validation_alias=_environment("FALLBACK_DESTINATION", "fallback_destination"))
    ] = ""
    xapi_per_second: Annotated[
        float, Field(ge=0, le=1000, validation_alias=_environment("XAPI_PER_SECOND", "xapi_per_second"))
    ] = 20
    """How often a PBX's XAPI is asked on average; 0 sets no limit. Calls themselves are never delayed."""
    prompts: Annotated[Path | None, Field(validation_alias=_environment("PROMPTS", "prompts"))] = None
    """The folder of the prompt list, where paths of audio files begin. None: `prompts` in the state folder."""
    allow_private_urls: Annotated[
        bool, Field(validation_alias=_environment("ALLOW_PRIVATE_URLS", "allow_private_urls"))
    ] = False
    """Whether audio may be fetched from addresses of one's own network."""
    default_server: Annotated[
        str, Field(validation_alias=_environment("DEFAULT_SERVER", "default_server"))
    ] = ""
    default_extension: Annotated[
        str, Field(validation_alias=_environment("DEFAULT_EXTENSION", "default_extension"))
    ] = ""
    task_broker_uris: Annotated[
        tuple[str, ...], NoDecode, Field(validation_alias=AliasChoices("task_broker_uris", TASK_BROKER_URI))
    ] = ()
    """n8n's task brokers, one for each n8n process. Empty: none is connected to."""
    task_broker_token: Annotated[
        SecretStr, Field(validation_alias=AliasChoices("task_broker_token", TASK_BROKER_TOKEN))
    ] = SecretStr("")
    tls_cert: Path | None = None
    tls_key: Path | None = None

    @field_validator("task_broker_uris", mode="before")
    @classmethod
    def _several(cls, value: object) -> object:
        return (
            [part for part in map(str.strip, value.split(",")) if part] if isinstance(value, str) else value
        )

    @field_validator("task_broker_uris")
    @classmethod
    def _web_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(uri.startswith(("http://", "https://")) for uri in value):
            raise ValueError("must be addresses that begin with http:// or https://, separated by commas")
        if any("@" in uri for uri in value):
            raise ValueError(
                f"must name no user and no password: n8n's task broker takes {TASK_BROKER_TOKEN}"
            )
        return tuple(dict.fromkeys(uri.rstrip("/") for uri in value))

    @field_validator("listen", mode="before")
    @classmethod
    def _address(cls, value: object) -> object:
        return _listen(value) if isinstance(value, str) else value

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("n8n_url", "default_server")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must be an address that begins with http:// or https://")
        return value.rstrip("/")

    @field_validator("ca_file", "tls_cert", "tls_key")
    @classmethod
    def _readable(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError("names a file that is not there")
        return value

    @field_validator("prompts")
    @classmethod
    def _folder(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_dir():
            raise ValueError("names a folder that is not there")
        return value

    @field_validator("runner_token")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 16:
            raise ValueError("must have at least 16 characters")
        return value

    @model_validator(mode="after")
    def _both_or_none(self) -> "Settings":
        if (self.tls_cert is None) is not (self.tls_key is None):
            raise ValueError("--tls-cert and --tls-key go together: give both or none")
        if self.task_broker_uris and not self.task_broker_token.get_secret_value():
            raise ValueError(f"{TASK_BROKER_URI} needs {TASK_BROKER_TOKEN}, the same as n8n's own")
        return self


_NAMES = {"listen": "RUNNER_LISTEN"}
_OPTIONS = {"tls_cert": "--tls-cert", "tls_key": "--tls-key", "task_broker_uris": TASK_BROKER_URI}


def load_settings(**options: Any) -> Settings:
    """Options that are None are not given. Raises SettingWrong: one sentence that names the variable."""
    try:
        return Settings(**{name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        raise SettingWrong(_sentence(error), hint="Correct it and start the runner again.") from error


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    reason = str(first.get("ctx", {}).get("error") or first["msg"]).removeprefix("Value error, ")
    reason = (
        reason.removeprefix("Input should be ").join(("must be ", ""))
        if reason.startswith("Input")
        else reason
    )
    if not first["loc"]:
        return f"{reason[:1].upper()}{reason[1:]}."
    return f"{_variable(str(first['loc'][0]))} {reason}."


def _variable(loc: str) -> str:
    if loc.startswith("N8N_"):
        return loc
    return _OPTIONS.get(loc) or f"N8N_3CX_{_NAMES.get(loc, loc.upper())}"


def _listen(value: str) -> Listen:
    host, colon, port = value.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65_535:
        raise ValueError(f"must be an address and a port, such as {DEFAULT_LISTEN}")
    return Listen(host=host.removeprefix("[").removesuffix("]"), port=int(port))
