"""The journal on disk: its owner's alone, and without readable secrets."""

import stat
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from threecx_pbx.clock import ManualClock
from threecx_runner.errors import SettingWrong
from threecx_runner.journal import Journal
from threecx_runner.state_folder import Cipher


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


def modes_of(folder: Path, pattern: str) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in folder.glob(pattern)}


@pytest.mark.proves("behaviour.secrets-nowhere")
async def test_logins_at_rest_are_sealed_and_come_back_with_the_same_key_only(
    journal_url: str, cipher: Cipher, clock: ManualClock, make_live: Any, tmp_path: Path
) -> None:
    wish = make_live().subscription
    async with Journal.open(journal_url, cipher, clock) as journal:
        await journal.put_subscription(wish)
        written = everything_in(tmp_path)
        assert wish.webhook_id.encode() in written
        assert wish.login.client_secret.get_secret_value().encode() not in written
        assert await journal.subscriptions() == (wish,)
    async with Journal.open(journal_url, Cipher(Fernet.generate_key()), clock) as journal:
        assert await journal.subscriptions() == ()


async def test_the_journals_file_is_its_owners_alone(journal: Journal, tmp_path: Path) -> None:
    assert modes_of(tmp_path, "journal.sqlite*") == {0o600}


async def test_a_database_that_cannot_be_opened_is_one_sentence(cipher: Cipher, clock: ManualClock) -> None:
    for url in ("sqlite:////nowhere/at/all.sqlite", "gibberish", "oracle://x:y@127.0.0.1/z"):
        with pytest.raises(SettingWrong) as caught:
            async with Journal.open(url, cipher, clock):
                pass
        assert "N8N_3CX_STATE_URL" in caught.value.message + caught.value.hint
