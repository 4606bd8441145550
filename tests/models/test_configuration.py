"""Configurations that a stranger wrote: refused in a sentence, fast, and nothing runs."""

import json
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("transformers")

from tiny_encoders import tiny_encoder

from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.models.transformers.encoder import Encoder, TorchBody
from underdog.models.transformers.pretrained import pretrained

FEW = Dataset.of(["a great film", "a dull plot", "lovely", "awful"], ["p", "n", "p", "n"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return Path(tiny_encoder("bert", tmp_path_factory.mktemp("encoders")))


@pytest.fixture(scope="module")
def body(folder):
    return Encoder(str(folder), epochs=1).fit(FEW).body


WRONG = [
    {"num_hidden_layers": 10**6},
    {"num_hidden_layers": -2},
    {"num_hidden_layers": True},
    {"num_hidden_layers": None},
    {"num_hidden_layers": [2]},
    {"num_hidden_layers": 2.5},
    {"vocab_size": 10**10},
    {"vocab_size": 50},
    {"hidden_size": -16},
    {"hidden_size": 10**9},
    {"hidden_size": "16"},
    {"num_attention_heads": 0},
    {"num_attention_heads": 7},
    {"max_position_embeddings": 10**9},
    {"hidden_act": "kernels-community/activation"},
    {"hidden_act": {"a": 1}},
    {"layer_norm_eps": float("nan")},
    {"model_type": "timm_backbone"},
    {"model_type": None},
    {"model_type": ["bert"]},
    {"_attn_implementation": "kernels-community/flash-attn"},
    {"attn_implementation": "someone/kernel"},
    {"backbone": "microsoft/resnet-50", "use_timm_backbone": True},
    {"quantization_config": {"quant_method": "bitsandbytes"}},
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_configuration_that_no_training_wrote_is_refused_fast(body, wrong):
    said = json.dumps(json.loads(body.config) | wrong)
    start = time.perf_counter()
    with pytest.raises(UnderdogError):
        _ = replace(body, config=said).network
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize("said", ["", "[]", "null", "1", "[" * 100_000, '{"model_type": "bert"}'])
def test_what_is_no_configuration_is_refused(body, said):
    with pytest.raises(UnderdogError):
        _ = TorchBody(said, body.arrays).network


CODE = """
from pathlib import Path
from transformers import BertConfig, BertModel
Path(__file__).with_name("ran").touch()
class C(BertConfig): pass
class M(BertModel): pass
"""


@pytest.mark.parametrize(
    "trick",
    [
        {"attribute_map": {"x": "auto_map"}, "x": {"AutoModel": "m.M", "AutoConfig": "m.C"}},
        {"auto_map": {"AutoModel": "m.M", "AutoConfig": "m.C", "AutoTokenizer": "m.C"}},
        {"trust_remote_code": True, "auto_map": {"AutoModel": "m.M"}},
    ],
    ids=str,
)
def test_no_code_of_a_folder_runs_whatever_is_answered(folder, body, tmp_path, monkeypatch, trick):
    place = tmp_path / "foreign"
    shutil.copytree(folder, place)
    (place / "m.py").write_text(CODE)
    said = json.loads((place / "config.json").read_text()) | trick
    (place / "config.json").write_text(json.dumps(said))
    monkeypatch.setattr("builtins.input", lambda *_: "y")
    monkeypatch.chdir(place)
    pretrained(str(place), 16)
    mine = json.dumps(json.loads(body.config) | trick | {"_name_or_path": str(place)})
    _ = replace(body, config=mine).network
    assert not list(tmp_path.rglob("ran"))
