"""Bytes to and from a PBX: no meaning of 3CX's here, only HTTP, TLS and sockets."""
