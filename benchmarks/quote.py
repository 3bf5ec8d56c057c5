"""Puts what a command prints into a document: python benchmarks/quote.py DOCUMENT NAME [--fenced] -- COMMAND

The output replaces the figures NAME between the document's markers (`iog.evaluation.quoting`), as a block of
plain text if --fenced. A command that fails leaves the document as it was.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from iog.errors import DataError
from iog.evaluation.quoting import check_quotable, quote


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("document", type=Path)
    parser.add_argument("name")
    parser.add_argument("--fenced", action="store_true")
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    try:
        check_quotable(arguments.document, arguments.name)
    except DataError as error:
        sys.exit(str(error))
    done = subprocess.run(arguments.command, stdout=subprocess.PIPE, text=True)
    print(done.stdout, end="")
    if done.returncode:
        sys.exit(done.returncode)
    figures = done.stdout.strip()
    quote(arguments.document, arguments.name, f"```\n{figures}\n```" if arguments.fenced else figures)


if __name__ == "__main__":
    main()
