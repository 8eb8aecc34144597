"""The command `threecx-runner`."""

import asyncio
import sys
from importlib.metadata import version as installed
from pathlib import Path
from typing import Annotated

import typer

from threecx_pbx.errors import ThreeCxError
from threecx_runner.logs import start_logging
from threecx_runner.settings import Settings, load_settings
from threecx_runner.state_folder import runner_token

app = typer.Typer(
    help="The service behind the 3CX nodes for n8n.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich takes `[env: …]` for markup and leaves it out
)

StateDir = Annotated[Path | None, typer.Option(help="Folder of the runner's state [env: N8N_3CX_STATE_DIR].")]


@app.command()
def serve(  # typer reads options from the signature
    listen: Annotated[
        str | None, typer.Option(help="Address and port [env: N8N_3CX_RUNNER_LISTEN; 127.0.0.1:5690].")
    ] = None,
    state_dir: StateDir = None,
    state_url: Annotated[
        str | None, typer.Option(help="Database URL instead of SQLite [env: N8N_3CX_STATE_URL].")
    ] = None,
    n8n_url: Annotated[
        str | None, typer.Option(help="n8n as the runner reaches it [env: N8N_3CX_N8N_URL].")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate file, to serve https.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Key file of the certificate.")] = None,
    log_level: Annotated[
        str | None, typer.Option(help="debug, info, warning or error [env: N8N_3CX_LOG_LEVEL].")
    ] = None,
) -> None:
    """Serves n8n's 3CX nodes until SIGTERM or Ctrl-C."""
    settings = load_settings(
        listen=listen,
        state_dir=state_dir,
        state_url=state_url,
        n8n_url=n8n_url,
        tls_cert=tls_cert,
        tls_key=tls_key,
        log_level=log_level,
    )
    start_logging(settings.log_level)
    _run(settings)


@app.command()
def token(state_dir: StateDir = None) -> None:
    """Prints the token of the runner that works in the state folder, for Runner Token in n8n's credential."""
    typer.echo(runner_token(load_settings(state_dir=state_dir)).get_secret_value())


@app.command()
def version() -> None:
    """Prints the runner's version."""
    typer.echo(installed("threecx-runner"))


def _run(settings: Settings) -> None:
    from threecx_runner.serve import serve as serving  # imports all operations: not for `token`

    _make_room()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(serving(settings))


def _make_room() -> None:
    """For a connection per call, where the usual limit is 1024 files."""
    if sys.platform != "win32":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _loop_factory() -> "type[asyncio.AbstractEventLoop] | None":
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.Loop


def main() -> None:
    """Says in one or two lines what is wrong, and leaves with status 1."""
    try:
        app()
    except ThreeCxError as error:
        typer.echo(f"threecx-runner: {error.message} {error.hint}".rstrip(), err=True)
        raise SystemExit(1) from error
    except KeyboardInterrupt:
        raise SystemExit(130) from None
