"""`python -m iog` is the same as `iog`."""

from iog.cli import main

main()
