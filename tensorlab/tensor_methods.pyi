"""The operators, methods and properties of tensors; `make docs` writes this file from tensorlab/ops/methods.py."""

import builtins
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, Self

from numpy.typing import NDArray

from .backend import Device
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
    @property
    def retains_grad(self) -> builtins.bool:
        """Whether the tensor is computed and `retain_grad` has been called."""
    def __array_function__(self, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any: ...
    def __array_namespace__(self, /, *, api_version: str | None = None) -> Any: ...
    def __array_ufunc__(self, ufunc: Callable[..., Any], method: str, /, *inputs: Any, options: Any) -> Any: ...
    def __contains__(self, value: Any) -> builtins.bool: ...
    def __divmod__(self, other: Any) -> tuple[Tensor, Tensor]: ...
    def __getitem__(self, index: Any) -> Tensor: ...
    def __iter__(self) -> Iterator[Tensor]: ...
    def __rdivmod__(self, other: Any) -> Tensor: ...
    def __round__(self, decimals: builtins.int = 0) -> Tensor: ...
    def __setitem__(self, index: Any, value: Any) -> None: ...
    def abs(self) -> Tensor:
        """Absolute value, elementwise; the derivative at zero is zero. Complex numbers have no second one there: NaN."""
    def abs_(self) -> Tensor:
        """`abs` that changes the tensor itself."""
    def absolute(self) -> Tensor:
        """Absolute value, elementwise; the derivative at zero is zero. Complex numbers have no second one there: NaN."""
    def acos(self) -> Tensor:
        """Inverse cosine, elementwise, in [0, pi]."""
    def acosh(self) -> Tensor:
        """Inverse hyperbolic cosine, elementwise."""
    def add(self, other: Any, *, alpha: complex = 1) -> Tensor:
        """``x + alpha * other``, elementwise."""
    def add_(self, other: Any, *, alpha: complex = 1) -> Tensor:
        """`add` that changes the tensor itself."""
    def addcdiv(self, x1: Tensor, x2: Tensor, /, *, value: complex = 1) -> Tensor:
        """``x + value * x1 / x2``, elementwise."""
    def addcdiv_(self, x1: Tensor, x2: Tensor, /, *, value: complex = 1) -> Tensor:
        """`addcdiv` that changes the tensor itself."""
    def addcmul(self, x1: Tensor, x2: Tensor, /, *, value: complex = 1) -> Tensor:
        """``x + value * x1 * x2``, elementwise."""
    def addcmul_(self, x1: Tensor, x2: Tensor, /, *, value: complex = 1) -> Tensor:
        """`addcmul` that changes the tensor itself."""
    def addmm(self, x1: Tensor, x2: Tensor, /, *, beta: complex = 1, alpha: complex = 1) -> Tensor:
        """``beta * x + alpha * mm(x1, x2)``."""
    def addmm_(self, x1: Tensor, x2: Tensor, /, *, beta: complex = 1, alpha: complex = 1) -> Tensor:
        """`addmm` that changes the tensor itself."""
    def addmv(self, x1: Tensor, x2: Tensor, /, *, beta: complex = 1, alpha: complex = 1) -> Tensor:
        """``beta * x + alpha * mv(x1, x2)``; see `addmm`."""
    def addmv_(self, x1: Tensor, x2: Tensor, /, *, beta: complex = 1, alpha: complex = 1) -> Tensor:
        """`addmv` that changes the tensor itself."""
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
    def amax(
        self, /, axis: builtins.int | tuple[builtins.int, ...] | None = None, *, keepdims: builtins.bool = False
    ) -> Tensor:
        """Maximum over axes; elements that tie share the gradient equally."""
    def amin(
        self, /, axis: builtins.int | tuple[builtins.int, ...] | None = None, *, keepdims: builtins.bool = False
    ) -> Tensor:
        """Minimum over axes; see `max`."""
    def any(
        self, /, axis: builtins.int | tuple[builtins.int, ...] | None = None, *, keepdims: builtins.bool = False
    ) -> Tensor:
        """Whether at least one element is true (not zero), over axes."""
    def arccos(self) -> Tensor:
        """Inverse cosine, elementwise, in [0, pi]."""
    def arccosh(self) -> Tensor:
        """Inverse hyperbolic cosine, elementwise."""
    def arcsin(self) -> Tensor:
        """Inverse sine, elementwise, in [-pi/2, pi/2]."""
    def arcsinh(self) -> Tensor:
        """Inverse hyperbolic sine, elementwise."""
    def arctan(self) -> Tensor:
        """Inverse tangent, elementwise, in [-pi/2, pi/2]."""
    def arctan2(self, x2: Tensor | complex, /) -> Tensor:
        """Angle of the point ``(x2, x1)``, elementwise, in [-pi, pi]."""
    def arctanh(self) -> Tensor:
        """Inverse hyperbolic tangent, elementwise."""
    def argmax(self, /, axis: builtins.int | None = None, *, keepdims: builtins.bool = False) -> Tensor:
        """Index of the maximum along an axis, or in the flattened array; the first of elements that tie."""
    def argmin(self, /, axis: builtins.int | None = None, *, keepdims: builtins.bool = False) -> Tensor:
        """Index of the minimum along an axis, or in the flattened array; the first of elements that tie."""
    def argsort(
        self, /, axis: builtins.int = -1, descending: builtins.bool = False, *, stable: builtins.bool = True
    ) -> Tensor:
        """Indices that sort the elements along an axis: ``take_along_axis(x, argsort(x))`` is ``sort(x)``."""
    def argwhere(self) -> Tensor:
        """Indices of the elements that are true (not zero): one row for each; see `nonzero`."""
    def asin(self) -> Tensor:
        """Inverse sine, elementwise, in [-pi/2, pi/2]."""
    def asinh(self) -> Tensor:
        """Inverse hyperbolic sine, elementwise."""
    def astype(self, dtype: Any, /, *, copy: builtins.bool = True, device: Device | str | None = None) -> Tensor:
        """Cast to another data type; differentiable between floating types."""
    def atan(self) -> Tensor:
        """Inverse tangent, elementwise, in [-pi/2, pi/2]."""
    def atan2(self, x2: Tensor | complex, /) -> Tensor:
        """Angle of the point ``(x2, x1)``, elementwise, in [-pi, pi]."""
    def atanh(self) -> Tensor:
        """Inverse hyperbolic tangent, elementwise."""
    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: builtins.bool | None = None,
        create_graph: builtins.bool = False,
    ) -> None:
        """Add the gradient of `tensor` to the ``grad`` of every leaf that it was computed from."""
    def baddbmm(self, x1: Tensor, x2: Tensor, /, *, beta: complex = 1, alpha: complex = 1) -> Tensor:
        """``beta * x + alpha * bmm(x1, x2)``; see `addmm`."""
    def baddbmm_(self, x1: Tensor, x2: Tensor, /, *, beta: complex = 1, alpha: complex = 1) -> Tensor:
        """`baddbmm` that changes the tensor itself."""
    def bfloat16(self) -> Tensor: ...
    def bincount(self, /, weights: Tensor | None = None, *, minlength: builtins.int = 0) -> Tensor:
        """Counts of the numbers 0, 1, 2, ..., or the sums of their weights."""
    def bitwise_and(self, x2: Tensor | complex, /) -> Tensor:
        """The bits that both have, elementwise."""
    def bitwise_not(self) -> Tensor:
        """`x` with its bits flipped, elementwise."""
    def bitwise_or(self, x2: Tensor | complex, /) -> Tensor:
        """The bits that at least one has, elementwise."""
    def bitwise_xor(self, x2: Tensor | complex, /) -> Tensor:
        """The bits that exactly one has, elementwise."""
    def bmm(self, x2: Tensor, /) -> Tensor:
        """Products of two batches of matrices."""
    def bool(self) -> Tensor: ...
    def broadcast_to(self, /, shape: builtins.int | Sequence[builtins.int]) -> Tensor:
        """Repeat elements along new axes and axes of length 1, without copying them."""
    def ceil(self) -> Tensor:
        """The smallest integer not below `x`, elementwise; its derivative is zero."""
    def ceil_(self) -> Tensor:
        """`ceil` that changes the tensor itself."""
    def chunk(self, chunks: builtins.int, /, axis: builtins.int = 0) -> tuple[Tensor, ...]:
        """Split into at most `chunks` pieces of equal length, except that the last may be shorter."""
    def clamp(
        self, /, min: Tensor | builtins.float | None = None, max: Tensor | builtins.float | None = None
    ) -> Tensor:
        """Limit elements to a range."""
    def clamp_(
        self, /, min: Tensor | builtins.float | None = None, max: Tensor | builtins.float | None = None
    ) -> Tensor:
        """`clip` that changes the tensor itself."""
    def clamp_max(self, max: Tensor | complex, /) -> Tensor:
        """The elements of `x`, and `max` where they are greater; see `clip`."""
    def clamp_max_(self, max: Tensor | complex, /) -> Tensor:
        """`clamp_max` that changes the tensor itself."""
    def clamp_min(self, min: Tensor | complex, /) -> Tensor:
        """The elements of `x`, and `min` where they are less; see `clip`."""
    def clamp_min_(self, min: Tensor | complex, /) -> Tensor:
        """`clamp_min` that changes the tensor itself."""
    def clip(self, /, min: Tensor | builtins.float | None = None, max: Tensor | builtins.float | None = None) -> Tensor:
        """Limit elements to a range."""
    def clone(self) -> Tensor:
        """A copy, through which gradients flow."""
    def conj(self) -> Tensor:
        """Complex conjugate, elementwise."""
    def contiguous(self) -> Tensor:
        """The tensor itself if its elements are contiguous in memory and in C order, else a copy for which this holds."""
    def copy_(self, source: Any) -> Tensor:
        """Replace the elements by those of another tensor, which is broadcast, cast and moved as needed."""
    def copysign(self, x2: Tensor | complex, /) -> Tensor:
        """`x1` with the sign of `x2`, elementwise."""
    def copysign_(self, x2: Tensor | complex, /) -> Tensor:
        """`copysign` that changes the tensor itself."""
    def corrcoef(self, y: Tensor | None = None, /, *, rowvar: builtins.bool = True) -> Tensor:
        """Pearson correlation coefficients of variables."""
    def cos(self) -> Tensor:
        """Cosine, elementwise."""
    def cos_(self) -> Tensor:
        """`cos` that changes the tensor itself."""
    def cosh(self) -> Tensor:
        """Hyperbolic cosine, elementwise."""
    def count_nonzero(
        self, /, axis: builtins.int | tuple[builtins.int, ...] | None = None, *, keepdims: builtins.bool = False
    ) -> Tensor:
        """Number of nonzero elements, over axes."""
    def cpu(self) -> Tensor:
        """The tensor in host memory: a copy unless it is there already."""
    def cross(self, x2: Tensor, /, *, axis: builtins.int = -1) -> Tensor:
        """Cross product of vectors of three elements."""
    def cumprod(
        self, /, axis: builtins.int | None = None, *, dtype: Any = None, include_initial: builtins.bool = False
    ) -> Tensor:
        """Cumulative product along an axis; the gradient is exact at zeros and infinities too."""
    def cumprod_(
        self, /, axis: builtins.int | None = None, *, dtype: Any = None, include_initial: builtins.bool = False
    ) -> Tensor:
        """`cumulative_prod` that changes the tensor itself."""
    def cumsum(
        self, /, axis: builtins.int | None = None, *, dtype: Any = None, include_initial: builtins.bool = False
    ) -> Tensor:
        """Cumulative sum along an axis."""
    def cumsum_(
        self, /, axis: builtins.int | None = None, *, dtype: Any = None, include_initial: builtins.bool = False
    ) -> Tensor:
        """`cumulative_sum` that changes the tensor itself."""
    def cumulative_prod(
        self, /, axis: builtins.int | None = None, *, dtype: Any = None, include_initial: builtins.bool = False
    ) -> Tensor:
        """Cumulative product along an axis; the gradient is exact at zeros and infinities too."""
    def cumulative_sum(
        self, /, axis: builtins.int | None = None, *, dtype: Any = None, include_initial: builtins.bool = False
    ) -> Tensor:
        """Cumulative sum along an axis."""
    def detach_(self) -> Tensor:
        """Forget how the tensor was computed: it becomes a leaf that requires no gradient."""
    def diag(self, /, k: builtins.int = 0) -> Tensor:
        """A matrix with a vector on a diagonal, or the elements on a diagonal of a matrix."""
    def diagonal(self, /, offset: builtins.int = 0, axis1: builtins.int = 0, axis2: builtins.int = 1) -> Tensor:
        """The elements on a diagonal of two axes."""
    def diff(
        self,
        /,
        n: builtins.int = 1,
        axis: builtins.int = -1,
        prepend: Tensor | complex | None = None,
        append: Tensor | complex | None = None,
    ) -> Tensor:
        """Differences of adjacent elements along an axis."""
    def digamma(self) -> Tensor:
        """Derivative of `lgamma`, elementwise."""
    def dim(self) -> builtins.int:
        """The number of axes."""
    def div(self, x2: Tensor | complex, /) -> Tensor:
        """``x1 / x2``, elementwise; always floating-point."""
    def div_(self, x2: Tensor | complex, /) -> Tensor:
        """`divide` that changes the tensor itself."""
    def dot(self, x2: Tensor, /) -> Tensor:
        """Sum of the products of two vectors, without conjugation. For other shapes, NumPy's ``dot`` is `matmul`."""
    def double(self) -> Tensor: ...
    def element_size(self) -> builtins.int:
        """Bytes per element."""
    def eq(self, x2: Tensor | complex, /) -> Tensor:
        """Whether ``x1 == x2``, elementwise."""
    def equal(self, x2: Tensor | complex, /) -> Tensor:
        """Whether ``x1 == x2``, elementwise."""
    def erf(self) -> Tensor:
        """Error function, elementwise: ``2 / sqrt(pi)`` times the integral of ``exp(-t**2)`` from 0 to `x`."""
    def erf_(self) -> Tensor:
        """`erf` that changes the tensor itself."""
    def erfc(self) -> Tensor:
        """Complementary error function ``1 - erf(x)``, elementwise, accurate also where that is tiny."""
    def erfinv(self) -> Tensor:
        """Inverse of `erf`, elementwise: infinite at -1 and 1, NaN beyond."""
    def erfinv_(self) -> Tensor:
        """`erfinv` that changes the tensor itself."""
    def exp(self) -> Tensor:
        """``e ** x``, elementwise."""
    def exp2(self) -> Tensor:
        """``2 ** x``, elementwise."""
    def exp_(self) -> Tensor:
        """`exp` that changes the tensor itself."""
    def expand(self, *shape: Any) -> Tensor:
        """Repeat axes of length 1; -1 keeps a length."""
    def expand_as(self, other: Tensor) -> Tensor:
        """The tensor broadcast to the shape of another."""
    def expm1(self) -> Tensor:
        """``e ** x - 1``, elementwise, accurate also for small `x`."""
    def expm1_(self) -> Tensor:
        """`expm1` that changes the tensor itself."""
    def fill_(self, value: Any) -> Tensor:
        """Set all elements to a number, which has a gradient if it is a tensor."""
    def fix(self) -> Tensor:
        """`x` rounded towards zero, elementwise; its derivative is zero."""
    def flatten(self, /, start_axis: builtins.int = 0, end_axis: builtins.int = -1) -> Tensor:
        """Flatten consecutive axes into one."""
    def flip(self, *axes: Any) -> Tensor:
        """Reverse the order of elements along axes, given as one tuple or as several numbers; along all by default."""
    def fliplr(self) -> Tensor:
        """Reverse the order of elements along the second axis."""
    def flipud(self) -> Tensor:
        """Reverse the order of elements along the first axis."""
    def float(self) -> Tensor: ...
    def floor(self) -> Tensor:
        """The greatest integer not above `x`, elementwise; its derivative is zero."""
    def floor_(self) -> Tensor:
        """`floor` that changes the tensor itself."""
    def floor_divide(self, x2: Tensor | complex, /) -> Tensor:
        """``x1 / x2`` rounded towards minus infinity, elementwise; its derivative is zero, also at its discontinuities."""
    def floor_divide_(self, x2: Tensor | complex, /) -> Tensor:
        """`floor_divide` that changes the tensor itself."""
    def fmod(self, x2: Tensor | complex, /) -> Tensor:
        """Remainder of division rounded towards zero, with the sign of `x1`, elementwise; C's ``fmod``."""
    def fmod_(self, x2: Tensor | complex, /) -> Tensor:
        """`fmod` that changes the tensor itself."""
    def frac(self) -> Tensor:
        """The fractional part, with the sign of `x`, elementwise; the derivative is one everywhere."""
    def frac_(self) -> Tensor:
        """`frac` that changes the tensor itself."""
    def gather(self, axis: builtins.int, indices: Tensor, /) -> Tensor:
        """Elements by their index along an axis; see `take_along_axis`, which has another order of arguments."""
    def ge(self, x2: Tensor | complex, /) -> Tensor:
        """Whether ``x1 >= x2``, elementwise."""
    def greater(self, x2: Tensor | complex, /) -> Tensor:
        """Whether ``x1 > x2``, elementwise."""
    def greater_equal(self, x2: Tensor | complex, /) -> Tensor:
        """Whether ``x1 >= x2``, elementwise."""
    def gt(self, x2: Tensor | complex, /) -> Tensor:
        """Whether ``x1 > x2``, elementwise."""
    def half(self) -> Tensor: ...
    def hypot(self, x2: Tensor | complex, /) -> Tensor:
        """``sqrt(x1**2 + x2**2)``, elementwise, without intermediate overflow."""
    def hypot_(self, x2: Tensor | complex, /) -> Tensor:
        """`hypot` that changes the tensor itself."""
    def index_add(self, axis: builtins.int, indices: Tensor, source: Tensor, /, *, alpha: complex = 1) -> Tensor:
        """`x` with the slices of ``alpha * source`` added to the slices of an axis at indices."""
    def index_add_(self, axis: builtins.int, indices: Tensor, source: Tensor, /, *, alpha: complex = 1) -> Tensor:
        """`index_add` that changes the tensor itself."""
    def index_copy(self, axis: builtins.int, indices: Tensor, source: Tensor, /) -> Tensor:
        """`x` with the slices of `source` in the slices of an axis at indices; the last of equal indices counts."""
    def index_copy_(self, axis: builtins.int, indices: Tensor, source: Tensor, /) -> Tensor:
        """`index_copy` that changes the tensor itself."""
    def index_fill(self, axis: builtins.int, indices: Tensor, value: Any, /) -> Tensor:
        """`x` with a number in the slices of an axis at indices."""
    def index_fill_(self, axis: builtins.int, indices: Tensor, value: Any, /) -> Tensor:
        """`index_fill` that changes the tensor itself."""
    def index_select(self, axis: builtins.int, indices: Tensor, /) -> Tensor:
        """The slices of an axis at indices; see `take`."""
    def int(self) -> Tensor: ...
    def is_complex(self) -> builtins.bool:
        """Whether the elements are complex numbers."""
    def is_floating_point(self) -> builtins.bool:
        """Whether the elements are real floating-point numbers."""
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
    def kthvalue(self, /, k: builtins.int, axis: builtins.int = -1, keepdims: builtins.bool = False) -> Chosen[Tensor]:
        """The `k`-th smallest element along an axis."""
    def le(self, x2: Tensor | complex, /) -> Tensor:
        """Whether ``x1 <= x2``, elementwise."""
    def lerp(self, end: Tensor, weight: Tensor | complex, /) -> Tensor:
        """Interpolate linearly between two arrays, elementwise: ``start + weight * (end - start)``."""
    def lerp_(self, end: Tensor, weight: Tensor | complex, /) -> Tensor:
        """`lerp` that changes the tensor itself."""
    def less(self, x2: Tensor | complex, /) -> Tensor:
        """Whether ``x1 < x2``, elementwise."""
    def less_equal(self, x2: Tensor | complex, /) -> Tensor:
        """Whether ``x1 <= x2``, elementwise."""
    def lgamma(self) -> Tensor:
        """Logarithm of the absolute value of the gamma function, elementwise."""
    def log(self) -> Tensor:
        """Natural logarithm, elementwise."""
    def log10(self) -> Tensor:
        """Logarithm to base 10, elementwise."""
    def log10_(self) -> Tensor:
        """`log10` that changes the tensor itself."""
    def log1p(self) -> Tensor:
        """Natural logarithm of ``1 + x``, elementwise, accurate also for small `x`."""
    def log1p_(self) -> Tensor:
        """`log1p` that changes the tensor itself."""
    def log2(self) -> Tensor:
        """Logarithm to base 2, elementwise."""
    def log2_(self) -> Tensor:
        """`log2` that changes the tensor itself."""
    def log_(self) -> Tensor:
        """`log` that changes the tensor itself."""
    def log_softmax(self, /, axis: builtins.int | tuple[builtins.int, ...] | None = -1) -> Tensor:
        """The logarithm of `softmax`, accurate also where that underflows; infinities are treated as there."""
    def logaddexp(self, x2: Tensor | complex, /) -> Tensor:
        """``log(exp(x1) + exp(x2))``, elementwise, without intermediate overflow."""
    def logcumsumexp(self, /, axis: builtins.int | None = None) -> Tensor:
        """Logarithm of the cumulative sum of exponentials along an axis, without intermediate overflow."""
    def logical_and(self, x2: Tensor | complex, /) -> Tensor:
        """Whether both are true, elementwise."""
    def logical_not(self) -> Tensor:
        """Whether `x` is false, elementwise."""
    def logical_or(self, x2: Tensor | complex, /) -> Tensor:
        """Whether at least one is true, elementwise."""
    def logical_xor(self, x2: Tensor | complex, /) -> Tensor:
        """Whether exactly one is true, elementwise."""
    def logit(self, /, eps: builtins.float | None = None) -> Tensor:
        """``log(x / (1 - x))``, elementwise: the inverse of `sigmoid`."""
    def logit_(self, /, eps: builtins.float | None = None) -> Tensor:
        """`logit` that changes the tensor itself."""
    def logsumexp(
        self, /, axis: builtins.int | tuple[builtins.int, ...] | None = None, *, keepdims: builtins.bool = False
    ) -> Tensor:
        """``log(sum(exp(x)))`` over axes, without intermediate overflow."""
    def long(self) -> Tensor: ...
    def lt(self, x2: Tensor | complex, /) -> Tensor:
        """Whether ``x1 < x2``, elementwise."""
    def masked_fill(self, mask: Tensor, value: Any, /) -> Tensor:
        """`x` with a number where a mask is true."""
    def masked_fill_(self, mask: Tensor, value: Any, /) -> Tensor:
        """`masked_fill` that changes the tensor itself."""
    def masked_select(self, mask: Tensor, /) -> Tensor:
        """The elements where a mask is true, as a vector."""
    def matmul(self, x2: Tensor, /) -> Tensor:
        """Matrix product over the last axis of `x1` and the last but one of `x2`."""
    def max(
        self, /, axis: builtins.int | tuple[builtins.int, ...] | None = None, *, keepdims: builtins.bool = False
    ) -> Tensor:
        """Maximum over axes; elements that tie share the gradient equally."""
    def maximum(self, x2: Tensor | complex, /) -> Tensor:
        """Elementwise maximum. Where equal, each operand gets half of the gradient; where one is NaN, each gets all of it."""
    def maximum_(self, x2: Tensor | complex, /) -> Tensor:
        """`maximum` that changes the tensor itself."""
    def mean(
        self, /, axis: builtins.int | tuple[builtins.int, ...] | None = None, *, keepdims: builtins.bool = False
    ) -> Tensor:
        """Arithmetic mean over axes."""
    def median(
        self, /, axis: builtins.int | tuple[builtins.int, ...] | None = None, *, keepdims: builtins.bool = False
    ) -> Tensor:
        """Median over axes; of an even number of elements the mean of the two middle ones."""
    def min(
        self, /, axis: builtins.int | tuple[builtins.int, ...] | None = None, *, keepdims: builtins.bool = False
    ) -> Tensor:
        """Minimum over axes; see `max`."""
    def minimum(self, x2: Tensor | complex, /) -> Tensor:
        """Elementwise minimum. Where equal, each operand gets half of the gradient; where one is NaN, each gets all of it."""
    def minimum_(self, x2: Tensor | complex, /) -> Tensor:
        """`minimum` that changes the tensor itself."""
    def mm(self, x2: Tensor, /) -> Tensor:
        """Product of two matrices: `matmul` without broadcasting."""
    def moveaxis(
        self, source: builtins.int | Sequence[builtins.int], destination: builtins.int | Sequence[builtins.int], /
    ) -> Tensor:
        """Move axes to other positions; the others keep their order."""
    def movedim(
        self, source: builtins.int | Sequence[builtins.int], destination: builtins.int | Sequence[builtins.int], /
    ) -> Tensor:
        """Move axes to other positions; the others keep their order."""
    def mul(self, x2: Tensor | complex, /) -> Tensor:
        """``x1 * x2``, elementwise."""
    def mul_(self, x2: Tensor | complex, /) -> Tensor:
        """`multiply` that changes the tensor itself."""
    def mv(self, x2: Tensor, /) -> Tensor:
        """Product of a matrix and a vector."""
    def nan_to_num(
        self, /, nan: builtins.float = 0.0, posinf: builtins.float | None = None, neginf: builtins.float | None = None
    ) -> Tensor:
        """Replace NaN and infinities by numbers, elementwise."""
    def nan_to_num_(
        self, /, nan: builtins.float = 0.0, posinf: builtins.float | None = None, neginf: builtins.float | None = None
    ) -> Tensor:
        """`nan_to_num` that changes the tensor itself."""
    def nanmean(
        self, /, axis: builtins.int | tuple[builtins.int, ...] | None = None, *, keepdims: builtins.bool = False
    ) -> Tensor:
        """Arithmetic mean over axes, ignoring NaN; NaN where all elements are NaN."""
    def nanmedian(
        self, /, axis: builtins.int | tuple[builtins.int, ...] | None = None, *, keepdims: builtins.bool = False
    ) -> Tensor:
        """Median over axes, ignoring NaN; see `median`. NaN where all elements are NaN."""
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
    def narrow(self, axis: builtins.int, start: builtins.int, length: builtins.int, /) -> Tensor:
        """The `length` slices of an axis from `start` on."""
    def ndimension(self) -> builtins.int:
        """The number of axes."""
    def ne(self, x2: Tensor | complex, /) -> Tensor:
        """Whether ``x1 != x2``, elementwise."""
    def neg(self) -> Tensor:
        """``-x``, elementwise."""
    def neg_(self) -> Tensor:
        """`negative` that changes the tensor itself."""
    def negative(self) -> Tensor:
        """``-x``, elementwise."""
    def new_empty(
        self,
        shape: builtins.int | Sequence[builtins.int],
        *more: Any,
        dtype: Any = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:
        """Call `empty` with the data type and the device of the tensor."""
    def new_full(
        self,
        shape: builtins.int | Sequence[builtins.int],
        *more: Any,
        dtype: Any = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:
        """Call `full` with the data type and the device of the tensor."""
    def new_ones(
        self,
        shape: builtins.int | Sequence[builtins.int],
        *more: Any,
        dtype: Any = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:
        """Call `ones` with the data type and the device of the tensor."""
    def new_tensor(self, data: Any, *, dtype: Any = None, requires_grad: builtins.bool = False) -> Tensor:
        """Make a tensor from data, with the data type and on the device of this one."""
    def new_zeros(
        self,
        shape: builtins.int | Sequence[builtins.int],
        *more: Any,
        dtype: Any = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:
        """Call `zeros` with the data type and the device of the tensor."""
    def nonzero(self) -> tuple[Tensor, ...]:
        """Indices of the elements that are true (not zero): one array for each axis."""
    def norm(
        self,
        /,
        p: builtins.float | Literal["fro", "nuc"] = "fro",
        axis: builtins.int | tuple[builtins.int, ...] | None = None,
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """Norm of a vector, a matrix, or all elements."""
    def not_equal(self, x2: Tensor | complex, /) -> Tensor:
        """Whether ``x1 != x2``, elementwise."""
    def numel(self) -> builtins.int:
        """The number of elements."""
    def outer(self, x2: Tensor, /) -> Tensor:
        """All products of two vectors' elements."""
    def permute(self, *axes: Any) -> Tensor:
        """The axes in another order, given as one tuple or as several numbers."""
    def positive(self) -> Tensor:
        """A copy of `x`, which may be of any type."""
    def pow(self, x2: Tensor | complex, /) -> Tensor:
        """``x1 ** x2``, elementwise."""
    def pow_(self, x2: Tensor | complex, /) -> Tensor:
        """`pow` that changes the tensor itself."""
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
    def ravel(self, /, start_axis: builtins.int = 0, end_axis: builtins.int = -1) -> Tensor:
        """Flatten consecutive axes into one."""
    def reciprocal(self) -> Tensor:
        """``1 / x``, elementwise; the derivative at zero is minus infinity."""
    def reciprocal_(self) -> Tensor:
        """`reciprocal` that changes the tensor itself."""
    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Call a function in each backward pass with the gradient of the tensor, which it may replace."""
    def relu(self) -> Tensor:
        """The positive part, elementwise; the derivative at zero is zero. NaN propagates, and so does its gradient."""
    def relu_(self) -> Tensor:
        """`relu` that changes the tensor itself."""
    def remainder(self, x2: Tensor | complex, /) -> Tensor:
        """Remainder of `floor_divide`, with the sign of `x2`, elementwise."""
    def remainder_(self, x2: Tensor | complex, /) -> Tensor:
        """`remainder` that changes the tensor itself."""
    def repeat(
        self,
        repeats: builtins.int | Sequence[builtins.int] | Tensor,
        /,
        *more: builtins.int,
        axis: builtins.int | None = None,
    ) -> Tensor:
        """Repeat each slice along an axis: NumPy's ``repeat``. PyTorch's, of the whole tensor, is `tile`."""
    def repeat_interleave(self, repeats: builtins.int | Tensor, /, axis: builtins.int | None = None) -> Tensor:
        """Repeat each slice along an axis; see `repeat`."""
    def reshape(self, *shape: Any) -> Tensor:
        """The same elements in another shape, given as one tuple or as several numbers."""
    def reshape_as(self, other: Tensor) -> Tensor:
        """The same elements in the shape of another tensor."""
    def retain_grad(self) -> None:
        """Keep the gradient of a computed tensor in its ``grad``, as for leaves; backward passes add to it."""
    def roll(
        self, /, shift: builtins.int | Sequence[builtins.int], axis: builtins.int | Sequence[builtins.int] | None = None
    ) -> Tensor:
        """Shift elements along axes; those shifted beyond one end reappear at the other."""
    def rot90(self, /, k: builtins.int = 1, axes: tuple[builtins.int, builtins.int] = (0, 1)) -> Tensor:
        """Rotate an array by 90 degrees in the plane of two axes."""
    def round(self, /, *, decimals: builtins.int = 0) -> Tensor:
        """`x` rounded to the nearest integer, halves to the nearest even one, elementwise; its derivative is zero."""
    def round_(self, /, *, decimals: builtins.int = 0) -> Tensor:
        """`round` that changes the tensor itself."""
    def rsqrt(self) -> Tensor:
        """``1 / sqrt(x)``, elementwise."""
    def rsqrt_(self) -> Tensor:
        """`rsqrt` that changes the tensor itself."""
    def scatter(self, axis: builtins.int, indices: Tensor, source: Any, /) -> Tensor:
        """`x` with elements of `source` written along an axis, at indices: the reverse of `gather`."""
    def scatter_(self, axis: builtins.int, indices: Tensor, source: Any, /) -> Tensor:
        """`scatter` that changes the tensor itself."""
    def scatter_add(self, axis: builtins.int, indices: Tensor, source: Tensor, /) -> Tensor:
        """A copy of `x` with `source` added along an axis at `indices`, as PyTorch's ``scatter_add``."""
    def scatter_add_(self, axis: builtins.int, indices: Tensor, source: Tensor, /) -> Tensor:
        """`scatter_add` that changes the tensor itself."""
    def searchsorted(
        self, x2: Tensor | builtins.float, /, *, side: Literal["left", "right"] = "left", sorter: Tensor | None = None
    ) -> Tensor:
        """Indices at which to insert elements into a sorted array so that it stays sorted."""
    def select(self, axis: builtins.int, index: builtins.int, /) -> Tensor:
        """The slice of an axis at an index, without that axis."""
    def short(self) -> Tensor: ...
    def sigmoid(self) -> Tensor:
        """``1 / (1 + exp(-x))``, elementwise, without intermediate overflow."""
    def sigmoid_(self) -> Tensor:
        """`sigmoid` that changes the tensor itself."""
    def sign(self) -> Tensor:
        """-1, 0 or 1 by the sign of `x`, or ``x / abs(x)`` for complex `x`, elementwise; the derivative at zero is zero."""
    def sign_(self) -> Tensor:
        """`sign` that changes the tensor itself."""
    def sin(self) -> Tensor:
        """Sine, elementwise."""
    def sin_(self) -> Tensor:
        """`sin` that changes the tensor itself."""
    def sinc(self) -> Tensor:
        """``sin(pi * x) / (pi * x)``, elementwise: 1 at 0, where all derivatives are exact too, and 0 at other integers."""
    def sinh(self) -> Tensor:
        """Hyperbolic sine, elementwise."""
    def softmax(self, /, axis: builtins.int | tuple[builtins.int, ...] | None = -1) -> Tensor:
        """``exp(x)`` scaled to sum to one along an axis, or over several."""
    def sort(
        self, /, axis: builtins.int = -1, descending: builtins.bool = False, *, stable: builtins.bool = True
    ) -> Tensor:
        """Sort the elements along an axis; each gets the gradient of its place in the result."""
    def split_with_sizes(
        self, sizes: builtins.int | Sequence[builtins.int], /, axis: builtins.int = 0
    ) -> tuple[Tensor, ...]:
        """Split into pieces of given lengths: PyTorch's ``split``, where `split` is NumPy's."""
    def sqrt(self) -> Tensor:
        """Square root, elementwise."""
    def sqrt_(self) -> Tensor:
        """`sqrt` that changes the tensor itself."""
    def square(self) -> Tensor:
        """``x * x``, elementwise."""
    def square_(self) -> Tensor:
        """`square` that changes the tensor itself."""
    def squeeze(self, /, axis: builtins.int | Sequence[builtins.int] | None = None) -> Tensor:
        """Remove axes of length 1, by default all of them."""
    def stack_with(self, others: Sequence[Tensor], axis: builtins.int = 0) -> Tensor:
        """Stack the tensor and others of its shape along a new axis."""
    def std(
        self,
        /,
        axis: builtins.int | tuple[builtins.int, ...] | None = None,
        *,
        correction: builtins.float = 0.0,
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """Standard deviation over axes; see `var`. Where it is zero, so is its gradient."""
    def sub(self, other: Any, *, alpha: complex = 1) -> Tensor:
        """``x - alpha * other``, elementwise."""
    def sub_(self, other: Any, *, alpha: complex = 1) -> Tensor:
        """`sub` that changes the tensor itself."""
    def subtract(self, other: Any, *, alpha: complex = 1) -> Tensor:
        """``x - alpha * other``, elementwise."""
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
    def swapdims(self, axis1: builtins.int, axis2: builtins.int, /) -> Tensor:
        """Swap two axes."""
    def t(self) -> Tensor:
        """Transpose a matrix; a tensor of fewer axes is returned unchanged."""
    def take(self, indices: Tensor, /, *, axis: builtins.int | None = None) -> Tensor:
        """Slices of an array along an axis; differentiable in the array."""
    def take_along_axis(self, indices: Tensor, /, axis: builtins.int = -1) -> Tensor:
        """Elements of each one-dimensional slice along an axis, by index (PyTorch's ``gather``)."""
    def take_along_dim(self, indices: Tensor, /, axis: builtins.int = -1) -> Tensor:
        """Elements of each one-dimensional slice along an axis, by index (PyTorch's ``gather``)."""
    def tan(self) -> Tensor:
        """Tangent, elementwise."""
    def tan_(self) -> Tensor:
        """`tan` that changes the tensor itself."""
    def tanh(self) -> Tensor:
        """Hyperbolic tangent, elementwise."""
    def tanh_(self) -> Tensor:
        """`tanh` that changes the tensor itself."""
    def tensor_split(
        self, sections: builtins.int | Sequence[builtins.int], /, axis: builtins.int = 0
    ) -> tuple[Tensor, ...]:
        """Split an array into pieces that may differ in length; see `split`."""
    def tile(self, repetitions: builtins.int | Sequence[builtins.int], /) -> Tensor:
        """Repeat the whole array along each axis."""
    def to(
        self,
        target: Any = None,
        /,
        *,
        dtype: Any = None,
        device: Device | str | None = None,
        copy: builtins.bool = False,
    ) -> Tensor:
        """Move to another backend or device, or cast; gradients flow back."""
    def to_device(self, device: Device | str | None, /, *, stream: Any = None) -> Tensor:
        """Move to another device, as in the Array API standard; see `to`."""
    def topk(
        self, /, k: builtins.int, axis: builtins.int = -1, largest: builtins.bool = True, sorted: builtins.bool = True
    ) -> Chosen[Tensor]:
        """The `k` largest elements along an axis, or the smallest."""
    def trace(self, /, *, offset: builtins.int = 0, dtype: Any = None) -> Tensor:
        """Sum of the elements on a diagonal of the last two axes."""
    def transpose(
        self, axis0: builtins.int | Sequence[builtins.int] | None = None, axis1: builtins.int | None = None, /
    ) -> Tensor:
        """Swap two axes, as in PyTorch. NumPy's ``transpose``, of all axes, is `permute_dims`."""
    def tril(self, /, k: builtins.int = 0) -> Tensor:
        """The elements on and below a diagonal of the last two axes, zeros above."""
    def tril_(self, /, k: builtins.int = 0) -> Tensor:
        """`tril` that changes the tensor itself."""
    def triu(self, /, k: builtins.int = 0) -> Tensor:
        """The elements on and above a diagonal of the last two axes, zeros below; see `tril`."""
    def triu_(self, /, k: builtins.int = 0) -> Tensor:
        """`triu` that changes the tensor itself."""
    def true_divide(self, x2: Tensor | complex, /) -> Tensor:
        """``x1 / x2``, elementwise; always floating-point."""
    def trunc(self) -> Tensor:
        """`x` rounded towards zero, elementwise; its derivative is zero."""
    def trunc_(self) -> Tensor:
        """`trunc` that changes the tensor itself."""
    def type_as(self, other: Tensor) -> Tensor:
        """The tensor with the data type of another."""
    def unbind(self, /, axis: builtins.int = 0) -> tuple[Tensor, ...]:
        """The slices along an axis, without that axis."""
    def unflatten(self, axis: builtins.int, sizes: Sequence[builtins.int], /) -> Tensor:
        """Divide an axis into several, the inverse of `flatten`."""
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
    def unsqueeze(self, /, axis: builtins.int | Sequence[builtins.int]) -> Tensor:
        """Insert axes of length 1."""
    def var(
        self,
        /,
        axis: builtins.int | tuple[builtins.int, ...] | None = None,
        *,
        correction: builtins.float = 0.0,
        keepdims: builtins.bool = False,
    ) -> Tensor:
        """Variance over axes."""
    def view(self, *shape: Any) -> Tensor:
        """The same elements in another shape, given as one tuple or as several numbers."""
    def view_as(self, other: Tensor) -> Tensor:
        """The same elements in the shape of another tensor."""
    def where(self, condition: Tensor, other: Any) -> Tensor:
        """The elements of the tensor where a condition holds, and those of `other` elsewhere."""
    def xlogy(self, x2: Tensor | complex, /) -> Tensor:
        """``x1 * log(x2)``, elementwise, and 0 where `x1` is 0 unless `x2` is NaN."""
    def zero_(self) -> Tensor:
        """Set all elements to zero."""
