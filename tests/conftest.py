"""What all tests share: the contract files, and what lies beside them in the path."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
sys.path.append(str(Path(__file__).resolve().parents[1]))  # operations are tested in the office of tests/care


from tests.readings import readings
from threecx_simulator import Profile


@pytest.fixture(params=readings())
def profile(request: pytest.FixtureRequest) -> Profile:
    """Every test with a PBX runs under several readings of what nobody knows of a real one."""
    reading: Profile = request.param
    return reading


@pytest.fixture(scope="session")
def contract() -> Callable[[str], dict[str, Any]]:
    """A golden file of tests/contract by its name: what Python and TypeScript both keep to."""
    folder = Path(__file__).parent / "contract"
    return lambda name: dict(json.loads((folder / f"{name}.json").read_text()))
