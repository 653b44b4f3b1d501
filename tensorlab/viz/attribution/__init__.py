"""Which parts of the input a model's answer depends on: one number for each element of the input.

Each function takes a model, a batch of inputs and the target whose score is explained, and returns a tensor. The model
runs in evaluation mode and stays as it was: neither its mode nor its gradients change. `viz.attribution_maps` draws the
results. `LayerOutput` makes units inside a network the output.
"""

from .cam import grad_cam, guided_grad_cam
from .gradients import integrated_gradients, saliency, smooth_grad
from .layer_output import LayerOutput
from .occlusion import occlusion
from .rectified import deconvolution, guided_backprop

__all__ = [
    "LayerOutput", "deconvolution", "grad_cam", "guided_backprop", "guided_grad_cam", "integrated_gradients",
    "occlusion", "saliency", "smooth_grad",
]  # fmt: skip
