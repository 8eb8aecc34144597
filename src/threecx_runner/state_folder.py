"""The runner's folder on disk: lock, token, key, journal and files. Only its owner may look inside."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from filelock import FileLock, Timeout
from pydantic import SecretStr

from threecx_runner.errors import SettingWrong, StateLocked
from threecx_runner.settings import Settings


class Cipher:
    """Logins at rest, under a key of their own: changing the runner's token loses nothing."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)

    def seal(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode()

    def unseal(self, sealed: str) -> str | None:
        """None when it was sealed under another key: the state folder is another one."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None


@dataclass(frozen=True, slots=True)
class StateFolder:
    """An opened folder; the lock is held while it is open."""

    path: Path
    token: SecretStr
    token_configured: bool
    """Given by the admin; else generated, and node calls over loopback need none (architecture 6)."""
    cipher: Cipher
    journal_url: str

    @property
    def files(self) -> Path:
        return self.path / "files"


@contextmanager
def open_state(settings: Settings) -> Iterator[StateFolder]:
    """Raises StateLocked when another runner works in it, SettingWrong when it cannot be used."""
    path = _made(settings.state_dir)
    lock = FileLock(path / "runner.lock", timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout as error:
        raise StateLocked(f"Another runner works in the state folder {path}.") from error
    try:
        yield _opened(path, settings)
    finally:
        lock.release()


def runner_token(settings: Settings) -> SecretStr:
    """The configured token, else the one of a folder in which a runner has worked; makes nothing. Raises SettingWrong."""
    if settings.runner_token is not None:
        return settings.runner_token
    path = settings.state_dir
    try:
        return SecretStr((path / "token").read_text().strip())
    except FileNotFoundError as error:
        raise SettingWrong(
            f"There is no token of a runner in {path}.",
            hint="Name the state folder of the runner that serves, such as `threecx-runner token --state-dir /var/lib/threecx-runner`.",
        ) from error
    except OSError as error:
        raise SettingWrong(
            f"The token in {path} cannot be read: {error.strerror}.",
            hint="Run this as the runner's own user, or as root.",
        ) from error


def _opened(path: Path, settings: Settings) -> StateFolder:
    default = f"sqlite:///{path / 'journal.sqlite'}"
    key = _kept(path / "key", lambda: Fernet.generate_key().decode())
    try:
        cipher = Cipher(key.encode())
    except ValueError as error:
        raise SettingWrong(
            f"The file {path / 'key'} is damaged.",
            hint="Delete it: active workflows subscribe again within a minute.",
        ) from error
    return StateFolder(
        path=path,
        token=settings.runner_token or SecretStr(_kept(path / "token", lambda: secrets.token_urlsafe(32))),
        token_configured=settings.runner_token is not None,
        cipher=cipher,
        journal_url=settings.state_url.get_secret_value() if settings.state_url else default,
    )


def _made(path: Path) -> Path:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
    except OSError as error:
        raise SettingWrong(
            f"The state folder {path} cannot be used: {error.strerror}.",
            hint="Name a folder of the runner's own user with --state-dir or N8N_3CX_STATE_DIR.",
        ) from error
    return path


def _kept(path: Path, make: Callable[[], str]) -> str:
    """The file's text; when there is none it is written, complete and 0600 from its first moment."""
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(make())
        try:
            os.link(draft, path)  # fails if another process was first: then its value counts
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
