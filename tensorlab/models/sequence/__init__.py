"""Networks for sequences, and how they generate."""

from .bert import (
    BertForPreTraining, BertForSequenceClassification, BertModel, bert_base_cased, bert_base_uncased,
    bert_large_uncased,
)  # fmt: skip
from .generation import Generative
from .gpt2 import GPT2, gpt2, gpt2_large, gpt2_medium, gpt2_xl
from .mixture_of_experts import MixtureOfExperts, balancing_loss, load_balancing_loss
from .pretrained import from_pretrained, save_pretrained
from .recurrent import RecurrentEncoder, RecurrentGenerator, RecurrentTransducer
from .recurrent_attention import BahdanauAttention, LuongAttention
from .recurrent_seq2seq import RecurrentSeq2Seq
from .sampling import filter_logits
from .transformer import TransformerSeq2Seq, transformer_base, transformer_big

__all__ = [
    "GPT2", "BahdanauAttention", "BertForPreTraining", "BertForSequenceClassification", "BertModel", "Generative",
    "LuongAttention", "MixtureOfExperts", "RecurrentEncoder", "RecurrentGenerator", "RecurrentSeq2Seq",
    "RecurrentTransducer", "TransformerSeq2Seq", "balancing_loss", "bert_base_cased", "bert_base_uncased",
    "bert_large_uncased", "filter_logits", "from_pretrained", "gpt2", "gpt2_large", "gpt2_medium", "gpt2_xl",
    "load_balancing_loss", "save_pretrained", "transformer_base", "transformer_big",
]  # fmt: skip
