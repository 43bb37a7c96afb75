"""Tiny random transformers models in a folder, as a hub would give them: real loading code, no weights to fetch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

WORDS = "[PAD] [UNK] [CLS] [SEP] i bought the kettle in oslo money back please where is my parcel this text about . ##s"


def save_bert(folder: Path, kind: str, labels: list[str]) -> Path:
    """A two-layer BERT of the transformers class ``kind`` with these output labels, and its tokenizer."""
    import torch
    import transformers
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    torch.manual_seed(1)
    words = WORDS.split()
    vocabulary = {word: number for number, word in enumerate(words)}
    raw = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    raw.normalizer = normalizers.Lowercase()
    raw.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends: list[Any] = [("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    raw.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=ends
    )
    fast: Any = transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]"
    )
    fast.save_pretrained(folder)
    config: Any = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=48,
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )
    model: Any = getattr(transformers, kind)(config)
    model.save_pretrained(folder)
    return folder
