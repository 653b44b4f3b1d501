"""Networks for sequences, and how they generate."""

from .generation import Generative
from .recurrent import RecurrentEncoder, RecurrentGenerator, RecurrentTransducer
from .recurrent_attention import BahdanauAttention, LuongAttention
from .recurrent_seq2seq import RecurrentSeq2Seq
from .sampling import filter_logits
from .transformer import TransformerSeq2Seq, transformer_base, transformer_big

__all__ = [
    "BahdanauAttention", "Generative", "LuongAttention", "RecurrentEncoder", "RecurrentGenerator", "RecurrentSeq2Seq",
    "RecurrentTransducer", "TransformerSeq2Seq", "filter_logits", "transformer_base", "transformer_big",
]  # fmt: skip
