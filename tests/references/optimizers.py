"""The update rules of the papers, for one parameter in NumPy: what every optimizer is held against.

Each takes the parameter, its gradient, a dict of its own to remember things in, and the options; and returns the
parameter after the step.
"""

import numpy as np


def prepared(x, g, *, weight_decay=0.0, maximize=False):
    """Return the gradient with what nearly all optimizers do to it first."""
    return (-g if maximize else g) + weight_decay * x


def counted(state):
    state["t"] = state.get("t", 0) + 1
    return state["t"]


def mean_of(state, name, beta, value):
    """Return an exponential running mean, this value included."""
    state[name] = beta * state.get(name, 0.0) + (1 - beta) * value
    return state[name]


def sgd(x, g, state, *, lr, momentum=0.0, dampening=0.0, nesterov=False, **common):
    g = prepared(x, g, **common)
    if momentum:
        state["v"] = g if "v" not in state else momentum * state["v"] + (1 - dampening) * g
        g = g + momentum * state["v"] if nesterov else state["v"]
    return x - lr * g


def asgd(x, g, state, *, lr=1e-2, lambd=1e-4, alpha=0.75, t0=1e6, **common):
    g = prepared(x, g, **common)
    t = counted(state)
    eta = lr / (1 + lambd * lr * (t - 1)) ** alpha
    x = (1 - lambd * eta) * x - eta * g
    # The average of the iterates from t0 on; before, the iterate itself.
    mu = 1 / max(1, t - 1 - t0)
    state["ax"] = state.get("ax", 0.0) + mu * (x - state.get("ax", 0.0))
    return x


def adagrad(x, g, state, *, lr=1e-2, lr_decay=0.0, initial_accumulator_value=0.0, eps=1e-10, **common):
    g = prepared(x, g, **common)
    t = counted(state)
    state["sum"] = state.get("sum", initial_accumulator_value) + g**2
    return x - lr / (1 + (t - 1) * lr_decay) * g / (np.sqrt(state["sum"]) + eps)


def adadelta(x, g, state, *, lr=1.0, rho=0.9, eps=1e-6, **common):
    g = prepared(x, g, **common)
    square = mean_of(state, "square", rho, g**2)
    delta = np.sqrt(state.get("delta", 0.0) + eps) / np.sqrt(square + eps) * g
    mean_of(state, "delta", rho, delta**2)
    return x - lr * delta


def rmsprop(x, g, state, *, lr=1e-2, alpha=0.99, eps=1e-8, momentum=0.0, centered=False, **common):
    g = prepared(x, g, **common)
    variance = mean_of(state, "square", alpha, g**2)
    if centered:
        variance = variance - mean_of(state, "mean", alpha, g) ** 2
    step = g / (np.sqrt(variance) + eps)
    state["v"] = momentum * state.get("v", 0.0) + step
    return x - lr * state["v"]


def rprop(x, g, state, *, lr=1e-2, etas=(0.5, 1.2), step_sizes=(1e-6, 50), maximize=False):
    g = prepared(x, g, maximize=maximize)
    kept, turned = (sign * g * state.get("g", 0.0) > 0 for sign in (1, -1))
    size = state.get("size", lr) * np.select([kept, turned], [etas[1], etas[0]], 1.0)
    size = state["size"] = np.clip(size, *step_sizes)
    g = state["g"] = np.where(turned, 0.0, g)
    return x - np.sign(g) * size


def adam(x, g, state, *, weight_decay=0.0, maximize=False, decoupled_weight_decay=False, **options):
    if decoupled_weight_decay:
        return adamw(x, g, state, weight_decay=weight_decay, maximize=maximize, **options)
    return _adam(x, prepared(x, g, weight_decay=weight_decay, maximize=maximize), state, **options)


def adamw(x, g, state, *, lr=1e-3, weight_decay=1e-2, maximize=False, **options):
    return _adam(x - lr * weight_decay * x, prepared(x, g, maximize=maximize), state, lr=lr, **options)


