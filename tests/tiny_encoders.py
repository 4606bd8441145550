"""Encoders of every architecture, a few thousand parameters each, drawn at random: no download."""

from pathlib import Path

KINDS = ("bert", "roberta", "distilbert", "xlnet", "deberta-v2", "modernbert", "t5")
TEXT = (
    "[PAD] [UNK] [CLS] [SEP] a and film plot cast song end scene score joke hero pace number "
    "great lovely good brilliant awful dull bad poor 0 1 2 3 4 5 6 7 8 9 no so very"
)
WORDS = TEXT.split()
SIZES = {
    "xlnet": {"d_model": 16, "n_layer": 2, "n_head": 2, "d_inner": 32},
    "distilbert": {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32},
    "t5": {"d_model": 16, "num_layers": 2, "num_heads": 2, "d_ff": 32, "d_kv": 8},
}
USUAL = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 64,
}


def tiny_encoder(kind: str, folder: Path) -> str:
    """Write an encoder and its tokenizer, as the hub would hold them, and say where."""
    import torch
    from transformers import AutoConfig, AutoModel, PreTrainedTokenizerFast

    where = folder / kind
    if where.exists():
        return str(where)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer(),
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    ).save_pretrained(where)
    ids = {"pad_token_id": 0, "bos_token_id": 2, "cls_token_id": 2, "eos_token_id": 3}
    config = AutoConfig.for_model(
        kind, vocab_size=len(WORDS), **ids, sep_token_id=3, **SIZES.get(kind, USUAL)
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        AutoModel.from_config(config).save_pretrained(where)
    return str(where)


def tokenizer():
    """Words that are known, numbers digit by digit; [CLS] one [SEP] other [SEP]."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors

    tool = Tokenizer(models.WordLevel({w: i for i, w in enumerate(WORDS)}, unk_token="[UNK]"))
    tool.pre_tokenizer = pre_tokenizers.Split(Regex(r"\s+|(?<=\d)"), "removed")
    tool.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return tool


def tiny_writer(kind: str, folder: Path) -> str:
    """Write an encoder with a decoder (T5 or its kin) and their tokenizer, and say where.

    "flan" is T5 with vectors of its own for the tokens that it writes, as T5 v1.1 and Flan have.
    """
    import torch
    from transformers import AutoConfig, AutoModelForSeq2SeqLM, PreTrainedTokenizerFast

    where = folder / f"{kind}-writer"
    if where.exists():
        return str(where)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer(), pad_token="[PAD]", unk_token="[UNK]", eos_token="[SEP]"
    ).save_pretrained(where)
    ids = {"pad_token_id": 0, "eos_token_id": 3}
    own = {"tie_word_embeddings": False} if kind == "flan" else {}
    config = AutoConfig.for_model(
        "t5" if own else kind, vocab_size=len(WORDS), **ids, **own, **SIZES["t5"]
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        body = AutoModelForSeq2SeqLM.from_config(config)
        if own:
            body.lm_head.weight = torch.nn.Parameter(torch.randn(len(WORDS), 16))
            body.config.tie_word_embeddings = False
        body.save_pretrained(where)
    return str(where)
