"""Results: the table, the comparison with targets, and the files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import geometric_mean

from . import machine

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Row:
    """One result.

    Attributes
    ----------
    value : float
        Median of the seconds per call, or bytes if `unit` is ``"B"``.
    others : dict from name to float
        The same for PyTorch and NumPy.
    flops : int, optional
        Floating-point operations per call.
    roof : float, optional
        Fraction of the peak of the machine.
    bandwidth : float, optional
        Bytes moved per second.
    undisturbed : bool
        Whether it was timed without waiting for processors.
    """

    group: str
    name: str
    backend: str
    value: float
    others: dict[str, float] = field(default_factory=dict)
    flops: int | None = None
    roof: float | None = None
    bandwidth: float | None = None
    undisturbed: bool = True
    unit: str = "s"

    @property
    def rate(self) -> float | None:
        """Floating-point operations per second."""
        return self.flops / self.value if self.flops else None

    @property
    def ratio(self) -> float | None:
        """The ratio of tensorlab's value to PyTorch's."""
        return self.value / self.others["PyTorch"] if "PyTorch" in self.others else None

    def cells(self) -> list[str]:
        def filled(value: float | None, form: str) -> str:
            return "" if value is None else format(value, form)

        return [
            self.name if self.undisturbed else f"{self.name} ~",
            self.backend,
            quantity(self.value, self.unit),
            filled(None if self.rate is None else self.rate / 1e9, ".1f" if (self.rate or 0) < 1e11 else ".0f"),
            filled(None if self.bandwidth is None else self.bandwidth / 1e9, ".1f"),
            filled(self.roof, ".0%"),
            ", ".join(f"{quantity(v, self.unit)}{'' if k == 'PyTorch' else f' {k}'}" for k, v in self.others.items()),
            filled(self.ratio, ".2f"),
        ]


HEADER = ["what", "backend", "median", "GFLOP/s", "GB/s", "of peak", "PyTorch", "ratio"]


def quantity(value: float, unit: str) -> str:
    """Return seconds or bytes as text, with three digits."""
    steps = [(1, "s"), (1e-3, "ms"), (1e-6, "µs")] if unit == "s" else [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")]
    scale, symbol = next((step for step in steps if value >= step[0]), steps[-1])
    digits = max(0, 2 - len(str(int(value / scale))) + 1)
    return f"{value / scale:.{digits}f} {symbol}"


def aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """Return lines of cells as text: two columns aligned left, the others right; empty columns are left out."""
    columns = [column for column in zip(*lines, strict=True) if any(column[1:])]
    padded = [_padded(column, i < 2) for i, column in enumerate(columns)]
    return ["  ".join(line).rstrip() for line in zip(*padded, strict=True)]


def _padded(column: Sequence[str], left: bool) -> list[str]:
    width = max(map(len, column))
    return [cell.ljust(width) if left else cell.rjust(width) for cell in column]


def table(rows: Iterable[Row]) -> list[str]:
    """Return the table of results, with a title for each group."""
    rows = list(rows)
    header, *lines = aligned([HEADER, *(row.cells() for row in rows)])
    text, group = [header, "-" * len(header)], ""
    for row, line in zip(rows, lines, strict=True):
        if row.group != group:
            group = row.group
            text += ["", group.upper()]
        text.append(line)
    return text


# -- targets ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Target:
    """A target for the CPU: `measure` of the results in `group` whose names contain `names` is at most `limit`."""

    what: str
    group: str
    names: str
    limit: float
    measure: Callable[[list[Row]], float | None]
    unit: str = "× PyTorch"

    def rows(self, rows: Iterable[Row]) -> list[Row]:
        return [row for row in rows if row.group == self.group and self.names in row.name and row.backend == "numpy"]

    def reached(self, rows: Iterable[Row]) -> float | None:
        """Return the measured value, or None if it was not run."""
        return self.measure(found) if (found := self.rows(rows)) else None


def mean_ratio(rows: list[Row]) -> float | None:
    """Return the geometric mean of the ratios to PyTorch."""
    ratios = [row.ratio for row in rows if row.ratio is not None]
    return geometric_mean(ratios) if ratios else None


def most_over_numpy(rows: list[Row]) -> float | None:
    """Return the largest difference, in microseconds, of the times of an op and of NumPy's function."""
    return max(((row.value - row.others["NumPy"]) * 1e6 for row in rows if "NumPy" in row.others), default=None)


def worst_ratio(rows: list[Row]) -> float | None:
    return max((row.ratio for row in rows if row.ratio is not None), default=None)


def over_bare_loop(rows: list[Row]) -> float | None:
    """Return the largest ratio of the time through a `Trainer` to that of a bare loop."""
    return max((row.value / row.others["bare loop"] for row in rows if "bare loop" in row.others), default=None)


