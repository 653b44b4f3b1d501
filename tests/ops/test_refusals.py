"""Bad input is refused in the function's own name: what is no array, wrong axes, wrong data types."""

import inspect

import numpy as np
import pytest

import tensorlab as tl
import tensorlab.fft
import tensorlab.linalg
from tensorlab.autodiff.codegen import CHECKED
from tensorlab.autodiff.record import REGISTRY
from tensorlab.backend.dtypes import KINDS

NO_ARRAYS = set(
    """
    active_backend arange asarray available_backends broadcast_shapes can_cast check_gradients checkpoint
    custom_gradient einsum empty eye fftfreq finfo from_dlpack from_numpy full geomspace grad hessian hvp iinfo
    is_grad_enabled is_tensor isdtype jacobian jvp linspace load logspace manual_seed ones rand randint randn
    randperm register_backend result_type rfftfreq save tensor tri tril_indices triu_indices value_and_grad vjp zeros
    """.split()
)
"""Functions whose first operand is not an array, or may be anything."""

OPERANDS = {
    # What a function needs besides matrices; its first operand is x.
    "array_split": lambda x: (x, 3),
    "chunk": lambda x: (x, 3),
    "concat": lambda x: ([x, x],),
    "clip": lambda x: (x, 0, 1),
    "fmod": lambda x: (x, x),
    "gammainc": lambda x: (x, x),
    "kthvalue": lambda x: (x, 1),
    "percentile": lambda x: (x, 50),
    "quantile": lambda x: (x, 0.5),
    "nanpercentile": lambda x: (x, 50),
    "nanquantile": lambda x: (x, 0.5),
    "repeat": lambda x: (x, 2),
    "roll": lambda x: (x, 1),
    "split": lambda x: (x, 3),
    "split_with_sizes": lambda x: (x, 3),
    "stack": lambda x: ([x, x],),
    "take": lambda x: (x, tl.tensor([0])),
    "take_along_axis": lambda x: (x, tl.tensor([[0]])),
    "topk": lambda x: (x, 1),
}


WRONG_AXES = {"tensordot": ((7,), (0,))}
"""Where axes are more than one number or a tuple."""


def functions():
    """Yield the public functions that take arrays, each once, with the name that errors are to carry."""
    seen = set()
    for namespace in (tl, tl.linalg, tl.fft):
        for name in sorted(namespace.__all__):
            function = getattr(namespace, name)
            if inspect.isfunction(function) and name not in NO_ARRAYS and function not in seen:
                seen.add(function)
                if inspect.signature(function).parameters:
                    yield pytest.param(function, id=name)


def required(function):
    return [
        p
        for p in inspect.signature(function).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]


def operands(function, x):
    """Return operands that the function takes, but for `x` in the first place."""
    known = OPERANDS.get(function.__name__)
    return known(x) if known else (x, *(tl.ones((3, 3)) for _ in required(function)[1:]))


@pytest.mark.parametrize("function", list(functions()))
def test_what_is_no_array(function):
    with pytest.raises((TypeError, tl.ShapeError)) as refusal:
        function(*operands(function, "text"))
    assert str(refusal.value).startswith(function.__name__)


@pytest.mark.parametrize("function", list(functions()))
def test_wrong_axis(function):
    parameters = inspect.signature(function).parameters
    name = next((name for name in ("axis", "axes") if name in parameters), None)
    if name is None or parameters[name].default is inspect.Parameter.empty:
        pytest.skip("no axis, or one that is part of the operands")
    with pytest.raises((IndexError, ValueError)) as refusal:
        function(
            *operands(function, tl.ones((3, 3))),
            **{name: WRONG_AXES.get(function.__name__, {"axis": 7}.get(name, (7,)))},
        )
    assert str(refusal.value).startswith(function.__name__)
    assert "7" in str(refusal.value)


TYPED = [
    (op, place, operand)
    for op in REGISTRY.values()
    if not op.variadic
    for place, operand in enumerate(op.operands)
    if op.takes[operand] in CHECKED and op.takes[operand] != "floating"
]


@pytest.mark.parametrize(("op", "place", "operand"), TYPED, ids=[f"{op.name}-{operand}" for op, _, operand in TYPED])
def test_wrong_type(op, place, operand):
    group = op.takes[operand]
    wrong = next(d for d in ("complex64", "float32", "bool", "int64") if tl.DType.registry[d].kind not in KINDS[group])
    sample = op.samples[0]
    given = [
        None if draw is None else tl.zeros(draw.shape, dtype={"floating": "float32", "integer": "int64"}.get(draw.kind))
        for draw in sample.draws()
    ]
    given[place] = tl.zeros(given[place].shape, dtype=wrong)
    with pytest.raises(TypeError) as refusal:
        op.public(*given, **sample.params)
    assert str(refusal.value).startswith(f"{op.name}: ")
    assert f" is {wrong}, but must be " in str(refusal.value)


