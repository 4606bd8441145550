"""Cells about data: what is wrong with it, which labels to mend, which texts to label."""

from .cell import Cell, Claim, Found

CELLS = (
    Cell(
        "Data curation",
        "audit",
        "duplicates, contradictions and the best possible accuracy",
        "underdog audit FILE",
        "cleanlab, datasketch",
        """
        audit = ud.audit(data)
        assert audit.findings
        print(audit.findings[0])
        """,
        None,
        Found(
            "MTSamples, 2,165 texts with several labels: best possible accuracy",
            "47.5 %",
            "",
            "python -m benchmarks.audit",
            "README.md",
        ),
    ),
    Cell(
        "Data curation",
        "repair",
        "wrong labels found by a small model, asked about again",
        "repaired(linear(), LARGE, share=0.15)",
        "scikit-learn",
        """
        mended = ud.build("repaired(bayes(), recorded('gpt4_answer'), share=0.1)").fit(train)
        assert mended.changed >= 0
        print(mended.sentence)
        """,
        None,
        Found(
            "Banking77, 20 % wrong labels, 15 % asked about: accuracy brought back",
            "63 %",
            "",
            "python -m benchmarks.teacher repair --seeds 3",
            "docs/teacher.md",
        ),
    ),
    Cell(
        "Data curation",
        "suspects",
        "ranking labels by how wrong they look",
        "underdog repair FILE --student SPEC",
        "scikit-learn",
        """
        from underdog.teach.distil.repair import suspicions

        wrong = train.relabelled(["neg" if i == 5 else y for i, y in enumerate(train.labels)])
        scores = suspicions(ud.Bayes(), wrong)
        assert scores.shape == (len(train),)
        """,
        Claim("cleanlab's default (JAIR 2021)", "the same rows, run here", "AP 0.780"),
        Found(
            "Banking77, 20 % class-dependent noise: average precision",
            "0.870",
            "",
            "python -m benchmarks.teacher repair --seeds 3",
            "docs/teacher.md",
        ),
    ),
    Cell(
        "Data curation",
        "perplexity",
        "a small language model finds garbled text",
        "ngram(order=5, tokenizer='smollm2')",
        "numpy",
        """
        from underdog.core.language import nats
        from underdog.models.language.ngram import NGram

        model = NGram(order=3).fit(train)
        text = test.texts[0]
        clean, garbled = (nats(model, model.tokenizer.encode(t)).mean() for t in (text, text[::-1]))
        assert clean < garbled
        """,
        None,
        Found(
            "MTSamples, clean against garbled notes: AUC",
            "1.000",
            "",
            "python -m benchmarks.language ngram",
            "docs/language-models.md",
        ),
    ),
    Cell(
        "Data curation",
        "active",
        "spending labels on texts of which the student is unsure",
        "distil(bayes(), LARGE, asks=500, choose='uncertain')",
        "scikit-learn",
        """
        spec = "distil(bayes(), recorded('gpt4_answer'), asks=40, choose='uncertain')"
        student = ud.build(spec).fit(train)
        assert student.asked == 40
        """,
        None,
        Found(
            "Banking77, 8 to 64 labels a class: labels for random's last accuracy",
            "44 %",
            "",
            "python -m benchmarks.teacher active",
            "docs/teacher.md",
        ),
    ),
    Cell(
        "Data curation",
        "dsir",
        "documents that read like a target: importance weights of hashed n-grams",
        "underdog curate FILE --by 'dsir()' --target TARGET --keep 10%",
        "numpy",
        """
        target = "\\n".join(f"a lovely song and a great hero, {i}" for i in range(40))
        Path("target.txt").write_text(target, "utf-8")
        found = ud.curate("reviews.csv", "dsir()", "20%", target="target.txt", out="chosen")
        assert found.facts["kept"] == 40
        """,
        Claim("DSIR", "GLUE", "+2 to 2.5 % over random"),
        Found(
            "10 % notes in news, reviews, tweets, wikitext: precision at 10 %",
            "0.991",
            "(0.987 to 0.995)",
            "python -m benchmarks.curation",
            "benchmarks/results/curation.json",
        ),
    ),
    Cell(
        "Data curation",
        "near-duplicates",
        "the first of documents that are nearly equal",
        "underdog curate FILE --by 'duplicates()'",
        "datasketch",
        """
        twice = ud.Dataset.of(["a great film indeed"] * 2 + ["a dull plot"], ["a", "a", "b"])
        scores = ud.build("duplicates()").score(twice)
        assert scores[1] < scores[0]
        """,
        Claim("FineWeb's MinHash", "similarity .75 and .85", "77 % and 98.8 % found"),
        Found(
            "10,000 documents, 5 % planted near duplicates: recall; precision",
            "0.999; 1.000",
            "",
            "python -m benchmarks.curation",
            "benchmarks/results/curation.json",
        ),
    ),
    Cell(
        "Data curation",
        "doremi",
        "shares of sources such that none is served much worse than by its own model",
        "underdog curate FILE --by 'doremi()' --source COLUMN",
        "numpy",
        """
        for name in ("news", "notes"):
            Path("pool", name).mkdir(parents=True)
            texts = "\\n".join(f"{text} {name}" for text in train.texts)
            Path("pool", name, "all.txt").write_text(texts, "utf-8")
        found = ud.curate("pool", "doremi()", "30%", out="weighed")
        assert found.facts["kept"] > 0
        """,
        Claim("DoReMi", "a 280M proxy for 8B", "+6.5 points few-shot"),
        Found(
            "four sources of 70, 20, 7 and 3 %: worst excess loss",
            "-49%",
            "",
            "python -m benchmarks.curation",
            "benchmarks/results/curation.json",
        ),
    ),
    Cell(
        "Data curation",
        "valued",
        "rows that help a classifier: exact Shapley values of nearest neighbours",
        "underdog curate FILE --by 'valued()' --label COLUMN",
        "numpy",
        """
        worth = ud.build("valued()").score(train)
        assert worth.shape == (len(train),)
        """,
        None,
        Found(
            "AG News, 20 % wrong labels: accuracy of the better half over a random half",
            "+0.0228",
            "[-0.0296, +0.0752]",
            "python -m benchmarks.curation valued",
            "docs/curation.md",
        ),
        note="not better than random by its interval",
    ),
    Cell(
        "Data curation",
        "controls",
        "a selector beside a random choice and the longest documents",
        "underdog curate FILE --by SELECTOR --keep 20% --prove",
        "numpy",
        """
        for control in ("random()", "length()"):
            found = ud.curate("reviews.csv", control, "10%", out=control[:-2])
            assert found.facts["kept"] == 20
        """,
        Claim("Random selection is (almost) all you need", "instruction tuning", "few beat random"),
        Found(
            "news for news, where no choice can help: --prove says so",
            "8 of 9",
            "",
            "python -m benchmarks.curation",
            "benchmarks/results/curation.json",
        ),
    ),
)
