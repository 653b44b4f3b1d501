"""The operators, methods and properties of tensors; `make docs` writes this file from tensorlab/ops/methods.py."""

import builtins
from collections.abc import Iterator, Sequence
from typing import Any, Literal, Self

from numpy.typing import NDArray

from .hooks import RemovableHandle
from .ops.sorting import Chosen
from .tensor import Tensor

Operand = Tensor | NDArray[Any] | complex

class TensorMethods:
    def __add__(self, other: Operand) -> Tensor: ...
    def __radd__(self, other: Operand) -> Tensor: ...
    def __iadd__(self, other: Operand) -> Self: ...
    def __sub__(self, other: Operand) -> Tensor: ...
    def __rsub__(self, other: Operand) -> Tensor: ...
    def __isub__(self, other: Operand) -> Self: ...
    def __mul__(self, other: Operand) -> Tensor: ...
    def __rmul__(self, other: Operand) -> Tensor: ...
    def __imul__(self, other: Operand) -> Self: ...
    def __truediv__(self, other: Operand) -> Tensor: ...
    def __rtruediv__(self, other: Operand) -> Tensor: ...
    def __itruediv__(self, other: Operand) -> Self: ...
    def __floordiv__(self, other: Operand) -> Tensor: ...
    def __rfloordiv__(self, other: Operand) -> Tensor: ...
    def __ifloordiv__(self, other: Operand) -> Self: ...
    def __mod__(self, other: Operand) -> Tensor: ...
    def __rmod__(self, other: Operand) -> Tensor: ...
    def __imod__(self, other: Operand) -> Self: ...
    def __pow__(self, other: Operand) -> Tensor: ...
    def __rpow__(self, other: Operand) -> Tensor: ...
    def __ipow__(self, other: Operand) -> Self: ...
    def __matmul__(self, other: Operand) -> Tensor: ...
    def __rmatmul__(self, other: Operand) -> Tensor: ...
    def __imatmul__(self, other: Operand) -> Self: ...
    def __and__(self, other: Operand) -> Tensor: ...
    def __rand__(self, other: Operand) -> Tensor: ...
    def __iand__(self, other: Operand) -> Self: ...
    def __or__(self, other: Operand) -> Tensor: ...
    def __ror__(self, other: Operand) -> Tensor: ...
    def __ior__(self, other: Operand) -> Self: ...
    def __xor__(self, other: Operand) -> Tensor: ...
    def __rxor__(self, other: Operand) -> Tensor: ...
    def __ixor__(self, other: Operand) -> Self: ...
    def __lshift__(self, other: Operand) -> Tensor: ...
    def __rlshift__(self, other: Operand) -> Tensor: ...
    def __ilshift__(self, other: Operand) -> Self: ...
    def __rshift__(self, other: Operand) -> Tensor: ...
    def __rrshift__(self, other: Operand) -> Tensor: ...
    def __irshift__(self, other: Operand) -> Self: ...
    def __eq__(self, other: object) -> Tensor: ...  # type: ignore[override]
    def __ne__(self, other: object) -> Tensor: ...  # type: ignore[override]
    def __lt__(self, other: Operand) -> Tensor: ...
    def __le__(self, other: Operand) -> Tensor: ...
    def __gt__(self, other: Operand) -> Tensor: ...
    def __ge__(self, other: Operand) -> Tensor: ...
    def __neg__(self) -> Tensor: ...
    def __pos__(self) -> Tensor: ...
    def __abs__(self) -> Tensor: ...
    def __invert__(self) -> Tensor: ...
    @property
    def T(self) -> Tensor:
        """The axes of a matrix exchanged."""
    @property
    def mT(self) -> Tensor:
        """Swap the last two axes."""
    @property
    def real(self) -> Tensor:
        """Real part, elementwise; a real `x` unchanged."""
    @property
    def imag(self) -> Tensor:
        """Imaginary part, elementwise; zeros for a real `x`."""
    def __array_namespace__(self, /, *, api_version: str | None = None) -> Any: ...
    def __contains__(self, value: Any) -> builtins.bool: ...
    def __getitem__(self, index: Any) -> Tensor: ...
    def __iter__(self) -> Iterator[Tensor]: ...
    def __setitem__(self, index: Any, value: Any) -> None: ...
    def abs(self) -> Tensor:
        """Absolute value, elementwise; the derivative at zero is zero. Complex numbers have no second one there: NaN."""
    def add(self, x2: Tensor | complex, /) -> Tensor:
        """``x1 + x2``, elementwise."""
    def all(
        self, /, axis: builtins.int | tuple[builtins.int, ...] | None = None, *, keepdims: builtins.bool = False
    ) -> Tensor:
        """Whether all elements are true (not zero), over axes."""
    def allclose(
        self,
        x2: Tensor | complex,
        /,
        rtol: builtins.float = 1e-05,
        atol: builtins.float = 1e-08,
        equal_nan: builtins.bool = False,
    ) -> builtins.bool:
        """Whether two arrays are equal within a tolerance everywhere; see `isclose`."""
    def any(
        self, /, axis: builtins.int | tuple[builtins.int, ...] | None = None, *, keepdims: builtins.bool = False
    ) -> Tensor:
        """Whether at least one element is true (not zero), over axes."""
    def argmax(self, /, axis: builtins.int | None = None, *, keepdims: builtins.bool = False) -> Tensor:
        """Index of the maximum along an axis, or in the flattened array; the first of elements that tie."""
    def argmin(self, /, axis: builtins.int | None = None, *, keepdims: builtins.bool = False) -> Tensor:
        """Index of the minimum along an axis, or in the flattened array; the first of elements that tie."""
    def argsort(
        self, /, *, axis: builtins.int = -1, descending: builtins.bool = False, stable: builtins.bool = True
    ) -> Tensor:
        """Indices that sort the elements along an axis: ``take_along_axis(x, argsort(x))`` is ``sort(x)``."""
    def argwhere(self) -> Tensor:
        """Indices of the elements that are true (not zero): one row for each; see `nonzero`."""
    def astype(self, dtype: Any, /, *, copy: builtins.bool = True, device: Any = None) -> Tensor:
        """Cast to another data type; differentiable between floating types."""
    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: builtins.bool | None = None,
        create_graph: builtins.bool = False,
    ) -> None:
        """Add the gradient of `tensor` to the ``grad`` of every leaf that it was computed from."""
    def bincount(self, /, weights: Tensor | None = None, *, minlength: builtins.int = 0) -> Tensor:
        """Counts of the numbers 0, 1, 2, ..., or the sums of their weights."""
    def bool(self) -> Tensor: ...
    def broadcast_to(self, /, shape: builtins.int | Sequence[builtins.int]) -> Tensor:
        """Repeat elements along new axes and axes of length 1, without copying them."""
    def ceil(self) -> Tensor:
        """The smallest integer not below `x`, elementwise; its derivative is zero."""
    def clip(self, /, min: Tensor | builtins.float | None = None, max: Tensor | builtins.float | None = None) -> Tensor:
        """Limit elements to a range."""
    def clone(self) -> Tensor:
        """A copy, through which gradients flow."""
    def conj(self) -> Tensor:
        """Complex conjugate, elementwise."""
    def corrcoef(self, y: Tensor | None = None, /, *, rowvar: builtins.bool = True) -> Tensor:
        """Pearson correlation coefficients of variables."""
    def cos(self) -> Tensor:
        """Cosine, elementwise."""
    def cpu(self) -> Tensor:
        """The tensor in host memory: a copy unless it is there already."""
    def cross(self, x2: Tensor, /, *, axis: builtins.int = -1) -> Tensor:
        """Cross product of vectors of three elements."""
    def cumulative_sum(
        self, /, *, axis: builtins.int | None = None, dtype: Any = None, include_initial: builtins.bool = False
    ) -> Tensor:
        """Cumulative sum along an axis."""
    def diag(self, /, k: builtins.int = 0) -> Tensor:
        """A matrix with a vector on a diagonal, or the elements on a diagonal of a matrix."""
    def diagonal(self, /, offset: builtins.int = 0, axis1: builtins.int = 0, axis2: builtins.int = 1) -> Tensor:
        """The elements on a diagonal of two axes."""
    def diff(self, /, n: builtins.int = 1, axis: builtins.int = -1, prepend: Any = None, append: Any = None) -> Tensor:
        """Differences of adjacent elements along an axis."""
    def digamma(self) -> Tensor:
        """Derivative of `lgamma`, elementwise."""
    def dim(self) -> builtins.int:
        """The number of axes."""
    def div(self, x2: Tensor | complex, /) -> Tensor:
        """``x1 / x2``, elementwise; always floating-point."""
    def double(self) -> Tensor: ...
    def erf(self) -> Tensor:
        """Error function, elementwise: ``2 / sqrt(pi)`` times the integral of ``exp(-t**2)`` from 0 to `x`."""
    def erfc(self) -> Tensor:
        """Complementary error function ``1 - erf(x)``, elementwise, accurate also where that is tiny."""
    def erfinv(self) -> Tensor:
        """Inverse of `erf`, elementwise: infinite at -1 and 1, NaN beyond."""
    def exp(self) -> Tensor:
        """``e ** x``, elementwise."""
    def exp2(self) -> Tensor:
        """``2 ** x``, elementwise."""
    def expand(self, *shape: Any) -> Tensor:
        """Repeat axes of length 1; -1 keeps a length."""
    def flatten(self, /, start_axis: builtins.int = 0, end_axis: builtins.int = -1) -> Tensor:
        """Flatten consecutive axes into one."""
    def fliplr(self) -> Tensor:
        """Reverse the order of elements along the second axis."""
    def flipud(self) -> Tensor:
        """Reverse the order of elements along the first axis."""
    def float(self) -> Tensor: ...
    def floor(self) -> Tensor:
        """The greatest integer not above `x`, elementwise; its derivative is zero."""
    def fmod(self, x2: Tensor | complex, /) -> Tensor:
        """Remainder of division rounded towards zero, with the sign of `x1`, elementwise; C's ``fmod``."""
    def frac(self) -> Tensor:
        """The fractional part, with the sign of `x`, elementwise; the derivative is one everywhere."""
    def half(self) -> Tensor: ...
    def int(self) -> Tensor: ...
    def isclose(
        self,
        x2: Tensor | complex,
        /,
        rtol: builtins.float = 1e-05,
        atol: builtins.float = 1e-08,
        equal_nan: builtins.bool = False,
    ) -> Tensor:
        """Whether two arrays are equal within a tolerance, elementwise: ``abs(x1 - x2) <= atol + rtol * abs(x2)``."""
    def isfinite(self) -> Tensor:
        """Whether `x` is neither infinite nor NaN, elementwise."""
    def isinf(self) -> Tensor:
        """Whether `x` is plus or minus infinity, elementwise."""
    def isnan(self) -> Tensor:
        """Whether `x` is not a number, elementwise."""
    def kron(self, x2: Tensor, /) -> Tensor:
        """Kronecker product: each element of `x1` times all of `x2`, as blocks."""
    def kthvalue(
        self, /, k: builtins.int, *, axis: builtins.int = -1, keepdims: builtins.bool = False
    ) -> Chosen[Tensor]:
        """The `k`-th smallest element along an axis."""
    def lerp(self, end: Tensor, weight: Tensor | complex, /) -> Tensor:
        """Interpolate linearly between two arrays, elementwise: ``start + weight * (end - start)``."""
    def lgamma(self) -> Tensor:
        """Logarithm of the absolute value of the gamma function, elementwise."""
    def log(self) -> Tensor:
        """Natural logarithm, elementwise."""
    def log10(self) -> Tensor:
        """Logarithm to base 10, elementwise."""
    def log1p(self) -> Tensor:
        """Natural logarithm of ``1 + x``, elementwise, accurate also for small `x`."""
    def log2(self) -> Tensor:
        """Logarithm to base 2, elementwise."""
    def log_softmax(self, /, axis: builtins.int | tuple[builtins.int, ...] | None = -1) -> Tensor:
        """The logarithm of `softmax`, accurate also where that underflows; infinities are treated as there."""
    def logcumsumexp(self, /, axis: builtins.int | None = None) -> Tensor:
        """Logarithm of the cumulative sum of exponentials along an axis, without intermediate overflow."""
    def logit(self, /, eps: builtins.float | None = None) -> Tensor:
        """``log(x / (1 - x))``, elementwise: the inverse of `sigmoid`."""
    def logsumexp(
        self, /, axis: builtins.int | tuple[builtins.int, ...] | None = None, *, keepdims: builtins.bool = False
    ) -> Tensor:
        """``log(sum(exp(x)))`` over axes, without intermediate overflow."""
    def long(self) -> Tensor: ...
    def matmul(self, x2: Tensor, /) -> Tensor:
        """Matrix product over the last axis of `x1` and the last but one of `x2`."""
    def max(
        self, /, axis: builtins.int | tuple[builtins.int, ...] | None = None, *, keepdims: builtins.bool = False
    ) -> Tensor:
        """Maximum over axes; elements that tie share the gradient equally."""
    def mean(
        self, /, axis: builtins.int | tuple[builtins.int, ...] | None = None, *, keepdims: builtins.bool = False
    ) -> Tensor:
        """Arithmetic mean over axes."""
    def min(
        self, /, axis: builtins.int | tuple[builtins.int, ...] | None = None, *, keepdims: builtins.bool = False
    ) -> Tensor:
        """Minimum over axes; see `max`."""
    def moveaxis(
        self, source: builtins.int | Sequence[builtins.int], destination: builtins.int | Sequence[builtins.int], /
    ) -> Tensor:
        """Move axes to other positions; the others keep their order."""
    def mul(self, x2: Tensor | complex, /) -> Tensor:
        """``x1 * x2``, elementwise."""
    def nan_to_num(
        self, /, nan: builtins.float = 0.0, posinf: builtins.float | None = None, neginf: builtins.float | None = None
    ) -> Tensor:
        """Replace NaN and infinities by numbers, elementwise."""
    def nanmean(
        self, /, axis: builtins.int | tuple[builtins.int, ...] | None = None, *, keepdims: builtins.bool = False
    ) -> Tensor:
        """Arithmetic mean over axes, ignoring NaN; NaN where all elements are NaN."""
    def nanquantile(
        self,
        /,
        q: builtins.float | Sequence[builtins.float] | Tensor,
        axis: builtins.int | tuple[builtins.int, ...] | None = None,
        *,
        method: Literal["linear", "lower", "higher", "midpoint", "nearest"] = "linear",
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """Quantiles over axes, ignoring NaN; see `quantile`. NaN where all elements are NaN."""
    def nansum(
        self,
        /,
        axis: builtins.int | tuple[builtins.int, ...] | None = None,
        *,
        dtype: Any = None,
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """Sum over axes, ignoring NaN; zero where all elements are NaN."""
    def nonzero(self) -> tuple[Tensor, ...]:
        """Indices of the elements that are true (not zero): one array for each axis."""
    def numel(self) -> builtins.int:
        """Return the number of elements."""
    def permute(self, *axes: Any) -> Tensor:
        """The axes in another order, given as one tuple or as several numbers."""
    def pow(self, x2: Tensor | complex, /) -> Tensor:
        """``x1 ** x2``, elementwise."""
    def prod(
        self,
        /,
        axis: builtins.int | tuple[builtins.int, ...] | None = None,
        *,
        dtype: Any = None,
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """Product over axes; the gradient is exact at zeros and infinities too."""
    def quantile(
        self,
        /,
        q: builtins.float | Sequence[builtins.float] | Tensor,
        axis: builtins.int | tuple[builtins.int, ...] | None = None,
        *,
        method: Literal["linear", "lower", "higher", "midpoint", "nearest"] = "linear",
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """Quantiles over axes: a fraction `q` of the elements lies below the quantile `q`."""
    def relu(self) -> Tensor:
        """The positive part, elementwise; the derivative at zero is zero. NaN propagates, and so does its gradient."""
    def repeat(
        self, repeats: builtins.int | Sequence[builtins.int] | Tensor, /, *, axis: builtins.int | None = None
    ) -> Tensor:
        """Repeat each slice along an axis."""
    def reshape(self, *shape: Any) -> Tensor:
        """The same elements in another shape, given as one tuple or as several numbers."""
    def rot90(self, /, k: builtins.int = 1, axes: tuple[builtins.int, builtins.int] = (0, 1)) -> Tensor:
        """Rotate an array by 90 degrees in the plane of two axes."""
    def round(self) -> Tensor:
        """`x` rounded to the nearest integer, halves to the nearest even one, elementwise; its derivative is zero."""
    def rsqrt(self) -> Tensor:
        """``1 / sqrt(x)``, elementwise."""
    def scatter_add(self, axis: builtins.int, indices: Tensor, source: Tensor, /) -> Tensor:
        """A copy of `x` with `source` added along an axis at `indices`, as PyTorch's ``scatter_add``."""
    def searchsorted(
        self, x2: Tensor | builtins.float, /, *, side: Literal["left", "right"] = "left", sorter: Tensor | None = None
    ) -> Tensor:
        """Indices at which to insert elements into a sorted array so that it stays sorted."""
    def sigmoid(self) -> Tensor:
        """``1 / (1 + exp(-x))``, elementwise, without intermediate overflow."""
    def sign(self) -> Tensor:
        """-1, 0 or 1 by the sign of `x`, or ``x / abs(x)`` for complex `x`, elementwise; the derivative at zero is zero."""
    def sin(self) -> Tensor:
        """Sine, elementwise."""
    def sinc(self) -> Tensor:
        """``sin(pi * x) / (pi * x)``, elementwise: 1 at 0, where all derivatives are exact too, and 0 at other integers."""
    def softmax(self, /, axis: builtins.int | tuple[builtins.int, ...] | None = -1) -> Tensor:
        """``exp(x)`` scaled to sum to one along an axis, or over several."""
    def sort(
        self, /, *, axis: builtins.int = -1, descending: builtins.bool = False, stable: builtins.bool = True
    ) -> Tensor:
        """Sort the elements along an axis; each gets the gradient of its place in the result."""
    def sqrt(self) -> Tensor:
        """Square root, elementwise."""
    def square(self) -> Tensor:
        """``x * x``, elementwise."""
    def squeeze(self, /, axis: builtins.int | Sequence[builtins.int] | None = None) -> Tensor:
        """Remove axes of length 1, by default all of them."""
    def stack_with(self, others: list[Tensor], axis: builtins.int = 0) -> Tensor:
        """Stack the tensor and others of its shape along a new axis."""
    def std(
        self,
        /,
        *,
        axis: builtins.int | tuple[builtins.int, ...] | None = None,
        correction: builtins.float = 0.0,
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """Standard deviation over axes; see `var`. Where it is zero, so is its gradient."""
    def sub(self, x2: Tensor | complex, /) -> Tensor:
        """``x1 - x2``, elementwise."""
    def sum(
        self,
        /,
        axis: builtins.int | tuple[builtins.int, ...] | None = None,
        *,
        dtype: Any = None,
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """Sum over axes."""
    def swapaxes(self, axis1: builtins.int, axis2: builtins.int, /) -> Tensor:
        """Swap two axes."""
    def take(self, indices: Tensor, /, *, axis: builtins.int | None = None) -> Tensor:
        """Slices of an array along an axis; differentiable in the array."""
    def take_along_axis(self, indices: Tensor, /, axis: builtins.int = -1) -> Tensor:
        """Elements of each one-dimensional slice along an axis, by index (PyTorch's ``gather``)."""
    def tan(self) -> Tensor:
        """Tangent, elementwise."""
    def tanh(self) -> Tensor:
        """Hyperbolic tangent, elementwise."""
    def tile(self, repetitions: builtins.int | Sequence[builtins.int], /) -> Tensor:
        """Repeat the whole array along each axis."""
    def to(
        self, target: Any = None, /, *, dtype: Any = None, device: Any = None, copy: builtins.bool = False
    ) -> Tensor:
        """Move to another backend or device, or cast; gradients flow back."""
    def to_device(self, device: Any, /, *, stream: Any = None) -> Tensor:
        """Move to another device, as in the Array API standard; see `to`."""
    def topk(
        self,
        /,
        k: builtins.int,
        *,
        axis: builtins.int = -1,
        largest: builtins.bool = True,
        sorted: builtins.bool = True,
    ) -> Chosen[Tensor]:
        """The `k` largest elements along an axis, or the smallest."""
    def trace(self, /, *, offset: builtins.int = 0, dtype: Any = None) -> Tensor:
        """Sum of the elements on a diagonal of the last two axes."""
    def transpose(self, axis0: builtins.int, axis1: builtins.int) -> Tensor:
        """Exchange two axes."""
    def trunc(self) -> Tensor:
        """`x` rounded towards zero, elementwise; its derivative is zero."""
    def unique(
        self,
        /,
        *,
        return_index: builtins.bool = False,
        return_inverse: builtins.bool = False,
        return_counts: builtins.bool = False,
        axis: builtins.int | None = None,
        equal_nan: builtins.bool = True,
    ) -> Any:
        """Unique elements in ascending order, or unique slices along an axis, as in ``numpy.unique``."""
    def unsqueeze(self, axis: builtins.int) -> Tensor:
        """Insert an axis of length 1."""
    def var(
        self,
        /,
        *,
        axis: builtins.int | tuple[builtins.int, ...] | None = None,
        correction: builtins.float = 0.0,
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """Variance over axes."""
    def view(self, *shape: Any) -> Tensor:
        """The same elements in another shape, given as one tuple or as several numbers."""
    def xlogy(self, x2: Tensor | complex, /) -> Tensor:
        """``x1 * log(x2)``, elementwise, and 0 where `x1` is 0 unless `x2` is NaN."""
