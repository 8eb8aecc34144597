"""scripts/demo: a phone call answered and put through by a workflow in a real n8n, with no PBX."""

import json
import signal
import sys
import tempfile
from pathlib import Path
from typing import Annotated, NoReturn

import requests
import typer
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from lab.bootstrap import stop
from lab.commands import CommandFailed, ToolMissing
from lab.demo_calls import CALLS, TEMPLATE, DemoCall, Seen
from lab.n8n_rest import OWNER, Json, N8nRefused
from lab.service import ServiceDied
from lab.simulator import ROUTE_POINT_NUMBER, SimulatorRefused
from lab.stack import CREDENTIAL, Stack, template
from lab.steps import Steps
from lab.waiting import NeverCame, free_port

_N8N_PORT = 5678
_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TROUBLE = (
    CommandFailed,
    ToolMissing,
    ServiceDied,
    NeverCame,
    N8nRefused,
    SimulatorRefused,
    requests.RequestException,
)


def demo(
    check: Annotated[
        bool, typer.Option("--check", help="Place four calls, print one JSON line and end (for machines).")
    ] = False,
) -> None:
    """Starts a simulated 3CX, the runner and a real n8n, and lets a workflow handle a call."""
    for number in _ENDS:
        signal.signal(number, _interrupted)
    steps = Steps()
    try:
        with tempfile.TemporaryDirectory(prefix="threecx-demo-") as folder:
            stack = Stack.in_folder(Path(folder), steps, n8n_port=free_port(_N8N_PORT))
            with stack:
                workflow = _set_up(stack)
                _check(stack, workflow) if check else _show(stack, workflow)
    except _TROUBLE as error:
        stop(str(error))
    except KeyboardInterrupt:
        steps.say("Everything that the demo started has ended.")


def _interrupted(*_: object) -> NoReturn:
    """Once: an impatient second Ctrl-C must not leave n8n behind."""
    for number in _ENDS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _set_up(stack: Stack) -> Json:
    """The template in n8n, active, with a credential for the simulated PBX."""
    with stack.steps.step(f"Importing templates/{TEMPLATE}.json and activating it"):
        credential = stack.rest.add_credential("Simulated 3CX", CREDENTIAL, stack.login())
        workflow = stack.add_workflow(template(TEMPLATE), credential)
        stack.rest.activate(workflow)
        stack.wait_subscribed(workflow)
    return workflow


def _check(stack: Stack, workflow: Json) -> NoReturn:
    """Places all calls; the last line on stdout is the result, the exit status says whether all went as they should."""
    seen = [_place(stack, workflow, call) for call in CALLS]
    ok = all(one.as_expected for one in seen)
    print(json.dumps({"ok": ok, "calls": [one.as_json() for one in seen]}), flush=True)
    sys.exit(0 if ok else 1)


def _show(stack: Stack, workflow: Json) -> None:
    """Where to look, one call with its timeline, and then until Ctrl-C."""
    where = f"{stack.n8n.url}/workflow/{workflow['id']}/executions"
    text = (
        f"The editor: [bold]{where}[/]\n"
        f"Log in as   [bold]{OWNER['email']}[/]  with the password  [bold]{OWNER['password']}[/]\n\n"
        f"The simulated 3CX: {stack.simulator.url}, place more calls at {stack.simulator.control_url}/docs\n"
        f'(POST /calls with {{"from": "+49301234567", "to": "{ROUTE_POINT_NUMBER}"}})\n\n'
        "All of it runs on this machine only and is thrown away at the end. Ctrl-C ends it."
    )
    Console().print(Panel(text, title="A workflow that handles phone calls", expand=False))
    _print_timeline(_place(stack, workflow, CALLS[0]))
    stack.steps.say("The execution of this call is in the editor now. Ctrl-C ends the demo.")
    signal.pause()


def _place(stack: Stack, workflow: Json, call: DemoCall) -> Seen:
    with stack.steps.step(f"Calling {ROUTE_POINT_NUMBER}: {call.story}"):
        return call.place(stack, workflow)


def _print_timeline(seen: Seen) -> None:
    table = Table(title=f"The call of {seen.call.caller}, as the simulated 3CX saw it")
    table.add_column("after", justify="right")
    table.add_column("what happened")
    for moment in seen.report.timeline:
        table.add_row(f"{moment.seconds:.1f} s", moment.what)
    table.add_row("", f"heard: {', '.join(seen.heard)}")
    Console().print(table)


def main() -> None:
    """Entry of scripts/demo."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(demo)
    app()
