"""The words by which an answer states a label, denies it, or only mentions it."""

# ruff: noqa: E501  # tables of words: a line is a kind of phrase
from __future__ import annotations

import re

_KEY = (
    r"(?:answer|label|categor(?:y|ies)|class(?:ification)?|intent|sentiment|polarity|tone|mood|prediction|verdict|decision"
    r"|priority|urgency|severity|level|tier|department|language|choice|topic|output|result|response|rating|score|tag|type|option|stance|emotion|conclusion"
    r"|antwort|etikett|kategorie|klasse|klassifikation|ergebnis|thema|stimmung|absicht"
    r"|respuesta|etiqueta|categor[ií]a|clase|resultado|clasificaci[oó]n|sentimiento|intenci[oó]n"
    r"|r[ée]ponse|[ée]tiquette|cat[ée]gorie|classe|r[ée]sultat|classement|cat[ée]goria|risposta"
    r"|resposta|etichetta|categoria|antwoord|categorie|ответ|метка|категория|класс|тональность"
    r"|odpowiedź|kategoria|etykieta|cevap|etiket|kategori|svar|jawaban"
    r"|答案|标签|標籤|类别|類別|分类|分類|回答|结果|結果|结论|結論|判断|判斷|ラベル|カテゴリ|答え|정답|분류|라벨|답변|답|카테고리"
    r"|الإجابة|الاجابة|الجواب|التصنيف|الفئة|التسمية|คำตอบ|หมวดหมู่|ป้าย|उत्तर|श्रेणी|लेबल)"
)
_LINK = (
    r"(?:\s*(?:is|are|would be|should be|must be|will be|was|as|lautet|ist|wäre|es|sería|est|serait|è|é|sarà"
    r"|jest|to|это|is:|为|是|應為|应为|は|は、|은|는|هي|هو|คือ|है)\b)?\s*(?:[:=|>→–—-]|->|=>|:-|：|為|为|是|は|은|는|هي|هو|คือ|है)*\s*"
)
_FILL = (
    r"(?:\s|[\"'“”‘’«»*_`~(\[{<#$|「『【《]|\b(?:the|a|an|most|likely|probably|clearly|definitely|simply|best"
    r"|described|classified|categori[sz]ed|labell?ed|as|in|under|category|class|label|number|option|of"
    r"|very|most|strongly|primarily|mainly|therefore|thus|really|just|still|nearest|also|indeed|overall"
    r"|der|die|das|den|el|la|le|les|il|lo|clairement|klar|eindeutig|claramente|is)\b"
    r"|\(?\b[a-z\d]{1,2}[).]\s)*"
)
IDIOMS = re.compile(
    r"\b(?:(?:without|beyond|no) question(?: about (?:it|that))?|in question|the question (?:is|remains)|(?:answer|reply|respond) to (?:your|the|this|my) question"
    r"|in other words|the other hand|(?:each|one an|no|any|every) ?other|on account of|(?:tak\w+|into) (?:\w+ )?(?:into )?account|account(?:s|ed|ing)? for|technically speaking|strictly technical\w*"
    r"|(?:(?:i|we|you)(?:'d| would) )?love to|to (?:my|our|the) surprise|no surprise|fear not|for fear of|(?:i|we)(?:'m| am|'re| are) (?:\w+ )?positive(?= that)|hate to (?:say|admit|break)"
    r"|(?:very )?(?:high|low|medium|moderate) (?:confidence|certainty|probability|likelihood)|(?:confidence|certainty|probability|likelihood)(?: is)?\W{1,4}(?:very )?(?:high|low|medium|moderate)|(?:all over|in|around) the world|true (?:to|that)|at (?:first )?sight|on (?:a|the) positive note|false (?:positives?|negatives?)|true (?:positives?|negatives?))\b",
    re.I,
)
"""Set phrases whose words are no labels."""

