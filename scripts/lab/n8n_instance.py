"""One n8n with a user folder of its own, our package installed in it as a community package, nothing outbound."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import requests

from lab.commands import run
from lab.n8n_install import N8nInstall
from lab.service import Service
from lab.waiting import free_port

_QUIET = {
    "N8N_DIAGNOSTICS_ENABLED": "false",
    "N8N_VERSION_NOTIFICATIONS_ENABLED": "false",
    "N8N_TEMPLATES_ENABLED": "false",
    "N8N_PERSONALIZATION_ENABLED": "false",
    "N8N_DYNAMIC_BANNERS_ENABLED": "false",
    "N8N_HIRING_BANNER_ENABLED": "false",
    "N8N_LICENSE_AUTO_RENEW_ENABLED": "false",
    "N8N_VERIFIED_PACKAGES_ENABLED": "false",
    # n8n asks api.n8n.io for a list at start otherwise
    "N8N_DISABLED_MODULES": "mcp-registry,instance-ai,agents,chat-hub,mcp,workflow-builder",
}
RUNNERS_TOKEN = "a-token-of-the-lab-for-task-runners"  # noqa: S105 - on loopback, open to everybody
_PACKAGES = {"N8N_COMMUNITY_PACKAGES_ENABLED": "true", "N8N_UNVERIFIED_PACKAGES_ENABLED": "true"}


@dataclass
class N8nInstance:
    """`folder` holds everything of this n8n and may be thrown away after `stop`; it can be started again in the same folder."""

    install: N8nInstall
    folder: Path
    port: int = field(default_factory=free_port)
    settings: Mapping[str, str] = field(default_factory=dict)
    service: Service | None = None
    broker_port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        """Address of the editor."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def broker_url(self) -> str:
        """Address of the task broker, for runners that know `RUNNERS_TOKEN`."""
        return f"http://127.0.0.1:{self.broker_port}"

    def add_package(self, tarball: Path) -> None:
        """Installs a package as n8n's manual for a manual installation says: npm install inside `~/.n8n/nodes`."""
        nodes = self.folder / ".n8n" / "nodes"
        nodes.mkdir(parents=True, exist_ok=True)
        manifest = nodes / "package.json"
        if not manifest.exists():
            manifest.write_text('{"name": "installed-nodes", "private": true, "dependencies": {}}')
        # with legacy-peer-deps npm does not look for n8n-workflow, which n8n itself brings, in the registry
        flags = [
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--omit=dev",
            "--omit=peer",
            "--legacy-peer-deps",
        ]
        node = self.install.node
        run([node.npm, "install", *flags, tarball], cwd=nodes, env=node.environment())

    def start(self, within_s: float = 120) -> None:
        """Starts n8n and waits until its REST API answers for itself.

        While starting, n8n answers 200 with a text to any path (`/healthz/readiness` too), hence the look into the settings.
        """
        self.service = Service(
            "n8n", [self.install.program, "start"], env=self._environment(), log=self.folder / "n8n.log"
        )
        self.service.wait_ready(self._answers, within_s=within_s)

    def stop(self) -> None:
        """Ends n8n; a second time does nothing."""
        if self.service:
            self.service.stop()

    def kill(self) -> None:
        """kill -9, as a crash would."""
        if self.service:
            self.service.kill()

    def _answers(self) -> bool:
        try:
            answer = requests.get(f"{self.url}/rest/settings", timeout=5)
            return bool(answer.json()["data"]["userManagement"])
        except (requests.RequestException, KeyError, TypeError):
            return False

    def _environment(self) -> dict[str, str]:
        inherited = {
            name: value
            for name, value in self.install.node.environment().items()
            if not name.startswith("N8N_")
        }
        own = {
            "N8N_USER_FOLDER": str(self.folder),
            "N8N_PORT": str(self.port),
            "N8N_LISTEN_ADDRESS": "127.0.0.1",
            "N8N_HOST": "127.0.0.1",
            "N8N_RUNNERS_BROKER_PORT": str(self.broker_port),
            "N8N_RUNNERS_AUTH_TOKEN": RUNNERS_TOKEN,
            "N8N_SECURE_COOKIE": "false",
            "HOME": os.environ.get("HOME", str(self.folder)),
        }
        return {**inherited, **_QUIET, **_PACKAGES, **own, **self.settings}