def _adam(x, g, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, amsgrad=False):
    t = counted(state)
    m, v = mean_of(state, "m", betas[0], g), mean_of(state, "v", betas[1], g**2)
    if amsgrad:
        v = state["most"] = np.maximum(state.get("most", 0.0), v)
    return x - lr * (m / (1 - betas[0] ** t)) / (np.sqrt(v / (1 - betas[1] ** t)) + eps)


def adamax(x, g, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, **common):
    g = prepared(x, g, **common)
    t = counted(state)
    m = mean_of(state, "m", betas[0], g)
    u = state["u"] = np.maximum(betas[1] * state.get("u", 0.0), abs(g) + eps)
    return x - lr / (1 - betas[0] ** t) * m / u


def nadam(
    x, g, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, momentum_decay=4e-3, weight_decay=0.0, maximize=False,
    decoupled_weight_decay=False,
):  # fmt: skip
    g = prepared(x, g, weight_decay=0.0 if decoupled_weight_decay else weight_decay, maximize=maximize)
    if decoupled_weight_decay:
        x = x - lr * weight_decay * x
    t = counted(state)
    mu, mu_next = (betas[0] * (1 - 0.5 * 0.96 ** (i * momentum_decay)) for i in (t, t + 1))
    product = state["product"] = state.get("product", 1.0) * mu
    m, v = mean_of(state, "m", betas[0], g), mean_of(state, "v", betas[1], g**2)
    m_hat = mu_next * m / (1 - product * mu_next) + (1 - mu) * g / (1 - product)
    return x - lr * m_hat / (np.sqrt(v / (1 - betas[1] ** t)) + eps)


def radam(
    x, g, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, maximize=False,
    decoupled_weight_decay=False,
):  # fmt: skip
    g = prepared(x, g, weight_decay=0.0 if decoupled_weight_decay else weight_decay, maximize=maximize)
    if decoupled_weight_decay:
        x = x - lr * weight_decay * x
    t = counted(state)
    m, v = mean_of(state, "m", betas[0], g), mean_of(state, "v", betas[1], g**2)
    m_hat = m / (1 - betas[0] ** t)
    rho_inf = 2 / (1 - betas[1]) - 1
    rho = rho_inf - 2 * t * betas[1] ** t / (1 - betas[1] ** t)
    if rho <= 5:  # the paper has 4, PyTorch 5
        return x - lr * m_hat
    r = np.sqrt((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho))
    adaptive = np.sqrt(1 - betas[1] ** t) / (np.sqrt(v) + eps)
    return x - lr * m_hat * r * adaptive


def lion(x, g, state, *, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0, maximize=False):
    g = prepared(x, g, maximize=maximize)
    m = state.get("m", 0.0)
    state["m"] = betas[1] * m + (1 - betas[1]) * g
    return x - lr * (np.sign(betas[0] * m + (1 - betas[0]) * g) + weight_decay * x)


