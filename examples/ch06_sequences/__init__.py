"""6. Sequences

Networks that read and write sequences: step by step with a state, or all at once with attention.
"""

LESSONS = (
    "vanishing_gradients",
    "long_memory",
    "binary_addition",
    "captions",
    "character_model",
    "encoder_decoder",
    "transformer_translation",
    "gpt",
)
