"""Calls that are known to be good, of every public callable: those of the docstrings' examples.

The examples run with each call replaced by one through a `Recorder`, which keeps a copy of the arguments.
"""

import ast
import contextlib
import copy
import doctest
import functools
import importlib
import inspect
import io
import sys
import types
from collections.abc import Hashable
from dataclasses import dataclass, field

import tensorlab as tl

SPACES = (
    "tensorlab",
    "tensorlab.linalg",
    "tensorlab.fft",
    "tensorlab.random",
    "tensorlab.autodiff",
    "tensorlab.nn",
    "tensorlab.nn.functional",
    "tensorlab.nn.init",
    "tensorlab.nn.utils",
    "tensorlab.nn.utils.parametrizations",
    "tensorlab.nn.utils.parametrize",
    "tensorlab.nn.utils.rnn",
    "tensorlab.optim",
    "tensorlab.optim.lr_scheduler",
    "tensorlab.optim.swa_utils",
    "tensorlab.optim.landscapes",
    "tensorlab.profiling",
    "tensorlab.data",
    "tensorlab.data.folder",
    "tensorlab.data.transforms",
    "tensorlab.data.transforms.functional",
    "tensorlab.datasets",
    "tensorlab.distributions",
    "tensorlab.distributions.constraints",
    "tensorlab.distributions.transforms",
    "tensorlab.features",
    "tensorlab.metrics",
    "tensorlab.models",
    "tensorlab.models.classic",
    "tensorlab.playground",
    "tensorlab.models.generative",
    "tensorlab.models.graph",
    "tensorlab.models.segmentation",
    "tensorlab.tokenizers",
    "tensorlab.io",
)
"""The namespaces whose public names are called; those for authors of backends and ops are left out."""

OPERATORS = ("__getitem__", "__setitem__")
"""Methods of tensors that are called though their names begin with an underscore."""


@dataclass(eq=False)
class Target:
    """A public callable: ``nn.Linear``, ``Tensor.sum``, or a call of a layer, ``Linear()``."""

    name: str
    space: str
    function: types.FunctionType | type
    owner: type | None = None
    """The class of a method."""

    @property
    def names(self):
        """The names by which an error may call it."""
        own = {self.name.rpartition(".")[2], getattr(self.function, "__name__", "")} - {"forward", ""}
        return own | {cls.__name__ for cls in (self.owner, self.function) if isinstance(cls, type)}

    @functools.cached_property
    def signature(self):
        """Its signature, without `self`."""
        if isinstance(self.function, tl.optim.landscapes.Landscape):
            return inspect.signature(self.function.__call__, follow_wrapped=False)
        signature = inspect.signature(self.function)
        if self.owner is None:
            return signature
        return signature.replace(parameters=list(signature.parameters.values())[1:])


@dataclass(eq=False)
class Call:
    """The arguments of a call; `bound` is the object of a method, and the layer of a layer's call."""

    target: Target
    bound: object
    args: tuple
    kwargs: dict

    def copied(self):
        """Return the call with copies of everything."""
        bound, args, kwargs = duplicate((self.bound, self.args, self.kwargs))
        return Call(self.target, bound, args, kwargs)

    def __call__(self, arguments=None):
        """Make the call, with other arguments if given."""
        args, kwargs = (self.args, self.kwargs) if arguments is None else (arguments.args, arguments.kwargs)
        if self.target.owner is None:
            return self.target.function(*args, **kwargs)
        if self.target.name.endswith("()"):
            return self.bound(*args, **kwargs)
        return self.target.function(self.bound, *args, **kwargs)


def duplicate(values):
    """Return a deep copy, or the values themselves if they cannot be copied."""
    try:
        return copy.deepcopy(values)
    except Exception:  # open files, locks, modules
        return values


# -- the public callables ----------------------------------------------------------------------------------------------


