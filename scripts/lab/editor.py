"""n8n's editor in a real browser (Debian's Chromium through Playwright); everything but this machine is cut off."""

import contextlib
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from lab.bootstrap import ROOT
from lab.cache import made_once
from lab.commands import run
from lab.n8n_rest import OWNER
from lab.steps import Steps

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Route

_VERSION = "1.55.0"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
_ENTRY = '[data-test-id="node-creator-node-item"], [data-test-id="node-creator-action-item"]'
_DRAWN = "image => image.complete && image.naturalWidth > 0"
_FADED_IN = "() => document.getAnimations().every(one => one.playState !== 'running' || one.effect.getTiming().iterations > 1)"
_ELSEWHERE = re.compile(r"^https?://(?!127\.0\.0\.1[:/])")


@dataclass(frozen=True)
class Editor:
    """A signed-in owner's browser tab."""

    page: "Page"
    url: str

    def part(self, test_id: str) -> "Locator":
        """A part of the page by the name that n8n's own tests use."""
        return self.page.locator(f'[data-test-id="{test_id}"]')

    def search_nodes(self, text: str) -> None:
        """Types a search word into the node panel of a new workflow."""
        self.page.goto(f"{self.url}/workflow/new")
        self.part("canvas-add-button").first.click()
        self.part("node-creator-search-bar").wait_for()
        self.page.keyboard.type(text)

    def panel_icon(self, name: str) -> str:
        """Where the picture of a node in the node panel comes from, once it is drawn.

        n8n leaves the word "Trigger" out of the name of a trigger with actions.
        """
        named = re.compile(rf"^{re.escape(name)}\s*(Trigger)?\s*$")
        entry = self.page.locator(_ENTRY).filter(has=self.page.get_by_text(named))
        picture = entry.first.locator("img").first
        self.page.wait_for_function(_DRAWN, arg=picture.element_handle())
        return picture.get_attribute("src") or ""

    def show_execution(self, workflow_id: str, execution_id: str, nodes: int) -> None:
        """Opens an execution and waits until its canvas stands, drawn to its end and with nothing before it."""
        self.page.goto(f"{self.url}/workflow/{workflow_id}/executions/{execution_id}")
        self.part("canvas-node").nth(nodes - 1).wait_for()
        self._close_advice()
        self.page.wait_for_load_state("networkidle")
        self.page.wait_for_function(_FADED_IN)

    def _close_advice(self) -> None:
        """n8n shows a "Production Checklist" the first time that an active workflow is opened."""
        advice = self.page.get_by_text("Production Checklist")
        with contextlib.suppress(_playwright_timeout()):
            advice.wait_for(timeout=5_000)
            self.page.keyboard.press("Escape")
            advice.wait_for(state="hidden", timeout=5_000)

    def picture(self, path: Path) -> None:
        """Saves what the tab shows."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path)


def browser_program() -> str | None:
    """The browser of this machine, None without one."""
    return next(filter(None, map(shutil.which, _BROWSERS)), None)


@contextlib.contextmanager
def open_editor(url: str, program: str) -> Iterator[Editor]:
    """Signs the owner in; the browser is closed at the end."""
    with _playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(20_000)
        page.route(_ELSEWHERE, _refuse)
        page.goto(f"{url}/signin")
        page.locator("input[type=email]").fill(OWNER["email"])
        page.locator("input[type=password]").fill(OWNER["password"])
        page.locator('[data-test-id="form-submit-button"]').click()
        page.wait_for_url(lambda where: "signin" not in where)
        yield Editor(page, url)
        browser.close()


def _playwright() -> Any:
    """Playwright without its browsers, from PyPI into the cache folder.

    Not in .venv: n8n's lint reads every TypeScript file below the root, and Playwright brings some.
    """

    def make(folder: Path) -> None:
        install = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--target",
            str(folder),
            f"playwright=={_VERSION}",
        ]
        run(install, cwd=ROOT, env=os.environ)

    name = f"playwright-{_VERSION}-python-{sys.version_info.major}.{sys.version_info.minor}"
    sys.path.append(str(made_once(name, make, Steps())))
    from playwright.sync_api import sync_playwright

    return sync_playwright()


def _playwright_timeout() -> type[Exception]:
    """Playwright's own TimeoutError; only after `_playwright`."""
    from playwright.sync_api import TimeoutError as Late

    return cast("type[Exception]", Late)


def _refuse(route: "Route") -> None:
    route.abort()
