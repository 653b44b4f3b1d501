"""References of the attention ops: one query at a time, and the gradient by the softmax's full Jacobian."""

import numpy as np


def _cases(query, key, value, mask, is_causal):
    """Yield the index of each query, its keys and values, and what is added to its scores."""
    bias = np.broadcast_to(0.0 if mask is None else mask, (*query.shape[:-1], key.shape[-2]))
    for place in np.ndindex(query.shape[:-1]):
        seen = slice(0, place[-1] + 1 if is_causal else None)
        yield place, (*place[:-1], seen), bias[(*place, seen)]


def _weights(query, keys, bias, scale):
    powers = np.exp(keys @ query * scale + bias)
    return powers / powers.sum()


def attention(query, key, value, mask=None, *, scale, is_causal=False, mask_gradient=False):
    out = np.empty((*query.shape[:-1], value.shape[-1]), query.dtype)
    for place, seen, bias in _cases(query, key, value, mask, is_causal):
        out[place] = _weights(query[place], key[seen], bias, scale) @ value[seen]
    return out


def attention_grad(g, query, key, value, mask=None, *, scale, is_causal=False):
    found = [np.zeros_like(x) for x in (query, key, value)]
    for place, seen, bias in _cases(query, key, value, mask, is_causal):
        weights = _weights(query[place], key[seen], bias, scale)
        of_scores = (np.diag(weights) - np.outer(weights, weights)) @ (value[seen] @ g[place]) * scale
        found[0][place] += of_scores @ key[seen]
        found[1][seen] += np.outer(of_scores, query[place])
        found[2][seen] += np.outer(weights, g[place])
    return tuple(found)


REFERENCES = {"attention": attention, "attention_grad": attention_grad}
