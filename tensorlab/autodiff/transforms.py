"""The functional transforms, from functions to their derivatives.

They take functions of tensors, or of nested tuples, lists and dictionaries of tensors, and can be nested in any order.
Gradients with respect to complex inputs follow PyTorch's convention (the conjugate of JAX's).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar, overload

from ..tensor import Leaf, Tensor
from .backward import conjugated, gradients, ones_like
from .forward import push_forward
from .graph import Node, ancestors, next_serial, recording
from .tree import as_tensor, leaves, mapped, rebuild

Function = Callable[..., Any]
Indices = int | Sequence[int]

P = ParamSpec("P")
T = TypeVar("T")
"""The type of the first argument, and of the gradient: a tensor, or a nested structure of tensors."""
Number = Tensor | float


class Alias:
    """The op of an input's node inside a transform: the identity, so that one tensor can be several inputs."""

    name = "alias"

    @staticmethod
    def pull(g: Any, saved: tuple[Any, ...], parents: tuple[Any, ...]) -> tuple[Any, ...]:
        return (g,)

    @staticmethod
    def saved_arrays(node: Node, saved: tuple[Any, ...]) -> list[Any]:
        return []

    @staticmethod
    def saved_tensors(node: Node, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        return saved


def _alias(x: Any) -> Tensor:
    """Return a tensor of the same value with a node of its own, whose parent is the node of `x` if there is one."""
    x = as_tensor(x)
    if not x.dtype.is_floating:
        raise TypeError(f"derivatives need floating-point inputs, not {x.dtype}")
    alias = Tensor(x._array)
    if x._node is None:
        alias._node = Leaf(alias)
    else:
        node = alias._node = Node()
        node.op, node.parents, node.saved = Alias, (x._node,), ()
        node.shape, node.serial = x.shape, next_serial()
    return alias


def _without_history(x: Any) -> Any:
    return x.detach() if isinstance(x, Tensor) else x


class _Linearized:
    """One recorded run of a function, ready for sweeps in both directions."""

    def __init__(self, function: Function, args: Sequence[Any], argnums: int | Sequence[int], has_aux: bool) -> None:
        self.single = isinstance(argnums, int)
        positions = [argnums] if isinstance(argnums, int) else list(argnums)
        if not all(-len(args) <= p < len(args) for p in positions):
            raise ValueError(f"argnums {argnums} is out of range for a function called with {len(args)} arguments")
        chosen = [mapped(_alias, args[p]) for p in positions]
        replaced = list(args)
        for position, value in zip(positions, chosen, strict=True):
            replaced[position] = value
        with recording(True):
            result = function(*replaced)
        aux = None
        if has_aux:
            result, aux = result
        self.input_tree = chosen[0] if self.single else tuple(chosen)
        self.inputs: list[Tensor] = list(leaves(self.input_tree))
        self.output_tree = result
        self.outputs: list[Tensor] = [as_tensor(x) for x in leaves(result)]
        self.connected = self._reaches_beyond_inputs()
        self.aux = aux if self.connected else mapped(_without_history, aux)

    def _reaches_beyond_inputs(self) -> bool:
        """Whether the results depend on other tensors that require gradients, so that sweeps must be recorded."""
        own = {x._node for x in self.inputs if isinstance(x._node, Leaf)}
        graph = ancestors([x._node for x in self.outputs if x._node is not None])
        return any(isinstance(node, Leaf) and node not in own for node in graph)

    def value(self) -> Any:
        """Return the results, without the history recorded for the transform."""
        if self.connected:
            return self.output_tree
        return rebuild(self.output_tree, [x.detach() for x in self.outputs])

    def pull(self, cotangents: Sequence[Any], keep_graph: bool = False) -> list[Tensor]:
        """Return the cotangents of the inputs, zeros where there is no dependence."""
        seeds = [self._as_sweep_value(c) for c in cotangents]
        found = gradients(self.outputs, self.inputs, seeds, keep_graph=keep_graph, create_graph=self.connected)
        return [self._as_tensor(part, x) for part, x in zip(found, self.inputs, strict=True)]

    def push(self, tangents: Sequence[Any]) -> list[Tensor]:
        """Return the tangents of the results, zeros where there is no dependence."""
        connected = self.connected or any(t.requires_grad for t in tangents)
        seeds = {x._node: (t if connected else t._array) for x, t in zip(self.inputs, tangents, strict=True)}
        found = push_forward(self.outputs, seeds, as_tensors=connected)
        return [self._as_tensor(part, x) for part, x in zip(found, self.outputs, strict=True)]

    def _as_sweep_value(self, cotangent: Tensor) -> Any:
        return cotangent if self.connected else cotangent._array

    @staticmethod
    def _as_tensor(part: Any, like: Tensor) -> Tensor:
        if part is None:
            return Tensor(like.backend.xp.zeros_like(like._array))
        return part if isinstance(part, Tensor) else Tensor(part)


@overload
def value_and_grad(
    function: Callable[Concatenate[Tensor, P], Any],
) -> Callable[Concatenate[Number, P], tuple[Tensor, Tensor]]: ...
@overload
def value_and_grad(function: Callable[Concatenate[T, P], Any]) -> Callable[Concatenate[T, P], tuple[Tensor, T]]: ...
@overload
def value_and_grad(function: Function, argnums: Indices = 0, has_aux: bool = False) -> Any: ...
def value_and_grad(function: Function, argnums: Indices = 0, has_aux: bool = False) -> Function:
    """Return a function that computes a function's value together with its gradient.

    Parameters
    ----------
    function : callable
        Returns a real tensor with one element, or with `has_aux` a pair of it and anything else.
    argnums : int or sequence of int
        The positional arguments to differentiate with respect to; each a tensor or a nested structure of tensors.
    has_aux : bool
        Whether `function` returns such a pair.

    Returns
    -------
    callable
        Returns ``(value, gradient)``, or ``((value, aux), gradient)``. The gradient has the structure of the argument;
        for several `argnums` it is a tuple.

    Raises
    ------
    ValueError
        When called, if the value is not a real tensor with one element.

    Examples
    --------
    >>> import tensorlab as tl
    >>> tl.value_and_grad(lambda x: (x**2).sum())(tl.tensor([1.0, 2.0]))
    (tensor(5.), tensor([2., 4.]))
    """

    @wraps(function)
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        run = _Linearized(lambda *a: function(*a, **kwargs), args, argnums, has_aux)
        if len(run.outputs) != 1 or run.outputs[0].nelement() != 1 or run.outputs[0].dtype.is_complex:
            described = ", ".join(f"{x.dtype} of shape {x.shape}" for x in run.outputs)
            raise ValueError(f"a gradient needs a function that returns one real number, not {described}")
        parts = run.pull([Tensor(ones_like(run.outputs[0]._array))])
        gradient = rebuild(run.input_tree, map(conjugated, parts))
        value = run.value()
        return ((value, run.aux) if has_aux else value), gradient

    return value_and_gradient


@overload
def grad(function: Callable[Concatenate[Tensor, P], Any]) -> Callable[Concatenate[Number, P], Tensor]: ...
@overload
def grad(function: Callable[Concatenate[T, P], Any]) -> Callable[Concatenate[T, P], T]: ...
@overload
def grad(function: Function, argnums: Indices = 0, has_aux: bool = False) -> Any: ...
def grad(function: Function, argnums: Indices = 0, has_aux: bool = False) -> Function:
    """Return the function that computes the gradient of `function`; see `value_and_grad` for the arguments.

    Examples
    --------
    >>> import tensorlab as tl
    >>> tl.grad(tl.grad(lambda x: x**3))(2.0)
    tensor(12.)
    """
    both = value_and_grad(function, argnums, has_aux)

    @wraps(function)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, result = both(*args, **kwargs)
        return (result, value[1]) if has_aux else result

    return gradient


@overload
def vjp(
    function: Callable[..., T], *primals: Any, has_aux: Literal[False] = False
) -> tuple[T, Callable[[T], tuple[Any, ...]]]: ...
@overload
def vjp(function: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]: ...
def vjp(function: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """Return a function's value, and the function that maps cotangents of the value to those of the primals.

    Parameters
    ----------
    function : callable
        A function of the primals.
    *primals : tensors or nested structures of tensors
        The point of evaluation.
    has_aux : bool
        Whether `function` returns a pair whose second part is not differentiated.

    Returns
    -------
    value
        The value of `function`.
    pullback : callable
        Takes cotangents with the structure of the value and returns a tuple with one entry per primal; can be called
        repeatedly.
    aux
        The second part; only with `has_aux`.

    Examples
    --------
    >>> import tensorlab as tl
    >>> value, pullback = tl.vjp(tl.sin, tl.tensor([0.0]))
    >>> pullback(tl.ones(1))
    (tensor([1.]),)
    """
    run = _Linearized(function, primals, range(len(primals)), has_aux)

    def pullback(cotangents: Any) -> tuple[Any, ...]:
        seeds = _leaves_like(run.outputs, cotangents, "cotangents", "results")
        parts = run.pull([conjugated(seed) for seed in seeds], keep_graph=True)
        pulled: tuple[Any, ...] = rebuild(run.input_tree, map(conjugated, parts))
        return pulled

    return (run.value(), pullback, run.aux) if has_aux else (run.value(), pullback)


@overload
def jvp(
    function: Callable[..., T], primals: Sequence[Any], tangents: Sequence[Any], has_aux: Literal[False] = False
) -> tuple[T, T]: ...
@overload
def jvp(
    function: Function, primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False
) -> tuple[Any, ...]: ...
def jvp(function: Function, primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False) -> tuple[Any, ...]:
    """Return a function's value and its directional derivative along `tangents`: forward mode.

    Parameters
    ----------
    function : callable
        A function of the primals.
    primals, tangents : sequences of tensors or nested structures of tensors
        The point of evaluation and the direction, with equal structures and shapes.
    has_aux : bool
        Whether `function` returns a pair whose second part is not differentiated.

    Returns
    -------
    value, tangent
        The value of `function` and its derivative, with the same structure; with `has_aux` also the second part.

    Raises
    ------
    ValueError
        If the structures or shapes of primals and tangents differ.

    Examples
    --------
    >>> import tensorlab as tl
    >>> tl.jvp(lambda x: x**2, (tl.tensor(3.0),), (tl.tensor(1.0),))
    (tensor(9.), tensor(6.))
    """
    run = _Linearized(function, primals, range(len(primals)), has_aux)
    pushed = run.push(_leaves_like(run.inputs, tuple(tangents), "tangents", "primals"))
    result = (run.value(), rebuild(run.output_tree, pushed))
    return (*result, run.aux) if has_aux else result


def _leaves_like(tensors: Sequence[Tensor], tree: Any, name: str, other: str) -> list[Tensor]:
    """Return the leaves of `tree` as tensors, which must have the shapes of `tensors`."""
    found = [as_tensor(x) for x in leaves(tree)]
    shapes, expected = [x.shape for x in found], [x.shape for x in tensors]
    if shapes != expected:
        raise ValueError(f"{name} must have the structure and shapes of the {other}: {expected}, not {shapes}")
    return found


@overload
def jacobian(
    function: Callable[Concatenate[Tensor, P], Tensor], *, mode: str | None = None
) -> Callable[Concatenate[Tensor, P], Tensor]: ...
@overload
def jacobian(function: Function, argnums: Indices = 0, mode: str | None = None) -> Any: ...
def jacobian(function: Function, argnums: Indices = 0, mode: str | None = None) -> Function:
    """Return the function that computes a Jacobian.

    Parameters
    ----------
    function : callable
        Returns a tensor, or a nested structure of tensors.
    argnums : int or sequence of int
        The positional arguments to differentiate with respect to.
    mode : {None, "forward", "reverse"}
        One sweep per input element, or one per result element; by default whichever needs fewer sweeps.

    Returns
    -------
    callable
        Returns the structure of the result, with each tensor replaced by the structure of the chosen arguments; its
        tensors have shape ``result.shape + argument.shape``. Complex entries follow the convention of `vjp`.

    Raises
    ------
    ValueError
        If `mode` is not one of these.

    Examples
    --------
    >>> import tensorlab as tl
    >>> tl.jacobian(lambda x: x**2)(tl.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    if mode not in (None, "forward", "reverse"):
        raise ValueError(f"mode must be 'forward', 'reverse' or None, not {mode!r}")

    @wraps(function)
    def jacobian_of(*args: Any, **kwargs: Any) -> Any:
        run = _Linearized(lambda *a: function(*a, **kwargs), args, argnums, has_aux=False)
        inputs, outputs = (sum(x.nelement() for x in side) for side in (run.inputs, run.outputs))
        forward = mode == "forward" or (mode is None and inputs < outputs)
        blocks = _forward_blocks(run) if forward else _reverse_blocks(run)
        return rebuild(run.output_tree, [rebuild(run.input_tree, row) for row in blocks])

    return jacobian_of


def _one_hots(tensors: Sequence[Tensor], which: int) -> Any:
    """Yield, for each element of one of the tensors, tensors of zeros like all of them with a one at that element."""
    zeros = [Tensor(x.backend.xp.zeros_like(x._array)) for x in tensors]
    chosen = tensors[which]
    xp = chosen.backend.xp
    for i in range(chosen.nelement()):
        flat = xp.zeros(chosen.nelement(), dtype=chosen._array.dtype, device=chosen._array.device)
        flat[i] = 1
        hot = Tensor(xp.reshape(flat, chosen.shape))
        yield [hot if j == which else zero for j, zero in enumerate(zeros)]


def _stacked(columns: list[Tensor], shape: tuple[int, ...], axis: int, like: Tensor) -> Tensor:
    if not columns:
        return Tensor(like.backend.xp.zeros(shape, dtype=like._array.dtype, device=like._array.device))
    stacked: Tensor = columns[0].stack_with(columns[1:], axis=axis)
    return stacked.reshape(shape)


def _reverse_blocks(run: _Linearized) -> list[list[Tensor]]:
    """Return the Jacobian block of each result and input, one sweep per result element."""
    blocks = []
    for which, output in enumerate(run.outputs):
        rows = [run.pull(seeds, keep_graph=True) for seeds in _one_hots(run.outputs, which)]
        blocks.append(
            [
                _stacked([conjugated(row[i]) for row in rows], (*output.shape, *x.shape), 0, x)
                for i, x in enumerate(run.inputs)
            ]
        )
    return blocks


def _forward_blocks(run: _Linearized) -> list[list[Tensor]]:
    """Return the Jacobian block of each result and input, one sweep per input element."""
    columns = []
    for which, x in enumerate(run.inputs):
        pushed = [run.push(tangents) for tangents in _one_hots(run.inputs, which)]
        columns.append(
            [
                _stacked([conjugated(p[o]) for p in pushed], (*output.shape, *x.shape), -1, output)
                for o, output in enumerate(run.outputs)
            ]
        )
    return [[column[o] for column in columns] for o in range(len(run.outputs))]


@overload
def hessian(function: Callable[Concatenate[Tensor, P], Tensor]) -> Callable[Concatenate[Tensor, P], Tensor]: ...
@overload
def hessian(function: Function, argnums: Indices = 0) -> Any: ...
def hessian(function: Function, argnums: Indices = 0) -> Function:
    """Return the function that computes the matrix of second derivatives of a real-valued function.

    The Jacobian of the gradient in forward mode: one reverse sweep is recorded, and followed by one forward sweep per
    input element.

    Examples
    --------
    >>> import tensorlab as tl
    >>> tl.hessian(lambda x: x[0] ** 2 * x[1])(tl.tensor([1.0, 3.0]))
    tensor([[6., 2.],
            [2., 0.]])
    """
    return jacobian(grad(function, argnums), argnums, mode="forward")


@overload
def hvp(function: Callable[[T], Tensor], primals: tuple[T], tangents: tuple[T]) -> T: ...
@overload
def hvp(function: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> Any: ...
def hvp(function: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """Return the product of a function's Hessian with a vector, without building the Hessian.

    Forward over reverse mode, at a small multiple of the cost of a gradient (Pearlmutter, "Fast exact multiplication
    by the Hessian", Neural Computation 1994).

    Parameters
    ----------
    function : callable
        A function of the primals that returns a real tensor with one element.
    primals, tangents : sequences of tensors or nested structures of tensors
        The point of evaluation, and the vector.

    Returns
    -------
    tensor or nested structure
        The structure of the primals; not a tuple if there is only one.

    Examples
    --------
    >>> import tensorlab as tl
    >>> tl.hvp(lambda x: (x**3).sum(), (tl.tensor([1.0, 2.0]),), (tl.tensor([1.0, 1.0]),))
    tensor([ 6., 12.])
    """
    argnums = 0 if len(primals) == 1 else tuple(range(len(primals)))
    return jvp(grad(function, argnums), primals, tangents)[1]
