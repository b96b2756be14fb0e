# ruff: noqa: E501 - a text that is longer than a line is read best on one
"""Texts as newspapers send them, read by the default model: nothing of them is lost, and everybody has a whole name.

Each table is one kind of trouble. What only depends on the stages before the model is in `tests/unit/analysis`.
"""

import pytest

from service.analysis.pipeline import Pipeline
from service.core.article import Article, ArticleId, BodyType, Enriched
from service.core.frames import ClaimKind
from service.inference.artifact import load_model
from service.settings import DEFAULT_MODEL


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    """The default model's pipeline."""
    return Pipeline(model=load_model(DEFAULT_MODEL))


def read(pipeline: Pipeline, body: str) -> Enriched:
    """Read a text that may be HTML."""
    kind = BodyType.HTML if body.startswith("<") else BodyType.PLAIN
    (outcome,) = pipeline.process([Article(id=ArticleId("a"), body=body, body_type=kind)])
    assert isinstance(outcome, Enriched), outcome
    return outcome


def quoted(outcome: Enriched) -> list[tuple[str, str]]:
    """Return (speaker, text) of each direct quote."""
    return [
        (claim.speaker.name, claim.wording(outcome.text))
        for claim in outcome.enrichment.claims
        if claim.kind is ClaimKind.DIRECT_QUOTE
    ]


