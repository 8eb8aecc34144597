"""Sound: what each side of a call says, streamed to and from applications at the pace of real time."""
