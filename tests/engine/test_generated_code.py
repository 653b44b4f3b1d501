"""The generated dispatchers: names that they reserve, and what profiles, tracebacks and `inspect` show of them."""

import cProfile
import inspect
import linecache
import pstats
import traceback

import pytest

import tensorlab as tl
from tensorlab.autodiff.op import op
from tensorlab.autodiff.record import REGISTRY


@pytest.mark.parametrize("name", ["mode", "out", "kernel", "Tensor", "record"])
def test_parameters_named_like_variables_of_the_dispatcher_are_refused(name):
    """Such a parameter would be confused with the variable, and gradients would be silently wrong."""
    namespace = {}
    exec(f"def shadowing(backend, x, /, {name}=None): return x", namespace)
    with pytest.raises(TypeError, match=f"shadowing cannot call a parameter {name}: its dispatcher uses the name"):
        op(shape=lambda shape, **_: shape)(namespace["shadowing"])
    assert "shadowing" not in REGISTRY


def test_inspect_shows_the_source_of_an_op():
    assert inspect.getsource(tl.exp).startswith("@elementwise")
    assert "def exp(backend" in inspect.getsource(tl.exp)


def test_ops_do_not_need_the_source_cache_of_python(monkeypatch):
    tl.sin(tl.ones(2))
    monkeypatch.setattr(linecache, "cache", {})
    assert tl.asinh(tl.zeros(2)).tolist() == [0.0, 0.0]  # of the same form as sin, and first called here
    x = tl.zeros(2, requires_grad=True)
    tl.asinh(x).sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_profiles_name_the_op():
    tl.exp(tl.ones(2))  # the dispatcher is written at the first call
    profile = cProfile.Profile()
    profile.runcall(tl.exp, tl.ones(2))
    assert ("<tensorlab.exp>", 2, "exp") in pstats.Stats(profile).stats


def test_a_traceback_ends_with_the_op_and_its_message():
    tl.matmul(tl.ones(2, 2), tl.ones(2, 2))
    with pytest.raises(tl.ShapeError) as caught:
        tl.matmul(tl.ones(3, 4), tl.ones(3, 4))
    _, frame = traceback.extract_tb(caught.value.__traceback__)
    assert (frame.filename, frame.name) == ("<tensorlab.matmul>", "matmul")
    assert frame.line.startswith("raise explain(")
    text = "".join(traceback.format_exception(caught.value))
    assert "During handling" not in text and "matmul: Input operand" not in text


def new_op(name):
    """Return an op that has not been called."""
    namespace = {}
    exec(f"def {name}(backend, x, /): return backend.xp.negative(x)", namespace)
    return op(shape=lambda shape, **_: shape)(namespace[name])


@pytest.fixture
def uncalled():
    yield new_op("uncalled_op")
    del REGISTRY["uncalled_op"]


def test_an_op_has_its_name_before_the_first_call(uncalled):
    code = uncalled.__code__
    assert (code.co_name, code.co_qualname) == ("uncalled_op", "uncalled_op")
    assert code.co_filename == "<tensorlab.uncalled_op: first call>"
    uncalled(tl.ones(2))
    assert uncalled.__code__.co_filename == "<tensorlab.uncalled_op>"


@pytest.mark.parametrize("call", [1, 2])
def test_errors_of_every_call_show_one_frame_of_the_op_with_its_source(uncalled, call):
    for _ in range(call):
        with pytest.raises(TypeError) as caught:
            uncalled(object())
    user, frame, *_ = traceback.extract_tb(caught.value.__traceback__)
    names = [entry.name for entry in traceback.extract_tb(caught.value.__traceback__)]
    assert names.count("uncalled_op") == 1
    assert user.filename == __file__ and frame.name == "uncalled_op" and frame.line


def test_a_switch_leaves_both_frames_of_the_first_call(uncalled, monkeypatch):
    monkeypatch.setenv("TENSORLAB_FULL_TRACEBACK", "1")
    with pytest.raises(TypeError) as caught:
        uncalled(object())
    names = [entry.name for entry in traceback.extract_tb(caught.value.__traceback__)]
    assert names.count("uncalled_op") == 2


def test_missing_arguments_in_the_first_call(uncalled):
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        uncalled()
