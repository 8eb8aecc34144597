"""uvicorn's HTTP/1.1 as 3CX's web server speaks it: no words of a framework, and no upgrade but to a WebSocket."""

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

_UPGRADE = frozenset({b"upgrade", b"http2-settings", b"connection"})


class Http1Protocol(HttpToolsProtocol):
    """A request that offers to go on in another protocol (Java's HttpClient and `curl --http2` offer h2c on plain HTTP)
    is answered as if it did not: RFC 9110, 7.8. The parser takes what follows its head for that protocol, so that it
    is read once more without the offer."""

    _offered: bytes | None = None

    def send_400_response(self, msg: str) -> None:
        """What is not HTTP gets a status and no words of uvicorn's."""
        del msg
        self.transport.write(STATUS_LINE[400] + b"Content-Length: 0\r\nConnection: close\r\n\r\n")
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Everything that arrives, also what stands behind an offer that is passed over."""
        self._unset_keepalive_if_required()
        while data and not self.transport.is_closing():
            data = self._fed(data)

    def _fed(self, data: bytes) -> bytes:
        """What is to be read again; nothing, as a rule."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            if self._offered is None:
                self.handle_websocket_upgrade()
                return b""
            self.parser = httptools.HttpRequestParser(self)
            head, self._offered = self._offered, None
            return head + data[offer.args[0] :]
        except httptools.HttpParserError as wrong:
            self.send_400_response(str(wrong))
        return b""

    def on_headers_complete(self) -> None:
        """A request that is to be read once more is not begun."""
        if self.parser.should_upgrade() and not self._should_upgrade():
            kept = [(name, value) for name, value in self.headers if name not in _UPGRADE]
            lines = [b"%b %b HTTP/1.1" % (self.parser.get_method(), self.url)]
            lines += [b"%b: %b" % header for header in kept]
            self._offered = b"\r\n".join(lines) + b"\r\n\r\n"
            return
        self.begin()

    def begin(self) -> None:
        """A request whose head is complete."""
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """See httptools."""
        if self._offered is None:
            super().on_message_complete()
