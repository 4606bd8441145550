"""Cells about where small models win: little computation, and one task."""

from .cell import Cell, Claim, Found

SMALL, TASK = "Constrained computation", "Specific tasks"

CELLS = (
    Cell(
        SMALL,
        "latency",
        "one text in a tenth of a millisecond",
        "linear()",
        "scikit-learn",
        """
        answer = ud.Linear().fit(train).answer(["a lovely film"])[0]
        assert answer.cost.seconds is not None
        """,
        Claim("Jev, a decision model (2026)", "Banking77", "347 ms"),
        Found(
            "HEADLINES, one text on one core: p50",
            "53 µs",
            "",
            "python -m benchmarks.linear",
            "README.md",
        ),
    ),
    Cell(
        SMALL,
        "int8",
        "an encoder in 8 bits that answers without torch",
        "onnx(encoder('minilm'))",
        "onnxruntime",
        """
        model = ud.build("bilstm(hidden=8, epochs=1, int8=True)").fit(train.take(range(40)))
        assert len(model.answer(test.texts)) == len(test)
        """,
        Claim("transformers.pipeline, run here", "64-token texts, one thread", "1"),
        Found(
            "the same texts, 99.15 % of the labels kept: times as fast",
            "6.6 ×",
            "",
            "python -m benchmarks.contestants.speed",
            "docs/contestants.md",
        ),
    ),
    Cell(
        SMALL,
        "throughput",
        "texts a second on a CPU",
        "static()",
        "numpy",
        """
        answers = ud.Bayes().fit(train).answer(test.texts)
        assert answers.total.seconds is not None
        """,
        Claim("model2vec", "against its encoder", "100 to 500 times as fast"),
        Found(
            "tweets: texts a second",
            "24,800",
            "± 2,500",
            "make bench-contestants",
            "docs/contestants.md",
        ),
    ),
    Cell(
        SMALL,
        "export",
        "a folder of arrays and one script that needs no underdog",
        "underdog export MODEL --out FOLDER",
        "numpy",
        """
        ud.save(ud.Bayes().fit(train), "models/bayes")
        again = ud.load("models/bayes")
        assert again.answer(test.texts).values == ud.Bayes().fit(train).answer(test.texts).values
        """,
    ),
    Cell(
        TASK,
        "extraction",
        "pieces of a text found and named by a linear model of tokens",
        "tagger()",
        "scikit-learn",
        """
        from underdog.core.data import Task

        texts = [f"{who} went to {where}." for who in ("Ada", "Alan") for where in ("Rome", "Oslo")]
        gold = [f'[["place", "{text.split()[-1][:-1]}"]]' for text in texts]
        model = ud.build("tagger()").fit(ud.Dataset(Task("t", (), kind="text"), texts, gold))
        assert model.answer(["Grace went to Rome."])[0].value == '[["place", "Rome"]]'
        """,
        None,
        Found(
            "headings of 200 held-out medical notes: entity F1",
            ".938",
            "",
            "python -m benchmarks.extraction",
            "docs/log.md",
        ),
    ),
    Cell(
        TASK,
        "few-labels",
        "an encoder trained by contrast on eight labels a class",
        "contrastive('minilm')",
        "torch, transformers",
        """
        model = ud.Contrastive(steps=1, length=16).fit(train.take(range(12)))
        assert len(model.answer(test.texts[:2])) == 2
        """,
        Claim("SetFit 1.2, the same encoder, run here", "Banking77, 8 a class", ".768 in 1,450 s"),
        Found(
            "Banking77, 8 labels a class: accuracy, in 36 s",
            ".839",
            "± .004",
            "make bench-contestants",
            "docs/contestants.md",
        ),
    ),
    Cell(
        TASK,
        "frozen",
        "logistic regression on a frozen encoder",
        "frozen('minilm')",
        "torch, transformers",
        """
        model = ud.build("frozen(c_value=10.0, sharpness=1.0)").fit(train.take(range(24)))
        assert len(model.answer(test.texts[:2])) == 2
        """,
        Claim("MTEB, the same encoder", "Banking77, few-shot protocol", ".7975"),
        Found(
            "Banking77, 8 labels a class: accuracy",
            ".828",
            "± .004",
            "make bench-contestants",
            "docs/contestants.md",
        ),
    ),
    Cell(
        TASK,
        "fine-tuned",
        "an encoder fine-tuned in full",
        "encoder('minilm')",
        "torch, transformers",
        """
        model = ud.Encoder(epochs=1, length=16).fit(train.take(range(12)))
        assert len(model.answer(test.texts[:2])) == 2
        """,
        Claim("BERT-base, two cards", "Banking77, all labels", "F1 .9319"),
        Found(
            "Banking77: accuracy",
            ".9305",
            "",
            "make bench-contestants",
            "docs/contestants.md",
        ),
        note="a fifth of BERT-base's parameters",
    ),
    Cell(
        TASK,
        "auto",
        "the recipe chosen on a third of the rows",
        "auto('5m')",
        "scikit-learn",
        """
        model = ud.build("auto('5s', [majority(), bayes()])").fit(train)
        assert model.chosen == "bayes()"
        """,
        Claim("AutoGluon", "leaderboard of fit and predict times", "no accuracy was checked"),
        Found(
            "Banking77: accuracy, chosen and fitted in 521 s",
            ".9299",
            "",
            "make bench-contestants",
            "docs/contestants.md",
        ),
        note=".93 were asked for",
    ),
    Cell(
        TASK,
        "sets-of-labels",
        "several labels a text, each with its threshold",
        "linear()",
        "scikit-learn",
        """
        rows = [("loud and late", "noise;delay"), ("late", "delay"), ("loud", "noise")] * 12
        texts = [f"{text}, {i}" for i, (text, _) in enumerate(rows)]
        several = ud.Dataset.of(texts, [label for _, label in rows], kind="labels")
        assert len(ud.Linear().fit(several).answer(texts[:3])) == 3
        """,
        None,
        Found(
            "MTSamples, all specialties of a note: overlap of the sets",
            "77.8",
            "[75.1, 80.5]",
            "python -m benchmarks.multilabel",
            "docs/tasks.md",
        ),
    ),
    Cell(
        TASK,
        "columns",
        "boosted trees over a text and the columns beside it",
        "boosted()",
        "scikit-learn",
        """
        rows = [f"order {i},{i % 7},{'late' if i % 7 > 3 else 'in time'}" for i in range(120)]
        Path("orders.csv").write_text("\\n".join(["text,days,label", *rows]), "utf-8")
        orders, others = ud.read("orders.csv", text=["text"], label="label").data.split(0.3)
        answers = ud.Boosted(columns=["days"]).fit(orders).answer(others.texts)
        assert sum(a == y for a, y in zip(answers.values, others.labels)) > 0.9 * len(others)
        """,
        Claim("TabArena (2025)", "51 sets", "boosted trees are strong"),
        note="not measured on a set of its own yet",
    ),
    Cell(
        TASK,
        "reviews",
        "five stars",
        "encoder(epochs=2)",
        "torch, transformers",
        """
        texts = [f"{'great ' * (i % 5)}meal {i}" for i in range(60)]
        stars = ud.Dataset.of(texts, [str(1 + i % 5) for i in range(60)], kind="number")
        assert 1 <= float(ud.Linear().fit(stars).answer(["great meal"])[0].value) <= 5
        """,
        None,
        Found(
            "Yelp, 8,019 reviews to learn from: accuracy",
            ".602",
            "[.581, .624]",
            "python -m examples.david_vs_goliath",
            "docs/studies.md",
        ),
    ),
)