KEY_LINE = re.compile(
    rf"^[\s\W_]*(?:(?:my|the|your|our|predicted|assigned|correct|chosen|selected|suggested|best|overall|primary|main|text|ticket|message|stars?)\s+)*"
    rf"(?:{_KEY}|primary|main|final)(?:\s*\([^)]{{0,40}}\))?[*_`\"' \t]*\s*[:=：|→]+[\s\W_]*(?:[a-z\d]{{1,2}}[).]\s[\s\W_]*)?$",
    re.I,
)
FINAL = re.compile(
    rf"(?:\b(?:final(?:ly|e)?|my|overall|correct|definitive|endgültige|finale)\s+(?:\w+\s+)?{_KEY}"
    rf"|\b(?:overall|altogether)[\s,:]*|\b{_KEY}\s+finale?|最终{_KEY}|最終{_KEY}"
    rf"|(?:therefore|thus|hence|so|in (?:conclusion|summary|short)|overall|altogether|consequently|accordingly"
    rf"|to (?:conclude|sum up)|in the end|all in all|daher|also|deshalb|folglich|por (?:lo )?tanto|donc|因此|所以)\b[\s,:]*"
    rf"(?:(?:i|we|it|this|that|my|the|your|correct|best|right|most appropriate|appropriate|text)\s+){{0,4}}"
    rf"(?:{_KEY}|is|would|choose|pick|conclude|classify|label|select|go with|settle on|say|answer|falls under|belongs to|assign)"
    rf"(?:\s+(?:this|it|the text|the message|as|be|with|on|to)){{0,3}})"
    rf"{_LINK}{_FILL}$",
    re.I,
)
STATED = re.compile(
    rf"(?:{_KEY}(?:\s+(?:here|for (?:this|the) \w+|of (?:this|the) \w+|that fits(?: best)?|I (?:would )?(?:choose|pick|assign)|for it))?{_LINK}"
    rf"|\b(?:best|closest|nearest|right|proper|my|most (?:fitting|appropriate|suitable|likely)) (?:fit|match|pick|guess|bet|one)(?: here)?{_LINK}"
    r"|\b(?:classif(?:y|ied)|categori[sz]ed?|label(?:l?ed)?|tagg?(?:ed)?|rated?|marked|mark|score[ds]?|filed|considered|described|read|interpreted|treated)"
    r"(?:\s+(?:this|it|that|the|text|message|ticket|review|comment|post|sentence|example|request|one|input)){0,3}\s+(?:as|under|in|into|with|a)\b"
    r"|\b(?:falls?|fits?|belongs?|goes|go|comes|sorted)\s+(?:best\s+|most\s+|clearly\s+|squarely\s+)?(?:under|into|in|within|to|with)\b"
    r"|\b(?:i|we)(?:'d| would| will|'ll)?\s+(?:would\s+)?(?:choose|chose|pick(?:ed)?|select(?:ed)?|say|go with|went with|opt(?:ed)? for|lean(?:ed)? towards?|assign(?:ed)?|label it|label this|call (?:it|this)|give (?:it|this)(?: an?)?|rate (?:it|this)|answer|settled? (?:on|for)|decided? (?:on|for)|vote(?: for)?|conclude)\b"
    r"|\b(?:is|are|'s|as) (?:best|most (?:likely|probably|appropriately)|clearly|definitely|primarily|mainly|essentially|overall|strongly|classified as|categori[sz]ed as|labell?ed(?: as)?)\b"
    r"|\b(?:assigned to|corresponds? to|matche?s|indicates|suggests|points to|equals|amounts to|qualifies as|counts as|expresses|conveys|(?:mostly|mainly|primarily|chiefly) (?:concerns|about|asks|wants|needs)|chosen|gehört zu|gehört zur|属于|歸類為|归类为|判断为|分类为|应为|であり|に分類)"
    rf")\s*:?{_FILL}$",
    re.I,
)
AFTERWARDS = re.compile(
    r"^[\"'*_`)\]\s]*(?:is|are|fits?|applies|seems|would be|describes|matches)\s+(?:\w+\s+){0,2}?"
    r"(?:best|better|(?:the )?(?:best|correct|right|final|most (?:appropriate|fitting|suitable|likely))(?:\s+(?:label|answer|category|class|choice|fit|match|option|one))?|appropriate|the one|my answer|it\b)"
    r"|^[\"'*_`)\]\s]*(?:it is\b|(?:fits?|applies)\s*(?:[.;,!]|$))|^[\"'*_`)\]\s]*(?:(?:better|more|rather) )?than\b",
    re.I,
)
CORRECTS = re.compile(
    r"\b(?:wait|actually|correction|scratch that|on second thoughts?|i mean|let me (?:re|correct|change)"
    r"|no,? (?:it|this|that)(?:'s| is)|make that|more precisely|(?:up)?on (?:closer|further|second|reflection|review)|disagree|changing my)\b",
    re.I,
)
TURNS = re.compile(
    r"\b(?:but|however|yet|rather(?! than)|instead(?! of)|sondern|aber|sino|pero|mais|plutôt|ma|bensì|а|но|maar|mas|utan|men|ale|lecz|hanem|aksine|melainkan|tetapi|mà|αλλά|אלא|אבל"
    r"|it is|it's|this is|that is|that's)\b|而是|但是|但|بل|لكن|แต่|ではなく|じゃなく|아니라",
    re.I,
)
DENIES = re.compile(
    r"(?:\b(?:not|never|neither|nor|no|none|without|except(?: for)?|exclud\w+|rul(?:e|es|ed|ing) out|rather than"
    r"|instead of|as opposed to|opposed to|unlike|other than|far from|nothing|no(?:body| one)|doubt\w*|opposite of|away from|short of|contrary to|in contrast to|too \w+ (?:to|for)"
    r"|reject\w*|eliminat\w+|discard\w*|lacks?|lacking|absence of|confused with|mistaken for|hardly|fail(?:s|ed) to"
    r"|can(?:'t|not) (?:be|call|say|classify|label|see|find|mark|rate|tag|consider|describe)"
    r"|nicht|kein\w*|weder|anstatt|statt|ni|sin|en lugar de|en vez de|pas|aucun\w*|plutôt que|au lieu d[eu]"
    r"|non|senza|anziché|invece di|não|nem|niet|geen|не|нет|ни|вместо|nie|ani|né|není|inte|ikke|nu este|nu e|bukan|tidak|không|δεν|όχι"
    r"|לא|אין|אינו|אינה)\b|(?<!\bca)n't\b"
    r"|不是|并非|並非|不属于|不屬於|非|而不|没有|沒有|而非|ليس|ليست|وليس|وليست|غير|ไม่ใช่|ไม่|नहीं)[^.;!?\n]{0,48}$",
    re.I,
)
ARROW = re.compile(r"(?:->|=>|→|⇒|➡)\W*$")
COMPARES = re.compile(
    r"\b(?:than|over|versus|vs\.?|against|from|als|que|чем|niż|než|che)\s*(?:\W|\b(?:a|an|the|to|with|of)\b)*$",
    re.I,
)
AFFIRMS = re.compile(
    r"\bnot (?:only|just|merely|simply)\b|\bno (?:doubt|question)\b|\b(?:without|beyond) (?:a |any )?(?:doubt|question)\b"
    r"|\bnothing but\b|\b(?:hard|difficult|impossible) to (?:\w+ ){0,4}anything (?:but|other than)\b|\b(?:could|can)(?:n't|not| not)(?: possibly)? (?:be|get) (?:any )?more\b|\bdoes(?:n't| not) get (?:any )?more\b|\bcannot be anything (?:but|other than)\b|\bnicht nur\b|\bno s[oó]lo\b|不仅|不只|\bnot sure\b"
    r"|\bnot (?:explicitly|entirely|fully|completely) \w+,?"
    r"|\bnot (?:been )?(?:able|allowed|working|received?|arrived?|happy|satisfied|pleased|possible)\b",
    re.I,
)
DENYING = re.compile(
    r"\b(?:anything|all) but\b|\bdoubt(?:s|ed)?(?: (?:that|whether|if))?(?: (?:it|this|that)(?:'s| is| was)?)?\b"
    r"|(?:n't|\bnot) (?:say|think|believe|call|agree|see)(?: that)?(?: (?:it|this|that)(?:'s| is| was)?)?\b",
    re.I,
)
"""Denies what follows, although "but" and "it is" turn elsewhere."""

