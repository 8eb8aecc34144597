"""How many results a read gives: n8n's Return All and Limit."""

from typing import Annotated

from threecx_runner.sdk import Field, Params


class Listed(Params):
    """Parameters of operations that give many items."""

    return_all: bool = False
    limit: Annotated[int, Field(ge=1)] = 50

    @property
    def most(self) -> int | None:
        """None: all."""
        return None if self.return_all else self.limit