ELEMENTWISE = [
    ("SGD", sgd, {"lr": 0.1}),
    ("SGD", sgd, {"lr": 0.1, "weight_decay": 0.2, "maximize": True}),
    ("SGD", sgd, {"lr": 0.1, "momentum": 0.9}),
    ("SGD", sgd, {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.2}),
    ("SGD", sgd, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.2}),
    ("ASGD", asgd, {}),
    ("ASGD", asgd, {"lr": 0.1, "lambd": 0.3, "alpha": 0.5, "t0": 2.0, "weight_decay": 0.2, "maximize": True}),
    ("Adagrad", adagrad, {}),
    ("Adagrad", adagrad, {"lr": 0.1, "lr_decay": 0.3, "initial_accumulator_value": 0.5, "eps": 1e-2}),
    ("Adagrad", adagrad, {"weight_decay": 0.2, "maximize": True}),
    ("Adadelta", adadelta, {}),
    ("Adadelta", adadelta, {"lr": 0.3, "rho": 0.5, "eps": 1e-2, "weight_decay": 0.2, "maximize": True}),
    ("RMSprop", rmsprop, {}),
    ("RMSprop", rmsprop, {"lr": 0.1, "alpha": 0.5, "eps": 1e-2, "weight_decay": 0.2, "maximize": True}),
    ("RMSprop", rmsprop, {"momentum": 0.9, "centered": True}),
    ("RMSprop", rmsprop, {"momentum": 0.5}),
    ("RMSprop", rmsprop, {"centered": True, "eps": 1e-3}),
    ("Rprop", rprop, {}),
    ("Rprop", rprop, {"lr": 0.3, "etas": (0.3, 1.5), "step_sizes": (0.2, 0.5), "maximize": True}),
    ("Adam", adam, {}),
    ("Adam", adam, {"lr": 0.1, "betas": (0.5, 0.7), "eps": 1e-3, "weight_decay": 0.2}),
    ("Adam", adam, {"lr": 0.1, "betas": (0.5, 0.2), "amsgrad": True, "maximize": True}),
    ("Adam", adam, {"lr": 0.1, "weight_decay": 0.2, "decoupled_weight_decay": True}),
    ("AdamW", adamw, {}),
    ("AdamW", adamw, {"lr": 0.1, "weight_decay": 0.3, "amsgrad": True, "maximize": True}),
    ("Adamax", adamax, {}),
    ("Adamax", adamax, {"lr": 0.1, "betas": (0.5, 0.7), "eps": 1e-2, "weight_decay": 0.2, "maximize": True}),
    ("NAdam", nadam, {}),
    ("NAdam", nadam, {"lr": 0.1, "betas": (0.5, 0.7), "momentum_decay": 0.3, "weight_decay": 0.2, "eps": 1e-2}),
    ("NAdam", nadam, {"weight_decay": 0.2, "decoupled_weight_decay": True, "maximize": True}),
    ("RAdam", radam, {}),
    ("RAdam", radam, {"lr": 0.1, "betas": (0.5, 0.9), "weight_decay": 0.2, "eps": 1e-2}),
    ("RAdam", radam, {"weight_decay": 0.2, "decoupled_weight_decay": True, "maximize": True}),
    ("Lion", lion, {}),
    ("Lion", lion, {"lr": 0.1, "betas": (0.5, 0.7), "weight_decay": 0.2, "maximize": True}),
]
"""Optimizers by name, their formulas, and options that reach every branch."""


def lars(x, g, state, *, lr=1.0, momentum=0.9, weight_decay=0.0, trust_coefficient=1e-3, eps=1e-8, adapt=True,
         maximize=False):  # fmt: skip
    g = prepared(x, g, maximize=maximize)
    w, slope = np.linalg.norm(x), np.linalg.norm(g)
    trust = trust_coefficient * w / (slope + weight_decay * w + eps) if adapt and w > 0 else 1.0
    state["v"] = momentum * state.get("v", 0.0) + lr * trust * (g + weight_decay * x)
    return x - state["v"]


def lamb(x, g, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-6, weight_decay=0.0, adapt=True, maximize=False):
    g = prepared(x, g, maximize=maximize)
    t = counted(state)
    m, v = mean_of(state, "m", betas[0], g), mean_of(state, "v", betas[1], g**2)
    r = m / (1 - betas[0] ** t) / (np.sqrt(v / (1 - betas[1] ** t)) + eps) + weight_decay * x
    w, length = np.linalg.norm(x), np.linalg.norm(r)
    return x - lr * (w / length if adapt and w > 0 and length > 0 else 1.0) * r


def adamw_schedule_free(
    y, g, state, *, lr=2.5e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, warmup_steps=0, r=0.0,
    weight_lr_power=2.0, maximize=False,
):  # fmt: skip
    """The paper's three sequences; returns y, where the next gradient is taken, and remembers the average x."""
    g = prepared(y, g, maximize=maximize)
    t = counted(state)
    x, z = state.get("x", y), state.get("z", y)
    v = mean_of(state, "v", betas[1], g**2)
    gamma = lr * min(1, t / warmup_steps) if warmup_steps else lr
    state["most"] = max(state.get("most", 0.0), gamma)
    weight = t**r * state["most"] ** weight_lr_power
    state["weights"] = state.get("weights", 0.0) + weight
    step = g / (np.sqrt(v / (1 - betas[1] ** t)) + eps) + weight_decay * y
    z = state["z"] = z - gamma * step
    c = weight / state["weights"]
    x = state["x"] = (1 - c) * x + c * z
    return (1 - betas[0]) * z + betas[0] * x