DENIED_AFTER = re.compile(
    r"^[\"'*_`)\]\s]*(?:[a-z]+\s*)?[:=–-]+\s*(?:no|false|n/a|none|not (?:applicable|present|relevant)|✗|❌)\s*(?:[.,;)\n|]|$)"
    r"|^[\"'*_`)\]\s]*(?:(?:label|category|class|option|answer|one)\s+)?"
    r"(?:(?:is|was|are|does|do|did|would|can|could|will|has|seems|should)\s*(?:not\b|n't\b)|(?:is|was|are|does|do|did|would|ca|could|wo|has|should)n't\b|cannot\b"
    r"|(?:is|was|are|can be|(?:would|might) be|being)\s+(?:clearly |also |therefore |thus )?(?:ruled out|wrong|incorrect|excluded|unlikely|less (?:likely|fitting|suitable)|an? (?:exaggeration|overstatement)|too (?:strong|harsh|much)|misleading|inaccurate|inappropriate|out\b|irrelevant|absent|not\b|rejected|eliminated)"
    r"|it is not\b|(?:passt|ist|trifft)\s+(?:hier\s+)?nicht|no es\b|n'est pas|не подходит|不(?:适用|合适|对|是|符合)|ではな|じゃな|ではあり|とは言え|(?:이|가|은|는|도)?\s*아[니닙닌]|नहीं|değil\b|نیست)",
    re.I,
)
SUPPOSES = re.compile(
    r"\b(?:if|whether|unless|in case|depending on|provided that|assuming|suppos(?:e|ing)|were it|had (?:it|this|they)|but for"
    r"|wenn|ob|sofern|je nachdem|sauf si|s'il|si (?:ce|c'|le|la|el|no|es|il|elle|on)|salvo que|a menos que|à moins que|если|ли|indien|tenzij|jeśli|czy|eğer)\b"
    r"|如果|若|除非|是否|取决于|もし|かどうか|만약|인지|إذا|لو|إلا إذا|ما إذا|ถ้า|หาก|अगर|यदि",
    re.I,
)
"""Begins a condition, or a question that is not asked outright."""

