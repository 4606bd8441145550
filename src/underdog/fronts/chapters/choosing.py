"""Cells about which model answers: cascades, routers, and drafts that a large model checks."""

from .cell import Cell, Claim, Found

CELLS = (
    Cell(
        "Cascading",
        "cascade",
        "a small model first, the large one where it is unsure",
        "cascade([linear(), LARGE], thresholds=[0.8])",
        "numpy",
        """
        small, large = ud.Bayes().fit(train), ud.Recorded("gpt4_answer").fit(train)
        answers = ud.Cascade((small, large), thresholds=(0.9,)).answer(test.texts)
        assert {path[0] for path in answers.paths} == {"bayes"}
        """,
        Claim("FrugalGPT's best cascade", "HEADLINES", ".8746 at $1.36 per 1,000"),
        Found(
            "HEADLINES, `linear()` alone",
            ".9040",
            "",
            "python -m benchmarks.linear",
            "README.md",
        ),
        note="a small model of the task's own labels makes the cascade unnecessary",
    ),
    Cell(
        "Cascading",
        "frugal",
        "a threshold with a finite-sample guarantee",
        "frugal(linear(), LARGE, drop=0.01)",
        "scipy",
        """
        large = ud.Recorded("gpt4_answer", price="gpt4_cost")
        model = ud.Frugal(ud.Bayes(), large, risk=0.3).fit(train)
        assert model.certificate.bound <= 0.3
        print(model.certificate)
        """,
        None,
        Found(
            "OVERRULING before GPT-4: accuracy; points against GPT-4",
            ".961",
            "+1.0 [0.0, +2.0]",
            "python -m benchmarks.overruling",
            "README.md",
        ),
    ),
    Cell(
        "Cascading",
        "parity",
        "share of requests that a small model takes under a guarantee",
        "frugal(linear(), LARGE, risk=0.05, against='large')",
        "scipy",
        """
        model = ud.Frugal(ud.Bayes(), ud.Recorded("gpt4_answer"), risk=0.3, against="large")
        answers = model.fit(train).answer(test.texts)
        assert len(answers) == len(test)
        """,
        Claim("TRACER (tracer-llm 0.3.3), run here", "OVERRULING before GPT-4", "35.8 % covered"),
        Found(
            "OVERRULING, agreement of 95 %, 20 half splits: coverage",
            "92.2 %",
            "",
            "make bench-deferral",
            "docs/deferral.md",
        ),
    ),
    Cell(
        "Cascading",
        "validity",
        "how often a certified threshold breaks its limit",
        "frugal(linear(), LARGE, risk=0.05)",
        "scipy",
        """
        from underdog.teach.bounds import upper_bound

        assert 0.029 < upper_bound(0, 100, 0.05) < 0.031
        """,
        Claim("a threshold tuned naively, run here", "HEADLINES, 1,000 rows", "45.2 % broken"),
        Found(
            "HEADLINES, 5 % selective error: broken (5 % allowed)",
            "2.5 %",
            "",
            "make bench-deferral",
            "docs/deferral.md",
        ),
    ),
    Cell(
        "Cascading",
        "online",
        "a small model that takes over a stream as far as audits allow",
        "online(linear(), LARGE, risk=0.05)",
        "scipy",
        """
        stream = ud.build("online(bayes(), recorded('gpt4_answer'), risk=0.2)").fit(train)
        assert len(stream.answer(test.texts)) == len(test)
        print(stream.summary)
        """,
        Claim("a plain threshold that guarantees nothing, run here", "hate_speech18", "29.9 %"),
        Found(
            "hate_speech18: calls to the large model at 95.0 % agreement",
            "32.5 %",
            "",
            "make bench-deferral",
            "docs/deferral.md",
        ),
        note="30 % were asked for",
    ),
    Cell(
        "Routing",
        "route",
        "a router that predicts where the large model is worth its price",
        "route([SMALL, LARGE], prices=[0, 1], budget=0.3)",
        "scikit-learn",
        """
        experts = (ud.Bayes(), ud.Recorded("gpt4_answer"))
        router = ud.Route(experts, prices=(0.0, 1.0), budget=0.3).fit(train)
        assert len(router.answer(test.texts)) == len(test)
        """,
        Claim("best published (RouteLLM's data)", "MMLU, Mixtral and GPT-4", "APGR .603"),
        Found(
            "MMLU, 1,500 labels: APGR",
            ".643",
            "",
            "python -m benchmarks.deferral.routellm",
            "docs/deferral.md",
        ),
    ),
    Cell(
        "Routing",
        "route-in-domain",
        "the same router on arithmetic",
        "route([SMALL, LARGE], prices=[0, 1])",
        "scikit-learn",
        """
        router = ud.build("router(scripted([], otherwise='a'), {'a': bayes(), 'b': bayes()})")
        assert list(router.experts) == ["a", "b"]
        """,
        Claim("published", "GSM8K, Mixtral and GPT-4", "APGR .622"),
        Found(
            "GSM8K, five folds: APGR",
            ".657",
            "",
            "python -m benchmarks.deferral.routellm",
            "docs/deferral.md",
        ),
    ),
    Cell(
        "Speculative decoding",
        "lookup",
        "drafts copied from the text itself, checked by the target",
        "speculative(causal('smollm2'), lookup())",
        "torch",
        """
        from underdog.combine.decoding.speculative import Speculative
        from underdog.combine.decoding.writers import Sampled
        from underdog.models.language.ngram import NGram

        model = NGram(order=5).fit(train)
        fast = Speculative(model, gamma=4, max_tokens=12).answer(["a great film and a"])
        assert fast.values == Sampled(model, max_tokens=12).answer(["a great film and a"]).values
        """,
        Claim("prompt lookup, Spec-Bench", "Vicuna-7B on a GPU", "1.55 times as fast"),
        Found(
            "SmolLM2 on one CPU thread, prompts to copy from: times as fast",
            "5.79",
            "",
            "python -m benchmarks.language copying",
            "docs/language-models.md",
        ),
        note="1.70 times on open prompts",
    ),
    Cell(
        "Speculative decoding",
        "draft-model",
        "drafts by a smaller language model",
        "underdog speculate TARGET DRAFT FILE",
        "torch",
        """
        from underdog.combine.decoding.speculative import Speculative
        from underdog.models.language.ngram import NGram

        target, draft = NGram(order=5).fit(train), NGram(order=2).fit(train)
        answers = Speculative(target, draft, gamma=3, max_tokens=8).answer(["a great"])
        assert len(answers) == 1
        """,
        Claim("a draft model, Spec-Bench", "Vicuna-7B on a GPU", "1.83 times as fast"),
        Found(
            "open prompts, SmolLM2 with drafts by Gemma of another tokenizer: times as fast",
            "0.18 measured",
            "",
            "python -m benchmarks.language strange_draft",
            "docs/language-models.md",
        ),
        note="not confirmed: of the two models here the draft costs more than it saves",
    ),
)
