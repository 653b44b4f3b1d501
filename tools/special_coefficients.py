"""Fit the numbers behind the special functions: the tables of `tensorlab/backend/kernels/special/coefficients.py`.

`python tools/special_coefficients.py` rewrites that file; `python tools/special_coefficients.py --check` only says
whether it is up to date. Needs mpmath (`pip install mpmath`), which nothing else here does.

Most tables are rational functions p(v) / q(v), q(0) = 1, that agree with a function at the Chebyshev nodes of an
interval: a linear system for the coefficients, and an error within a small factor of the smallest possible. All of it
is worked out with so many digits that the coefficients, rounded to double precision, are the same everywhere.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill, indent

import mpmath as mp
from mpmath import mpf

TARGET = Path(__file__).resolve().parent.parent / "tensorlab/backend/kernels/special/coefficients.py"
DIGITS = 100
POINTS = 400
"""At how many points the error of a fit is measured."""

HEADER = '''\
"""Coefficients of the special functions, written by `tools/special_coefficients.py`.

All but the last two are rational functions p(v) / q(v) that interpolate a function at Chebyshev nodes, computed in high
precision. Each table has them for both precisions, as (p, q) with the lowest power first. The variable is shifted so
that (nearly) all coefficients of a table have the same sign and nothing cancels. The comments give the interval of v
and the largest relative error on it, for exact arithmetic with these coefficients.
"""

from __future__ import annotations

from .evaluation import Table

# fmt: off
'''

TEMME_TEXT = """\
Row k has the Taylor coefficients of c_k(eta) in Temme's expansion of the incomplete gamma functions.

N. M. Temme, "The asymptotic expansion of the incomplete gamma functions", SIAM J. Math. Anal. 10 (1979); the
recursion is 8.12.13 of the NIST Digital Library of Mathematical Functions. Cut off for a >= {a} and |eta| <= {eta};
the error of the upper function is {error:.1e} there, with x within half of a.
"""

Function = Callable[[mpf], mpf]


@dataclass
class Fit:
    """An interval, the degrees of numerator and denominator on it, and what is taken off the variable."""

    low: mpf | float
    high: mpf | float
    above: int
    below: int = 0
    shift: mpf | float = 0

    def nodes(self, count: int) -> list[mpf]:
        """Return the Chebyshev nodes of the interval, which leave out its ends."""
        middle, half = (mpf(self.high) + self.low) / 2, (mpf(self.high) - self.low) / 2
        return [middle + half * mp.cos(mp.pi * (2 * k + 1) / (2 * count)) for k in range(count)]

    def solve(self, function: Function) -> tuple[list[float], list[float]]:
        """Return the coefficients of the numerator and the denominator."""
        nodes = self.nodes(self.above + self.below + 1)
        matrix, right = mp.matrix(len(nodes), len(nodes)), mp.matrix(len(nodes), 1)
        for row, x in enumerate(nodes):
            v, right[row] = x - self.shift, function(x)
            for k in range(self.above + 1):
                matrix[row, k] = v**k
            for k in range(1, self.below + 1):
                matrix[row, self.above + k] = -right[row] * v**k
        solution = [float(c) for c in mp.lu_solve(matrix, right)]
        return solution[: self.above + 1], [1.0, *solution[self.above + 1 :]]

    def error(self, function: Function, above: Sequence[float], below: Sequence[float]) -> mpf:
        """Return the largest relative error of a solution."""

        def ratio(v: mpf) -> mpf:
            return mp.polyval(above[::-1], v) / mp.polyval(below[::-1], v)

        return max(abs(ratio(x - self.shift) / function(x) - 1) for x in self.nodes(POINTS))


# The functions, in the variables of their fits.


def erf(u: mpf) -> mpf:
    x = mp.sqrt(u)
    return mp.erf(x) / x


def erfcx(t: mpf) -> mpf:
    x = mpf("3.75") * (1 + t) / (1 - t)
    return (1 + 2 * x) * mp.exp(x * x) * mp.erfc(x)


def erfinv(u: mpf) -> mpf:
    x = mp.sqrt(u)
    return mp.erfinv(x) / x


def erfcinv(w: mpf) -> mpf:
    """Return y with erfc(y) = exp(-w^2), by Newton's method on the logarithm from the asymptotic value."""
    y, step = w - mp.log(w * mp.sqrt(mp.pi)) / (2 * w), mp.inf
    while abs(step) > mpf(10) ** (-DIGITS / 2):
        value = mp.erfc(y)
        step = (mp.log(value) + w * w) * value * mp.exp(y * y) * mp.sqrt(mp.pi) / 2
        y += step
    return y


def lgamma(d: mpf) -> mpf:
    return mp.loggamma(1 + d) / (d * (d - 1))


def binet(z: mpf) -> mpf:
    x = 1 / mp.sqrt(z)
    return (mp.loggamma(x) - ((x - 0.5) * mp.log(x) - x + mp.log(2 * mp.pi) / 2)) * x


