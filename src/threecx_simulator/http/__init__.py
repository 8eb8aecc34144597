"""The PBX's web server: token, Call Control REST, its WebSocket, the XAPI."""
