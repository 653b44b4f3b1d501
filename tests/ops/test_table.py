"""Every op on every one of its samples: generated from the records, so a new op is checked by being declared."""

import numpy as np
import pytest
from helpers import FLOATS, drawn, formed, host, native, numbers, seeded, tensor
from references import determined, reference_of

import tensorlab as tl
import tensorlab.fft
from tensorlab.autodiff.record import REGISTRY
from tensorlab.backend import dtypes

CASES = [(op, i) for op in REGISTRY.values() for i in range(len(op.samples))]
DIFFERENTIABLE = [(op, i) for op, i in CASES if op.differentiable]


def cases(pairs):
    return pytest.mark.parametrize(("op", "number"), pairs, ids=[f"{op.name}-{i}" for op, i in pairs])


def differentiable_in_complex_numbers(op):
    """Whether the record promises a derivative for complex operands: it takes them, and is not real only."""
    return not op.real_only and all("complex floating" in dtypes.KINDS[op.takes[x]] for x in op.promoted)


def operands_of(op, number, dtype="float64"):
    """Return a sample's operands as NumPy arrays (None where one is left out)."""
    rng = seeded(op.name, number)
    return [None if draw is None else drawn(rng, draw, dtype) for draw in op.samples[number].draws()]


def results_of(op, result):
    return result if op.results > 1 else (result,)


def determined_of(op, result):
    """Return a call's results, where an op leaves a choice what every right answer has in common."""
    return determined(op.name, result) if op.results > 1 else (result,)


def widened(x):
    """Return floating operands in the precision of the reference."""
    if x is None or x.dtype.kind not in "fc":
        return x
    return x.astype("complex128" if x.dtype.kind == "c" else "float64")


def assert_agree(op, found, expected, tolerance):
    """Compare results; an elementwise op's error is relative to each element, any other's to numbers of order one."""
    for part, wanted in zip(determined_of(op, found), determined_of(op, expected), strict=True):
        part, wanted = host(part), np.asarray(wanted)
        assert part.shape == wanted.shape
        exact = wanted.dtype.kind in "bui"
        rtol = 0 if exact else tolerance
        np.testing.assert_allclose(part, wanted, rtol=rtol, atol=0 if op.kind == "elementwise" else rtol)


@pytest.mark.parametrize("op", REGISTRY.values(), ids=lambda op: op.name)
def test_record_is_complete(op):
    assert op.samples, f"{op.name} has no samples"
    assert reference_of(op.name) is not None, f"{op.name} has no reference in tests/references.py"
    assert op.public.__doc__, f"{op.name} has no docstring"


@pytest.mark.parametrize("dtype", FLOATS)
@cases(CASES)
def test_value(op, number, dtype):
    hosts = operands_of(op, number, dtype)
    params = op.samples[number].params
    found = op.public(*(None if x is None else tensor(x) for x in hosts), **params)
    expected = reference_of(op.name)(*map(widened, hosts), **params)
    # nextafter depends on the precision by its meaning.
    if op.name == "nextafter":
        expected = np.nextafter(*hosts)
    assert_agree(op, found, expected, op.tolerance[dtype])


def expected_dtype(op, hosts, params):
    """Return the data type that the record's rule gives."""
    promoted = [x for name, x in zip(op.operands, hosts, strict=False) if name in op.promoted]
    # Elementwise ops promote: whole numbers beside floating-point ones become such.
    first = next((x for x in promoted if op.kind == "elementwise" and x.dtype.kind in "fc"), promoted[0])
    operand = dtypes.named(first.dtype)
    return {
        "same": operand,
        "floating": operand if operand.is_floating else dtypes.float32,
        "promote": operand,
        "bool": dtypes.bool_,
        "int64": dtypes.int64,
        "real": {"complex64": dtypes.float32, "complex128": dtypes.float64}.get(operand.name, operand),
        "complex": {"float32": dtypes.complex64, "float64": dtypes.complex128}.get(operand.name, operand),
        "param": params.get("dtype"),
    }[op.dtype]