def said(outcome: Enriched) -> list[tuple[str, str]]:
    """Return (speaker, text) of each claim that is not the author's."""
    return [
        (claim.speaker.name, claim.wording(outcome.text))
        for claim in outcome.enrichment.claims
        if claim.kind is not ClaimKind.AUTHOR_STATEMENT
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "LUND: The quarry stays shut. We have no choice.\n\nTARIK: The town has lost ninety jobs. Nobody cares.",
            [
                ("LUND", "The quarry stays shut. We have no choice."),
                ("TARIK", "The town has lost ninety jobs. Nobody cares."),
            ],
        ),
        (
            (
                "PETRA LUND, MINES COMMISSIONER: The slope moved by a metre in March.\n\n"
                "OSMAN TARIK, MAYOR OF STONELEIGH: That is not what the survey says."
            ),
            [
                ("PETRA LUND", "The slope moved by a metre in March."),
                ("OSMAN TARIK", "That is not what the survey says."),
            ],
        ),
        (
            (
                "Mayor Osman Tarik spoke to the Echo.\n\nQ. Why did you sue the board?\n\nA. The board hid the survey for a year.\n\n"
                "Q. And the jobs?\n\nA. Ninety people lost their work."
            ),
            [
                ("Osman Tarik", "The board hid the survey for a year."),
                ("Osman Tarik", "Ninety people lost their work."),
            ],
        ),
        (
            (
                "Mayor Osman Tarik spoke to the Echo about the quarry.\n\nEcho: Why did you sue the board?\n\n"
                "Tarik: The board hid the survey for a year.\n\nEcho: And the jobs?\n\nTarik: Ninety people lost their work."
            ),
            [
                ("Osman Tarik", "The board hid the survey for a year."),
                ("Osman Tarik", "Ninety people lost their work."),
            ],
        ),
        (
            (
                "REP. DOROTA VANCE (R-STONELEIGH): The county owes every miner a year of wages.\n\n"
                "CHAIRMAN: The gentlelady's time has expired.\n\n"
                "REP. DOROTA VANCE (R-STONELEIGH): The survey was finished in March."
            ),
            [
                ("DOROTA VANCE", "The county owes every miner a year of wages."),
                ("CHAIRMAN", "The gentlelady's time has expired."),
                ("DOROTA VANCE", "The survey was finished in March."),
            ],
        ),
        (
            (
                "Q: Commissioner Lund, why is the quarry shut?\n\nPETRA LUND: The slope moved by a metre in March.\n\n"
                "Q: Will it reopen?\n\nLUND: Not before autumn."
            ),
            [("PETRA LUND", "The slope moved by a metre in March."), ("PETRA LUND", "Not before autumn.")],
        ),
        (
            (
                "Dorota Vance, head of the miners' union, answered questions from readers.\n\nQ1: Will there be a strike?\n\n"
                "A1: We will strike in May unless the board gives way.\n\nQ2: Who pays the miners?\n\n"
                "A2: The union pays a hundred crowns a week."
            ),
            [
                ("Dorota Vance", "We will strike in May unless the board gives way."),
                ("Dorota Vance", "The union pays a hundred crowns a week."),
            ],
        ),
    ],
)
def test_turns_are_of_whoever_has_them(pipeline: Pipeline, body: str, expected: list[tuple[str, str]]) -> None:
    """Labels in capitals, with an office or a party; Q and A, numbered or beside names; a newspaper's questions."""
    assert quoted(read(pipeline, body)) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            'Mayor Osman Tarik stood up. "Look at the road!", he said. "It will be gone by Christmas." The board was silent.',
            ("Osman Tarik", "Look at the road! … It will be gone by Christmas."),
        ),
        (
            "“We warned them,” said geologist Mira Solano. “Nobody listened.” Few clapped.",
            ("Mira Solano", "We warned them, … Nobody listened."),
        ),
        (
            "Commissioner Petra Lund rose. “No,” she said, “the road stays shut.” Nobody asked her why.",
            ("Petra Lund", "No, … the road stays shut."),
        ),
        (
            "“The slope moved”, Mira Solano said, “by a metre in March.” It was the last question.",
            ("Mira Solano", "The slope moved … by a metre in March."),
        ),
        (
            '"This is a disgrace", Osman Tarik told the board. "You knew in March." He sat down.',
            ("Osman Tarik", "This is a disgrace … You knew in March."),
        ),
        (
            "“The road is safe,” Petra Lund insisted, “and it will stay safe.” Mira Solano laughed.",
            ("Petra Lund", "The road is safe, … and it will stay safe."),
        ),
    ],
)
def test_a_quote_that_resumes_is_one_claim(pipeline: Pipeline, body: str, expected: tuple[str, str]) -> None:
    """Both pieces are there, and nothing is a claim that is not read alone."""
    outcome = read(pipeline, body)
    assert expected in quoted(outcome)
    assert all(" " in claim.wording(outcome.text) for claim in outcome.enrichment.claims)


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("Councillor Piotr “Pete” Zaleski said the road was safe. Zaleski blamed the rain.", {"Piotr “Pete” Zaleski"}),
        ("Margaret (Peggy) Olufsen said nobody asked the miners.", {"Margaret (Peggy) Olufsen"}),
        ("Thomas 'Tip' Harrow told the board that the survey was false.", {"Thomas 'Tip' Harrow"}),
        ("William “Big Bill” Okonkwo-Smith called the vote a farce.", {"William “Big Bill” Okonkwo-Smith"}),
        (
            "Elizabeth “Betty” Crane-Adeyemi told the board that it was too late. Crane-Adeyemi called it a forgery.",
            {"Elizabeth “Betty” Crane-Adeyemi"},
        ),
        ("Jose (Pepe) Delgado said nobody had asked him.", {"Jose (Pepe) Delgado"}),
        ("Kurban Said said the map was false. “The board lied,” said Said.", {"Kurban Said"}),
        ("Professor Leila Said denied the report. Said called it a forgery.", {"Leila Said"}),
        ("“We never saw the survey,” said Amira Said. Said added that the board had lied.", {"Amira Said"}),
        ("Tariq Said told the Echo that the road was open. According to Said, the board knew.", {"Tariq Said"}),
        ("CAIRO — Edward Said said the map was wrong. “The police lied,” said Said.", {"Edward Said"}),
        (
            "Image captionOsman Tarik\n\nMayor Osman Tarik said that ninety jobs were gone. Tarik blamed the board.",
            {"Osman Tarik"},
        ),
        (
            "Image caption Osman TarikGetty\n\nMayor Osman Tarik said that ninety jobs were gone. Tarik blamed the board.",
            {"Osman Tarik"},
        ),
        (
            "The Mayor, Osman TarikImage: Ann Okoye\n\nMayor Osman Tarik said that ninety jobs were gone.",
            {"Osman Tarik"},
        ),
    ],
)
def test_people_have_whole_names(pipeline: Pipeline, body: str, names: set[str]) -> None:
    """Nicknames, surnames that are verbs, names joined to a caption: whoever speaks is a person of that name."""
    outcome = read(pipeline, body)
    people = {entity.id for entity in outcome.enrichment.entities if entity.name in names}
    assert len(people) == len(names)
    assert {speaker for speaker, _ in said(outcome)} <= names
    assert not {"Said", "Osman Tarik Getty"} & {entity.name for entity in outcome.enrichment.entities}


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (
            "Stone Valley Action Group (SVAG) said the slope was unsafe. SVAG demanded a new survey.",
            "Stone Valley Action Group",
        ),
        ("Channel 4 News reported that the slope was unsafe. Channel4 News said the board knew.", "Channel 4 News"),
        (
            "The Free Miners Union, or FMU, said it would strike. The FMU accused the board of lying.",
            "Free Miners Union",
        ),
        ("Sky Valley Radio said the road was shut. SkyValley Radio said it would open in May.", "Sky Valley Radio"),
        (
            "The Stoneleigh Labour Party said it would vote no. Stoneleigh Labour said so twice.",
            "Stoneleigh Labour Party",
        ),
    ],
)
def test_a_body_of_two_spellings_is_one(pipeline: Pipeline, body: str, name: str) -> None:
    """Acronyms that the text equates, and spaces left out."""
    assert {speaker for speaker, _ in said(read(pipeline, body))} == {name}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "<p>Petra Lund dismissed it. <q>Nobody measured the slope twice</q>, she said.</p>",
            "Nobody measured the slope twice",
        ),
        (
            "<div><p>Osman Tarik was blunt: <q cite='x'>We have lost ninety jobs and we will lose more.</q></p></div>",
            "We have lost ninety jobs and we will lose more.",
        ),
        (
            "<blockquote><q>The road will be buried by Christmas,</q> said geologist Mira Solano.</blockquote>",
            "The road will be buried by Christmas,",
        ),
        (
            "<p><q>She told me <q>stay away</q> and hung up,</q> said Osman Tarik.</p>",
            "She told me ‘stay away’ and hung up,",
        ),
        (
            "<p>Petra Lund left. <q>“Nobody measured the slope twice,”</q> she said.</p>",
            "Nobody measured the slope twice,",
        ),
        ("\x93Nobody measured the slope twice,\x94 Petra Lund said on Monday.", "Nobody measured the slope twice,"),
        ("Mayor Osman Tarik \x96 who left early \x96 said: \x93We lost ninety jobs.\x94", "We lost ninety jobs."),
        ("\x84Nobody measured the slope twice,\x93 Petra Lund said.", "Nobody measured the slope twice,"),
        ("<p>&#147;Nobody measured the slope twice,&#148; Petra Lund said.</p>", "Nobody measured the slope twice,"),
        (
            "\u201c\u200bNobody measured the slo\u00adpe twice,\u200b\u201d Petra Lund said.",
            "Nobody measured the slo\u00adpe twice,",
        ),
    ],
)
def test_a_quote_is_a_quote_however_it_is_marked(pipeline: Pipeline, body: str, expected: str) -> None:
    """By an element of HTML, by characters of windows-1252, with invisible characters around and inside."""
    assert expected in [text.strip("\u200b") for _, text in quoted(read(pipeline, body))]