def targets():
    """Return the public callables by what a call names: a function, a class, or a layer's class and ``"()"``."""
    found = {}
    for space in SPACES:
        for name, value in public_names(space):
            named = f"{space}.{name}".removeprefix("tensorlab.")
            if named not in LEFT_OUT:
                found.setdefault(value, Target(named, space, value))
    classes = [target for target in found.values() if isinstance(target.function, type)]
    public = {target.function for target in classes}
    for target in classes:
        for name, (base, function, static) in methods_of(target.function).items():
            if name == "forward":
                if (named := f"{target.name}()") not in LEFT_OUT:
                    found[target.function, "()"] = Target(named, target.space, function, target.function)
            else:
                owner = base if base in public else target.function
                if f"{base.__name__}.{name}" not in LEFT_OUT:
                    named = f"{owner.__name__}.{name}"
                    found.setdefault(function, Target(named, target.space, function, None if static else owner))
    return found


targets = functools.cache(targets)


def public_names(space):
    """Return the names of a namespace with what they stand for, if that is the library's and can be called."""
    module = importlib.import_module(space)
    for name in getattr(module, "__all__", None) or getattr(module, "LANDSCAPES", ()):
        value = getattr(module, name)
        module_name = str(getattr(value, "__module__", ""))
        is_error = isinstance(value, type) and issubclass(value, BaseException)
        if callable(value) and module_name.startswith("tensorlab") and not is_error:
            yield name, value


def methods_of(cls):
    """Return the methods that users call: for each the class that defines it, and whether it is static."""
    found = {}
    called_back = CALLED_BACK | (CALLED_BACK_BY_TRANSFORMS if issubclass(cls, tl.data.transforms.Transform) else set())
    for base in reversed(cls.__mro__):
        if not base.__module__.startswith("tensorlab.") or base.__module__.startswith(FOR_AUTHORS):
            continue
        for name, value in vars(base).items():
            function = value.__func__ if isinstance(value, staticmethod | classmethod) else value
            public = not name.startswith("_") or (base is tl.Tensor and name in OPERATORS)
            if public and name not in called_back and isinstance(function, types.FunctionType):
                found[name] = (base, function, isinstance(value, staticmethod))
    return found


def target_of(function):
    """Return the target that a call of `function` reaches, and the object to which it is bound; None if it is none."""
    known = targets()
    if isinstance(function, types.MethodType):
        return known.get(function.__func__), function.__self__
    if isinstance(function, Hashable) and (found := known.get(function)) is not None:
        return found, None
    return known.get((type(function), "()")), function


# -- recording ---------------------------------------------------------------------------------------------------------


@dataclass
class Recorder:
    """Makes calls and keeps the arguments of the outermost ones that succeed."""

    calls: dict[Target, list[Call]] = field(default_factory=dict)
    depth: int = 0

    def call(self, function, /, *args, **kwargs):
        """Return ``function(*args, **kwargs)``."""
        target, bound = target_of(function) if self.depth == 0 else (None, None)
        if target is None:
            return function(*args, **kwargs)
        args = tuple(list(a) if isinstance(a, types.GeneratorType) else a for a in args)
        is_op = target.owner is None and isinstance(function, types.MethodType)  # a function that is a method as well
        call = Call(target, bound, (bound, *args) if is_op else args, kwargs).copied()
        self.depth += 1
        try:
            result = function(*args, **kwargs)
        finally:
            self.depth -= 1
        self.calls.setdefault(target, []).append(call)
        return result

    def run(self, source, names):
        """Run a program with its calls recorded."""
        tree = ast.fix_missing_locations(_Instrumented().visit(ast.parse(source)))
        names["_call"] = self.call
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(tree, "<example>", "exec"), names)


class _Instrumented(ast.NodeTransformer):
    """Replaces ``f(x)`` by ``_call(f, x)``."""

    def visit_Call(self, node):
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in ("super", "locals", "vars"):
            return node
        return ast.Call(ast.Name("_call", ast.Load()), [node.func, *node.args], node.keywords)


def run_examples(recorder, doc, names):
    """Run the examples of a docstring; those that fail, as some show errors, are passed over."""
    for example in doctest.DocTestParser().get_examples(doc):
        with contextlib.suppress(Exception):
            recorder.run(example.source, names)


