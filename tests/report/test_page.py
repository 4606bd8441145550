import base64
import hashlib
import json
import re
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from report.cases import CASES, hostile, pairs, tickets
from underdog.report import html

VOID = {"meta", "link", "input", "br", "img", "hr", "circle", "path"}


class Page(HTMLParser):
    """The elements of a page in order, its text outside scripts and styles, and its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag == "script":
            self.scripts.append((dict(attributes), ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            attributes, said = self.scripts.pop()
            self.scripts.append((attributes, said + data))
        elif not (self.open and self.open[-1] == "style"):
            self.words.append(data)

    @property
    def ids(self) -> list[str]:
        return [a["id"] for _, a in self.elements if a.get("id")]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    @property
    def data(self):
        return json.loads(next(said for a, said in self.scripts if a.get("id") == "data"))


@cache
def page_of(name: str) -> Page:
    return Page(html(CASES[name]()))


@pytest.mark.parametrize("name", CASES)
def test_every_case_is_a_whole_document_with_balanced_tags_and_unique_ids(name):
    page = page_of(name)
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert [a.get("lang") for tag, a in page.elements if tag == "html"] == ["en"]


@pytest.mark.parametrize("name", CASES)
def test_links_lead_to_places_in_the_page(name):
    page = page_of(name)
    links = [a["href"] for tag, a in page.elements if tag == "a"]
    assert len(links) > 4
    assert {link.removeprefix("#") for link in links} <= set(page.ids)


@pytest.mark.parametrize("name", CASES)
def test_no_element_names_anything_outside_the_file(name):
    for _, attributes in page_of(name).elements:
        for key in ("src", "href", "srcset", "data", "action", "poster", "style"):
            value = attributes.get(key) or "#"
            assert value.startswith(("#", "data:image/svg+xml,")), (key, value)
        assert not [key for key in attributes if key.startswith("on")]


def test_the_policy_forbids_everything_but_our_own_scripts_by_their_hashes():
    page = page_of("tickets")
    policy = next(a["content"] for _, a in page.elements if "Security" in str(a.get("http-equiv")))
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    ours = [said for attributes, said in page.scripts if "type" not in attributes]
    digests = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in ours]
    assert rules["script-src"].split() == [f"'sha256-{digest}'" for digest in digests]
    assert len(digests) == 3


def test_hostile_texts_stay_texts():
    text = html(hostile())
    page = Page(text)
    assert len(page.scripts) == 4
    assert not [tag for tag, _ in page.elements if tag == "img"]
    assert "</script><script>document.title='owned'</script>" in page.text
    assert "{{ 7*7 }}" in page.text
    assert not re.search("[\x00-\x08\x0b-\x1f\ud800-\udfff]", text)
    text.encode("utf-8")
    labels = page.data["charts"]["recall"]["labels"]
    assert "</script><script>document.title='owned'</script>" in labels


def test_a_very_long_text_is_cut_and_says_its_length():
    text = html(hostile())
    assert len(text) < 1_500_000
    assert re.search(r"… \(300,0\d\d characters in all\)", text)


def test_unknown_is_never_shown_as_a_number():
    page = page_of("unknown")
    start = page.text.index("1 ensemble(", page.text.index("Click a heading to sort"))
    board = page.text[start : page.text.index("What the columns mean")]
    assert board.count("unknown") > 35
    assert not re.search(r"\$\d|\d\s?%|\d\s?ms|NaN|None|null", board)


@pytest.mark.parametrize("name", CASES)
def test_no_python_word_for_nothing_reaches_the_reader(name):
    assert not re.search(r"\b(None|nan|NaN|Undefined)\b", page_of(name).text)


def test_every_plot_has_words_and_a_table_beside_it():
    page = page_of("pairs")
    figures = [a["data-chart"] for tag, a in page.elements if tag == "figure"]
    assert set(figures) == set(page.data["charts"])
    assert len(figures) == 9
    captions = [a for tag, a in page.elements if tag == "figcaption"]
    assert len(captions) == len(figures)
    assert page.text.count("The numbers as a table") == len(figures)


def test_deferral_has_no_place_where_nobody_defers():
    assert "deferral" in page_of("pairs").ids
    assert "deferral" not in page_of("tickets").ids


def test_the_verdict_comes_first_then_the_leaderboard():
    text = page_of("tickets").text
    order = [
        "tickets.csv · 4 labels · 4,000 training",
        "Ship ensemble(linear(), n=5): 90.5",
        "It answers 1,000 texts",
        "Energy is estimated",
        "What the columns mean",
        "Up is better, left is cheaper",
        "Accuracy on the same texts minus the large model's",
        "Accuracy on the test texts after training on a part",
        "Rows are the right labels",
        "How often answers are right",
        "Each stroke is one answer",
        "Where the models disagree",
        "Audit of the data",
        "Reproduce",
    ]
    found = [text.index(part, text.index(order[0])) for part in order]
    assert found == sorted(found)


def test_it_names_specs_seeds_versions_machine_command_and_audit():
    page = page_of("tickets")
    for part in (
        "sklearn('ensemble.RandomForestClassifier', n_estimators=300, min_samples_leaf=2)",
        "Seeds 0, 1",
        "numpy 2.3.1",
        "AMD EPYC 7B13",
        "70 texts carry more than one label.",
        'underdog compare tickets.csv "ensemble(linear(), n=5)" --against gpt-4_answer',
        "where is my parcel | delivery | other",
        "98.6",
    ):
        assert part in page.text
    copies = [a["data-copy"] for tag, a in page.elements if tag == "button" and "data-copy" in a]
    assert copies.count("linear()") == 2


def test_a_disagreement_shows_both_texts_of_a_pair_and_who_was_wrong():
    results = pairs()
    results["disagreements"] = [
        {
            "text": ["It rains.", "It is wet."],
            "gold": "entailment",
            "answers": {"linear()": "no entailment", "bayes()": "entailment"},
            "confidence": {"linear()": 0.91, "bayes()": 0.0},
        },
    ]
    page = Page(html(results))
    said = page.text[page.text.index("It rains.") :]
    assert re.match(
        r"It rains\. It is wet\. ✓ right: entailment 5 ✗ wrong: no entailment 2 91\s%", said
    )
    assert [a["data-wrong"] for _, a in page.elements if "data-wrong" in a] == [" 2 "]


def test_a_verdict_about_the_incumbent_itself_compares_it_with_nobody():
    results = tickets()
    results["verdict"]["contestant"] = results["incumbent"]
    page = Page(html(results)).text
    assert "times cheaper" not in page
    assert "times cheaper" in page_of("tickets").text


def test_the_same_results_give_the_same_file():
    assert html(tickets()) == html(tickets())


def test_nothing_at_all_is_still_a_page():
    page = Page(html({}))
    assert "There is no verdict." in page.text
    assert page.data["charts"] == {}


def test_the_vendored_scripts_are_the_ones_that_their_table_names():
    folder = files("underdog.report") / "static" / "vendor"
    table = (folder / "README.md").read_text()
    for name in ("d3.min.js", "plot.min.js"):
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        assert re.search(rf"`{name}`.*`{digest}`", table)
        assert "Permission to use" in (folder / name.replace("min.js", "LICENSE")).read_text()


def test_a_ceiling_below_one_is_told_and_a_ceiling_of_one_is_no_news():
    results = tickets()
    assert "can exceed 98.6" in Page(html(results)).text
    results["audit"]["ceiling"] = 1.0
    assert "No two equal texts have different labels." in Page(html(results)).text


def test_who_was_left_out_and_the_time_allowed_stand_below_the_leaderboard():
    text = page_of("made").text
    below = text[text.index("majority()", text.index("Click a heading to sort")) :]
    order = [
        "Skipped: encoder() , ensemble(linear(), n=5) (learning curve): about",
        "--budget 20m",
        "frozen() : not installed; pip install 'underdog[offline]'",
        "Time limit: 5 min; fitting and answering took 3 min 27 s.",
        "What the columns mean",
    ]
    below = below.replace("\N{NO-BREAK SPACE}", " ")
    found = [below.index(part) for part in order]
    assert found == sorted(found)
    assert "Skipped" not in page_of("tickets").text


def test_how_contestants_were_made_is_told_and_the_trials_of_a_choice_are_a_table():
    page = page_of("made")
    text = page.text.replace("\N{NO-BREAK SPACE}", " ")
    made = text[text.index("How the models were trained") : text.index("Where the models disagree")]
    for part in (
        "each of 5 members took 1.22 s to fit",
        "chose linear(): linear() gave 89.1 % of 640 held-out answers right",
        "encoder() 355 9.1 s 84.0 %",
        "bilstm() 355 0 µs unknown passed over: about 2 min needed, 40 s left",
        "12 of 1,000 texts take several windows of 256 tokens.",
    ):
        assert part in made
    assert [p["members"] for p in page.data["charts"]["growth"]["points"]] == [1, 2, 3, 4, 5]
    assert "made" not in page_of("tickets").ids
