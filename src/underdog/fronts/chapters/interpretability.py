"""Cells about why a model answered so."""

from .cell import Cell, Claim, Found

WHY = "Interpretability"

CELLS = (
    Cell(
        WHY,
        "rules",
        "rules that a person can read",
        "keywords('spam', ['free', 'winner'])",
        "standard library",
        """
        rule = ud.build("keywords('pos', ['great', 'lovely'])")
        assert rule.answer(["a lovely song"]).values == ("pos",)
        """,
    ),
    Cell(
        WHY,
        "why-routed",
        "which expert was chosen, and why",
        "route([SMALL, LARGE])",
        "scikit-learn",
        """
        experts = {"small": ud.Bayes().fit(train), "large": ud.Recorded("gpt4_answer").fit(train)}
        chooser = ud.build("scripted([], otherwise='small')")
        assert "small was chosen" in ud.Router(chooser, experts).reasons(test.texts[:1])[0]
        """,
    ),
    Cell(
        WHY,
        "additive",
        "exact contributions of words: their sum is the logit",
        "underdog explain MODEL TEXT",
        "numpy",
        """
        model = ud.Linear().fit(train)
        [why] = ud.explain(model, "a great film and a dull plot", train)
        assert abs(why.base + why.contributions.sum(axis=0) - why.output).max() < 1e-12
        """,
        Claim("ERASER and NAOPC", "comprehensiveness", "measured for each explanation shown"),
        Found(
            "SST-2, `linear()`: largest difference between bias and contributions and the logit",
            "9e-14",
            "",
            "python -m benchmarks.strong linear",
            "docs/explanations.md",
        ),
        note="faithfulness is measured for each explanation, against random and the best order",
    ),
    Cell(
        WHY,
        "counterfactual",
        "the fewest edits that change the answer",
        "underdog explain MODEL TEXT",
        "numpy",
        """
        [why] = ud.explain(ud.Bayes().fit(train), "a great film", train)
        print(why.counterfactual)
        assert str(why)
        """,
        None,
        Found(
            "SST-2, `linear()`, 50 texts: answers changed within 3 edits",
            "1.00, in 1.1 edits",
            "",
            "python -m benchmarks.strong edits",
            "docs/explanations.md",
        ),
        note="the edited text is asked about again; deleting words alone changes .36",
    ),
    Cell(
        WHY,
        "gradients",
        "integrated gradients of recurrent networks and encoders",
        "underdog explain MODEL TEXT",
        "torch",
        """
        model = ud.build("bilstm(hidden=4, epochs=1)").fit(train)
        [why] = ud.explain(model, "a great film", edits=False)
        assert why.method == "integrated gradients"
        """,
        Claim("ERASER (ACL 2020)", "comprehensiveness", "no number to compare with"),
        Found(
            "SST-2, a fine-tuned encoder, 200 texts: comprehensiveness against random words",
            "6.2×",
            "",
            "python -m benchmarks.strong encoder",
            "docs/explanations.md",
        ),
    ),
    Cell(
        WHY,
        "glassbox",
        "a model that is readable by construction: at most 50 features with points",
        "glassbox()",
        "scikit-learn",
        """
        model = ud.build("glassbox(features=6)").fit(train)
        assert 0 < len(list(model.rules()))
        [why] = ud.explain(model, "a great film and a dull plot")
        print(why)
        """,
        None,
        Found(
            "MR, 4,000 texts: points of accuracy lost against `linear()`",
            "-2.7",
            "[-4.4, -1.0]",
            "python -m benchmarks.strong glassbox",
            "docs/explanations.md",
        ),
        note="five of six tasks lose 5 points or fewer; Banking77, with 77 labels, loses 54",
    ),
    Cell(
        WHY,
        "model-card",
        "a card for auditors: purpose, data, accuracy of each group, limits",
        "underdog show MODEL --card --out card.html",
        "jinja2",
        """
        from underdog.fronts.card import card

        page = card(ud.Bayes().fit(train), {"labels": ["neg", "pos"]}, "moods", test).html()
        assert "Measured performance" in page and "label: pos" in page
        Path("card.html").write_text(page, "utf-8")
        """,
    ),
)
