"""A convolution is a matrix product whose matrix has the same numbers along every diagonal.

The matrix of a layer is its Jacobian. That of a convolution of a sequence is a Toeplitz matrix: few of its elements are
not zero, and they are the kernel over and over. Its transpose is the transposed convolution, through which gradients
return. Wrapped around, as a circulant matrix, it is diagonal in the Fourier basis, so that convolving is multiplying
spectra.
"""

import tensorlab as tl
from tensorlab import nn, viz

LENGTH, KERNEL = 24, 5


def matrix(layer, length=LENGTH):
    """Return the matrix of a layer that maps a sequence to a sequence."""
    return tl.jacobian(lambda x: layer(x.reshape(1, 1, -1)).ravel())(tl.zeros(length))


def is_toeplitz(m):
    """Return whether the elements are equal along each diagonal."""
    return bool(tl.allclose(m[1:, 1:], m[:-1, :-1]))


def lesson(report, long):
    layers = {
        "valid": nn.Conv1d(1, 1, KERNEL, bias=False),
        "padded": nn.Conv1d(1, 1, KERNEL, padding="same", bias=False),
        "circular": nn.Conv1d(1, 1, KERNEL, padding="same", padding_mode="circular", bias=False),
    }
    for layer in layers.values():
        layer.load_state_dict(layers["valid"].state_dict())
    found, x = {name: matrix(layer) for name, layer in layers.items()}, tl.randn(LENGTH)
    products = [tl.allclose(m @ x, layers[name](x.reshape(1, 1, -1)).ravel(), atol=1e-6) for name, m in found.items()]
    report.claim("each convolution is the product with its matrix", all(products))
    report.claim("the matrices are Toeplitz matrices", all(is_toeplitz(m) for m in found.values()))

    transposed = nn.ConvTranspose1d(1, 1, KERNEL, bias=False)
    transposed.load_state_dict(layers["valid"].state_dict())
    inner = LENGTH - KERNEL + 1
    back = matrix(transposed, inner)
    report.claim("the transposed convolution has the transposed matrix", tl.allclose(back, found["valid"].T, atol=1e-6))

    spectrum = tl.fft.fft(found["circular"][:, 0])
    by_spectra = tl.fft.ifft(spectrum * tl.fft.fft(x)).real
    circular = found["circular"] @ x
    report.claim("the circulant one multiplies spectra", tl.allclose(by_spectra, circular, atol=1e-5))
    dense, weights = found["valid"].size, layers["valid"].weight.size
    rows = [("dense layer", dense, dense), ("convolution", int((found["valid"] != 0).sum()), weights)]
    report.table(["24 numbers to 20", "connections", "weights"], rows)
    report.claim("100 connections share 5 weights", rows[1][1:] == (inner * KERNEL, KERNEL))

    two = nn.Conv2d(1, 1, 3, padding=1, bias=False)
    size = 6
    doubly = tl.jacobian(lambda image: two(image.reshape(1, 1, size, size)).ravel())(tl.zeros(size * size))
    pictures = {
        f"Sequence: {inner} × {LENGTH}": found["valid"],
        "Wrapped around: circulant": found["circular"],
        f"Image of {size} × {size}: blocks of blocks": doubly,
    }
    for ax, (title, m) in zip(report.axes(columns=3, width=3.6, height=4), pictures.items(), strict=True):
        limit = float(abs(m).max())
        ax.imshow(m.detach().numpy(), cmap=viz.style.DIVERGING, vmin=-limit, vmax=limit)
        ax.set(title=title, xlabel="input", ylabel="output")
        viz.style.whole_ticks(ax.yaxis)
