"""Networks for sequences, and how they generate."""

from .generation import Generative
from .gpt2 import GPT2, gpt2, gpt2_large, gpt2_medium, gpt2_xl
from .recurrent import RecurrentEncoder, RecurrentGenerator, RecurrentTransducer
from .recurrent_attention import BahdanauAttention, LuongAttention
from .recurrent_seq2seq import RecurrentSeq2Seq
from .sampling import filter_logits
from .transformer import TransformerSeq2Seq, transformer_base, transformer_big

__all__ = [
    "GPT2", "BahdanauAttention", "Generative", "LuongAttention", "RecurrentEncoder", "RecurrentGenerator",
    "RecurrentSeq2Seq", "RecurrentTransducer", "TransformerSeq2Seq", "filter_logits", "gpt2", "gpt2_large",
    "gpt2_medium", "gpt2_xl", "transformer_base", "transformer_big",
]  # fmt: skip
