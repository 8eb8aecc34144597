"""3CX Call Control API: where the runner and the PBX are, who we are there, and what calls may be placed."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from threecx_runner.naming import field_camel


class Login(BaseModel):
    """What travels to the runner with each request, in the header X-3CX-Login."""

    model_config = ConfigDict(alias_generator=field_camel, populate_by_name=True, extra="ignore", frozen=True)

    server_url: str = ""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    extension: str = ""
    reports_client_id: str = ""
    reports_client_secret: SecretStr = SecretStr("")
    allowed_destinations: str = ""
    max_calls_per_hour: Annotated[int, Field(ge=0, le=100_000)] = 0
    calling_hours: Annotated[
        str, Field(pattern=r"^$|^\d{2}:\d{2}-\d{2}:\d{2}$", examples=["08:00-18:00"])
    ] = ""
    dry_run: bool = False
    reserve_calls: Annotated[int, Field(ge=0, le=10_000)] = 0
    allow_data_changes: bool = False
    n8n_base_url: str = ""
    ignore_tls_errors: bool = False


class Transport(StrEnum):
    """How action nodes reach the runner."""

    URL = "url"
    TASK_RUNNER = "taskRunner"
    """By n8n's own task broker, to which the runner connects (threecx_runner.broker)."""


class ThreeCxCallControlApi(Login):
    """The whole credential, as n8n stores it."""

    transport: Transport = Transport.URL
    runner_url: str = "http://127.0.0.1:5690"
    runner_token: SecretStr = SecretStr("")
