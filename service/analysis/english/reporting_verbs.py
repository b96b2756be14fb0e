"""Verbs that report what somebody says or thinks, and surnames that are such verbs."""

import re

from service.analysis.english.words import word_set

REPORTING = word_set(
    """
    say says said saying tell tells told telling add adds added adding argue argues argued arguing claim claims
    claimed claiming state states stated stating note notes noted noting explain explains explained explaining
    insist insists insisted insisting warn warns warned warning announce announces announced announcing declare
    declares declared declaring write writes wrote writing written reply replies replied replying respond responds
    responded responding ask asks asked asking answer answers answered answering suggest suggests suggested
    suggesting report reports reported reporting believe believes believed believing think thinks thought contend
    contends contended allege alleges alleged alleging assert asserts asserted asserting maintain maintains
    maintained acknowledge acknowledges acknowledged acknowledging admit admits admitted admitting concede concedes
    conceded confirm confirms confirmed confirming deny denies denied denying emphasize emphasizes emphasized
    emphasise emphasised stress stresses stressed stressing recall recalls recalled recalling remark remarks
    remarked observe observes observed conclude concludes concluded predict predicts predicted quip quips quipped
    joke jokes joked tweet tweets tweeted post posts posted continue continues continued complain complains
    complained describe describes described call calls called calling demand demands demanded urge urges urged
    urging vow vows vowed promise promises promised pledge pledges pledged agree agrees agreed disagree disagrees
    cite cites cited citing remind reminds reminded reveal reveals revealed disclose discloses disclosed point
    points pointed hint hints hinted indicate indicates indicated interject interjected lament laments lamented muse
    mused shout shouts shouted chant chanted chorused yelled cried whispered exclaimed retorted countered quoted
    charge charges charged accuse accuses accused accusing praise praises praised criticize criticizes criticized
    criticise criticised condemn condemns condemned slam slammed blast blasted interpret interprets interpreted
    consider considers considered speculate speculated propose proposes proposed recommend recommends recommended
    rule rules ruled testify testifies testified
    """
)

_SURNAME = re.compile(r" (?P<surname>[^\W\d_a-z]\w+)(?: (?P<verb>\w+)|(?P<ends>[.,;]))")


def end_with_surname(text: str, start: int, end: int) -> int | None:
    """Return where a name ends that has a reporting verb for a surname, beside its own verb; None for other names.

    "Kurban" in "Kurban Said denied it", and in "said Kurban Said."
    """
    found = _SURNAME.match(text, end)
    if found is None or found["surname"].casefold() not in REPORTING:
        return None
    before = text[max(0, start - 20) : start].split(" ")
    led = len(before) > 1 and not before[-1] and before[-2] in REPORTING
    return found.end("surname") if found["verb"] in REPORTING or (led and found["ends"]) else None