CHOOSES = re.compile(
    r"\b(?:if|were) (?:i|we|you|one)\b.{0,20}\b(?:to|must|choose|pick|choice|ask|forced|pressed|look|read|allowed)\b|\bif (?:forced|pressed|pushed|anything|only one|necessary|required|any\b|asked|so\b)|\bif i(?:'m| am)? .{0,8}(?:mistaken|wrong|honest)\b|\bif you ask\b"
    r"|\bwenn ich .{0,20}(?:muss|müsste|wähle)|\bsi (?:je|tuviera|debo|devais)",
    re.I,
)
"""A condition under which the model answers, and not one of the text."""

THEN = re.compile(r"[,;:，；：、]|->|=>|→|\b(?:then|dann|alors|entonces)\b|则|就")
"""Where a condition ends."""

HEDGES = re.compile(
    r"(?:\b(?:mention\w*|although|though|while|whereas|even if|despite|in spite of|could|might|may|maybe|perhaps|possibly"
    r"|consider\w*|looks? (?:\w+ )?(?:like|at)|look (?:like|at)|seem\w*|appears?|at first|initially|first (?:glance|sight)|touch\w*|refer\w*"
    r"|contain\w*|bit of|some|partly|partially|hint\w*|close to|similar to|tempt\w*|words?|elements? of|aspects? of|talks? (?:of|about)"
    r"|besides|aside from|apart from|otherwise|failing that|in (?:which|that) case|would (?:have been|otherwise)|(?:first|had) thought|was tempted|(?:previous|other|another|first|second|human|earlier) (?:annotat|label|model|review|rat)\w*|in addition to|secondary|alternatively|alternative|runner-?up|second (?:best|choice)|obwohl|zwar|erwähnt\w*|könnte|aunque|menciona\w*|podría|bien que|quoique|pourrait|sebbene|хотя|может|less likely)\b"
    r"|虽然|雖然|尽管|提到|可能|也许|ذكر|رغم|قد|かもしれ|แม้)[^,;:!?\n]{0,60}$|\b(?:second(?:ary)?|third|alternat\w+|runner-?up)\b\s*(?:\w+\s*)?[:=]\W*$",
    re.I,
)
HEDGED_AFTER = re.compile(
    r"^[\"'*_`)\]\s]*(?:\?|,\s*if not\b|(?:is|was|are|were|gets?|being|be)?\s*(?:also |only |briefly |merely |just |an? )*(?:mentioned|side|minor|possible|plausible|secondary"
    r"|considered|touched|tempting|present|discussed|involved|mention\b)|(?:could|may|might) (?:also )?|comes up|(?:only )?if\b|when\b|provided\b|assuming\b|in case\b|questions?\?|wird (?:auch )?(?:erwähnt|genannt)|se menciona|est mentionné)",
    re.I,
)
ADDRESSED = re.compile(r"\b(?:your|our|ihre?|votre|vos|su|tu)\s+$", re.I)
"""Before a word that is said to a customer."""

