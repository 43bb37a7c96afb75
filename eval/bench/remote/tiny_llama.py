"""A language model with random weights that fits in a few kilobytes, in the files in which real ones come."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

HIDDEN, INNER, HEADS, CONTEXT = 8, 16, 2, 8192
_SPECIAL = ("<s>", "</s>", "<pad>")
_TEMPLATE = (
    "{% for message in messages %}<s>{{ message['role'] }}: {{ message['content'] }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant: {% endif %}"
)


def save_tiny_llama(folder: Path, seed: int = 1) -> Path:
    """One layer of a Llama and a tokenizer of bytes; loading them needs nothing but the folder."""
    folder.mkdir(parents=True)
    vocabulary = _save_tokenizer(folder)
    config: dict[str, Any] = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": vocabulary,
        "hidden_size": HIDDEN,
        "intermediate_size": INNER,
        "num_hidden_layers": 1,
        "num_attention_heads": HEADS,
        "num_key_value_heads": HEADS,
        "max_position_embeddings": CONTEXT,
        "rms_norm_eps": 1e-6,
        "hidden_act": "silu",
        "tie_word_embeddings": False,
        "bos_token_id": 0,
        "eos_token_id": 1,
        "pad_token_id": 2,
        "dtype": "float32",
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    generation = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2, "do_sample": False}
    (folder / "generation_config.json").write_text(json.dumps(generation), encoding="utf-8")
    _save_weights(folder / "model.safetensors", vocabulary, seed)
    return folder


def _save_tokenizer(folder: Path) -> int:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate([*_SPECIAL, *alphabet])}
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens(list(_SPECIAL))
    made.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "pad_token": "<pad>",
        "model_max_length": CONTEXT,
        "chat_template": _TEMPLATE,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    return len(vocabulary)


def _save_weights(place: Path, vocabulary: int, seed: int) -> None:
    from safetensors.numpy import save_file

    chance = np.random.default_rng(seed)

    def drawn(*shape: int) -> Any:
        return (chance.standard_normal(shape) * 0.5).astype(np.float32)

    layer = "model.layers.0"
    weights = {
        "model.embed_tokens.weight": drawn(vocabulary, HIDDEN),
        "model.norm.weight": np.ones(HIDDEN, dtype=np.float32),
        "lm_head.weight": drawn(vocabulary, HIDDEN),
        f"{layer}.input_layernorm.weight": np.ones(HIDDEN, dtype=np.float32),
        f"{layer}.post_attention_layernorm.weight": np.ones(HIDDEN, dtype=np.float32),
        f"{layer}.mlp.gate_proj.weight": drawn(INNER, HIDDEN),
        f"{layer}.mlp.up_proj.weight": drawn(INNER, HIDDEN),
        f"{layer}.mlp.down_proj.weight": drawn(HIDDEN, INNER),
    }
    weights |= {f"{layer}.self_attn.{name}_proj.weight": drawn(HIDDEN, HIDDEN) for name in "qkvo"}
    save_file(weights, place, metadata={"format": "pt"})
