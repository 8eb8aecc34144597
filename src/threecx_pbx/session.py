"""One login at a PBX."""


class PbxSession:
    """One login: token, socket, book of calls. Lives on the loop; every method may be cancelled."""
