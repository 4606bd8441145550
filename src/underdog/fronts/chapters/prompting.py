"""Cells about what stands around a large model: passages, demonstrations, and repair."""

from .cell import Cell, Claim, Found

SCRIPTED = """
        llm = ud.build("scripted([['great', 'pos'], ['awful', 'neg']], otherwise='pos')")
"""

CELLS = (
    Cell(
        "Retrieval",
        "index",
        "passages found by their words",
        "underdog index FOLDER --out INDEX; underdog search INDEX QUERY",
        "bm25s",
        """
        Path("handbook").mkdir()
        Path("handbook/travel.txt").write_text("A hotel may cost 120 euros.", "utf-8")
        Path("handbook/office.txt").write_text("Keys are at the door.", "utf-8")
        index = ud.index("handbook", out="handbook.index")
        assert "120 euros" in ud.search(index, "what may a hotel cost?", k=1)[0].text
        """,
        Claim("bm25s", "SciFact", "the scores of Lucene; 953 queries a second against 48"),
        note="speed not compared here",
    ),
    Cell(
        "Prompt learning",
        "demonstrations",
        "labelled examples before each text",
        "fewshot(llama('smollm2'), k=8)",
        "xllamacpp",
        f"""{SCRIPTED}
        model = ud.FewShot(llm, k=4).fit(train)
        assert set(model.answer(test.texts).values) <= {{"pos", "neg", ""}}
        """,
        Claim("UPRISE and SuperICL", "SST-2", "96.8, with a small model's advice"),
        Found(
            "SST-2, 500 sentences, SmolLM2 with eight examples: accuracy",
            "0.85",
            "",
            "python -m benchmarks.language sst2",
            "docs/language-models.md",
        ),
        note=".70 were asked for; SmolLM2 has 135 million parameters, and no helper's advice",
    ),
    Cell(
        "Prompt learning",
        "calibrated-prompts",
        "a label's likelihood less what the label owes to the prompt",
        "fewshot(llama('smollm2'), k=8, calibrated=True)",
        "xllamacpp",
        f"""{SCRIPTED}
        shown = ud.FewShot(llm, k=2, calibrated=False).fit(train)
        assert "Label:" in shown.prompt(test.texts[0])
        """,
        Claim("batch calibration (Zhou et al., 2024)", "several tasks", "no number was checked"),
        Found(
            "SST-2, 500 sentences, without calibration: accuracy",
            "0.48",
            "",
            "python -m benchmarks.language sst2",
            "docs/language-models.md",
        ),
    ),
    Cell(
        "Prompt learning",
        "chosen-demonstrations",
        "examples like the text, that cover its words, or whose effect was learned",
        "fewshot(LLM, k=4, choose=trained(llama('smollm2')))",
        "numpy",
        f"""{SCRIPTED}
        model = ud.FewShot(llm, k=2, choose="covering").fit(train)
        assert len(model.answer(test.texts[:5])) == 5
        """,
        Claim("Set-BSR (2023)", "compositional tasks", "up to 17 points"),
        Found(
            "SST-2, 80 sentences, SmolLM2, taught against random ones: log-likelihood",
            "+0.07",
            "[+0.02, +0.11]",
            "python -m benchmarks.grounding trained_sst2",
            "docs/retrieval.md",
        ),
        note="accuracy on AG News +32.5 [+19.6, +45.4] points; not confirmed for covering",
    ),
    Cell(
        "Prompt learning",
        "advice",
        "a small model's answer and confidence in the prompt (SuperICL)",
        "advised(fewshot(LLM, k=8), linear())",
        "scikit-learn",
        f"""{SCRIPTED}
        from underdog.combine.advised import Advised

        model = Advised(ud.FewShot(llm, k=2), ud.Bayes()).fit(train)
        assert len(model.answer(test.texts[:5])) == 5
        """,
        Claim("SuperICL (2024)", "SST-2; ANLI", "96.8; 47.4"),
        note="not measured here",
    ),
    Cell(
        "Deficiency repair",
        "context-aware",
        "answers that follow a document: with it, less without it",
        "context_aware(LM, 'TEXT')",
        "torch",
        """
        from underdog.combine.decoding.additive import ContextAware
        from underdog.combine.decoding.writers import Sampled
        from underdog.models.language.ngram import NGram

        lm = ContextAware(NGram(order=3).fit(train), "the plot is lovely. ")
        assert Sampled(lm, max_tokens=6).answer(["a great"]).values[0]
        """,
        Claim("AdaCAD", "question answering", "+14.2 points over a static contrast"),
        Found(
            "24 capitals, SmolLM2: a false context is followed",
            "46 -> 42 %",
            "",
            "python -m benchmarks.language",
            "docs/language-models.md",
        ),
        note="not confirmed: 10 points more were asked for",
    ),
    Cell(
        "Deficiency repair",
        "guarded",
        "two models balanced so that neither text is copied (CP-Fuse)",
        "guarded(LM, LM)",
        "torch",
        """
        from underdog.combine.decoding.guarded import Guarded
        from underdog.combine.decoding.writers import Sampled
        from underdog.models.language.ngram import NGram

        one, other = NGram(order=3).fit(train), NGram(order=3).fit(test)
        assert Sampled(Guarded(one, other), max_tokens=4).answer(["a great"]).values[0]
        """,
        Claim("CP-Fuse", "models trained on protected texts", "25 times less regurgitation"),
        Found(
            "notes, two 5-gram models: copied runs of 20 tokens; perplexity",
            "76 -> 11; +3 %",
            "",
            "python -m benchmarks.language",
            "docs/language-models.md",
        ),
        note="ten times fewer were asked for",
    ),
    Cell(
        "Deficiency repair",
        "reading",
        "answers in prose read as labels, or said to be unread",
        "underdog answer MODEL FILE",
        "numpy",
        """
        from underdog.core.answer import Answers
        from underdog.core.reading import read_answers
        import numpy as np

        said = Answers.said(["The label is: pos.", "I cannot say"], np.zeros((2, 6)), "llm")
        assert read_answers(said, data.task).values[0] == "pos"
        """,
        None,
        Found(
            "recorded decisions asked again through a server: read wrong",
            "0 of 8,000",
            "",
            "python -m benchmarks.decisions",
            "docs/log.md",
        ),
    ),
    Cell(
        "Retrieval",
        "grounded",
        "a model is given the best passages with each text",
        "grounded(LLM, index('INDEX'), k=3)",
        "bm25s",
        """
        Path("handbook").mkdir()
        Path("handbook/film.txt").write_text("A lovely film is good. An awful one is bad.", "utf-8")
        index = ud.index("handbook", out="handbook.index")
        model = ud.build("grounded(bayes(), index('handbook.index'), k=1)").fit(train)
        assert len(model.answer(test.texts[:5])) == 5
        """,
        None,
        Found(
            "standard library, 16 questions, SmolLM2 with one passage: points of F1",
            "+28.3",
            "[+16.8, +39.8]",
            "python -m benchmarks.grounding documented",
            "docs/retrieval.md",
        ),
        note="20 questions that join two passages: +1.7 [-1.5, +4.9], where 15 were asked for",
    ),
    Cell(
        "Retrieval",
        "compressed",
        "whole sentences of a long text, chosen, in the place of all",
        "compressed(LLM, share=0.5)",
        "numpy",
        """
        model = ud.build("compressed(bayes(), share=0.5)").fit(train)
        assert len(model.answer(["A great film. It was long. I ate."])) == 1
        """,
        Claim("sentences against tokens (2407.08892)", "long contexts", "to 10 times, little loss"),
        Found(
            "HaluEval, passages of two sources with the answer: halves that still hold it",
            "88 of 160",
            "",
            "python -m benchmarks.grounding held",
            "docs/retrieval.md",
        ),
        note="not confirmed where an answer rests on two passages",
    ),
    Cell(
        "Deficiency repair",
        "refined",
        "answers that fail a verifier, rewritten by a small model",
        "refined(LARGE, linear(), linear())",
        "scikit-learn",
        """
        spec = "refined(recorded('gpt4_answer'), bayes(), bayes())"
        model = ud.build(spec).fit(train)
        assert len(model.answer(test.texts)) == len(test)
        """,
        Claim("LMCor (2024)", "a 250M corrector of a 62B model", "matches fine-tuning"),
        Found(
            "OVERRULING, GPT-4's answers rewritten where a verifier doubts them: points",
            "+2.2",
            "[+1.2, +3.3]",
            "python -m benchmarks.grounding",
            "benchmarks/results/grounding.json",
        ),
        note="`linear()` alone reaches most of that; rewriting that does not help is switched off",
    ),
    Cell(
        "Deficiency repair",
        "unsupported",
        "answers that their source does not bear out, sentence by sentence",
        "detector('grounded')",
        "scikit-learn",
        """
        right = [(f"The talk {i} was in Bern.", "It was in Bern.") for i in range(40)]
        wrong = [(f"The talk {i} was in Bern.", "It was in Rome.") for i in range(40)]
        pairs = ud.Dataset.of([*right, *wrong], ["no"] * 40 + ["yes"] * 40)
        model = ud.Detector("grounded", false_alarms=0).fit(pairs)
        assert model.answer([("Ada came to Bern.", "Ada came to Rome.")]).values[0] in ("no", "yes")
        """,
        Claim("LettuceDetect base (149M)", "RAGTruth examples", "F1 76.8; GPT-4 63.4"),
        Found(
            "HaluEval, 4,507 answers without a source, `detector('answer', learners=[])`: AUROC",
            "0.691",
            "",
            "python -m benchmarks.doubt",
            "benchmarks/results/doubt.json",
        ),
        note="the length alone reaches 0.465; .75 were asked for; RAGTruth is not here",
    ),
)