def names_for(function):
    """Return the names that the examples of a docstring may use."""
    module = sys.modules.get(getattr(function, "__module__", None))
    return {**vars(module or tl), "tl": tl, "nn": tl.nn, "optim": tl.optim, "__name__": "examples"}


def record(target, recorder):
    """Record the examples of one target."""
    subject = target.owner if target.name.endswith("()") else target.function
    run_examples(recorder, inspect.getdoc(subject) or "", names_for(subject))


EXAMPLES = """
classic = tl.models.classic
x, y, several = tl.randn(12, 3), tl.tensor([-1, 1] * 6), tl.tensor([0, 1, 2] * 4)
classic.ADALINE(epochs=1).fit(x, y)(x)
boosted = classic.AdaBoost(2).fit(x, y)
boosted(x)
boosted.staged(x)
classic.DecisionStump().fit(x, y)(x)
neighbors = classic.KNeighborsClassifier(2).fit(x, several)
neighbors(x)
neighbors.score(x, several)
classic.KernelPCA(2).fit(x)(x)
classic.KernelPerceptron(max_epochs=2).fit(x, y)(x)
classic.KernelRidge().fit(x, x[:, 0])(x)
classic.LinearRegression().fit(x, x[:, 0])(x)
classic.LogisticRegression(alpha=1.0).fit(x, y)(x)
reduced = classic.PCA(2).fit(x)
reduced.inverse_transform(reduced(x))
classic.Perceptron(max_epochs=2).fit(x, y)(x)
classic.RBFNetwork(3).fit(x, x[:, 0])(x)
classic.SoftmaxRegression(alpha=1.0).fit(x, several)(x)

classic = tl.models.classic
bits = tl.tensor([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0]])
machine = classic.BoltzmannMachine(3, steps=1)
machine(bits)
machine.energy(bits)
machine.gibbs(bits)
classic.DBN((3, 2))(bits)
rbm = classic.RBM(3, 2)
rbm(bits)
rbm.free_energy(bits)
rbm.gibbs(bits)
rbm.contrastive_divergence(bits, bits)
rbm.reconstruct(tl.ones(1, 2))
normal = classic.GaussianRBM(3, 2)
normal(bits)
normal.reconstruct(tl.ones(1, 2))
memory = classic.HopfieldNetwork(max_sweeps=2).fit(2 * bits - 1)
memory(2 * bits - 1)
memory.energy(2 * bits - 1)
memory.trajectory(2 * bits - 1)
chain = classic.MarkovChain(smoothing=1.0).fit(tl.tensor([0, 1, 1, 0]))
chain(tl.tensor([0, 1]))
chain.log_prob(tl.tensor([0, 1]))

classic = tl.models.classic
x = tl.randn(4, 2)
diffusion = classic.DDPM(classic.NoisePredictor(2), steps=5)
diffusion(x, tl.tensor([0, 1, 2, 3]))
diffusion.q_sample(x, tl.tensor([0, 1, 2, 3]))
diffusion.posterior(x, x, 2)
diffusion.p_sample(x, 2)
denoising = classic.DenoisingAutoencoder((2, 1))
denoising(x)
denoising.loss(x)
classic.SparseAutoencoder((2, 1))(x)
adversaries = classic.GAN(tl.nn.Linear(3, 2), tl.nn.Linear(2, 1), latent_features=3)
adversaries(tl.randn(4, 3))
adversaries.discriminator_loss(x)
adversaries.generator_loss(4)
pictures = classic.DeconvolutionalNetwork(1, (2,), kernel_size=3, steps=1)
pictures.energy(tl.randn(1, 1, 6, 6), pictures(tl.randn(1, 1, 6, 6)))

coder = tl.models.VAE(tl.nn.Linear(6, 4), tl.nn.Linear(2, 6), latent_features=2)
x, z = tl.rand(3, 6), tl.randn(3, 2)
coder.encode(x)
coder.reparameterize(z, z)
coder.decode(z)
coder.log_likelihood(x, z)
coder.loss(x, 2)
coder.log_prob(x, 2)
coder.traverse(x, 0, tl.linspace(-1, 1, 2))
scene = tl.models.DCIGN(tl.nn.Linear(6, 4), tl.nn.Linear(2, 6), latent_features=2, factors=(1, 1))
scene(x)
scene.clamped_loss(x, 0)
scene.fit(lambda factor: x, tl.optim.Adam(scene.parameters()), 2, (1.0, 2.0))

x, y = tl.tensor([0.5, 0.25]), tl.tensor([2.0, 4.0])
x.abs_()
x.ceil_()
x.cos_()
x.erf_()
x.erfinv_()
x.exp_()
x.expm1_()
x.floor_()
x.frac_()
x.log_()
x.log10_()
x.log1p_()
x.log2_()
x.logit_()
x.nan_to_num_()
x.neg_()
x.reciprocal_()
x.relu_()
x.round_()
x.rsqrt_()
x.sigmoid_()
x.sign_()
x.sin_()
x.sqrt_()
x.square_()
x.tan_()
x.tanh_()
x.trunc_()
x.add_(y)
x.sub_(y)
x.mul_(y)
x.div_(y)
x.copysign_(y)
x.floor_divide_(y)
x.fmod_(y)
x.hypot_(y)
x.maximum_(y)
x.minimum_(y)
x.pow_(y)
x.remainder_(y)
x.clamp_max_(y)
x.clamp_min_(y)
x.clamp_(0.0, 1.0)
x.lerp_(y, 0.5)
x.cumsum_(0)
x.cumprod_(0)
x.addcmul_(y, y)
x.addcdiv_(y, y)
x.masked_fill_(x > 0, 1.0)
x.index_fill_(0, tl.tensor([0]), 1.0)
x.index_copy_(0, tl.tensor([0]), tl.ones(1))
x.index_add_(0, tl.tensor([0]), tl.ones(1))
x.scatter_(0, tl.tensor([0]), tl.ones(1))
x.scatter_add_(0, tl.tensor([0]), tl.ones(1))
tl.eye(2).addmm_(tl.eye(2), tl.eye(2))
tl.ones(2).addmv_(tl.eye(2), tl.ones(2))
tl.ones(1, 2, 2).baddbmm_(tl.ones(1, 2, 2), tl.ones(1, 2, 2))
tl.eye(2).tril_(0)
tl.eye(2).triu_(0)
x.new_empty((2,))
x.new_full((2,), 3.0)
x.new_ones((2,))
x.new_zeros((2,))

tl.custom_gradient(lambda x: (x * 2, lambda g: g * 2))

tl.Tensor(tl.ones(2).array)

nn.RNNBase("GRU", 3, 4)

nn.RNNCellBase(3, 4, True, 4)

nn.utils.parametrize.ParametrizationList([nn.Identity()], nn.Parameter(tl.ones(2, 2)))

layer = nn.utils.parametrizations.orthogonal(nn.Linear(2, 2))
layer.parametrizations.weight.right_inverse(tl.eye(2))

optim.Optimizer([nn.Parameter(tl.ones(2))], {"lr": 0.1})

optim.Elementwise([nn.Parameter(tl.ones(2))], {"lr": 0.1})

x = tl.arange(6.0).reshape(2, 3)
x.requires_grad_(True)

x = tl.arange(6.0).reshape(2, 3)
x.reshape(3, 2)
x.permute(1, 0)
x.transpose(0, 1)
x.expand(4, 2, 3)
x.unsqueeze(1)
x.stack_with([x], axis=1)
x.to("cpu")
x.to_device("cpu")
x.__getitem__(0)
x.__setitem__(0, 1.0)

model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
model.named_buffers()
model.buffers()
model.get_buffer("1.running_mean")
model.zero_grad()
model.register_forward_hook(lambda module, args, output: None)

nn.AdaptiveLogSoftmaxWithLoss(8, 20, [5, 10]).predict(tl.ones(4, 8))

layers = nn.ModuleDict({"a": nn.Identity()})
layers.update({"b": nn.Identity()})
layers.pop("b")

layers = nn.ModuleList([nn.Identity()])
layers.append(nn.Identity())
layers.insert(0, nn.Identity())
layers.extend([nn.Identity()])

values = nn.ParameterDict({"a": tl.ones(2)})
values.get("a", 3)
values.setdefault("a", tl.ones(2))
values.update({"b": tl.ones(2)})
values.pop("b")
values.fromkeys(["c"], 1.0)

values = nn.ParameterList([tl.ones(2)])
values.append(tl.ones(2))
values.extend([tl.ones(2)])

nn.utils.rnn.pack_sequence([tl.ones(3), tl.ones(2)]).to("cpu")

weight = nn.Parameter(tl.ones(2))
weight.grad = tl.ones(2)
optimizer = optim.SAM([weight], optim.SGD, lr=0.1)
optimizer.add_param_group({"params": [nn.Parameter(tl.ones(3))]})
optimizer.load_state_dict(optimizer.state_dict())

weight = nn.Parameter(tl.ones(2))
optimizer = optim.SGD([weight], lr=0.1)
optimizer.load_state_dict(optimizer.state_dict())
schedule = optim.lr_scheduler.StepLR(optimizer, 2)
schedule.load_state_dict(schedule.state_dict())

noise = optim.GradientNoise([nn.Parameter(tl.ones(2))])
noise.load_state_dict(noise.state_dict())

nn.init.by_fan_in_(tl.ones(2, 3), tl.ones(2))
nn.init.fans(tl.ones(2, 3))

tl.autodiff.backward(tl.ones(2, requires_grad=True).sum(), retain_graph=True)

optim.swa_utils.AveragedModel(nn.Linear(2, 3))(tl.ones(4, 2))

penalty = optim.ElasticPenalty([nn.Parameter(tl.ones(2))], 0.1, 0.1)
penalty.load_state_dict(penalty.state_dict())

tl.data.Subset(tl.data.TensorDataset(tl.ones(4, 2)), [0, 2]).batch([0, 1])
tl.data.StackDataset(range(4), range(4)).batch([0, 1])
sampler = tl.data.RandomSampler(range(4), generator=tl.Generator(0))
sampler.load_state_dict(sampler.state_dict())
tl.data.BatchSampler(sampler, 2, False).load_state_dict(sampler.state_dict())
tl.data.SequentialSampler(range(4)).load_state_dict({})
tl.data.DistributedSampler(range(4), 2, 0).load_state_dict({"epoch": 1})

tl.models.BahdanauAttention(4, 6, 5).project(tl.zeros(2, 3, 6))
tl.models.MixtureOfExperts(8, 16, 4).route(tl.randn(5, 8))
tokens = tl.tensor([[1, 4, 2]])
tl.models.TransformerSeq2Seq(7, 7, 8, 2, 1, 1, 8).encode(tokens)
tl.models.RecurrentSeq2Seq(7, 7, hidden_size=8).encode(tokens)
describe = tl.models.RecurrentGenerator(7, context_size=3, bos_token_id=1)
describe.detached(describe.state_of(tl.randn(2, 3)))
"""
"""Calls of what the docstrings' examples do not call."""

