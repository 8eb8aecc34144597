"""One way to read the whole call log, as a process of its own: `python -m lab.benches.history_reader KIND URL FOLDER`.

KIND is `ours` (the runner's operation, entered at its Dispatcher), `bare` (a loop of `requests` that parses JSON) or `sdk`
(the Python SDK for the XAPI from PyPI). Prints `{"rows", "seconds", "peak_mb"}`; the memory is what came on top after the start.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import requests
from pydantic import SecretStr

from lab.simulator import CLIENT_ID, CLIENT_SECRET

BEGIN, END = "2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"
_PAGE = 1000
_REPORT = (
    f"/xapi/v1/ReportCallLogData/Pbx.GetCallLogData(periodFrom={BEGIN},periodTo={END},sourceType=0,sourceFilter='',"
    "destinationType=0,destinationFilter='',callsType=0,callTimeFilterType=0,callTimeFilterFrom='0:00:0',"
    "callTimeFilterTo='0:00:0',hidePcalls=true)"
)


def resident_mb() -> float:
    """Memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def peak_mb() -> float:
    """The most that it ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def measured(read: Callable[[], int]) -> dict[str, float]:
    """Runs it once."""
    start, began = resident_mb(), time.monotonic()
    rows = read()
    return {"rows": rows, "seconds": time.monotonic() - began, "peak_mb": max(0.0, peak_mb() - start)}


def bare(url: str) -> dict[str, float]:
    """The least that a client can do."""
    session = requests.Session()
    form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "grant_type": "client_credentials"}
    token = session.post(f"{url}/connect/token", data=form, timeout=30).json()["access_token"]
    session.headers["Authorization"] = f"Bearer {token}"

    def read() -> int:
        rows, page = 0, _PAGE
        while page == _PAGE:
            options = {"$top": str(_PAGE), "$skip": str(rows)}
            answer = session.get(url + _REPORT, params=options, timeout=60)
            answer.raise_for_status()
            page = len(answer.json()["value"])
            rows += page
        return rows

    return measured(read)


def sdk(url: str) -> dict[str, float]:
    """Pages of the same size through the SDK's own request and models."""
    from threecx import ThreeCXClient  # its import costs memory that is not ours to count

    with ThreeCXClient(url, CLIENT_ID, CLIENT_SECRET) as client:
        return measured(lambda: _sdk_rows(client))


def _sdk_rows(client: Any) -> int:
    """Page by page: it reads nothing ahead."""
    from datetime import datetime

    from threecx import ODataQuery

    begin, end = (datetime.fromisoformat(text) for text in (BEGIN, END))
    rows, page = 0, _PAGE
    while page == _PAGE:
        query = ODataQuery().top(_PAGE).skip(rows)
        found = client.reports.get_call_log_full(begin, end, hide_pcalls=True, query=query)
        page = len(found)
        rows += page
    return rows


async def ours(url: str, folder: Path) -> dict[str, float]:
    """Get Call History with Return All; every call with its journey."""
    from threecx_credentials.threecx_call_control_api import Login
    from threecx_pbx.clock import SystemClock
    from threecx_runner.api.wire import Item, ItemLine, Request
    from threecx_runner.interpreter import tune
    from threecx_runner.serve import started
    from threecx_runner.settings import Listen, Settings

    async with AsyncExitStack() as stack:
        settings = Settings(state_dir=folder, listen=Listen(host="127.0.0.1", port=0), xapi_per_second=0)
        runner = await started(settings, SystemClock(), stack)
        login = Login(server_url=url, client_id=CLIENT_ID, client_secret=SecretStr(CLIENT_SECRET))

        async def rows(**parameters: Any) -> int:
            wanted = {"startDate": BEGIN, "endDate": END, "timezone": "Europe/Berlin", **parameters}
            item = Item(index=0, key="1:bench:0:0", parameters=wanted)
            request = Request(
                protocol=1, items=[item], node="callData", operation="getCallHistory", login=login
            )
            count = 0
            async for line in runner.services.dispatcher.run(request):
                if not isinstance(line, ItemLine) or line.item is None:
                    raise SystemExit(f"no row: {line}")
                count += len(line.item["segments"])
            return count

        await rows(limit=1)
        tune()  # as `serve` does
        start, began = resident_mb(), time.monotonic()
        found = await rows(returnAll=True)
        return {"rows": found, "seconds": time.monotonic() - began, "peak_mb": peak_mb() - start}


def main() -> None:
    """Entry."""
    kind, url, folder = sys.argv[1:4]
    if kind == "ours":
        import uvloop

        found = uvloop.run(ours(url, Path(folder)))
    else:
        found = {"bare": bare, "sdk": sdk}[kind](url)
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
