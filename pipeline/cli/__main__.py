"""`python -m pipeline.cli` is `saruna`."""

from pipeline.cli import main

main()
