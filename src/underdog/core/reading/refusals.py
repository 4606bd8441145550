"""Answers that decline to answer, in the languages in which models are asked most."""

# ruff: noqa: E501  # tables of words: a line is a kind of phrase
from __future__ import annotations

import re
from collections.abc import Sequence

from .context import END
from .mentions import Mention
from .phrases import IDIOMS

_VERB = (
    r"(?:help|assist|answer\w*|classif\w+|categori[sz]\w*|label\w*|provid\w+|comply|determine|engage|process"
    r"|discuss\w*|continue|fulfil+|judg\w+|respond\w*|mak(?:e|ing)|giv(?:e|ing)|support|do (?:that|this|so)|analy[sz]\w+|assess\w*"
    r"|evaluat\w+|offer|participate|generate|create|share|decid\w+|tell|identify|rat(?:e|ing)|assign\w*|choos\w+|say|access|open|view|see|read|repeat|mention|reproduce|display|include|quote|tag\w*)"
    r"\b(?! (?:for (?:sure|certain)|with \w* ?(?:certainty|confidence)|definitively|exactly))"
)
REFUSES = re.compile(
    rf"\bi(?:\s+am|'m)?\s*(?:really |so |very |deeply )?(?:sorry|afraid)\b(?=.{{0,60}}"
    rf"(?:can't|cannot|can not|unable|not able|won't|could not|couldn't|but i|must))"
    rf"|\bi(?:\s+am|'m)?\s*(?:really |just |simply )?(?:can't|cannot|can not|could not|couldn't|won't|will not"
    rf"|(?:not able|unable) to|not comfortable|not allowed|not permitted)\s+(?:to )?"
    rf"(?:\w+ ){{0,3}}?{_VERB}"
    rf"|\b(?:inappropriate|unethical|unfair|irresponsible) to {_VERB}"
    rf"|\b(?:unable|not able|(?:not |im)possible|(?:too )?(?:hard|difficult)) to {_VERB}"
    r"|\b(?:i )?(?:do not|don't|can't|cannot) (?:know|tell)\b(?! (?:why|how|when|where))"
    r"|(?:\bnot|n't have|\bwithout) (?:enough|sufficient) (?:context|info\w*|details|data|evidence)|\binsufficient (?:context|info\w*|data|detail)"
    r"|\b(?:can(?:not|'t)|could not|couldn't) be (?:determined|identified|established|inferred|assigned|decided|classified|categori[sz]ed|labell?ed)"
    r"|^\W*(?:api ?|\w*)(?:error|exception)\b\W{0,3}(?=.{0,60}\b(?:code|rate limit|[45]\d\d|time[d -]*out|quota|connection|request|limit|server)\b)"
    r"|^\W*traceback \(most recent|\btime-?out (?:while|after|error)|\b(?:request|connection) (?:failed|timed out)|\bbad gateway|\bservice unavailable|\binternal server error|\brate limit (?:reached|exceeded)|\btoo many requests|\binsufficient_quota|\bHTTP(?: error)? [45]\d\d\b"
    r"|\b(?:as|i(?:'m| am)) (?:just |only )?an? (?:ai|(?:large )?language model|assistant)\b"
    r"(?=.{0,80}(?:cannot|can't|can not|unable|not able|don't|do not|unfortunately|won't))"
    r"|\bwe(?:'re| are) (?:glad|happy|sorry|pleased)\b|\bthank you for your\b|\bhow (?:can|may) i (?:help|assist)|\bis there anything else\b|\bthank you for (?:contacting|reaching)"
    r"|(?:against|violates?) (?:my|our|the|content|usage) \w*\s*(?:guidelines?|polic\w+|programming)"
    r"|\bcontent (?:management |moderation )?(?:policy|filter)|\bresponse was filtered|\bi (?:must |have to )?abstain\b|\bpolicy violation|^\W*(?:content )?(?:blocked|filtered|redacted)\b|\b(?:i must|i have to|i need to|respectfully) decline"
    r"|\bcan(?:'t|not) (?:help|assist|comply)\b|\bsorry, (?:but )?(?:i )?can"
    r"|\bplease (?:provide|share|paste|include|contact|call|visit|log|sign|reach|reply)\b|\bno (?:text|message|input) (?:was|is|has been) (?:given|provided)"
    r"|\bneed (?:more|additional|further) (?:context|information|details)|<\|?refus\w*|<\|?content_filter"
    r"|^\W*(?:n/?a|none|unknown|undetermined|undecided|indeterminate|unclear|uncertain|inconclusive|unclassif\w+)\s*(?:[.,;:(\n]|[-–—]\s|$)"
    r"|tut mir leid|kann (?:ich |dir |ihnen |dabei |das |diese\w* |leider |den |die ){0,4}[^.!?]{0,60}"
    r"nicht (?:helfen|beantworten|einordnen|bestimmen|klassifizieren|weiterhelfen|unterstützen)"
    r"|als (?:ki|künstliche intelligenz|sprachmodell)\b|leider kann ich"
    r"|lo siento|no puedo (?:ayudar|responder|clasificar|asistir|proporcionar)|como (?:modelo de lenguaje|una? ia)"
    r"|\bje suis (?:désolée?|navrée?)|je ne (?:peux|suis) pas|en tant qu[e'] ?(?:ia|modèle|intelligence)"
    r"|mi dispiace|non posso (?:aiutar|rispondere|fornire)|desculpe|sinto muito|não posso (?:ajudar|responder)"
    r"|het spijt me|kan ik (?:je |u )?(?:daar )?(?:niet|geen)|извините|простите|к сожалению"
    r"|не могу (?:помочь|ответить|классифицировать|определить)|как (?:языковая модель|ии)\b"
    r"|przepraszam|nie mogę (?:pomóc|odpowiedzieć)|üzgünüm|yardımcı olam"
    r"|抱歉|对不起|對不起|无法(?:回答|提供|帮助|判断|协助|处理|完成|分类|讨论)|無法(?:回答|提供|協助|判斷)"
    r"|不能(?:回答|提供|协助|帮助)|作为(?:一个|一名)?(?:ai|人工智能|语言模型)"
    r"|申し訳|お答えできま|お手伝いできま|対応できま|죄송|도와드릴 수 없|답변(?:드릴|할) 수 없"
    r"|آسف|أعتذر|اعتذر|عذرا|لا أستطيع|لا استطيع|لا يمكنني|ขออภัย|ขอโทษ|ไม่สามารถ|क्षमा करें|माफ़ करें|xin lỗi|maaf",
    re.I | re.S,
)
UNDECIDED = re.compile(
    r"(?:unknown|unclear|undetermined|uncertain|undecided|none|n/?a|not enough info\w*)", re.I
)
"""Labels that say that no other one can be told."""