CALLED_BACK = {
    "rule", "rate", "changed", "scale_fn", "initialize_parameters", "with_gradients",
    "get_extra_state", "set_extra_state", "statistics", "combine", "value", "parts",
}  # fmt: skip
"""Methods that the library calls and subclasses define."""

CALLED_BACK_BY_TRANSFORMS = {"draw", "make_params", "transform", "transform_mask"}
"""Such methods of transforms of images, which have common names."""

FOR_AUTHORS = ("tensorlab.backend", "tensorlab.autodiff.record", "tensorlab.autodiff.op", "tensorlab.options")
"""Modules of classes for authors of backends, ops and layers."""

LEFT_OUT = {
    "Device": "made by the library",
    "DType": "made by the library",
    "data.WorkerInfo": "made by the library",
    "register_backend": "for authors of backends",
    "models.register_model": "for authors of models",
    "distributions.Distribution": "abstract",
    "distributions.transforms.Transform": "abstract",
    "distributions.transforms.identity_transform": "takes anything",
    "Constraint.check": "abstract",
    "models.Generative()": "abstract",
    **dict.fromkeys(
        [
            f"{name}.{method}"
            for name in ("GPT2", "Generative", "RecurrentGenerator", "RecurrentSeq2Seq", "TransformerSeq2Seq")
            for method in ("begin", "step")
        ],
        "called by generate",
    ),
    "tokenizers.Tokenizer": "abstract",
    **dict.fromkeys(
        [f"profiling.{name}" for name in ("Checkpoint", "Event", "Holder", "MemoryPlan", "Peak", "Row")], "a result"
    ),
    "Peak.seconds": "of a result",
    "Row.roofline": "of a result",
    "models.GoogLeNetOutputs": "a result",
    "models.InceptionOutputs": "a result",
    **dict.fromkeys(
        [
            f"{space}.{name}{call}"
            for space in ("models", "models.generative", "models.segmentation")
            for name in tl.models.__all__
            if "# doctest: +SKIP" in (getattr(tl.models, name).__doc__ or "")
            for call in ("", "()")
        ],
        "large",
    ),
    "autodiff.Op": "for authors of ops",
    "optim.lr_scheduler.LRScheduler": "abstract",
    "Metric.update": "its arguments are those of the subclass",
    "MetricCollection.update": "its arguments are those of the metrics",
    "data.transforms.RandomTransform": "abstract",
    "data.transforms.SometimesTransform": "abstract",
    "VectorOptimizer.add_param_group": "refuses a second group",
    "nn.Identity()": "takes anything",
    "optim.MinimizeResult": "a result",
    "playground.Scores": "a result",
    "playground.serve": "runs until it is interrupted",
    "nn.utils.ReceptiveField": "a result of receptive_field",
    "nn.utils.rnn.PackedSequence": "a result of pack_padded_sequence",
    **dict.fromkeys([f"linalg.{name}Result" for name in ("Eigh", "Lstsq", "LU", "QR", "Slogdet", "SVD")], "a result"),
    **dict.fromkeys(
        [
            f"nn.{name}()"
            for name in (
                "Module",
                "ModuleDict",
                "ModuleList",
                "ParameterDict",
                "ParameterList",
                "RNNBase",
                "RNNCellBase",
            )
        ],
        "cannot be called",
    ),
}
"""Public callables that are not called, and why."""


