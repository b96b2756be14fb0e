"""Words after which a statement is the object of the sentence and no sentence of its own: "accused X of lying".

Found by counting, not by hand: of the attributions of PolNeAR and of the annotated worldwide articles (training
splits) whose content follows the cue directly, how often it begins as a clause does, by the cue's last word. After
"said" 84 in 100 do, after "accused" 4. `python -m evaluation objects --data DATA` counts, and prints this list.
"""

from service.analysis.english.words import word_set, words

_OPENING = 8  # words at the beginning of a content in which its verb stands, where it is a clause
_LEAST = 3  # letters of a stem that an ending is taken off; and words of a clause behind "that"
_SUBJECTS = word_set("that he she they we i there if whether how what why when where who nobody everybody everyone")
_FINITE = word_set(
    """
    is are was were am has have had do does did will would can could may might shall should must ain’t it’s he’s she’s
    that’s there’s who’s what’s
    """
)
_CONTRACTED = ("n’t", "’re", "’ve", "’ll", "’d", "’m")
_NEGATING = word_set("deny denies denied denying doubt doubts doubted doubting dispute disputes disputed disputing")
_STEMS = word_set(
    """
    about accept accus addres advis advocat after against agr aim allow announc answer applaud appoint articulat
    as assail at attack attribut back ban bar behind bemoan blam blast block by cal cast celebrat challeng charg
    chid cit compar condemn confirm congratulat consider contemplat contradict contrast cover credit criticis
    criticism decid decision declar declin decry deem defend deliver demand denounc deny describ desir detail
    disavow disclos discus dismis display disput down eager echo embrac emphasis encourag endors enjoy expect
    expos expres favor feel felt fil find follow for from gav goal hail highlight hir hit identify ignor imagin
    in includ intend into introduc invok issu judg knock lament launch lik link list look lov mad mak mention
    mock nam need nominat of off offer on oppos order out outlin over paint pas persuad pick plan pledg portray
    post prais prefer pres present prohibit project promis promot propos proposal protest prov publish pursu
    push put question quot rais reaffirm rebuk rebut recal recommend recount refer referenc refus reiterat
    reject releas remember repeat report represent request requir restrict retweet rip saw se seek seen shar
    show shown sign slam sought stres support target tel thank threaten to told tout toward tweet underscor up
    upon urg view voic vot vow want watch welcom wil wish with witnes writ
    """
)


def is_object(cue: str, content: str) -> bool:
    """Return whether a content that follows its cue directly is the cue's object, and is not read without it.

    That is so where most contents after this word are, unless this one begins as a clause; and after a word that says
    that the content is not so, whatever it is.
    """
    named = words(cue)
    if not named:
        return False
    return named[-1] in _NEGATING or (stem(named[-1]) in _STEMS and not begins_clause(content))


def begins_clause(content: str) -> bool:
    """Return whether a text begins as a clause: by "that", a pronoun or a question word, or with a finite auxiliary."""
    opening = [
        word.strip('“”"‘,.:;').replace("'", "’").casefold() for word in content.split(maxsplit=_OPENING)[:_OPENING]
    ]
    if opening[:1] == ["that"] and len(opening) <= _LEAST:  # "called that absurd"
        return False
    return opening[:1] != [] and (
        opening[0] in _SUBJECTS or any(word in _FINITE or word.endswith(_CONTRACTED) for word in opening)
    )


def stem(word: str) -> str:
    """Return what the forms of a verb have in common, near enough to count them together."""
    plain = word.replace("iz", "is")
    for ending in ("ing", "ied", "ies", "ed", "es", "s"):
        if plain.endswith(ending) and len(plain) - len(ending) >= _LEAST:
            plain = plain[: -len(ending)] + ("y" if ending in {"ied", "ies"} else "")
            break
    plain = plain.removesuffix("e")
    return plain[:-1] if len(plain) > _LEAST and plain[-1] == plain[-2] else plain