ASKED = re.compile(
    r"[\s\"'*_)]*\?\s*(?:(no|nope|hardly|not (?:really|quite|at all)|unlikely|nein|non)\b|(yes|yeah|ja|oui|sí)\b)",
    re.I,
)
EXPLAINS = re.compile(
    r"^[\s\W_]*(?:reason(?:ing)?|explanation|rationale|because|justification|analysis|thoughts?|thinking|evidence|notes?"
    r"|comment|begründung|erklärung|explicación|raz[oó]n|explication|raison|理由|解释|原因|السبب|why)\b[\s\w()]{0,20}[*_`]*\s*[:：-]",
    re.I,
)
ECHOES = re.compile(
    r"^[\s\W_]*(?:(?:input|original|given|user|the)\s+)?(?:text|input|message|review|tweet|sentence|premise|hypothesis|question|first text|second text|user|human"
    r"|query|ticket|comment|post|examples?|文本|输入)\s*\d*[*_`]*\s*[:：]",
    re.I,
)
OFFERS = re.compile(
    r"\b(?:options?|labels|categories|choices|classes|possib\w+|following|one of|among|between|either|whether|from|choose|select|scale|range|available|allowed"
    r"|weder|entweder|optionen|opciones|categorías|choix|catégories)\b|选项|类别|标签|以下|الخيارات|التصنيفات",
    re.I,
)
JOINT = re.compile(
    r"(?:[\s,;/|&+\"'“”‘’*_`()\[\]{}、，·•:<>-]|\n\s*(?:\d+|[a-z])[.)]|\b(?:or|and|nor|and/or|but also|as well as|along with|together with|plus|sondern auch|mais aussi|sino también|und|oder|noch|o|y|ou|et|ni|e|или|и|lub|i|to|of|a|an|the)\b|或者?|和|与|及|أو|و|หรือ|または|と|또는|도|이나)*",
    re.I,
)
COUNTS = re.compile(
    r"\b(?:step|page|order|item|point|line|example|part|version|day|week|month|year|reason|section|chapter|after"
    r"|top|first|last|next|past|ticket|invoice|call(?:ed)?|at|on|by|before|since|until|about|around|only|has|have|had|with)\s*[#nN.°º]*\s*$",
    re.I,
)
"""Before a number: it counts or names something else than the answer."""

DANGLING = re.compile(
    r"(?:\b(?:however|since|while|although|though|if|is|are|as|the|a|an|to|of|and|or|but|because|that|with|which|would|for|from|by|about|on|in|at|into|their|his|her|its|this|these|not|more|when|where|who|whose|how|und|aber|et|mais|y|pero)\s*|[,(]\s*)$",
    re.I,
)
"""Words after which a sentence goes on."""

UNFINISHED = re.compile(
    rf"(?:{_KEY}{_LINK}|\b(?:is|are|as|the|a|an|to|of|and|or|but|because|under|that|with|which|would|be|ist|es|est)\s*|[,(:]\s*)$",
    re.I,
)
