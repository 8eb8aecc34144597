"""Options that n8n's side acts on; the runner never sees them."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from threecx_runner.sdk import Wire


class ItemExecution(StrEnum):
    """Whether items wait for each other (features.md section 2)."""

    PARALLEL = "parallel"
    ONE_BY_ONE = "oneByOne"


class ItemOptions(Wire):
    """Options of every operation of an action node."""

    item_execution: ItemExecution = ItemExecution.PARALLEL
    concurrency: Annotated[int, Field(ge=1, le=64)] = 10