REPEATED = {
    ("BoltzmannMachine.gibbs", "sweeps"),
    ("DBN.sample", "steps"),
    ("models.classic.DeconvolutionalNetwork", "steps"),
    ("RBM.gibbs", "steps"),
    ("RBM.sample", "steps"),
}
"""Arguments that say how often a step is repeated: a huge number takes as long as it says."""


def record_all(chosen=None):
    """Return the recorded calls by target, of the examples of the chosen targets or all."""
    recorder = Recorder()
    for target in targets().values() if chosen is None else chosen:
        record(target, recorder)
    if chosen is None:
        for program in EXAMPLES.strip().split("\n\n"):
            recorder.run(program, names_for(tl))
    calls = recorder.calls
    for name in tl.random.__all__:  # functions that share the docstring, and hence the examples, of a method
        function, method = targets().get(getattr(tl.random, name)), targets().get(getattr(tl.Generator, name, None))
        if function not in calls and method in calls:
            calls[function] = [Call(function, None, call.args, call.kwargs) for call in calls[method]]
    return calls


def best(calls):
    """Return the call that passes the most arguments, of those that succeed again if there are such."""
    calls = sorted(calls, key=lambda call: len(call.args) + len(call.kwargs), reverse=True)
    return next(filter(succeeds, calls), calls[0])


def succeeds(call):
    """Return whether a call succeeds again; a backward pass, for example, frees its graph."""
    try:
        call.copied()()
    except Exception:
        return False
    return True


def uncovered(calls):
    """Return the names of the public callables with arguments of which there is no call."""
    return [target.name for target in targets().values() if target not in calls and target.signature.parameters]