@pytest.mark.parametrize(
    "body",
    [
        "Mines Commissioner Pe\u00adtra Lund said the quarry stays shut. Lund denied any cover-up.",
        "Mines Commissioner Pe\u2060tra Lu\u200bnd said the quarry stays shut. Lund denied any cover-up.",
        "\ufeffMines Commissioner Petra Lu\u200dnd said the quarry stays shut. Lund denied any cover-up.",
        "\u2067\u200fMines Commissioner Petra Lund\u2069\u200e said the quarry stays shut. Lund denied any cover-up.",
        "<p>Mines Commissioner Pe&#8203;tra Lu&shy;nd said the quarry stays shut. Lund denied any cover-up.</p>",
        "Mines Commissioner \uff30\uff45\uff54\uff52\uff41\u3000\uff2c\uff55\uff4e\uff44 said the quarry stays shut. Lund denied any cover-up.",
    ],
)
def test_a_name_is_whole_over_characters_that_nobody_sees(pipeline: Pipeline, body: str) -> None:
    """One person, each mention of whom stands where the body has it."""
    outcome = read(pipeline, body)
    (person,) = [entity for entity in outcome.enrichment.entities if entity.name == "Petra Lund"]
    assert len(person.mentions) == 2
    assert person.mentions[1].of(outcome.text) == "Lund"
    assert {speaker for speaker, _ in said(outcome)} == {"Petra Lund"}