CONTRAST = re.compile(
    r"\b(?:but (?!i (?:can|could|am|do|don|won|will|must|have|need)|i'm|unfortunately)|however|nevertheless|nonetheless|still,|that said|if i had to|if forced"
    r"|my best guess|best guess|closest|so (?!please|you)|jedoch|trotzdem|pero|mais|però)",
    re.I,
)


def affirmed(
    text: str, found: Sequence[Mention]
) -> tuple[list[Mention], re.Match[str] | None, bool]:
    """The mentions in ``found`` that ``text`` does not decline to talk about, where it declines,
    and whether it goes on to answer all the same."""
    if idioms := [m.span() for m in IDIOMS.finditer(text)]:
        found = [m for m in found if not any(a <= m.start and m.end <= b for a, b in idioms)]
    declined = refusal(text)
    if declined is None:
        return [*found], None, False
    if any(UNDECIDED.fullmatch(m.label) for m in found if m.start >= declined.end()):
        return [*found], None, False  # to decline is one of the labels
    if any(m.start < declined.end() and declined.start() < m.end for m in found):
        return [*found], None, False  # the words that decline are themselves a label
    end = END.search(text, declined.end())
    stop = end.start() if end else len(text)
    turned = [m for m in found if m.end > declined.end() and yields(text[declined.end() : m.start])]
    kept = [m for m in found if not declined.start() <= m.start < stop or m in turned]
    return kept, declined, bool(turned)


def refusal(text: str) -> re.Match[str] | None:
    """Where ``text`` declines to answer; None if it does not."""
    return REFUSES.search(text)


def yields(between: str) -> bool:
    """Whether, after declining, ``between`` turns to an answer all the same."""
    return CONTRAST.search(between) is not None