TARGETS = [
    Target("training step of an MLP 8-16-4, batch 1, SGD", "training step", "8-16-4", 0.6, mean_ratio),
    Target("training step of an MLP 64-64-64-10, batch 32, Adam", "training step", "64-64-64-10", 0.7, mean_ratio),
    Target("training step of an MLP 784-1024-1024-10, batch 256", "training step", "784-1024-1024-10", 1.1, mean_ratio),
    Target("training step of LeNet-5, batch 64", "training step", "LeNet-5", 3.0, mean_ratio),
    Target("Adam on 200 tensors of 32×32", "optimizer step", "Adam, 200", 0.5, mean_ratio),
    Target("Adam on four matrices of 1024×1024", "optimizer step", "Adam, four", 1.0, mean_ratio),
    Target("SGD with momentum on the same", "optimizer step", "SGD with momentum, four", 1.0, mean_ratio),
    Target(
        "untraced op on 32 floats, over NumPy's, the slowest",
        "small op",
        "32 floats, untraced",
        0.8,
        most_over_numpy,
        "µs",
    ),
    Target("traced op on 32 floats, the slowest of three", "small op", "32 floats, traced", 1.0, worst_ratio),
    Target("chain of small ops, forward and backward", "small op", "floats, forward and backward", 0.8, mean_ratio),
    Target("matmul forward and backward, geometric mean", "matmul", "forward and backward", 1.1, mean_ratio),
    *[
        Target(f"{what} of batches of images, geometric mean", "transforms", names, 1.0, mean_ratio)
        for what, names in (
            ("resizing", "resize to"),
            ("flipping", "flip"),
            ("cropping", "crop"),
            ("normalising", "normalise"),
            ("colour jitter", "jitter"),
        )
    ],
    Target("peak memory of a step of LeNet-5", "peak memory", "LeNet-5", 1.2, mean_ratio),
    Target("peak memory of a step of a 50-layer MLP", "peak memory", "50 layers", 1.2, mean_ratio),
    Target("peak memory of Adam on four matrices", "peak memory", "alone, four", 1.0, mean_ratio),
    Target("peak memory of a step of an MLP by Adam", "peak memory", "784-1024-1024-10, Adam", 1.0, mean_ratio),
    Target("epoch of LeNet-5 through Trainer", "Trainer", "a bar", 1.03, over_bare_loop, "× bare loop"),
]


def target_lines(rows: Sequence[Row]) -> list[str]:
    """Return the table of targets: the limit, the measured value, and whether it is met."""
    lines = [["target", "unit", "limit", "measured", ""]]
    for target in TARGETS:
        reached = target.reached(rows)
        verdict = "not measured" if reached is None else "met" if reached <= target.limit else "MISSED"
        if not all(row.undisturbed for row in target.rows(rows)):
            verdict += " ~"
        value = "" if reached is None else f"{reached:#.3g}"
        lines.append([target.what, target.unit, f"≤ {target.limit:g}", value, verdict])
    return aligned(lines)


# -- notes and files -------------------------------------------------------------------------------------------


def in_words(rows: Iterable[Row]) -> list[str]:
    """Return notes on the machine, and on what could not be run and why."""
    facts = machine.facts()
    lines = [f"CPU: {facts['cpu']}, {facts['threads']} threads; {', '.join(facts['blas'])}."]
    lines += [f"Peak of {name}: {machine.peak(name)}." for name in machine.backends()]
    for name, why_not in machine.tl.available_backends().items():
        if why_not is not None:
            lines.append(f"Not run, the backend {name}: {why_not}.")
    torch = machine.torch_module()
    if torch is None:
        lines.append("Not run, PyTorch: it is not installed; `make peers` installs it. Its memory is a recorded value.")
    else:
        lines.append(f"Compared with: PyTorch {torch.__version__}, {torch.get_num_threads()} threads.")
        if facts["gpu"] and not torch.cuda.is_available():
            lines.append("Not run, PyTorch on the GPU: this build of PyTorch does not support it.")
    if not all(row.undisturbed for row in rows):
        lines.append("~: other programs used the processors most of the time, so the value is unreliable.")
    return lines


def save(rows: Sequence[Row], name: str) -> list[Path]:
    """Write the results as JSON, and a chart if matplotlib is installed; return the files."""
    RESULTS.mkdir(exist_ok=True)
    data = {
        "machine": machine.facts(),
        "peaks": {backend: asdict(machine.peak(backend)) for backend in machine.backends()},
        "targets": [{"what": t.what, "unit": t.unit, "limit": t.limit, "measured": t.reached(rows)} for t in TARGETS],
        "rows": [asdict(row) for row in rows],
    }
    file = RESULTS / f"{name}.json"
    file.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    chart = file.with_suffix(".png")
    return [file, *([chart] if draw(rows, chart) else [])]


def draw(rows: Sequence[Row], file: Path) -> bool:
    """Draw the chart if matplotlib is installed; return whether it is."""
    try:
        import matplotlib
    except ImportError:
        return False
    matplotlib.use("Agg")
    from .chart import draw_chart

    draw_chart(rows, file)
    return True
