"""Encodings of old that bytes are tried in: the one whose text has the commonest letters."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

SAMPLE = 200_000
"""Bytes that are tried."""

LETTERS = {
    "cp1252": "äöüßéèêëàâçîïôûùñáíóúãõåæøœÄÖÜÉÈÀÇÑÅØ",
    "cp1250": "ąćęłńśźżáčďéěíňóřšťúůýžőűöüäĄĆĘŁŃŚŹŻÁČÉÍÓŘŠŽÖÜ",
    "iso8859-2": "ąćęłńśźżáčďéěíňóřšťúůýžőűöüäĄĆĘŁŃŚŹŻÁČÉÍÓŘŠŽÖÜ",
    "cp1251": "оеаинтсрвлкмдпуяызбгьчйхжшюцщфієї",
    "koi8-r": "оеаинтсрвлкмдпуяызбгьчйхжшюцщф",
    "cp1253": "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώ",
    "cp1254": "ğışçöüâîİŞĞÇÖÜ",
    "cp1255": "אבגדהוזחטיכלמנסעפצקרשתםןףךץ",
    "cp1256": "ابتثجحخدذرزسشصضطظعغفقكلمنهويةىأإآئءؤ",
}
"""Letters that texts in an encoding of single bytes are full of."""

WIDE = {
    "shift_jis": r"[\u3041-\u30ff]",
    "euc_jp": r"[\u3041-\u30ff]",
    "gb18030": "["
    "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着"
    "去之过家学对可她里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主"
    "行方又如前所本见经头面公同三已老从动两长请问谢退款订单账客"
    "]",
    "big5": "["
    "的一是不了在人有我他這中大來上國個到說們為子和你地出道也時年得就那要下以生會自著"
    "去之過家學對可她裡後小麼心多天而能好都然沒日於起還發成事只作當想看請問謝退款訂單"
    "帳客"
    "]",
    "euc_kr": r"[\uac00-\ud7a3]",
}
"""Characters that texts in an encoding of two bytes are full of."""

SHARE = {"gb18030": 0.15, "big5": 0.15, "euc_kr": 0.6}
"""Share of such characters among all that are not ASCII; kana need .25."""

INSIDE = re.compile(r"(?<=[^\W\d_])[³¹²£¤¥¦§¨©ª¬®°±´¶·¸º»¼½¾¿×÷¢«](?=[^\W\d_])|¬(?=[^\W\d_])")
"""A sign in the middle of a word."""


def guessed(content: bytes) -> str:
    """The encoding that ``content``, which is not UTF-8, is probably in; "" if none is likely.

    An encoding of two bytes must decode everything; of those of single bytes the one counts whose
    letters are the commonest, if nearly all letters that are not ASCII are among them.
    """
    sample = content[:SAMPLE]
    for encoding, common in WIDE.items():
        text = _decoded(sample, encoding, whole=len(content) <= SAMPLE)
        if text is None:
            continue
        foreign = [char for char in text if not char.isascii()]
        share = len(re.findall(common, text)) / max(len(foreign), 1)
        if len(foreign) > 3 and share >= SHARE.get(encoding, 0.25) and not _odd(foreign):
            return encoding
    scores = {encoding: _fit(sample, encoding, letters) for encoding, letters in LETTERS.items()}
    best = max(scores, key=lambda encoding: scores[encoding])
    return best if scores[best] > 0.85 else ""


def _decoded(sample: bytes, encoding: str, whole: bool) -> str | None:
    for cut in range(1 if whole else 4):
        try:
            return sample[: len(sample) - cut].decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _odd(foreign: list[str]) -> bool:
    """Whether many characters are half-width or private, as in a text that is misread."""
    odd = sum("\uff61" <= char <= "\uff9f" or "\ue000" <= char <= "\uf8ff" for char in foreign)
    return odd > len(foreign) / 10


def _fit(sample: bytes, encoding: str, letters: str) -> float:
    """The share of letters that are not ASCII that are ``letters``, less signs inside of words."""
    text = _decoded(sample, encoding, whole=True)
    if text is None:
        return 0.0
    foreign = Counter(c for c in text if not c.isascii() and unicodedata.category(c)[0] in "LM")
    total = foreign.total()
    signs = len(INSIDE.findall(text))
    control = sum(unicodedata.category(char) == "Cc" and not char.isascii() for char in text)
    if not total + signs:
        return 0.86 if encoding == "cp1252" and not control else 0.0  # typographic marks alone
    known = sum(n for char, n in foreign.items() if char in letters)
    return (known - 2 * signs - 2 * control) / (total + signs)
