"""Logs: one structured line per fact on stderr, for our own code and for libraries alike.

Secrets are impossible rather than redacted: logins are never bound, and libraries that print headers or statements are heard from warnings on.
"""

import logging
import sys

import structlog

from threecx_runner.settings import LogLevel

_LOUD = ("websockets", "uvicorn", "urllib3", "aiohttp", "asyncio", "sqlalchemy", "filelock")
"""At debug, websockets prints the handshake's Authorization header; at info, SQLAlchemy prints every statement."""


def start_logging(level: LogLevel) -> None:
    """Called once, by the command line."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer()],
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in _LOUD:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _renderer() -> structlog.typing.Processor:
    """Lines for eyes on a terminal, JSON for everything else."""
    if sys.stderr.isatty():
        return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    return structlog.processors.JSONRenderer()
