"""The base class of distributions."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import KW_ONLY
from math import prod
from typing import Any, ClassVar, Self, cast

from ..autodiff.graph import no_grad
from ..docstrings import Documented
from ..errors import ShapeError
from ..ops.creation import full
from ..ops.declare import broadcast_shape, composite, require
from ..ops.exponential import exp, sqrt
from ..ops.shapes import astype, broadcast_to, reshape
from ..options import Options, ShapeLike, declared
from ..random.arguments import as_tensor
from ..random.generator import Generator, default_generator
from ..tensor import Tensor
from . import constraints
from .constraints import Constraint
from .parameters import Parameter, batch_shape_of, expanded, lengths_of, read_together, require_satisfied


@declared
class Distribution(Documented, Options):
    """A probability distribution, or a batch of independent ones.

    A distribution declares its parameters, and defines its formulas in terms of them. `_log_prob`, `_cdf`, `_icdf` and
    `_draw` are what the methods without the underscore call once they have read their arguments; `entropy`, `mean` and
    the other moments are overridden directly. Everything else follows.

    Parameters
    ----------
    validate_args : bool, optional
        Whether to check that parameters and values satisfy their constraints. By default they are checked where that
        does not wait for a device.

    Attributes
    ----------
    batch_shape : tuple of int
        The shape of the batch: the common shape of the parameters, but for axes that belong to events.
    event_shape : tuple of int
        The shape of one value; ``()`` for distributions of numbers.
    support : Constraint
        The set of possible values.
    mean, mode, variance, stddev : Tensor
        Of each distribution of the batch, shape ``(*batch_shape, *event_shape)``; NaN where undefined.

    Raises
    ------
    ValueError
        If a parameter does not satisfy its constraint.
    ShapeError
        If the shapes of the parameters do not broadcast.

    Examples
    --------
    >>> normal = tl.distributions.Normal(tl.zeros(3, 1), tl.ones(2))
    >>> normal.batch_shape, normal.sample((5,)).shape
    ((3, 2), (5, 3, 2))
    """

    has_rsample: ClassVar[bool] = False
    """Whether gradients flow through the samples of `rsample`."""
    has_enumerate_support: ClassVar[bool] = False
    """Whether the support is finite, and `enumerate_support` returns it."""
    alternatives: ClassVar[tuple[str, ...]] = ()
    """Parameters of which exactly one is given. A base class has properties that compute each from that one."""
    _validates_by_default: ClassVar[bool | None] = None

    _: KW_ONLY
    validate_args: bool | None = None

    # -- what a distribution defines -----------------------------------------------------------------------------------

    @property
    def support(self) -> Constraint:
        raise NotImplementedError(f"{type(self).__name__} does not define support")

    @property
    def event_shape(self) -> tuple[int, ...]:
        return ()

    @property
    def mean(self) -> Tensor:
        raise NotImplementedError(f"the mean of {type(self).__name__} is not implemented")

    @property
    def mode(self) -> Tensor:
        raise NotImplementedError(f"the mode of {type(self).__name__} is not implemented")

    @property
    def variance(self) -> Tensor:
        raise NotImplementedError(f"the variance of {type(self).__name__} is not implemented")

    def entropy(self) -> Tensor:
        """Return the entropy of each distribution of the batch, in nats.

        Returns
        -------
        Tensor
            Shape `batch_shape`; the differential entropy of a continuous distribution.

        Examples
        --------
        >>> tl.distributions.Uniform(0.0, 1.0).entropy()
        tensor(0.)
        """
        raise NotImplementedError(f"the entropy of {type(self).__name__} is not implemented")

    def _log_prob(self, value: Tensor) -> Tensor:
        raise NotImplementedError(f"the density of {type(self).__name__} is not implemented")

    def _cdf(self, value: Tensor) -> Tensor:
        raise NotImplementedError(f"the distribution function of {type(self).__name__} is not implemented")

    def _icdf(self, value: Tensor) -> Tensor:
        raise NotImplementedError(f"the quantiles of {type(self).__name__} are not implemented")

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        """Return samples of shape ``(*shape, *event_shape)``; `shape` ends with the shape of the batch."""
        raise NotImplementedError(f"sampling from {type(self).__name__} is not implemented")

    def _values(self) -> Tensor:
        """Return the possible values, shape ``(n, *event_shape)``."""
        raise NotImplementedError(f"the support of {type(self).__name__} is not finite, or not the same in the batch")

    # -- parameters ----------------------------------------------------------------------------------------------------

    def _keep(self, options: Mapping[str, Any]) -> None:
        owner, constraints = type(self).__name__, self.arg_constraints
        given = {}
        for name, value in options.items():
            if name not in constraints:
                setattr(self, name, value)
            elif value is not None or name not in self.alternatives:
                given[name] = value
        self._require_one_alternative(given)
        self._given = read_together(owner, given)
        self._batch_shape = batch_shape_of(owner, self._given, constraints)
        if given and self._validates:
            for name, tensor in self._given.items():
                require_satisfied(owner, name, constraints[name], tensor)

    def _require_one_alternative(self, given: Mapping[str, Any]) -> None:
        names = [name for name in self.alternatives if name in given]
        if self.alternatives and len(names) != 1:
            *others, last = self.alternatives
            found = " and ".join(names) if names else "none"
            raise ValueError(
                f"{type(self).__name__}: exactly one of {', '.join(others)} and {last} must be given, not {found}"
            )

    def __getattr__(self, name: str) -> Any:
        if name in vars(self).get("_given", ()):
            return self._parameter(name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _parameter(self, name: str) -> Tensor:
        """Return a given parameter, broadcast to the batch.

        It is broadcast each time: of what is kept no graph is part that a backward pass would free.
        """
        kind = cast(Parameter, self._declared.kinds[name])
        return expanded(self._given[name], self.batch_shape, kind.constraint.event_dim)

    @property
    def arg_constraints(self) -> dict[str, Constraint]:
        """The constraints of the parameters, by name."""
        return {name: kind.constraint for name, kind in self._declared.kinds.items() if type(kind) is Parameter}

    @property
    def _like(self) -> Tensor:
        """A tensor of the data type and device of the parameters."""
        return next(iter(self._given.values()))

    def _filled(self, value: float) -> Tensor:
        """Return a number for each element of an event of each distribution of the batch."""
        return full(self._extended_shape(), value, dtype=self._like.dtype, device=self._like.device)

    @property
    def _validates(self) -> bool:
        return self._usually_validates if self.validate_args is None else self.validate_args

    @property
    def _usually_validates(self) -> bool:
        default = Distribution._validates_by_default
        return self._like.backend.on_host if default is None else default

    @staticmethod
    def set_default_validate_args(value: bool | None) -> None:
        """Set whether parameters and values are checked where `validate_args` is not given.

        Parameters
        ----------
        value : bool or None
            None, as at the start, is where that does not wait for a device.

        Examples
        --------
        >>> tl.distributions.Distribution.set_default_validate_args(None)
        """
        if value is not None and not isinstance(value, bool):
            raise TypeError(f"set_default_validate_args: value must be a bool or None, not {value!r}")
        Distribution._validates_by_default = value

    # -- shapes --------------------------------------------------------------------------------------------------------

    @property
    def batch_shape(self) -> tuple[int, ...]:
        return self._batch_shape

    def _extended_shape(self, sample_shape: tuple[int, ...] = ()) -> tuple[int, ...]:
        """Return the shape of samples."""
        return (*sample_shape, *self.batch_shape, *self.event_shape)

    @composite()
    def expand(self, batch_shape: ShapeLike) -> Self:
        """Return the distribution with its batch broadcast to another shape.

        Parameters
        ----------
        batch_shape : tuple of int
            The new shape, to which the present one broadcasts.

        Returns
        -------
        Distribution
            Of the same class.

        Raises
        ------
        ShapeError
            If the shapes do not broadcast.

        Examples
        --------
        >>> tl.distributions.Normal(0.0, 1.0).expand((2, 3)).batch_shape
        (2, 3)
        """
        shape = lengths_of(batch_shape)
        if broadcast_shape(shape, self.batch_shape) != shape:
            raise ShapeError(f"expand: batch_shape {self.batch_shape} does not broadcast to {shape}")
        return self._expanded(shape)

    def _expanded(self, batch_shape: tuple[int, ...]) -> Self:
        """Return a copy with another batch shape, to which the present one broadcasts."""
        new = copy(self)
        new._batch_shape = batch_shape
        return new

    # -- samples and probabilities -------------------------------------------------------------------------------------

    @composite()
    def sample(self, sample_shape: ShapeLike = (), *, generator: Generator | None = None) -> Tensor:
        """Draw samples, without gradients.

        Parameters
        ----------
        sample_shape : int or tuple of int
            The shape of the samples of each distribution of the batch.
        generator : Generator, optional
            The source of the numbers; the default generator if not given.

        Returns
        -------
        Tensor
            Shape ``(*sample_shape, *batch_shape, *event_shape)``.

        Examples
        --------
        >>> tl.distributions.Normal(tl.zeros(3), 1.0).sample((5,)).shape
        (5, 3)
        """
        with no_grad():
            return self._draw(generator or default_generator, (*lengths_of(sample_shape), *self.batch_shape))

    @composite()
    def rsample(self, sample_shape: ShapeLike = (), *, generator: Generator | None = None) -> Tensor:
        """Draw samples through which gradients flow to the parameters (reparameterisation).

        Parameters
        ----------
        sample_shape : int or tuple of int
            The shape of the samples of each distribution of the batch.
        generator : Generator, optional
            The source of the numbers; the default generator if not given.

        Returns
        -------
        Tensor
            Shape ``(*sample_shape, *batch_shape, *event_shape)``.

        Raises
        ------
        NotImplementedError
            If the distribution cannot be reparameterised (`has_rsample` is False).

        Examples
        --------
        >>> scale = tl.tensor(2.0, requires_grad=True)
        >>> x = tl.distributions.Normal(0.0, scale).rsample((5,))
        >>> x.sum().backward()
        >>> bool(tl.isclose(scale.grad, x.sum() / 2.0))
        True
        """
        if not self.has_rsample:
            raise NotImplementedError(
                f"rsample: gradients do not flow through samples of {type(self).__name__}; use sample, and log_prob in "
                "the loss (the score function estimator)"
            )
        return self._draw(generator or default_generator, (*lengths_of(sample_shape), *self.batch_shape))

    @composite()
    def log_prob(self, value: Any) -> Tensor:
        """Return the logarithm of the density, or of the probability if the distribution is discrete.

        Parameters
        ----------
        value : tensor, array or number
            Values in the support; the shape broadcasts with ``(*batch_shape, *event_shape)``.

        Returns
        -------
        Tensor
            The broadcast shape without the axes of `event_shape`.

        Raises
        ------
        ValueError
            If a value is not in the support, unless validation is off.
        ShapeError
            If the shapes do not match.

        Examples
        --------
        >>> tl.distributions.Normal(0.0, 1.0).log_prob(tl.tensor([0.0, 1.0]))
        tensor([-0.9189385, -1.4189385])
        """
        return self._log_prob(self._read_value(value))

    @composite()
    def cdf(self, value: Any) -> Tensor:
        """Return the probability of values up to the given ones.

        Parameters
        ----------
        value : tensor, array or number
            Values in the support; the shape broadcasts with `batch_shape`.

        Returns
        -------
        Tensor
            The broadcast shape.

        Examples
        --------
        >>> tl.distributions.Uniform(0.0, 4.0).cdf(tl.tensor([1.0, 2.0]))
        tensor([0.25, 0.5 ])
        """
        return self._cdf(self._read_value(value))

    @composite()
    def icdf(self, value: Any) -> Tensor:
        """Return quantiles: the inverse of `cdf`.

        Parameters
        ----------
        value : tensor, array or number
            Probabilities in [0, 1]; the shape broadcasts with `batch_shape`.

        Returns
        -------
        Tensor
            The broadcast shape.

        Examples
        --------
        >>> tl.distributions.Uniform(0.0, 4.0).icdf(tl.tensor([0.25, 0.5]))
        tensor([1., 2.])
        """
        return self._icdf(self._read_value(value, constraints.unit_interval, "", self.event_shape))

    def perplexity(self) -> Tensor:
        """Return the exponential of the entropy.

        Examples
        --------
        >>> tl.distributions.Categorical(probs=tl.ones(4)).perplexity()
        tensor(4.)
        """
        return exp(self.entropy())

    @property
    def stddev(self) -> Tensor:
        return sqrt(self.variance)

    @composite()
    def enumerate_support(self, expand: bool = True) -> Tensor:
        """Return all possible values of a discrete distribution, along a new first axis.

        Parameters
        ----------
        expand : bool
            Whether to repeat the values for each distribution of the batch; otherwise those axes have length 1.

        Returns
        -------
        Tensor
            Shape ``(n, *batch_shape, *event_shape)``.

        Raises
        ------
        NotImplementedError
            If the support is not finite, or not the same in the batch.

        Examples
        --------
        >>> tl.distributions.Bernoulli(probs=tl.tensor([0.1, 0.2])).enumerate_support(expand=False)
        tensor([[0.],
                [1.]])
        """
        values = self._values()
        count, event = values.shape[0], self.event_shape
        values = reshape(values, (count, *(1,) * len(self.batch_shape), *event))
        return broadcast_to(values, (count, *self.batch_shape, *event)) if expand else values

    # -- values --------------------------------------------------------------------------------------------------------

    def _read_value(
        self, value: Any, support: Constraint | None = None, said: str = "", event: tuple[int, ...] | None = None
    ) -> Tensor:
        """Return a value as a tensor of the parameters' type if it is not floating; refuse shapes and values."""
        name, like = type(self).__name__, self._like
        x = as_tensor(name, "value", value, like.device, like.dtype if isinstance(value, float) else None)
        require(name, "real or bool", value=x)
        x = self._prepared(x)
        event = self.event_shape if event is None else event
        shape = tuple(x.shape)
        if event and shape[len(shape) - len(event) :] != event:
            raise ShapeError(f"{name}: value must have a shape that ends with the event shape {event}, not {shape}")
        try:
            broadcast_shape(shape[: len(shape) - len(event)], self.batch_shape)
        except ShapeError:
            raise ShapeError(
                f"{name}: value of shape {shape} does not broadcast with the batch shape {self.batch_shape}"
            ) from None
        if self._validates:
            in_support = f" (the support of {name})" if support is None else said
            require_satisfied(name, "value", self.support if support is None else support, x, in_support)
        return x

    def _prepared(self, value: Tensor) -> Tensor:
        """Return a value as the formulas take it: a floating-point one unchanged, others in the parameters' type."""
        return value if value.dtype.is_floating else astype(value, self._like.dtype)

    def __repr__(self) -> str:
        shown = {
            name: f"{value.item():g}" if prod(value.shape) == 1 else f"{tuple(value.shape)}"
            for name, value in ((name, getattr(self, name)) for name in self._given)
        }
        return f"{type(self).__name__}({', '.join(f'{name}: {text}' for name, text in shown.items())})"
