"""Names that are found by how the text writes them: nicknames, surnames that are words, joined and respelled names.

A text marks what was tagged: `<person|Jane Roe>`, `<organization|…>`, and `<source|…>` for whoever speaks.
"""

import re

import pytest

from service.analysis.attributions.inversion import upright
from service.analysis.entities.cluster import cluster
from service.analysis.text.characters import as_read
from service.core.frames import EntityType
from service.core.model import Named, Scored, Tagged
from service.core.span import Span

MARK = re.compile(r"<(\w+)\|([^<>]*)>")


def entities(marked: str) -> list[tuple[str, int]]:
    """Return the name of each entity of a marked text, and how many mentions it has."""
    text, named, sources = "", [], []
    at = 0
    for mark in MARK.finditer(marked):
        text += marked[at : mark.start()]
        span = Span(len(text), len(text) + len(mark[2]))
        if mark[1] == "source":
            sources.append(span)
        else:
            named.append(Named(span=span, type=EntityType(mark[1]), confidence=0.9))
        text += mark[2]
        at = mark.end()
    return [(actor.name, len(actor.mentions)) for actor in cluster(text + marked[at:], named, sources)]


@pytest.mark.parametrize(
    ("marked", "name"),
    [
        ("Councillor Ada “Red” <person|Moreno> said so.", "Ada “Red” Moreno"),
        ("<person|Robert> (Bob) <person|Hale> said so.", "Robert (Bob) Hale"),
        ('Joseph "<person|Joe" Tarn> called it a farce.', 'Joseph "Joe" Tarn'),
        ("Union boss William “Big Bill” <person|Harker> warned them.", "William “Big Bill” Harker"),
        ("Former mayor <person|Margaret 'Peg' Ashdown> said so.", "Margaret 'Peg' Ashdown"),
        ("Coach <person|Anthony (Tony> ) ran. <person|Anthony> (Tony) <person|Marsh> sat.", "Anthony (Tony) Marsh"),
        (
            "They met Maria Elena «Nena» <person|Costa>.",
            "Maria Elena «Nena» Costa",
        ),
        ("It was Thomas J. (Tip) <person|Oram> who spoke.", "Thomas J. (Tip) Oram"),
        ("Sgt. Luis ‘El Gato’ <person|Prieto-Ruiz> was there.", "Luis ‘El Gato’ Prieto-Ruiz"),
    ],
)
def test_a_nickname_keeps_the_whole_name(marked: str, name: str) -> None:
    """In quotation marks of any kind, or in brackets behind a given name; titles stay outside."""
    assert name in [found for found, _ in entities(marked)]


@pytest.mark.parametrize(
    ("marked", "names"),
    [
        ("<person|Ann Smith> (Labour) <person|Bob Jones> (Liberal) spoke.", ["Ann Smith", "Bob Jones"]),
        ("<person|Hallek> (KP) and <person|Dvoran> (OP) spoke.", ["Hallek", "Dvoran"]),
        ("The film “Red River” <person|Moreno> liked.", ["Moreno"]),
        ("<person|Ada Moreno> called “Red” Harbour a farce.", ["Ada Moreno"]),
        ("<person|Roe> Calls <person|Ada Moreno> ‘A Disgrace’ Over Taxes", ["Roe", "Ada Moreno"]),
        ("The <organization|Harbour “Gazette” Trust> spoke.", ["Harbour “Gazette” Trust"]),
    ],
)
def test_brackets_and_quotes_between_names_are_no_nicknames(marked: str, names: list[str]) -> None:
    """A party behind a whole name, initials, a title of a work, and what is not a person."""
    assert [found for found, _ in entities(marked)] == names


@pytest.mark.parametrize(
    ("marked", "name", "mentions"),
    [
        ("<person|Edward Said> spoke. “They lied,” said Said.", "Edward Said", 2),
        ("<person|Amina Said> spoke. <source|Said> added that it was safe.", "Amina Said", 2),
        ("<person|Laila Said> spoke. According to Said, the street was empty.", "Laila Said", 2),
        ("<person|Laila Said> spoke, and Mrs. Said wept.", "Laila Said", 2),
        ("<person|Ruth Reading> left. The police found Reading, who was asleep, and Reading’s car.", "Ruth Reading", 3),
        ("<person|Omar Church> sang, and Church was cheered.", "Omar Church", 2),
    ],
)
def test_a_surname_that_is_a_word_is_read_where_it_stands_as_a_name(marked: str, name: str, mentions: int) -> None:
    """With a capital inside a sentence, behind a title, or where it is said to speak."""
    assert (name, mentions) in entities(marked)


@pytest.mark.parametrize(
    ("marked", "names"),
    [
        ("<person|Kurban> Said said so. “They lied,” said Said.", [("Kurban Said", 2)]),
        ("<person|Leila> Said denied it. <source|Said> called it a lie.", [("Leila Said", 2)]),
        ("Mr <person|Omar> Claims told them so.", [("Omar Claims", 1)]),
        ("“We know,” said <person|Amira> Said. Said left.", [("Amira Said", 1)]),
        ("<person|Roe> Said to Resign", [("Roe", 1)]),
        ("<person|Roe> said so. Said he: no.", [("Roe", 1)]),
        ("<person|Roe> Urges <person|Lind>, asks for help.", [("Roe", 1), ("Lind", 1)]),
    ],
)
def test_a_surname_that_is_a_verb_belongs_to_the_name_of_whoever_speaks(
    marked: str, names: list[tuple[str, int]]
) -> None:
    """Two reporting verbs side by side, the first with a capital, are a surname and its verb."""
    assert entities(marked) == names