def adafactor(
    x, g, state, *, lr=1e-2, beta2_decay=-0.8, eps=(None, 1e-3), d=1.0, weight_decay=0.0, maximize=False
):  # fmt: skip
    g = prepared(x, g, maximize=maximize)
    t = counted(state)
    least = np.finfo(x.dtype).eps if eps[0] is None else eps[0]
    beta = 1 - t**beta2_decay
    alpha = max(eps[1], np.sqrt(np.mean(x**2))) * min(lr, 1 / np.sqrt(t))
    x = x - lr * weight_decay * x
    if g.ndim > 1:
        rows, columns = mean_of(state, "r", beta, (g**2).mean(-1)), mean_of(state, "c", beta, (g**2).mean(-2))
        v = rows[..., :, None] * columns[..., None, :] / np.maximum(rows.mean(-1), least)[..., None, None]
    else:
        v = mean_of(state, "v", beta, g**2)
    u = g / np.maximum(np.sqrt(v), least)
    return x - alpha * u / max(1.0, np.sqrt(np.mean(u**2)) / d)


def muon(
    x, g, state, *, lr=1e-3, weight_decay=0.1, momentum=0.95, nesterov=True,
    ns_coefficients=(3.4445, -4.775, 2.0315), eps=1e-7, ns_steps=5, adjust_lr_fn=None,
):  # fmt: skip
    """The iteration on singular values, which is what its products come to."""
    m = mean_of(state, "m", momentum, g)
    update = (1 - momentum) * g + momentum * m if nesterov else m
    u, s, vt = np.linalg.svd(update, full_matrices=False)
    s = s / max(np.linalg.norm(s), eps)
    a, b, c = ns_coefficients
    for _ in range(ns_steps):
        s = a * s + b * s**3 + c * s**5
    n, k = x.shape
    scale = 0.2 * np.sqrt(max(n, k)) if adjust_lr_fn == "match_rms_adamw" else np.sqrt(max(1, n / k))
    return x - lr * weight_decay * x - lr * scale * (u * s) @ vt


WHOLE = [
    ("LARS", lars, {}),
    ("LARS", lars, {"lr": 2.0, "momentum": 0.5, "weight_decay": 0.1, "trust_coefficient": 0.1, "maximize": True}),
    ("LARS", lars, {"lr": 0.1, "momentum": 0.0, "adapt": False}),
    ("LAMB", lamb, {}),
    ("LAMB", lamb, {"lr": 0.1, "betas": (0.5, 0.7), "eps": 1e-2, "weight_decay": 0.2, "maximize": True}),
    ("LAMB", lamb, {"lr": 0.1, "adapt": False}),
    ("AdamWScheduleFree", adamw_schedule_free, {}),
    ("AdamWScheduleFree", adamw_schedule_free, {"lr": 0.1, "weight_decay": 0.2, "warmup_steps": 4, "r": 1.0}),
    ("AdamWScheduleFree", adamw_schedule_free, {"betas": (0.5, 0.7), "weight_lr_power": 1.0, "maximize": True}),
    ("Adafactor", adafactor, {}),
    ("Adafactor", adafactor, {"lr": 0.5, "beta2_decay": -0.5, "eps": (1e-2, 0.3), "d": 1.5, "weight_decay": 0.2}),
    ("Adafactor", adafactor, {"lr": 0.5, "maximize": True}),
]
"""Those whose step takes a parameter as a whole."""

MATRICES = [
    ("Muon", muon, {}),
    ("Muon", muon, {"lr": 0.1, "nesterov": False, "weight_decay": 0.0, "adjust_lr_fn": "match_rms_adamw"}),
    ("Muon", muon, {"lr": 0.1, "momentum": 0.5, "ns_coefficients": (2.0, -1.5, 0.5), "ns_steps": 12}),
]
"""Those for matrices alone."""
