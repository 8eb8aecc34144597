"""The opening of a WebSocket as 3CX's web server answers it: whatever is wrong with it, there is an answer, and no words of
a library."""

import logging
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Response
from websockets.server import ServerProtocol

_BAD = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class _Wordless(ServerProtocol):
    """Refuses with a status alone."""

    def reject(self, status: HTTPStatus | int, text: str) -> Response:
        """See `ServerProtocol`."""
        del text
        return super().reject(status, "")


class UpgradeProtocol(WebSocketsSansIOProtocol):
    """A connection that has asked for a WebSocket."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.conn = _Wordless(max_size=self.config.ws_max_size, logger=logging.getLogger("uvicorn.error"))

    def data_received(self, data: bytes) -> None:
        """A head that the library cannot read (a header of more than 8 KB, a body) would stay without an answer."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.handshake_initiated = True
            self.transport.write(b"".join(self.conn.data_to_send()) or _BAD)
            self.transport.close()
