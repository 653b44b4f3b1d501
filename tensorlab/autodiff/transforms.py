"""The functional transforms, from functions to their derivatives.

They take functions of tensors, or of nested tuples, lists and dictionaries of tensors, and can be nested in any order.
Gradients with respect to complex inputs follow PyTorch's convention (the conjugate of JAX's).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Annotated, Any, ClassVar, Concatenate, Literal, ParamSpec, TypeVar, overload

from ..options import checked
from ..options.kinds import Instance, Kind, PerAxis, Whole, read
from ..tensor import Leaf, Tensor
from .backward import conjugated, gradients, ones_like
from .forward import push_forward
from .graph import Node, ancestors, next_serial, recording
from .tree import as_tensor, leaves, mapped, rebuild

Function = Callable[..., Any]


class Positions(Kind):
    """The positions of arguments."""

    text: ClassVar[str] = "an integer or a tuple of integers"

    def read(self, value: Any) -> int | tuple[int, ...]:
        """Return an int, or a tuple of them."""
        positions: int | tuple[int, ...] = PerAxis(Whole()).read(value)
        return positions

    def quick_test(self, name: str) -> str:
        """Test for an int: the entries of a tuple are not used before the call of the result."""
        return f"type({name}) is int"


Indices = Annotated[int | Sequence[int], Positions()]
Trees = Annotated[Sequence[Any], Instance((tuple, list))]
"""Several tensors or nested structures of tensors."""
Mode = Literal["forward", "reverse"] | None

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


class Branch(Kind):
    """A leaf of a nested structure."""

    text: ClassVar[str] = "a tensor, an array, a number, or a nested structure of these"

    def read(self, value: Any) -> Tensor:
        """Return a tensor."""
        try:
            return as_tensor(value)
        except OverflowError:
            raise ValueError from None


def as_leaf(function: str, name: str, x: Any) -> Tensor:
    """Return a leaf of an argument or of a result as a tensor; errors name the function and the argument."""
    found: Tensor = x if isinstance(x, Tensor) else read(function, name, Branch(), x)
    return found


def _alias(function: str, name: str, x: Any) -> Tensor:
    """Return a tensor of the same value with a node of its own, whose parent is the node of `x` if there is one."""
    x = as_leaf(function, name, x)
    if not x.dtype.is_floating:
        raise TypeError(f"{function}: {name} must be floating-point, not {x.dtype}")
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
    """One recorded run of a function, ready for sweeps in both directions.

    Errors name the transform `name`, and its argument ``"primals"`` if no `argnums` are given.
    """

    def __init__(
        self, name: str, function: Function, args: Sequence[Any], argnums: Indices | None, has_aux: bool
    ) -> None:
        self.single = isinstance(argnums, int)
        positions = range(len(args)) if argnums is None else [argnums] if isinstance(argnums, int) else list(argnums)
        if not all(-len(args) <= p < len(args) for p in positions):
            raise ValueError(
                f"{name}: argnums {argnums} is out of range for a function called with {len(args)} arguments"
            )
        names = ("primals" if argnums is None else f"argument {p}" for p in positions)
        chosen = [mapped(partial(_alias, name, argument), args[p]) for argument, p in zip(names, positions)]
        replaced = list(args)
        for position, value in zip(positions, chosen, strict=True):
            replaced[position] = value
        with recording(True):
            result = function(*replaced)
        aux = None
        if has_aux:
            if not isinstance(result, tuple | list) or len(result) != 2:
                raise TypeError(f"{name}: function must return a pair with has_aux=True, not {type(result).__name__}")
            result, aux = result
        self.input_tree = chosen[0] if self.single else tuple(chosen)
        self.inputs: list[Tensor] = list(leaves(self.input_tree))
        self.output_tree = result
        self.outputs: list[Tensor] = [as_leaf(name, "the result of function", x) for x in leaves(result)]
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
@checked
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
    return _with_gradient("value_and_grad", function, argnums, has_aux)


def _with_gradient(name: str, function: Function, argnums: Indices, has_aux: bool = False) -> Function:
    """Return what `value_and_grad` returns; errors name the transform `name`."""

    @wraps(function)
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        run = _Linearized(name, lambda *a: function(*a, **kwargs), args, argnums, has_aux)
        if len(run.outputs) != 1 or run.outputs[0].nelement() != 1 or run.outputs[0].dtype.is_complex:
            described = ", ".join(f"{x.dtype} of shape {x.shape}" for x in run.outputs) or "nothing"
            raise ValueError(f"{name}: function must return one real number, not {described}")
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
@checked
def grad(function: Function, argnums: Indices = 0, has_aux: bool = False) -> Function:
    """Return the function that computes the gradient of `function`; see `value_and_grad` for the arguments.

    Examples
    --------
    >>> import tensorlab as tl
    >>> tl.grad(tl.grad(lambda x: x**3))(2.0)
    tensor(12.)
    """
    return _gradient("grad", function, argnums, has_aux)


def _gradient(name: str, function: Function, argnums: Indices, has_aux: bool = False) -> Function:
    """Return what `grad` returns; errors name the transform `name`."""
    both = _with_gradient(name, function, argnums, has_aux)

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
@checked
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
    run = _Linearized("vjp", function, primals, None, has_aux)

    def pullback(cotangents: Any) -> tuple[Any, ...]:
        seeds = _leaves_like("vjp", run.outputs, cotangents, "cotangents", "results")
        parts = run.pull([conjugated(seed) for seed in seeds], keep_graph=True)
        pulled: tuple[Any, ...] = rebuild(run.input_tree, map(conjugated, parts))
        return pulled

    return (run.value(), pullback, run.aux) if has_aux else (run.value(), pullback)


@overload
def jvp(
    function: Callable[..., T], primals: Trees, tangents: Trees, has_aux: Literal[False] = False
) -> tuple[T, T]: ...
@overload
def jvp(function: Function, primals: Trees, tangents: Trees, has_aux: bool = False) -> tuple[Any, ...]: ...
@checked
def jvp(function: Function, primals: Trees, tangents: Trees, has_aux: bool = False) -> tuple[Any, ...]:
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
    return _pushed("jvp", function, primals, tangents, has_aux)


def _pushed(name: str, function: Function, primals: Trees, tangents: Trees, has_aux: bool = False) -> tuple[Any, ...]:
    """Return what `jvp` returns; errors name the transform `name`."""
    run = _Linearized(name, function, primals, None, has_aux)
    pushed = run.push(_leaves_like(name, run.inputs, tangents, "tangents", "primals"))
    result = (run.value(), rebuild(run.output_tree, pushed))
    return (*result, run.aux) if has_aux else result


def _leaves_like(function: str, tensors: Sequence[Tensor], tree: Any, name: str, other: str) -> list[Tensor]:
    """Return the leaves of `tree` as tensors, which must have the shapes of `tensors`."""
    found = [as_leaf(function, name, x) for x in leaves(tree)]
    shapes, expected = [x.shape for x in found], [x.shape for x in tensors]
    if shapes != expected:
        raise ValueError(
            f"{function}: {name} must have the structure and shapes of the {other}: {expected}, not {shapes}"
        )
    return found


@overload
def jacobian(
    function: Callable[Concatenate[Tensor, P], Tensor], *, mode: Mode = None
) -> Callable[Concatenate[Tensor, P], Tensor]: ...
@overload
def jacobian(function: Function, argnums: Indices = 0, mode: Mode = None) -> Any: ...
@checked
def jacobian(function: Function, argnums: Indices = 0, mode: Mode = None) -> Function:
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
    return _jacobian("jacobian", function, argnums, mode)


def _jacobian(name: str, function: Function, argnums: Indices, mode: Mode) -> Function:
    """Return what `jacobian` returns; errors name the transform `name`."""

    @wraps(function)
    def jacobian_of(*args: Any, **kwargs: Any) -> Any:
        run = _Linearized(name, lambda *a: function(*a, **kwargs), args, argnums, has_aux=False)
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
@checked
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
    return _jacobian("hessian", _gradient("hessian", function, argnums), argnums, "forward")


@overload
def hvp(function: Callable[[T], Tensor], primals: tuple[T], tangents: tuple[T]) -> T: ...
@overload
def hvp(function: Function, primals: Trees, tangents: Trees) -> Any: ...
@checked
def hvp(function: Function, primals: Trees, tangents: Trees) -> Any:
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
    return _pushed("hvp", _gradient("hvp", function, argnums), primals, tangents)[1]
