"""Cells about judging: models, answers, and how far a number can be trusted."""

from .cell import Cell, Claim, Found

CELLS = (
    Cell(
        "Evaluation",
        "verdict",
        "ship, or keep the large model, from paired answers",
        "underdog compare FILE --against COLUMN",
        "scipy",
        """
        import numpy as np

        from underdog.evaluate.stats import paired

        small, large = np.array([1.0] * 90 + [0.0] * 10), np.array([1.0] * 85 + [0.0] * 15)
        found = paired(small, large, margin=0.02)
        assert found.noninferior
        """,
        None,
        Found(
            "TREC-like, 800 tests, a small model 2.5 points better: KEEP was said in",
            "0 %",
            "",
            "python -m benchmarks.power",
            "docs/log.md",
        ),
        note="SHIP at a loss of 1 point in 3.4 to 5.8 % of draws, where 5 % is the limit",
    ),
    Cell(
        "Evaluation",
        "calibration",
        "a decision model's probabilities, mended on labelled texts",
        "calibrated(decide('MODEL'))",
        "scipy",
        """
        model = ud.Calibrated(ud.Bayes()).fit(train)
        answers = model.answer(test.texts)
        assert answers.probs.shape == (len(test), 2)
        """,
        Claim(
            "a decision model's bin of .8 to 1 (jev-speed-test)", "Banking77", ".97 said, .89 right"
        ),
        Found(
            "simulated decisions, 300 labels: calibration error, before .124 to .136",
            ".021 to .051",
            "",
            "pytest tests/teach/test_calibrated.py",
            "docs/log.md",
        ),
    ),
    Cell(
        "Evaluation",
        "forecast",
        "how many more labels an accuracy takes",
        "underdog plan FILE --student SPEC",
        "scipy",
        """
        from underdog.evaluate.forecast import forecast

        told = forecast((50, 100, 200, 400), (0.6, 0.68, 0.74, 0.78), 500, 0.8)
        assert told.target == 0.8
        print(told.sentence)
        """,
        None,
        Found(
            "held-out sets, four times the data: 90 % intervals that held",
            "77 %",
            "",
            "python -m benchmarks.forecast",
            "docs/log.md",
        ),
        note="not confirmed: 90 % were asked for",
    ),
    Cell(
        "Evaluation",
        "drift",
        "a sentinel model notices that the traffic changed",
        "underdog monitor MODEL FILE",
        "scipy",
        """
        from underdog.evaluate.stats import wilson

        low, high = wilson(45, 50)
        assert low < 0.9 < high
        """,
        None,
        Found(
            "hate_speech18 with turned answers: median delay on eight rows of ten",
            "73 to 258",
            "",
            "make bench-deferral",
            "docs/deferral.md",
        ),
        note="549 and 858 answers on the other two, where 500 were asked for",
    ),
    Cell(
        "Evaluation",
        "leakage",
        "what a split that tears groups apart flatters a model by",
        "underdog compare FILE --group COLUMN",
        "scikit-learn",
        """
        one, other = data.split(0.3)
        assert not set(one.texts) & set(other.texts)
        """,
        None,
        Found(
            "MTSamples split by rows: points that `bayes()` seems better, by texts",
            "+12.0",
            "",
            "python -m examples.david_vs_goliath 'bayes()' --only medical",
            "docs/studies.md",
        ),
    ),
    Cell(
        "Evaluation",
        "judge",
        "outputs that exist, scored; a score is believed if ratings confirm it",
        "underdog judge FILE --score 'chrf()'",
        "sacrebleu, rouge-score",
        """
        rows = [f"the hall is {c},the hall is {c} and {c},{c}" for c in ("red", "blue", "old")]
        lines = ["output,source,reference", *rows]
        Path("outputs.csv").write_text("\\n".join(lines), "utf-8")
        found = ud.judge("outputs.csv", scores=["overlap('source')"])
        assert len(found.columns["overlap"]) == 3
        """,
        Claim("BERTScore", "SummEval, Spearman", ".225; ROUGE-L .165"),
        Found(
            "SummEval, Spearman beyond length, mean of copied runs and BERTScore with the source",
            "0.240",
            "[0.202, 0.270]",
            "python -m benchmarks.judging",
            "docs/judging.md",
        ),
        note="0.287 with the length; .30 were asked for",
    ),
    Cell(
        "Evaluation",
        "machine-text",
        "was a text written by a machine, with a certified rate of false alarms",
        "detector('machine')",
        "scikit-learn",
        """
        model = ud.Detector("machine", false_alarms=0).fit(train)
        assert len(model.answer(test.texts)) == len(test)
        """,
        Claim("Binoculars", "Falcon-7B pair", "over 90 % found at .01 % false alarms"),
        Found(
            "49 reviews, 15 of them by SmolLM2: AUROC on others",
            "0.823",
            "",
            "python -m benchmarks.doubt",
            "docs/uncertainty.md",
        ),
        note="0.485 on notes by Gemma, which so few texts do not teach; .97 were asked for",
    ),
)
