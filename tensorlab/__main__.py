"""The command line: ``python -m tensorlab info``, ``playground``, ``plot`` and ``replay``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from .info import report


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command given by `arguments`, by default those of the process; return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.command(options)
    except (OSError, ValueError, ImportError, RuntimeError) as error:
        print(f"tensorlab: {error}", file=sys.stderr)
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tensorlab", description="Deep learning on NumPy and CuPy.")
    commands = parser.add_subparsers(required=True, metavar="command")

    info = commands.add_parser("info", help="print versions, backends, devices, memory, BLAS and threads")
    info.set_defaults(command=_info)

    playground = commands.add_parser("playground", help="serve a page to try small networks on, on this machine alone")
    playground.add_argument("--port", type=int, default=8765, help="the port to listen on; 0 takes a free one (8765)")
    playground.add_argument("--no-browser", action="store_true", help="do not open the page in a browser")
    playground.set_defaults(command=_playground)

    plot = commands.add_parser("plot", help="draw the curves of one or several trainings")
    plot.add_argument("runs", nargs="+", help="log files, folders of runs, or folders with folders of runs")
    plot.add_argument("-o", "--out", help="the picture to write (default: curves.png in the first folder)")
    plot.set_defaults(command=_plot)

    replay = commands.add_parser(
        "replay", help="repeat a training, and say in which epoch the two part; exit status 1 if they do"
    )
    replay.add_argument("runs", nargs="+", metavar="run.json", help="the run file, or the folder of the run")
    replay.add_argument("--folder", help="the folder of the repeated run (default: replay in that of the run)")
    replay.add_argument("--compare", action="store_true", help="compare two runs instead of repeating one")
    replay.set_defaults(command=_replay)
    return parser


def _info(options: argparse.Namespace) -> int:
    print(report())
    return 0


def _playground(options: argparse.Namespace) -> int:
    from .playground import serve

    serve(options.port, open_browser=not options.no_browser)
    return 0


def _plot(options: argparse.Namespace) -> int:
    from .train.plotting import plot_runs

    print(plot_runs(options.runs, options.out))
    return 0


def _replay(options: argparse.Namespace) -> int:
    from .train.replay import compare_runs, replay

    wanted = 2 if options.compare else 1
    if len(options.runs) != wanted:
        raise ValueError(f"replay takes {'two runs with --compare' if options.compare else 'one run'}")
    comparison = compare_runs(*options.runs) if options.compare else replay(options.runs[0], options.folder)
    print(comparison)
    return 0 if comparison.is_equal else 1


if __name__ == "__main__":
    sys.exit(main())
