"""The simulator needs nothing of this project but its own folder."""

import shutil
import subprocess
import sys
from pathlib import Path

import threecx_simulator


def test_a_copy_of_the_folder_serves_users_and_call_log_without_the_rest_of_the_project(
    tmp_path: Path,
) -> None:
    shutil.copytree(Path(threecx_simulator.__file__).parent, tmp_path / "threecx_simulator")
    program = (
        "import sys; sys.path[:] = [p for p in sys.path if not p.rstrip('/').endswith('/src')]\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        "import asyncio, threecx_simulator as ts\n"
        "async def main():\n"
        "    async with ts.Simulator(history=10) as sim:\n"
        "        print(len(list(sim.office.sets['Users'])), len(sim.office.archive.history))\n"
        "asyncio.run(main())\n"
        f"assert ts.__file__.startswith({str(tmp_path)!r}), ts.__file__\n"
        "assert not [name for name in sys.modules if name.startswith(('threecx_pbx', 'threecx_runner', 'threecx_nodes'))]\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout.strip(), done.returncode) == ("6 10", 0), done.stderr
