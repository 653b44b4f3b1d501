"""Published architectures, by the names under which they are known.

Each is a class, and for each published size a function that builds it: ``models.lenet5()``. `list_models` lists the
functions, `get_model` calls one by its name. Parameters are initialised as published or as in torchvision, and
``weights=`` reads them from a file; nothing is downloaded. `classic` has the systems that are older than deep networks,
or beside them: perceptrons, kernel machines, energy models, autoencoders, diffusion and flows.
"""

from . import classic, sequence, vision
from .registry import get_model, list_models, load_weights, register_model
from .sequence import *  # noqa: F403
from .vision import *  # noqa: F403  (its names are listed there)

__all__ = ["classic", "get_model", "list_models", "load_weights", "register_model"]
__all__ += [*sequence.__all__, *vision.__all__]