def digamma_root() -> mpf:
    return mp.findroot(mp.digamma, 1.46)


def digamma(d: mpf) -> mpf:
    return mp.digamma(1 + d) / (1 + d - digamma_root())


def digamma_series(z: mpf) -> mpf:
    x = 1 / mp.sqrt(z)
    return (mp.log(x) - 1 / (2 * x) - mp.digamma(x)) * x * x


def log1p_rest(m: mpf) -> mpf:
    return (mp.log1p(m) - m) / m**2 if abs(m) > mpf(10) ** (-DIGITS // 2) else mpf(-0.5)


def bessel_near(order: int) -> Function:
    return lambda u: mp.besseli(order, mp.sqrt(u)) / (mp.sqrt(u) / 2) ** order


def bessel_far(order: int) -> Function:
    return lambda v: mp.besseli(order, 1 / v) * mp.exp(-1 / v) / mp.sqrt(v)


def tables() -> list[tuple[str, str, Function, Fit, Fit]]:
    """Return each table's name, what it says, its function, and its fits in single and in double precision."""
    ninth, eighth, sixteenth, centre = mpf(1) / 9, 0.125, 0.0625, 0.5625
    return [
        ("ERF", "erf(x) / x in v = x^2.", erf, Fit(0, mpf("15.6025"), 6, 5), Fit(0, mpf("35.4025"), 17, 16)),
        ("ERFCX", "(1 + 2x) exp(x^2) erfc(x) in v = (x - 3.75) / (x + 3.75).", erfcx, Fit(-1, 1, 12), Fit(-1, 1, 24)),
        (
            "ERFINV_CENTRE",
            "erfinv(x) / x in v = x^2 - 0.5625, |x| <= 0.75.",
            erfinv,
            Fit(0, centre, 4, 3, shift=centre),
            Fit(0, centre, 7, 7, shift=centre),
        ),
        (
            "ERFINV_TAIL",
            "erfcinv(q) in v = sqrt(-log(q)), q <= 0.25, v up to FAR_TAIL.",
            erfcinv,
            Fit(1.17, 4.2, 4, 4),
            Fit(1.17, 6.2, 12, 12),
        ),
        (
            "ERFINV_FAR_TAIL",
            "erfcinv(q) in v = sqrt(-log(q)) beyond, down to the smallest numbers.",
            erfcinv,
            Fit(4, 10.4, 4, 3),
            Fit(6, 27.5, 10, 9),
        ),
        ("LGAMMA_UNIT", "log(gamma(1 + v)) / (v (v - 1)).", lgamma, Fit(0, 1, 3, 3), Fit(0, 1, 7, 6)),
        (
            "BINET",
            "x (log(gamma(x)) - Stirling's formula) in v = 1 / x^2, x >= 3.",
            binet,
            Fit(0, ninth, 2, 2),
            Fit(0, ninth, 5, 5),
        ),
        ("DIGAMMA_UNIT", "digamma(1 + v) / (1 + v - its root).", digamma, Fit(0, 1, 3, 3), Fit(0, 1, 6, 6)),
        (
            "DIGAMMA_SERIES",
            "x^2 (log(x) - 1 / (2x) - digamma(x)) in v = 1 / x^2, x >= 3.",
            digamma_series,
            Fit(0, ninth, 2, 2),
            Fit(0, ninth, 6, 6),
        ),
        (
            "LOG1P_REST",
            "(log(1 + m) - m) / m^2 in v = m + 0.5, |m| <= 0.5.",
            log1p_rest,
            Fit(-0.5, 0.5, 4, 4, shift=-0.5),
            Fit(-0.5, 0.5, 8, 8, shift=-0.5),
        ),
        ("I0_SMALL", "I0(x) in v = x^2, |x| <= 8.", bessel_near(0), Fit(0, 64, 11), Fit(0, 64, 16)),
        (
            "I0_LARGE",
            "I0(x) exp(-x) sqrt(x) in v = 1 / x - 1 / 16, x >= 8.",
            bessel_far(0),
            Fit(0, eighth, 6, shift=sixteenth),
            Fit(0, eighth, 24, shift=sixteenth),
        ),
        ("I1_SMALL", "2 I1(x) / x in v = x^2, |x| <= 8.", bessel_near(1), Fit(0, 64, 10), Fit(0, 64, 15)),
        (
            "I1_LARGE",
            "I1(x) exp(-x) sqrt(x) in v = 1 / x - 1 / 16, x >= 8.",
            bessel_far(1),
            Fit(0, eighth, 6, shift=sixteenth),
            Fit(0, eighth, 25, shift=sixteenth),
        ),
    ]


# Temme's expansion of the incomplete gamma functions.

TEMME_ROWS = 9
TEMME_SMALLEST_A = 30
TEMME_LARGEST_ETA = 0.63


def temme() -> list[list[mpf]]:
    """Return the Taylor coefficients of c_k(eta), row by row, as many as the smallest `a` and largest eta need."""
    terms = 64
    mu = [mpf(0), mpf(1)]  # the power series with mu' mu / (1 + mu) = eta
    for n in range(2, terms + 1):
        mu.append((mu[n - 1] - sum(j * mu[n + 1 - j] * mu[j] for j in range(2, n))) / (n + 1))
    gamma_star = [mpf(1)]  # Stirling's series: the exponential of that with Bernoulli's numbers
    log_series = [mp.bernoulli(k + 1) / (k * (k + 1)) if k % 2 else mpf(0) for k in range(1, TEMME_ROWS)]
    for k in range(1, TEMME_ROWS):
        gamma_star.append(sum(j * log_series[j - 1] * gamma_star[k - j] for j in range(1, k + 1)) / k)
    rows = [[(n + 2) * mu[n + 2] - (n == 0) for n in range(terms - 2)]]
    for k in range(1, TEMME_ROWS):
        before = rows[-1]
        rows.append([(-1) ** k * gamma_star[k] * rows[0][n] + (n + 2) * before[n + 2] for n in range(len(before) - 2)])
    return [row[: needed(row, k)] for k, row in enumerate(rows)]


def needed(row: list[mpf], k: int) -> int:
    """Return how many coefficients of row k count in double precision."""
    sizes = [abs(c) * mpf(TEMME_LARGEST_ETA) ** n / mpf(TEMME_SMALLEST_A) ** k for n, c in enumerate(row)]
    return 1 + max(n for n, size in enumerate(sizes) if size > 1e-18)


def temme_error(rows: Sequence[Sequence[float]]) -> mpf:
    """Return the largest relative error of the upper function (DLMF 8.12.4), which is that of the smallest `a`."""
    a = mpf(TEMME_SMALLEST_A)
    worst = mpf(0)
    for k in range(-10, 11):
        mu = mpf(k) / 20
        eta = mp.sign(mu) * mp.sqrt(2 * (mu - mp.log1p(mu)))
        series = sum(mp.polyval(row[::-1], eta) / a**k for k, row in enumerate(rows))
        rest = mp.exp(-a * eta**2 / 2) / mp.sqrt(2 * mp.pi * a) * series
        value = mp.erfc(eta * mp.sqrt(a / 2)) / 2 + rest
        worst = max(worst, abs(value / mp.gammainc(a, a * (1 + mu), regularized=True) - 1))
    return worst


# The file.


def written_tuple(numbers: Sequence[float], margin: str) -> str:
    if len(numbers) == 1:
        return f"({numbers[0]!r},)"
    lines = fill(", ".join(map(repr, numbers)) + ",", 113 - len(margin), break_on_hyphens=False)
    return f"(\n{indent(lines, margin + '    ')}\n{margin})"


def written_fit(fit: Fit, function: Function, precision: str) -> str:
    above, below = fit.solve(function)
    error = float(fit.error(function, above, below))
    return (
        f"    # v from {float(fit.low - fit.shift):g} to {float(fit.high - fit.shift):g}; error {error:.1e}\n"
        f"    {precision}=(\n"
        f"        {written_tuple(above, ' ' * 8)},\n"
        f"        {written_tuple(below, ' ' * 8)},\n"
        f"    ),\n"
    )


def written_table(name: str, text: str, function: Function, single: Fit, double: Fit) -> str:
    fits = written_fit(single, function, "float32") + written_fit(double, function, "float64")
    return f'{name} = Table(\n{fits})\n"""{text}"""\n'


def written_root() -> str:
    root = digamma_root() - 1
    lines = []
    for precision, bits in (("float32", 24), ("float64", 53)):
        with mp.workprec(bits):
            near = +root
        lines.append(f'    "{precision}": ({float(near)!r}, {float(root - near)!r}),\n')
    return (
        f"DIGAMMA_ROOT = {{\n{''.join(lines)}}}\n"
        '"""Where digamma(1 + v) is zero: a number of the precision, and what that lacks, itself to 1e-16 of it."""\n'
    )


def written_temme() -> str:
    rows = [[float(c) for c in row] for row in temme()]
    error = float(temme_error(rows))
    lines = "".join(f"    {written_tuple(row, ' ' * 4)},\n" for row in rows)
    text = TEMME_TEXT.format(a=TEMME_SMALLEST_A, eta=TEMME_LARGEST_ETA, error=error)
    return f'TEMME = (\n{lines})\n"""{text}"""\n'


def written_file() -> str:
    """Return the whole text of the module."""
    with mp.workdps(DIGITS):
        parts = [HEADER, *(written_table(*table) for table in tables())]
        return "\n".join([*parts, written_root(), written_temme()])


def main() -> None:
    text = written_file()
    if "--check" not in sys.argv:
        TARGET.write_text(text)
    elif TARGET.read_text() != text:
        raise SystemExit(f"out of date: {TARGET.name}; run `python tools/special_coefficients.py`")


if __name__ == "__main__":
    main()
