"""The command line: ``python -m tensorlab info``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from .info import report


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command given by `arguments`, by default those of the process."""
    parser = argparse.ArgumentParser(prog="tensorlab", description="Deep learning on NumPy and CuPy.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("info", help="print versions, backends, devices, memory, BLAS and threads")
    parser.parse_args(arguments)
    print(report())


if __name__ == "__main__":
    main()
