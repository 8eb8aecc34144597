"""The PBX itself: state and rules. Nothing here awaits, reads a clock or opens a socket."""