@pytest.mark.parametrize(
    "marked",
    [
        "<person|Edward Said> spoke. Said no more was needed.",
        "<person|Ruth Reading> left. Reading is good for children.",
        "<person|Ruth Reading> left for the Reading Festival and Reading-based friends.",
        "<person|Omar Church> sang in the Old Church and in church.",
        "<person|Ada White> left the White House.",
    ],
)
def test_a_word_that_is_only_spelled_like_a_surname_is_none(marked: str) -> None:
    """At the beginning of a sentence, in small letters, or as a part of another name."""
    assert [mentions for _, mentions in entities(marked)] == [1]


@pytest.mark.parametrize(
    ("text", "source", "cue", "is_swapped"),
    [
        ("“The police lied,” said Said.", "said", "Said", True),
        ("“It is safe,” added Claims.", "added", "Claims", True),
        ("“No,” replied Said.", "replied", "Said", True),
        ("“No,” said Roe.", "Roe", "said", False),
        ("He said nothing. Said Roe: no.", "He", "Said", False),
        ("They were told. Asked again, he left.", "told", "Asked", False),
    ],
)
def test_a_name_that_is_taken_for_its_verb_changes_places_with_it(
    text: str, source: str, cue: str, *, is_swapped: bool
) -> None:
    """Only right behind a verb in small letters does the capital show a name."""

    def scored(word: str) -> tuple[Scored, ...]:
        return (Scored(span=Span(text.rindex(word), text.rindex(word) + len(word)), confidence=0.9),)

    tagged = Tagged(sources=scored(source), cues=scored(cue), contents=(), boilerplate=(), entities=())
    found = upright(text, tagged)
    spoken = (found.sources[0].span.of(text), found.cues[0].span.of(text))
    assert spoken == ((cue, source) if is_swapped else (source, cue))


def test_a_name_that_is_taken_for_a_cue_is_the_source_of_its_verb() -> None:
    """Where the verb itself was tagged as nothing, name and verb are told apart all the same."""
    text = "“The police lied,” said Said."
    cue = Scored(span=Span(text.index("Said"), text.index("Said") + 4), confidence=0.9)
    found = upright(text, Tagged(sources=(), cues=(cue,), contents=(), boilerplate=(), entities=()))
    assert ([item.span.of(text) for item in found.sources], [item.span.of(text) for item in found.cues]) == (
        ["Said"],
        ["said"],
    )


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("John BercowImage\n\nThe Speaker, John Bercow, rose.", "John Bercow\nImage"),
        ("Image captionIrena Dvoran\n\nPrime Minister Irena Dvoran rose.", "Image caption\nIrena Dvoran"),
        ("By Mira TollundPublished Monday. They thanked Tollund.", "By Mira Tollund Published Monday."),
        ("Ada OkoroFinance minister\n\nThe council met Okoro.", "Ada Okoro\nFinance minister"),
        ("photographÉlodie Marchand\n\nThey met Élodie there.", "photograph\nÉlodie Marchand"),
        ("Zoë ŠimkováReuters\n\nIt was, Šimková wrote, a lie.", "Zoë Šimková\nReuters"),
    ],
)
def test_a_name_that_was_joined_to_its_neighbour_is_read_apart(sent: str, read: str) -> None:
    """What the text writes as a name elsewhere is split off, and stands where it was sent."""
    found = as_read(sent)
    assert found.text.startswith(read + sent[len(read) - 1 :])
    for word in re.finditer(r"\w+", found.text):
        assert found.sent(Span(*word.span())).of(sent) == word.group()


@pytest.mark.parametrize(
    "sent",
    [
        "YouTube said that You will pay.",
        "Ian McDonald saw a Mc and Donald.",
        "The BankHaus grew. BankHaus is a Bank.",
        "LinkedIn rose. In time, it fell.",
        "They use PayPal. Pay day is near.",
        "The iPhone is a Phone.",
    ],
)
def test_names_that_are_written_so_stay_joined(sent: str) -> None:
    """Short parts, words that begin a sentence, and what is joined more than once."""
    assert as_read(sent).text == sent


@pytest.mark.parametrize(
    ("marked", "names"),
    [
        ("<organization|TV 9> left. <organization|TV9> wept.", [("TV 9", 2)]),
        (
            "<organization|Al-Noor Bank>, <organization|Al Noor Bank> and <organization|AlNoor Bank>.",
            [("Al-Noor Bank", 3)],
        ),
        ("The <organization|Telugu Desam> (TDP) fell. The <organization|TDP> rose.", [("Telugu Desam", 3)]),
        ("The <organization|Telugu Desam Party> won. <group|Telugu Desam> fell.", [("Telugu Desam Party", 2)]),
        ("<organization|T.V. Nine> and <organization|TV Nine>.", [("T.V. Nine", 2)]),
        ("<organization|Co-op Bank> and <person|Coop Bank> and <organization|Coop Bank>.", [("Co-op Bank", 3)]),
        ("<organization|TV 9> left. <organization|TV 8> wept.", [("TV 9", 1), ("TV 8", 1)]),
        ("The <organization|Party of Hope> won. <group|Hopeful> voters fell.", [("Party of Hope", 1), ("Hopeful", 1)]),
    ],
)
def test_two_spellings_of_one_body_are_one_entity(marked: str, names: list[tuple[str, int]]) -> None:
    """With and without spaces, hyphens and full stops; by the acronym in brackets; by a beginning of several words."""
    assert entities(marked) == names
