"""Cells about large models that are moved by small ones, from inside or from outside."""

from .cell import Cell, Claim, Found

WHITE, BLACK = "White-box adaptation", "Black-box adaptation"
MODELS = """
        from underdog.models.language.ngram import NGram

        base, tuned = NGram(order=3).fit(train), NGram(order=3).fit(test)
"""

CELLS = (
    Cell(
        WHITE,
        "mixture",
        "a weighted mean of next-token distributions, fitted on a few texts",
        "mixture([causal('smollm2'), ngram(order=5, tokenizer='smollm2')])",
        "torch",
        """
        from underdog.combine.decoding.mixture import Mixture
        from underdog.models.language.ngram import NGram

        other = NGram(order=3).fit(ud.Dataset.of(["to be or not to be"], [None]))
        mixed = Mixture([NGram(order=3), other]).fit(train)
        assert mixed.weights[0] > 0.8
        """,
        Claim("CombLM (EMNLP 2023)", "OPT-30B and a 23 times smaller expert", "up to 9 % better"),
        Found(
            "MTSamples, SmolLM2 and 5-grams: perplexity below the better single model",
            "-28 %",
            "",
            "python -m benchmarks.language mixture",
            "docs/language-models.md",
        ),
        note="30 % were asked for",
    ),
    Cell(
        WHITE,
        "lora",
        "low-rank adapters on a frozen encoder",
        "encoder('minilm', lora=8)",
        "torch, transformers, peft",
        """
        recipe = ud.build("encoder('minilm', lora=8, epochs=1, length=16)")
        model = recipe.fit(train.take(range(16)))
        assert len(model.answer(test.texts[:2])) == 2
        """,
        Claim("the NLI study, RoBERTa-large with LoRA", "26,944 pairs", ".916"),
        Found(
            "NLI, 6,832 pairs, MiniLM, 1.5 % of the parameters: accuracy",
            ".753",
            "[.743, .764]",
            "python -m examples.nli_study",
            "docs/studies.md",
        ),
        note="all parameters reach .754; the study's encoder and its file are not here",
    ),
    Cell(
        WHITE,
        "contrastive-decoding",
        "an expert's scores less an amateur's",
        "contrasted(EXPERT, AMATEUR)",
        "torch",
        f"""{MODELS}
        from underdog.combine.decoding.additive import Contrasted
        from underdog.combine.decoding.writers import Sampled

        writer = Sampled(Contrasted(base, tuned), max_tokens=6)
        assert writer.answer(["a great"]).values[0]
        """,
        Claim("contrastive decoding", "LLaMA-65B on GSM8K", "beats LLaMA-2 and PaLM-540B"),
        note="has laws and tests; not measured here",
    ),
    Cell(
        WHITE,
        "adapter",
        "a small policy multiplied onto a frozen base (IPA)",
        "rewarded(BASE, LABEL), adapted(BASE, POLICY)",
        "torch",
        f"""{MODELS}
        from underdog.combine.decoding.additive import Adapted
        from underdog.combine.decoding.writers import Sampled

        assert Sampled(Adapted(base, tuned), max_tokens=6).answer(["a great"]).values[0]
        """,
        Claim("IPA", "GPT-2 with a policy", "can pass GPT-3; no number was checked"),
        Found(
            "40 sentences begun, `rewarded` policy on SmolLM2: positive continuations",
            "45 -> 50 %",
            "",
            "python -m benchmarks.language rewarded",
            "docs/language-models.md",
        ),
        note="SmolLM2 finds these texts likelier than its own; no GPT-3 to compare with",
    ),
    Cell(
        BLACK,
        "proxy-tuning",
        "a large model moved by training a small one",
        "proxy_tuned(BASE, TUNED, UNTUNED)",
        "torch",
        f"""{MODELS}
        from underdog.combine.decoding.additive import ProxyTuned
        from underdog.core.language import nats

        moved, text = ProxyTuned(base, tuned, base), base.tokenizer.encode(test.texts[0])
        assert nats(moved, text).mean() < nats(base, text).mean()
        """,
        Claim("Liu et al., COLM 2024", "13B and 70B, by 7B proxies", "88 to 91 % of the gap"),
        Found(
            "MTSamples, SmolLM2 steered by 5-grams: perplexity; LoRA on 5,000 tokens 17.4",
            "21.4 -> 12.2",
            "",
            "python -m benchmarks.language proxy",
            "docs/language-models.md",
        ),
        note="its repository shows 57 % for 70B on GSM; ours counts n-grams of many more tokens",
    ),
    Cell(
        BLACK,
        "recorded-teacher",
        "a model behind an API, replaced after reading its answers alone",
        "underdog compare FILE --against COLUMN",
        "scikit-learn",
        """
        large = ud.Recorded("gpt4_answer", price="gpt4_cost").fit(data)
        answers = large.answer(test.texts)
        assert answers.total.dollars is not None
        """,
        Claim("GPT-4, recorded", "OVERRULING", ".950 at $8.95 per 1,000"),
        Found(
            "OVERRULING, `linear()`: accuracy; points against GPT-4",
            ".960",
            "+0.9 [−0.1, +2.0]",
            "python -m benchmarks.overruling",
            "README.md",
        ),
    ),
    Cell(
        BLACK,
        "cost-plan",
        "what labelling by a large model will cost, before a cent is spent",
        "underdog plan FILE --llm \"chat('gpt-5-mini')\"",
        "genai-prices",
        """
        import numpy as np

        from underdog.runtime.tariff import Tariff

        tariff = Tariff.learn(np.array([40, 80, 120] * 10), np.array([0.01, 0.02, 0.03] * 10))
        likely, low, high = tariff.total(np.array([60] * 100))
        assert low <= likely <= high
        """,
        Claim("Autolabel, `plan()`", "200 examples", "an estimate, without an interval"),
        Found(
            "OVERRULING, 100 prices known: the rest of the bill is off by at most",
            "0.97 %",
            "",
            "python -m benchmarks.teacher plan",
            "docs/teacher.md",
        ),
    ),
)
