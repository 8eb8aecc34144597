"""The softphone's side of the control API: the page, and a socket that carries a caller's sound both ways.

The socket's binary messages are PCM as everywhere here: to the browser what the caller hears, from it what they say.
"""

import asyncio
from importlib.resources import files
from urllib.parse import urlsplit

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import HTMLResponse

from threecx_simulator.control.faults import UnknownCall
from threecx_simulator.control.handle import Control

_EVERY = 0.1  # seconds of sound in a message


def phone(app: FastAPI, control: Control) -> None:
    """Add the page and its socket."""

    @app.get("/phone", tags=["softphone"], response_class=HTMLResponse)
    async def softphone() -> str:
        """A telephone in the browser: dial, hear, speak, press keys."""
        return files("threecx_simulator.web").joinpath("softphone.html").read_text(encoding="utf-8")

    @app.websocket("/calls/{call}/audio")
    async def audio(socket: WebSocket, call: str) -> None:
        if not _same_origin(socket):
            await socket.close(1008)
            return
        await socket.accept()
        sending = asyncio.create_task(_send(socket, control, call), name="softphone")
        try:
            while True:
                control.speak(call, await socket.receive_bytes())
        except (WebSocketDisconnect, UnknownCall):
            return  # the browser or the call has gone
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)


def _same_origin(socket: WebSocket) -> bool:
    """Pages of other sites may not listen in; programs send no Origin."""
    origin = socket.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == socket.headers.get("host")


async def _send(socket: WebSocket, control: Control, call: str) -> None:
    """What the caller hears, from now on, until the call has ended."""
    async for pcm in control.listen(call, _EVERY):
        await socket.send_bytes(pcm)
    await socket.close()
