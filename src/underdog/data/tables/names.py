"""Names of columns, and what they tell: texts, labels, right answers, recorded ones, measures."""

from __future__ import annotations

import re

PAIRS = (
    ("premise", "hypothesis"),
    ("sentence1", "sentence2"),
    ("sentence_1", "sentence_2"),
    ("sentence_a", "sentence_b"),
    ("text1", "text2"),
    ("text_1", "text_2"),
    ("text_a", "text_b"),
    ("question1", "question2"),
    ("claim", "evidence"),
    ("question", "passage"),
    ("question", "context"),
    ("question", "sentence"),
    ("query", "passage"),
    ("query", "document"),
)
"""Names of columns that ask a question of two texts together."""

TEXT_NAMES = (
    ("text",),
    (
        *("sentence", "utterance", "tweet", "message", "review", "comment", "document"),
        *("content", "body", "post", "headline", "input", "prompt", "query", "question"),
        *("transcription", "transcript", "texto", "texte", "testo", "tekst", "nachricht"),
        *("mensaje", "текст", "文本", "内容", "テキスト", "텍스트", "نص", "النص"),
    ),
    ("description",),
)
LABEL_NAMES = (
    ("gold_label", "true_label", "human_label", "ground_truth", "gold", "gt", "groundtruth"),
    ("label",),
    ("labels", "y", "cats"),
    (
        *("class", "category", "target", "intent", "sentiment", "topic", "emotion", "stars"),
        *("rating", "tag", "annotation", "queue", "department", "stance"),
        *("kategorie", "klasse", "etikett", "etiqueta", "categoría", "categoria", "clase"),
        *("catégorie", "classe", "étiquette", "etichetta", "etykieta", "kategoria", "categorie"),
        *(
            "категория",
            "метка",
            "класс",
            "标签",
            "类别",
            "分类",
            "ラベル",
            "カテゴリ",
            "라벨",
            "분류",
        ),
    ),
)
"""Names, the surer ones first; two names of one rank leave the choice to the user."""

GOLD = frozenset(
    {"gold", "golden", "true", "gt", "expected", "correct", "reference", "ideal", "human", "actual"}
)
"""First words of names that speak of right answers, whatever the word behind them."""

SCORES = ("score", "grade", "points")
"""Names of columns that are labels only where nothing else is."""

REFERENCE_NAMES = frozenset(
    {"reference", "references", "gold_answer", "gold_answers", "reference_answer", "ideal"}
    | {"summary", "highlights", "target_text", "ground_truth", "expected", "expected_output"}
)
"""Names of columns that hold right answers as texts; guessed where no column looks like labels."""

TEXT_ENDINGS = (
    *("text", "sentence", "message", "body", "content", "review", "comment", "query", "question"),
    "utterance",
)
LABEL_ENDINGS = ("label", "class", "category", "intent", "sentiment", "topic", "type")

_MODELS = (
    r"predict\w*|preds?|llm|model\w*|bot|ai|assistant|(?:gpt|chatgpt|claude|llama|mi[sx]tral|gemini|"
    r"gemma|davinci|qwen|deepseek|palm|grok|kimi|jev|clef)\w*|o[134]"
)
MODELS = re.compile(rf"^(?:{_MODELS})$")
"""Words in the names of columns that speak of a model."""

ANSWERS = re.compile(
    rf"^({_MODELS}|answers?|respon[sc]e\w*|repl(y|ies)|outputs?|completions?|generated|"
    r"correct|score|suggest(ed|ions?)|agents?|annotators?|users?|confidence|probs?|logprobs?|"
    r"thoughts?|antwort|respuestas?|réponses?|risposta|ответ\w*|"
    r"\w*(?:回答|答案|模型|预测|モデル|답변|모델)\w*)$"
)
MEASURES = re.compile(
    r"^(#|no|nr|id|ids|uuid|guid|index|idx|url|uri|hash|date|time|timestamp|created|updated|costs?|price|"
    r"usd|dollars?|tokens?|latency|seconds?|duration|ms|split|fold|count|dup|duplicate)$"
)
"""Words in the names of columns that are never guessed: recorded answers; ids, costs, times."""

NO_ANSWERS = frozenset(
    {"score", "confidence", "prob", "probs", "logprob", "logprobs", "correct", "model", "agent"}
    | {"agents", "annotator", "annotators", "user", "users", "suggestion", "suggestions"}
)
"""Words that speak of an answer without being one."""

ROW = "*"
"""What stands in the place of the name of a text column: the text is the row itself."""
