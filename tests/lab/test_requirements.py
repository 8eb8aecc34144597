"""The promises and who proves them."""

from pathlib import Path

import pytest

from lab.commands import ToolMissing, demand
from lab.requirements import Promises


def test_every_promise_has_an_id_of_its_own() -> None:
    ids = Promises(Path(__file__).parents[1]).promised()

    assert len(ids) == len(set(ids)) > 200


def test_a_proof_of_something_that_nobody_promised_is_named(tmp_path: Path) -> None:
    (tmp_path / "requirements.json").write_text('[{"id": "care.one-receiver"}, {"id": "care.nobody-home"}]')
    mark = "@pytest.mark." + "proves"
    source = f'{mark}("care.one-receiver")\ndef test_a(): ...\n\n{mark}("care.invented")\nasync def test_b(): ...\n'
    (tmp_path / "test_care.py").write_text(source)
    (tmp_path / "unproven.txt").write_text("care.nobody-home\n")

    assert Promises(tmp_path).findings() == [
        "tests/test_care.py proves 'care.invented', which tests/requirements.json does not promise"
    ]


def test_a_missing_tool_is_named_with_the_way_to_get_it() -> None:
    with pytest.raises(ToolMissing, match=r"no-such-compiler \(apt-get install build-essential\)"):
        demand({"sh": "", "no-such-compiler": "apt-get install build-essential"})
