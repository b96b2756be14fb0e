"""Transcripts and interviews: who speaks after a label, and what is not a statement."""

import pytest

from service.core.frames import AUTHOR, Claim, ClaimKind
from tests.unit.analysis.test_pipeline import read


def claims(marked: str) -> tuple[str, list[Claim]]:
    """Return the text of a marked article, and its claims."""
    outcome = read(marked)
    return outcome.text, list(outcome.enrichment.claims)


def said(marked: str) -> list[tuple[str, str]]:
    """Return who says what, of each direct quote."""
    text, found = claims(marked)
    return [
        (claim.speaker.name, " … ".join(piece.of(text) for piece in claim.spans))
        for claim in found
        if claim.kind is ClaimKind.DIRECT_QUOTE
    ]


@pytest.mark.parametrize(
    ("question", "answer"),
    [("Q:", "A:"), ("Q.", "A."), ("Q1:", "A1:"), ("Question:", "Answer:"), ("Q :", "A :"), ("Q", "A:")],
)
def test_answers_are_of_whoever_is_introduced(question: str, answer: str) -> None:
    """The first person whom the article names before the questions; the interviewer claims nothing."""
    second = question if question != "Q" else "Q:"
    first = f"{second} Why did you sign for 40 years?"
    found = said(
        f"Minister [person Tomas Hallek] spoke to [person Mira Tollund].\n\n{first}\n\n"
        f"{answer} Nobody else offered. It saved 400 jobs.\n\n{second} And the treaty of 1974?\n\n"
        f"{answer} (laughs) It covers only shipping."
    )
    assert found == [
        ("Tomas Hallek", "Nobody else offered. It saved 400 jobs."),
        ("Tomas Hallek", "It covers only shipping."),
    ]


@pytest.mark.parametrize(
    ("marked", "speakers"),
    [
        ("[person HALLEK]: The dam saved jobs.\n\n[person DVORAN]: It broke the treaty.", ["HALLEK", "DVORAN"]),
        (
            "SEN. [person BEN ASHE] (D), VORA: The dam saved jobs.\n\n[person DVORAN]: It broke the treaty.",
            ["BEN ASHE", "DVORAN"],
        ),
        (
            "[organization Sun]: So?\n\n[person Roe]: No.\n\n[organization Sun]: Why?\n\n[person Roe]: Ask them all.",
            ["Roe"],
        ),
        (
            "[person Ada Roe]: We were not asked.\n\n[person Ben Ashe]: You were.\n\n[person Ada Roe]: By whom, pray?",
            ["Ada Roe", "Ada Roe"],
        ),
        (
            "CHAIR: We begin now.\n\n[person ORSOLO]: The log is gone.\n\n(Counsel.)\n\nCHAIR: So it seems.",
            ["CHAIR", "ORSOLO", "CHAIR"],
        ),
        (
            "[person OKORO]: The lamps came late.\n\nThey came in March.\n\n[person ASHE]: They never came at all.",
            ["OKORO", "ASHE"],
        ),
        (
            (
                "REP. [person ADA VANCE] (R-MARN): It costs 9 million.\n\nCHAIRMAN: The time has expired.\n\n"
                "REP. [person ADA VANCE] (R-MARN): It was finished in March."
            ),
            ["ADA VANCE", "CHAIRMAN", "ADA VANCE"],
        ),
        (
            (
                "Q: Why is it shut?\n\n[person ADA VANCE]: The slope moved in March.\n\nQ: Will it open?\n\n"
                "[person VANCE]: Not before autumn."
            ),
            ["ADA VANCE", "ADA VANCE"],
        ),
        (
            (
                "[person Roe] met the [organization Echo].\n\n"
                "[organization Echo]: Why did you sue the board?\n\n[person Roe]: The board hid it for a year.\n\n"
                "[organization Echo]: And the jobs? Who pays for them?\n\n[person Roe]: The town has lost 90 of them."
            ),
            ["Roe", "Roe"],
        ),
    ],
)
def test_speech_is_of_whom_its_label_names(marked: str, speakers: list[str]) -> None:
    """Labels in capitals, with title and office, of a newspaper, of names as they are written; several paragraphs."""
    assert [speaker for speaker, _ in said(marked)] == speakers


def test_a_turn_goes_on_until_the_next_label() -> None:
    """Paragraphs without a label belong to the one before, notes in brackets to nobody."""
    found = said(
        "[person OKORO]: The lamps came late.\n\nThey came in March.\n\n(Laughter.)\n\nNobody called.\n\n"
        "[person ASHE]: They never came at all.\n\nThe session ended at noon."
    )
    assert found == [
        ("OKORO", "The lamps came late. … They came in March. … Nobody called."),
        ("ASHE", "They never came at all."),
    ]


def test_what_is_reported_inside_a_turn_stays() -> None:
    """A voice with a cue of its own is quoted by whoever has the turn, in questions too."""
    text, found = claims(
        "Director [person Farida Holm] received us.\n\nQ: [s1 Critics] [c1 say] [q1 nobody comes here]. Why?\n\n"
        "A: [s2 The architects] [c2 promised] [q2 it would cost nine million].\n\nQ: Is that so?\n\nA: It is, I fear."
    )
    assert [(claim.speaker.name, claim.spans[0].of(text)) for claim in found] == [
        ("Critics", "nobody comes here"),
        ("Farida Holm", "The architects promised it would cost nine million."),
        ("The architects", "it would cost nine million"),
        ("Farida Holm", "It is, I fear."),
    ]


@pytest.mark.parametrize(
    "marked",
    [
        "Location: Riverton has 40 seats.\n\nLocation: Marn has 30 seats.",
        "UPDATE: The dam broke at 10.\n\nCORRECTION: The dam broke at 11.",
        "[person Hallek] left.\n\nREAD MORE: The dam cost 9 million.\n\nREAD MORE: The dam is 9 years old.",
        "[person Hallek]: the man who built 9 dams.\n\nHe was born in 1950.\n\nHe built 3 bridges.\n\nHe died in 2020.",
        "A. The first of 3 points.\n\nB. The second of 3 points.",
        "Q: Who pays the 9 million?\n\nA: The 3 towns.\n\nQ: When in 2026?\n\nA: In May, they hope.",
    ],
)
def test_other_lines_with_colons_are_no_transcript(marked: str) -> None:
    """Lists, updates, links, a heading; and questions and answers of nobody whom the article names."""
    text, found = claims(marked)
    assert all(claim.speaker.name == AUTHOR for claim in found)
    assert not said(marked), text
