"""Cells about small models that learn from large ones, and texts that are written for them."""

from .cell import Cell, Claim, Found

KD = "Distillation"

CELLS = (
    Cell(
        KD,
        "black-box",
        "a small model learns a large one's labels",
        "distil(linear(), LARGE)",
        "scikit-learn",
        """
        student = ud.Distil(ud.Bayes(), ud.Recorded("gpt4_answer")).fit(train)
        assert student.asked == len(train)
        print(student.describe([])[0].says)
        """,
        Claim("fine-tuned BERT against GPT-4o (2602.06370)", "four sets", "equal or better F1"),
        Found(
            "OVERRULING, five folds, student of GPT-4 (.9505): accuracy",
            "0.9440",
            "",
            "python -m benchmarks.teacher overruling",
            "docs/teacher.md",
        ),
    ),
    Cell(
        KD,
        "soft-labels",
        "probabilities as labels, and texts without any",
        "distil(bayes(), frozen())",
        "scikit-learn",
        """
        student = ud.Distil(ud.Bayes(), ud.Linear()).fit(partly)
        assert student.gold == 40
        """,
        None,
        Found(
            "Banking77, 8 labels a class and unlabelled texts: gap to the teacher closed",
            "93 %",
            "",
            "python -m benchmarks.teacher unlabelled",
            "docs/teacher.md",
        ),
    ),
    Cell(
        KD,
        "white-box",
        "a language model learns a larger one's distributions",
        "lm(tokenizer='smollm2', teacher=causal('smollm2'))",
        "torch",
        """
        from underdog.core.language import nats_per_byte
        from underdog.models.language.lm import LM

        large = LM(width=16, layers=1, length=16, tokens=800).fit(train)
        small = LM(width=8, layers=1, length=16, tokens=800, teacher=large).fit(train)
        assert nats_per_byte(small, test.texts[:3]) < 6
        """,
        Claim("MiniLLM", "GPT-2 1.5B to 120M, Dolly", "Rouge-L 24.6"),
        Found(
            "MTSamples, a student of 3.3 M weights of SmolLM2: share of the gap closed",
            "4%",
            "",
            "python -m benchmarks.language distillation",
            "docs/language-models.md",
        ),
        note="not confirmed: a user reports 24.1; ours read 60,000 tokens, and 25 % were asked for",
    ),
    Cell(
        KD,
        "rationales",
        "a network learns to write a teacher's reasons as a second task",
        "distil(seq2seq('FOLDER', rationale='COLUMN'), LARGE)",
        "torch, transformers",
        """
        recipe = ud.Seq2Seq("models/t5-small", rationale="why")
        assert ud.build(ud.spec(recipe)) == recipe
        """,
        Claim("distilling step by step (2023)", "e-SNLI, T5 220M", "beats PaLM-540B"),
        note="not confirmed: there are no weights of a T5 here; a tiny one is trained in tests",
    ),
    Cell(
        KD,
        "static-vectors",
        "an encoder's vectors, looked up instead of computed",
        "static()",
        "tokenizers",
        """
        model = ud.Static(epochs=1).fit(train.take(range(60)))
        assert len(model.answer(test.texts)) == len(test)
        """,
        Claim("model2vec, potion-base-32M", "MTEB classification", "65.97; MiniLM-L6 62.62"),
        Found(
            "tweets: accuracy (`encoder()` .785, `linear()` .723)",
            ".762",
            "± .006",
            "make bench-contestants",
            "docs/contestants.md",
        ),
    ),
    Cell(
        KD,
        "other-groups",
        "labels of five larger transformers, besides gold ones",
        "distil(encoder(), RECORDED)",
        "torch",
        """
        model = ud.Distil(ud.Bayes(), ud.Recorded("gpt4_answer"), gold=True).fit(partly)
        assert model.gold == 40
        """,
        Claim("their labels, recorded", "3,302 pairs of NLI", "agreement of all five .868"),
        Found(
            "NLI, on Mistral's 3,004 pairs (.754): accuracy of one `encoder()`",
            ".768",
            "",
            "make bench-contestants",
            "docs/contestants.md",
        ),
        note="p = .225",
    ),
    Cell(
        "Synthesis",
        "edits",
        "copies with words left out, exchanged or misspelled, and the proof",
        "augmented(linear(), edits())",
        "numpy",
        """
        model = ud.build("augmented(bayes(), edits())").fit(train)
        assert len(model.answer(test.texts)) == len(test)
        print(model.describe([])[0].says)
        """,
        None,
        Found(
            "five data sets, five seeds: points against no edits, at worst",
            "0.0 at worst",
            "",
            "python -m benchmarks.teacher edits",
            "docs/teacher.md",
        ),
        note="a source that is not shown to help is not used: it was used in none of 25 fits",
    ),
    Cell(
        "Synthesis",
        "written",
        "texts that a model writes for each label, with attributes",
        "written(chat('gpt-5-mini'), n=200)",
        "openai",
        """
        writer = ud.build("scripted([['', 'a great film about the sea']], otherwise='a dull one')")
        made = ud.synthesise(data.task, writer, 6)
        assert len(made.data.texts) <= 6
        """,
        Claim("AttrPrompt (NeurIPS 2023)", "ChatGPT", "plain prompts' result at 5 % of the cost"),
        Found(
            "48 news texts by SmolLM2, with attributes and without: similarity of the texts",
            "28 % less",
            "",
            "python -m benchmarks.teacher written",
            "docs/teacher.md",
        ),
        note="not confirmed: the verdict on these texts is not to add them",
    ),
)
