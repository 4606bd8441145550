"""Cells of the two studies of small models against large ones."""

from .cell import Cell, Claim, Found

NLI, GOLIATH = "Are bigger models always better?", "David versus Goliath"

CELLS = (
    Cell(
        NLI,
        "eleven-bilstms",
        "eleven small networks, pooled by the geometric mean",
        "ensemble(bilstm(embeddings='contextual'), n=11)",
        "torch",
        """
        model = ud.EnsembleOf(ud.Bayes(), n=3, how="bag").fit(train)
        assert len(model.models) == 3
        """,
        Claim("the study: 11 BiLSTMs on RoBERTa's vectors", "25,944 pairs", ".802"),
        Found(
            "6,832 pairs, MiniLM's vectors: accuracy",
            ".705",
            "[.695, .716]",
            "python -m examples.nli_study",
            "docs/studies.md",
        ),
        note="not confirmed: the study's file has four times the pairs; one BiLSTM here .685",
    ),
    Cell(
        NLI,
        "five-encoders",
        "five LoRA encoders on one frozen MiniLM",
        "ensemble(encoder(lora=8), n=5)",
        "torch, peft",
        """
        recipe = ud.build("ensemble(frozen(c_value=10.0, sharpness=1.0), n=2)")
        model = recipe.fit(train.take(range(12)))
        assert len(model.models) == 2
        """,
        Claim("Mistral-7B, step by step, recorded", "3,004 pairs", ".754"),
        Found(
            "the same pairs: accuracy; points against Mistral-7B",
            ".775",
            "+2.1 [0.0, +4.2]",
            "python -m examples.nli_study",
            "docs/studies.md",
        ),
        note="a lead, not a proof: p = .230 after Holm's correction",
    ),
    Cell(
        NLI,
        "one-encoder",
        "an encoder that reads both texts together",
        "encoder()",
        "torch",
        """
        pairs = [(text, "it was good") for text in train.texts[:12]]
        both = ud.Dataset.of(pairs, train.labels[:12])
        model = ud.Frozen(c_value=10.0, sharpness=1.0).fit(both)
        assert len(model.answer(pairs[:2])) == 2
        """,
        Claim("the study: BERT-base", "26,944 pairs", ".787"),
        Found(
            "6,832 pairs: accuracy",
            ".754",
            "[.744, .764]",
            "python -m examples.nli_study",
            "docs/studies.md",
        ),
    ),
    Cell(
        NLI,
        "diversity",
        "what the members' disagreement pays for",
        "underdog compare FILE 'ensemble(bilstm())'",
        "numpy",
        """
        import numpy as np

        from underdog.evaluate.diversity import diversity

        ballots = np.stack([m.answer(test.texts).probs for m in (ud.Bayes().fit(train),) * 2])
        assert diversity(ballots, test.targets).ambiguity < 1e-9
        """,
        None,
        Found(
            "five BiLSTMs on tweets: log loss lower than one's by",
            "4.3 %",
            "",
            "make bench-contestants",
            "docs/log.md",
        ),
        note="5 % were asked for",
    ),
    Cell(
        GOLIATH,
        "sentiment",
        "a fine-tuned small encoder on tweets",
        "encoder()",
        "torch, transformers",
        """
        model = ud.EnsembleOf(ud.BiLSTM(hidden=8, epochs=1), n=2).fit(train.take(range(40)))
        assert model.answer(test.texts).probs.shape == (len(test), 2)
        """,
        None,
        Found(
            "tweets, 27,453 to learn from: accuracy",
            ".785",
            "[.771, .798]",
            "python -m examples.david_vs_goliath",
            "docs/studies.md",
        ),
        note="the study's large model cannot be asked here: no recorded answers",
    ),
    Cell(
        GOLIATH,
        "quarter",
        "the same on a quarter of the data: points lost",
        "encoder()",
        "torch, transformers",
        """
        quarter = train.sample(0.25)
        assert len(quarter) < len(train) / 3
        """,
        None,
        Found(
            "tweets: points lost on a quarter",
            "+0.8",
            "[−0.4, +2.0]",
            "python -m examples.david_vs_goliath",
            "docs/studies.md",
        ),
    ),
    Cell(
        GOLIATH,
        "medical",
        "notes of which any specialty is right",
        "linear()",
        "scikit-learn",
        """
        rows = [("knee and hip", "surgery;orthopedic"), ("a cough", "general")] * 15
        notes = [f"{text}, {i}" for i, (text, _) in enumerate(rows)]
        several = ud.Dataset.of(notes, [label for _, label in rows], kind="labels")
        assert len(ud.Linear().fit(several).answer(notes[:3])) == 3
        """,
        None,
        Found(
            "MTSamples by notes, 1,897 to learn from: accuracy",
            ".885",
            "[.854, .912]",
            "python -m examples.david_vs_goliath",
            "docs/studies.md",
        ),
    ),
)
