"""Run lessons of the course.

python -m examples                          # list the lessons
python -m examples perceptron adaboost      # run two of them
python -m examples all --jobs 2             # run all, two at a time, and write runs/course/index.html
python -m examples all --long               # with the settings of the real thing
"""

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import tensorlab as tl

from .course.catalogue import chapters, lessons
from .course.page import write_page
from .course.report import Report


def run(lesson, out, long):
    """Run a lesson in this process; return whether its claims hold."""
    print(f"{lesson.title}\n")
    report, start = Report(out / lesson.chapter, lesson.name), time.perf_counter()
    tl.seed_everything(0)
    lesson.module.lesson(report, long)
    seconds = time.perf_counter() - start
    return report.finish(seconds=seconds, long=long, backend=tl.active_backend().name)


def run_apart(lesson, out, long, threads):
    """Run a lesson in a process of its own, with a number of threads; return whether its claims hold."""
    (out / lesson.chapter / f"{lesson.name}.json").unlink(missing_ok=True)
    command = [sys.executable, "-m", "examples", lesson.name, "--out", str(out), *["--long"] * long]
    settings = {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    environment = {**os.environ, **settings, "PYTHONIOENCODING": "utf-8"}
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment)
    heading = f"{lesson.chapter}/{lesson.name}: {time.perf_counter() - start:.1f} s"
    print(f"\n== {heading}\n{done.stdout}{done.stderr}", end="", flush=True)
    return done.returncode == 0


def run_all(out, long, jobs):
    """Run every lesson, `jobs` at a time, and write the page; return the names of those that fail."""
    threads = max(1, (os.cpu_count() or 1) // jobs)
    found = lessons().values()
    with ThreadPoolExecutor(jobs) as pool:
        passed = list(pool.map(lambda lesson: run_apart(lesson, out, long, threads), found))
    print(f"\nthe page of the course: {write_page(chapters(), out)}")
    return [lesson.name for lesson, ok in zip(found, passed, strict=True) if not ok]


def show_list():
    """Print the chapters with their lessons."""
    for chapter in chapters():
        print(f"\n{chapter.title}")
        for lesson in chapter.lessons:
            print(f"  {lesson.name:<24} {lesson.title}")


def main():
    """Read the command line and run what it names; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m examples", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="LESSON", help="lessons to run, or `all`")
    parser.add_argument("--long", action="store_true", help="run the real thing instead of the short form")
    parser.add_argument("--out", type=Path, default=Path("runs/course"), help="folder for pictures and the page")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="lessons at a time with `all`")
    options = parser.parse_args()
    if not options.names:
        show_list()
        return 0
    if options.names == ["all"]:
        failed = run_all(options.out, options.long, max(1, options.jobs))
    else:
        known = lessons()
        unknown = [name for name in options.names if name not in known]
        if unknown:
            parser.error(f"no lesson is named {', '.join(unknown)}; `python -m examples` lists them")
        failed = [name for name in options.names if not run(known[name], options.out, options.long)]
    if failed:
        print(f"claims do not hold, or an error was raised: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except tl.BackendUnavailable as error:
        raise SystemExit(str(error)) from None
