"""An n8n whose operations can reach the runner by the task broker only."""

from dataclasses import dataclass

from lab.n8n_rest import Execution, Json, N8nRest
from lab.stack import CREDENTIAL, Stack

from .workflows import chain, manual


@dataclass
class Place:
    """One n8n with a credential that has no Runner URL at all: only the task broker can carry its operations."""

    rest: N8nRest
    credential: Json

    def begin(self, node: Json) -> str:
        """Starts a workflow of one node by hand: the execution's id."""
        workflow = chain(node["name"], manual(), node)
        node["credentials"] = {CREDENTIAL: self.credential}
        saved = self.rest.add_workflow(workflow)
        return str(self.rest.run(saved, "Start")["executionId"])

    def run(self, node: Json) -> Execution:
        """The same, until its end."""
        return self.rest.ended(self.begin(node), within_s=90)


def place_at(stack: Stack, rest: N8nRest) -> Place:
    """A credential for the stack's PBX in this n8n."""
    login = stack.login(transport="taskRunner", runnerUrl="")
    return Place(rest, rest.add_credential("By task runner only", CREDENTIAL, login))


def said(execution: Execution, node: str) -> str:
    """What the editor's panel shows: the message and the advice under it."""
    error = execution.error_of(node)
    return f"{error.get('message')} {error.get('description')}"