MAKERS = {
    "arange": (3,),
    "asarray": ([1.0],),
    "empty": (3,),
    "empty_like": (tl.ones(3),),
    "eye": (3,),
    "from_dlpack": (np.ones(3),),
    "full": (3, 1.0),
    "full_like": (tl.ones(3), 1.0),
    "geomspace": (1, 2, 3),
    "linspace": (0, 1, 3),
    "logspace": (0, 1, 3),
    "ones": (3,),
    "ones_like": (tl.ones(3),),
    "tensor": ([1.0],),
    "tri": (3,),
    "tril_indices": (3,),
    "triu_indices": (3,),
    "zeros": (3,),
    "zeros_like": (tl.ones(3),),
}


@pytest.mark.parametrize("name", MAKERS)
def test_wrong_device(name):
    with pytest.raises(tl.BackendUnavailable, match=f"^{name}: no backend or device is called 'nowhere'"):
        getattr(tl, name)(*MAKERS[name], device="nowhere")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda x: x["a"],
            TypeError,
            "getitem: index must be integers, slices, None, ..., integer or bool arrays, or a",
        ),
        (lambda x: x[1.5], TypeError, r"getitem: index must be integers, .*, not 1\.5"),
        (lambda x: x[tl.tensor([0.5])], TypeError, "getitem: index must be integers"),
        (lambda x: tl.max(x[:0]), tl.ShapeError, r"max: x of shape \(0, 2\) has no elements to compare"),
        (
            lambda x: tl.argmin(x[:0], axis=0),
            tl.ShapeError,
            r"argmin: x of shape .* no elements along axis 0 to compare",
        ),
        (lambda x: tl.tensor([2]) ** -1, ValueError, "pow: Integers to negative integer powers"),
        (lambda x: tl.tensor([2]) + (1 << 70), OverflowError, "add: x2 is 1180591620717411303424, which no"),
        (lambda x: tl.quantile(x, {}), TypeError, "quantile: q must be a number, a tuple of numbers, a tensor or"),
        (lambda x: tl.diag(x, k=None), TypeError, "diag: k must be an integer, not None"),
        (lambda x: tl.eye(2, k=2.5), TypeError, "eye: k must be an integer, not 2.5"),
        (lambda x: tl.exp(np.array([object()])), TypeError, "exp: x has elements of type object"),
    ],
)
def test_errors_of_array_libraries_are_said_again(call, error, message):
    with pytest.raises(error, match=f"^{message}"):
        call(tl.ones(3, 2))


@pytest.mark.skipif(tl.active_backend().name != "numpy", reason="the text is NumPy's")
@pytest.mark.parametrize(
    ("index", "message"),
    [([True, False], "boolean index did not match"), ([7], "index 7 is out of bounds for axis 0")],
)
def test_errors_of_numpy_begin_with_the_op(index, message):
    with pytest.raises(IndexError, match=f"^getitem: {message}"):
        tl.ones(3, 2)[tl.tensor(index)]


@pytest.mark.parametrize("name", [name for name in MAKERS if "indices" not in name and name != "from_dlpack"])
def test_unknown_type(name):
    with pytest.raises(TypeError, match=f"^{name}: dtype must be a data type such as 'float32', or None, not 'floaty'"):
        getattr(tl, name)(*MAKERS[name], dtype="floaty")


def test_devices_that_differ(other_backend):
    """The op names both, and the call that mends it."""
    with pytest.raises(tl.BackendError, match=r"^add was given arrays of the backends .* move one of them first: \.to"):
        tl.ones(2) + tl.ones(2, device=other_backend)
    with pytest.raises(tl.BackendError, match=r"^tensordot"):
        tl.tensordot(tl.ones((2, 2)), tl.ones((2, 2), device=other_backend))


@pytest.mark.parametrize("call", [lambda x: x - x, lambda x: -x, tl.sign], ids=["subtract", "negative", "sign"])
def test_truth_values_are_no_numbers(call):
    with pytest.raises(TypeError, match=r"^(subtract: x1|negative: x|sign: x) is bool, but must be of a numeric type$"):
        call(tl.tensor([True, False]))


def test_unknown_parameter():
    """Python's own words stand: they name the function and the parameter."""
    with pytest.raises(TypeError, match=r"^std\(\) got an unexpected keyword argument 'dof'$"):
        tl.std(tl.ones(3), dof=1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: tl.roll(tl.ones((2, 3)), (1, 2), axis=0),
            r"roll: 2 shifts (1, 2) do not match the axes (0,)",
        ),
        (lambda: tl.meshgrid(tl.ones(2), tl.tensor(1.0)), "meshgrid: arrays[1] must have one axis, not shape ()"),
        (lambda: tl.mean(tl.tensor(2.0), axis=0), "mean: axis 0 is out of range for 0 axes"),
    ],
)
def test_wrong_shapes(call, message):
    with pytest.raises(tl.ShapeError) as error:
        call()
    assert str(error.value) == message


def test_quantiles_in_nested_lists():
    with pytest.raises(TypeError, match=r"^quantile: q must be a number, a tuple of numbers, a tensor or an array"):
        tl.quantile(tl.ones(3), [[0.1], [0.5]])


def test_no_pieces():
    with pytest.raises(ValueError, match=r"^split: the number of pieces must be positive, not 0$"):
        tl.split(tl.ones(3), 0)
