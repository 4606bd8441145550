"""A language model of a few thousand weights, trained in seconds to name moods, on disk.

Small enough for any machine, and yet a true causal language model with tokenizer and chat
template: what `transformers serve` needs to be a real endpoint with a real model behind it.
"""

from __future__ import annotations

import random
from pathlib import Path

NOUNS = ("film", "plot", "cast", "song", "scene", "joke")
MOODS = {
    "good": "positive",
    "great": "positive",
    "lovely": "positive",
    "bad": "negative",
    "awful": "negative",
    "dull": "negative",
}
STEPS, BATCH = 150, 32


def train(prompt_of, folder: Path) -> None:
    """Write to ``folder`` a model that completes ``prompt_of(text)`` with the mood of the text."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    draw = random.Random(0)
    prompts = {t: f"{prompt_of(t)}" for t in texts()}
    tokenizer = _tokenizer([*prompts.values(), *MOODS.values()])
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=128,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = LlamaForCausalLM(config)
    rows = [
        tokenizer(f"{prompt} {MOODS[text.split()[1]]} [END]")["input_ids"]
        for text, prompt in prompts.items()
    ]
    ids = torch.tensor(rows)  # all prompts are of one length
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(STEPS):
        batch = ids[draw.sample(range(len(ids)), BATCH)]
        targets = torch.full_like(batch, -100)
        targets[:, -2:] = batch[:, -2:]
        loss = model(input_ids=batch, labels=targets).loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def texts() -> list[str]:
    """Every text the model was trained on."""
    return [
        f"a {mood} {noun} with a {other}" for mood in MOODS for noun in NOUNS for other in NOUNS
    ]


def _tokenizer(corpus: list[str]):
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = sorted({word for text in corpus for word in text.split()})
    vocabulary = {word: i for i, word in enumerate(["[UNK]", "[PAD]", "[END]", *words])}
    raw = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    raw.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        unk_token="[UNK]",
        pad_token="[PAD]",
        eos_token="[END]",
        chat_template="{{ messages[-1]['content'] }}",
        model_input_names=["input_ids", "attention_mask"],
    )
