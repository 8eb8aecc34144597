"""`python -m threecx_simulator`: the same as the console script."""

from threecx_simulator.cli import main

main()