@pytest.mark.parametrize("dtype", FLOATS)
@cases(CASES)
def test_shape_and_dtype_rules(op, number, dtype):
    hosts = operands_of(op, number, dtype)
    params = op.samples[number].params
    results = results_of(op, op.public(*(None if x is None else tensor(x) for x in hosts), **params))
    declared = op.shape(*(x.shape for x in hosts if x is not None), **params)
    assert [x.shape for x in results] == list(declared if op.results > 1 else (declared,))
    assert results[0].dtype == expected_dtype(op, hosts, params)


TAKE_INTEGERS = [
    op
    for op in REGISTRY.values()
    if op.dtype == "floating" or (op.dtype == "real" and op.takes[op.operands[0]] != "floating")
]


@pytest.mark.parametrize("op", TAKE_INTEGERS, ids=lambda op: op.name)
def test_integer_operands(op):
    """Ops that give floating-point numbers take integers, which become float32; those with a real part keep them."""
    hosts = operands_of(op, 0)
    params = op.samples[0].params
    ones = [np.ones(x.shape, "int64") for x in hosts]
    with np.errstate(all="ignore"):
        found = results_of(op, op.public(*map(tensor, ones), **params))[0]
        expected = results_of(op, reference_of(op.name)(*(x.astype("float64") for x in ones), **params))[0]
    assert found.dtype == ("float32" if op.dtype == "floating" else "int64")
    np.testing.assert_allclose(host(found), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("op", [op for op in REGISTRY.values() if op.dtype == "real"], ids=lambda op: op.name)
@pytest.mark.parametrize(("dtype", "part"), [("complex64", "float32"), ("complex128", "float64")])
def test_real_dtype_of_complex(op, dtype, part):
    result = op.public(tensor(operands_of(op, 0, dtype)[0]), **op.samples[0].params)
    assert results_of(op, result)[0].dtype == part


# -- gradients ---------------------------------------------------------------------------------------------------------


def differentiable_call(op, number, dtype):
    """Return a function of the floating operands alone, and these operands, before they are given their form."""
    draws = op.samples[number].draws()
    rng = seeded(op.name, number)
    operands = [None if draw is None else numbers(rng, draw, dtype) for draw in draws]
    params = op.samples[number].params
    places = [i for i, x in enumerate(operands) if x is not None and x.dtype.kind in "fc"]
    fixed = [None if x is None else tensor(x) for x in operands]

    def call(*args):
        given = list(fixed)
        for place, arg in zip(places, args, strict=True):
            given[place] = formed(arg, draws[place].form)
        result = op.public(*given, **params)
        if op.results == 1:
            return result
        result = determined(op.name, result)
        return tuple(result[i] for i in op.differentiable_results or range(op.results))

    return call, [fixed[place] for place in places]


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@cases(DIFFERENTIABLE)
def test_gradients(op, number, dtype):
    if dtype == "complex128" and not differentiable_in_complex_numbers(op):
        pytest.skip("not meant for complex numbers")
    # cast's result may be of single precision, whose differences say little: its rules are checked in test_shapes.
    if op.name == "cast" and op.samples[number].params["dtype"] != dtype:
        pytest.skip("finite differences need double precision")
    call, args = differentiable_call(op, number, dtype)
    tl.check_gradients(call, args)


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@cases(DIFFERENTIABLE)
def test_modes_agree(op, number, dtype):
    """The same number from both sides, to rounding: <w, Jv> forward and <Jᵀw, v> in reverse."""
    if dtype == "complex128" and not differentiable_in_complex_numbers(op):
        pytest.skip("not meant for complex numbers")
    if op.name == "cast" and op.samples[number].params["dtype"] != dtype:
        pytest.skip("rounding differs on the way back")
    call, args = differentiable_call(op, number, dtype)
    rng = seeded("modes", op.name, number)

    def like(x):
        numbers = rng.normal(size=x.shape)
        return tensor(numbers + 1j * rng.normal(size=x.shape) if x.dtype.is_complex else numbers)

    tangents = [like(x) for x in args]
    value, pushed = tl.jvp(call, args, tangents)
    values, pushed = (value, pushed) if isinstance(value, tuple) else ((value,), (pushed,))
    weights = tuple(like(x) for x in values)
    pulled = tl.vjp(call, *args)[1](weights if isinstance(value, tuple) else weights[0])

    def inner(left, right):
        return sum(np.vdot(host(a), host(b)).real for a, b in zip(left, right, strict=True))

    np.testing.assert_allclose(inner(weights, pushed), inner(pulled, tangents), rtol=1e-11, atol=1e-11)


@cases(DIFFERENTIABLE)
def test_gradient_has_the_operands_shape_and_dtype(op, number):
    """In single precision too: no rule may turn float32 into float64."""
    hosts = operands_of(op, number, "float32")
    args = [None if x is None else tensor(x, requires_grad=x.dtype.kind == "f") for x in hosts]
    results = results_of(op, op.public(*args, **op.samples[number].params))
    total = sum(tl.sum(results[i]) for i in op.differentiable_results or range(op.results))
    total.backward(tl.ones_like(total))
    for name, arg in zip(op.operands * len(args) if op.variadic else op.operands, args, strict=True):
        if arg is not None and arg.requires_grad:
            assert name in op.vjp
            assert (arg.grad.shape, arg.grad.dtype) == (arg.shape, arg.dtype)


@pytest.mark.parametrize("op", REGISTRY.values(), ids=lambda op: op.name)
def test_no_rule_is_forgotten(op):
    if op.dtype in ("bool", "int64"):
        assert not op.vjp, f"{op.name} gives no floating-point numbers and has a gradient rule"
        return
    kinds = {name: draw.kind for s in op.samples for name, draw in zip(op.operands, s.draws(), strict=False) if draw}
    without = {(op.name, name) for name, kind in kinds.items() if kind == "floating" and name not in op.vjp}
    assert without == {(op.name, name) for name in op.no_gradient}


# -- what else a record promises ---------------------------------------------------------------------------------------


@cases(CASES)
def test_flops_and_bytes(op, number):
    shapes = [draw.shape for draw in op.samples[number].draws() if draw is not None]
    params = op.samples[number].params
    out = op.shape(*shapes, **params)
    for count in (op.flops(shapes, out, params), op.bytes(shapes, out, 4)):
        assert isinstance(count, int)
        assert count >= 0


@cases(CASES)
def test_arrays_give_arrays_and_tensors_tensors(op, number):
    hosts = operands_of(op, number)
    params = op.samples[number].params
    array_type = tl.active_backend().array_types[0]
    on_arrays = results_of(op, op.public(*(None if x is None else native(x) for x in hosts), **params))
    on_tensors = results_of(op, op.public(*(None if x is None else tensor(x) for x in hosts), **params))
    for array, of_tensor in zip(on_arrays, on_tensors, strict=True):
        # A backend may return its scalars (NumPy's reductions do), but no Python number and no tensor.
        assert isinstance(array, tl.active_backend().array_types)
        assert type(of_tensor) is tl.Tensor
        assert type(of_tensor.array) is array_type
        np.testing.assert_array_equal(host(array), host(of_tensor))


def transposed_memory(x):
    """Return an equal array whose memory lies in the opposite order of axes."""
    last_first = tuple(reversed(range(x.ndim)))
    return tl.permute_dims(tensor(x.transpose(last_first).copy(order="C")), last_first)


def negative_steps(x):
    """Return an equal array that runs backwards, with gaps, through its memory."""
    spread = np.zeros(tuple(2 * n for n in x.shape), x.dtype)
    backwards = (slice(None, None, -2),) * x.ndim
    spread[backwards] = x
    return tensor(spread)[backwards]


@pytest.mark.parametrize("layout", [transposed_memory, negative_steps])
@cases(CASES)
def test_any_layout(op, number, layout):
    hosts = operands_of(op, number)
    params = op.samples[number].params
    plain = op.public(*(None if x is None else tensor(x) for x in hosts), **params)
    odd = op.public(*(None if x is None else layout(x) for x in hosts), **params)
    for a, b in zip(determined_of(op, plain), determined_of(op, odd), strict=True):
        # Not to the last bit: a library may sum in the order of memory.
        np.testing.assert_allclose(host(b), host(a), rtol=1e-13, atol=1e-13)


@cases(CASES)
def test_operands_are_not_written(op, number):
    hosts = operands_of(op, number)
    operands = [None if x is None else tensor(x) for x in hosts]
    op.public(*operands, **op.samples[number].params)
    for x, operand in zip(hosts, operands, strict=True):
        if x is not None:
            np.testing.assert_array_equal(host(operand), x)
