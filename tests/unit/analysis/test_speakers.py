"""Who a source is: short forms, families, works, long titles, each on a text of a few sentences."""

import pytest

from service.analysis.attributions.attribution import Attribution
from service.analysis.coreference.mentions import Mentions
from service.analysis.coreference.pronouns import rank
from service.analysis.entities.actor import Actor
from service.analysis.entities.cluster import cluster
from service.analysis.speakers.resolve import resolve
from service.analysis.speakers.voice import Voice
from service.analysis.text.document import segment
from service.core.frames import EntityType, SpeakerKind
from service.core.model import Named
from service.core.span import Span


def spoken(text: str, *said: tuple[str, str], cue: str = "", **kinds: str) -> list[str]:
    """Return the names of those who say each (source, content)."""
    return [voice.name for voice in voices(text, *said, cue=cue, **kinds)]


def voices(text: str, *said: tuple[str, str], cue: str = "", **kinds: str) -> list[Voice]:
    """Return who says each (source, content), both found in order; names are given as person="Jane Roe|Roe".

    What follows a "~" in a source only tells where the source stands; of "@said" there is no source, but a cue; `cue`
    is that of every claim that has a source.
    """
    named = [
        Named(span=Span(at, at + len(name)), type=EntityType(kind), confidence=0.9)
        for kind, names in kinds.items()
        for name in names.split("|")
        for at in range(len(text))
        if text.startswith(name, at)
    ]
    longest = [n for n in named if not any(o.span != n.span and o.span.covers(n.span) for o in named)]
    document = segment(text)
    actors = cluster(text, sorted(longest, key=lambda item: item.span))
    attributions = []
    reach = 0
    first = Span(text.index(cue), text.index(cue) + len(cue)) if cue else None
    for place, content in said:
        source = place.split("~")[0]
        start = text.index(place.replace("~", "").removeprefix("@"), reach)
        inside = text.index(content, reach)
        attributions.append(
            Attribution(
                contents=(Span(inside, inside + len(content)),),
                cue=Span(start, start + len(source) - 1) if source[0] == "@" else first,
                source=None if source[0] == "@" else Span(start, start + len(source)),
                confidence=0.9,
            )
        )
        reach = max(start, inside)
    return resolve(document, actors, Mentions(document, actors), attributions)[0]


@pytest.mark.parametrize("source", ["The two", "Both", "The two ministers", "The pair"])
def test_the_two_are_those_named_together(source: str) -> None:
    """The phrase "the two" means the two people joined before, not to those mentioned in between."""
    text = f"Jane Roe and Paul Lind signed it after a call by Ada Okoro. {source} said the bridge is safe."
    assert spoken(text, (source, "the bridge is safe"), person="Jane Roe|Paul Lind|Ada Okoro") == [
        "Jane Roe and Paul Lind"
    ]


def test_the_two_are_else_the_last_two() -> None:
    """People who were mentioned separately are joined by "the two"."""
    text = "Jane Roe met Paul Lind. The two said that the bridge is safe."
    assert spoken(text, ("The two", "that the bridge is safe"), person="Jane Roe|Paul Lind") == [
        "Jane Roe and Paul Lind"
    ]


@pytest.mark.parametrize(("source", "who"), [("The latter", "Paul Lind"), ("The former", "Jane Roe")])
def test_one_of_two(source: str, who: str) -> None:
    """The latter is the one named last."""
    text = f"Jane Roe met Paul Lind. {source} said that the bridge is safe."
    assert spoken(text, (source, "that the bridge is safe"), person="Jane Roe|Paul Lind") == [who]


@pytest.mark.parametrize("source", ["The campaign", "Campaign officials"])
def test_a_body_is_told_apart_by_a_name(source: str) -> None:
    """The campaign, and its officials, are the body that a person's name stood before."""
    text = f"The Roe campaign opened an office in Riverton. {source} said that money came in."
    assert spoken(text, (source, "that money came in"), person="Roe") == ["Roe campaign"]


def test_a_name_behind_a_bodys_name_is_the_head() -> None:
    """A title may end in a body's name; the person's comes after it."""
    text = (
        "Head of the Council for Harbour Safety Jane Roe said that it holds. A spokesman for Senator Jane Roe said no."
    )
    who = spoken(
        text,
        ("Head of the Council for Harbour Safety Jane Roe", "that it holds"),
        ("A spokesman for Senator Jane Roe", "no."),
        person="Jane Roe",
    )
    assert who[0] == "Jane Roe"
    assert who[1] != "Jane Roe"


def test_who_is_called_by_the_given_name_is_not_the_surname() -> None:
    """In a family, the bare surname refers to the one whom the text never calls by the given name."""
    text = "Mark Roe ran. His wife Jane Roe waved. Jane left, and Roe said that he won."
    assert spoken(text, ("Roe~ said", "that he won"), person="Mark Roe|Jane Roe|Jane|Roe") == ["Mark Roe"]


def test_the_film_is_the_work_that_is_named() -> None:
    """A definite work is the titled one."""
    text = "Riverton Nights opened on Friday. The film argues that the dam was sold."
    assert spoken(text, ("The film", "that the dam was sold"), other="Riverton Nights") == ["Riverton Nights"]


def test_what_a_person_wrote_is_the_person() -> None:
    """A possessive that ends in an apostrophe alone has an owner too."""
    text = "Ouida Jarvis left. Jarvis' commentary says that the dam was sold."
    assert spoken(text, ("Jarvis' commentary", "that the dam was sold"), person="Ouida Jarvis|Jarvis") == [
        "Ouida Jarvis"
    ]


def test_a_papers_article_is_the_paper() -> None:
    """A statement in a newspaper's article is the newspaper's."""
    text = "A Valley Times article said that the dam was sold."
    assert spoken(text, ("A Valley Times article", "that the dam was sold"), organization="Valley Times") == [
        "Valley Times"
    ]


def test_a_lead_says_what_somebody_is_before_the_name() -> None:
    """A judge in the lead is the only judge that the report names."""
    text = "A Riverton judge ruled that the dam stays. The owners appealed. Justice Paul Lind gave no date to Jane Roe."
    assert spoken(text, ("A Riverton judge", "that the dam stays"), person="Paul Lind|Jane Roe") == ["Paul Lind"]


def test_a_place_behind_the_name_describes_a_person() -> None:
    """Of two senators, the Valley senator is the one of the Valley."""
    text = "Sen. Jane Roe of Valley spoke. Sen. Paul Lind of Harbour sang. The Valley senator said that it rained."
    assert spoken(text, ("The Valley senator", "that it rained"), person="Jane Roe|Paul Lind") == ["Jane Roe"]


def test_a_datelines_town_has_no_ministry() -> None:
    """The pronoun of the first sentence means who the sentence is about, not where it was filed."""
    text = "PORT RIVERTON, May 3 — Valley will go on with the dam, its energy ministry said on Monday."
    who = spoken(text, ("its energy ministry", "Valley will go on"), location="PORT RIVERTON", organization="Valley")
    assert who == ["Valley’s energy ministry"]


def test_a_groups_modifier_is_not_who_they_are() -> None:
    """In "Valleyan authorities", the pronoun that follows means the authorities."""
    text = "Valleyan authorities have refused to take part. They cite a lack of money."
    assert spoken(text, ("They", "a lack of money"), group="Valleyan") == ["Valleyan authorities"]


def test_who_speaks_after_a_comma_is_no_apposition() -> None:
    """A clause that follows a name and has its own verb says nothing of what the name is."""
    text = "Riverton will go on with the Roe Dam, its energy ministry said. The energy ministry added that it is safe."
    who = spoken(
        text,
        ("its energy ministry", "Riverton will go on with the Roe Dam"),
        ("The energy ministry", "that it is safe"),
        organization="Riverton|Roe Dam",
    )
    assert who == ["Riverton’s energy ministry", "Riverton’s energy ministry"]


def test_whoever_is_spoken_of_is_not_the_next_to_speak() -> None:
    """A name inside a claim is a less likely antecedent for what follows the claim."""
    text = "Jane Roe met the board. She implied that Ada Okoro had known. Nobody, she said, had asked."
    named = [
        Named(span=Span(at, at + len(name)), type=EntityType.PERSON, confidence=0.9)
        for name in ("Jane Roe", "Ada Okoro")
        for at in [text.index(name)]
    ]
    document = segment(text)
    source = Span(text.index("she said"), text.index("she said") + 3)
    claim = Span(text.index("that Ada"), text.index(". Nobody"))

    def chance(*claims: Span) -> dict[str, float]:
        mentions = Mentions(document, cluster(text, named))
        mentions.add_claims(claims)
        return {actor.name: probability for actor, probability in rank(mentions, source, "she")}

    assert chance(claim)["Ada Okoro"] < chance()["Ada Okoro"] / 2


def test_whom_somebody_names_is_not_the_one_who_says_it() -> None:
    """A speaker does not call himself by his name, however near and prominent the name is."""
    text = "Paul Lind chairs the board. Mark Hale met Mark Hale’s staff. Mark Hale never asked, he said."
    assert spoken(text, ("he~ said", "Mark Hale never asked"), person="Paul Lind|Mark Hale") == ["Paul Lind"]


def test_a_phrase_that_is_nobody_is_no_antecedent_of_he() -> None:
    """A section of a law was the source before, and yet "he" is the man."""
    text = "Paul Lind came. Section 30 of the law says that tolls are legal. He said that it rained."
    said = (("Section 30 of the law", "that tolls are legal"), ("He", "that it rained"))
    assert spoken(text, *said, person="Paul Lind")[1] == "Paul Lind"


def test_whom_a_preposition_governs_is_less_in_view() -> None:
    """The secretary under a president is the one who goes on to speak."""
    text = "Ada Okoro, the secretary under Jane Roe, signed the loan. She told reporters that it was cheap."
    assert spoken(text, ("She", "that it was cheap"), person="Ada Okoro|Jane Roe") == ["Ada Okoro"]


def test_a_joined_verb_shares_the_subject_of_its_clause() -> None:
    """In "came and warmly praised" the subject of "came" is the one who praised."""
    text = "On Monday, Jane Roe met the envoy of Harbour and warmly praised his help."
    assert spoken(text, ("@praised", "his help"), person="Jane Roe") == ["Jane Roe"]


def test_a_cleft_has_no_pronoun_for_a_subject() -> None:
    """The "it" of "it was last week that Roe …" refers to nothing."""
    text = "It was last week that Jane Roe took the stage and offered to resign."
    assert spoken(text, ("@offered", "to resign"), person="Jane Roe") == ["Jane Roe"]


def test_one_might_think_is_the_writers_thought() -> None:
    """The generic pronoun and the impersonal one refer to nobody."""
    text = "Jane Roe met the Mill Board. One might think that it rained."
    assert spoken(text, ("One", "that it rained"), person="Jane Roe", organization="Mill Board") == ["author"]


@pytest.mark.parametrize(("cue", "speaker"), [("was reported", "author"), ("was expected to", "Mill Board")])
def test_it_was_reported_is_nobodys(cue: str, speaker: str) -> None:
    """An impersonal passive has no subject; one with an infinitive may have."""
    text = f"The Mill Board met. It {cue} fail, and soon."
    board = Actor(name="Mill Board", type=EntityType.ORGANIZATION, mentions=[Span(4, 14)])
    document = segment(text)
    said = Attribution(
        contents=(Span(text.index("fail"), len(text) - 1),),
        cue=Span(text.index("was"), text.index(cue.split()[1]) + len(cue.split()[1])),
        source=Span(text.index("It"), text.index("It") + 2),
        confidence=0.9,
    )
    assert [voice.name for voice in resolve(document, [board], Mentions(document, [board]), [said])[0]] == [speaker]


def test_a_partitive_pronoun_is_spelled_out() -> None:
    """The voters of "many of her voters" are hers, not those of another person."""
    text = "Jane Roe won. Many of her voters believe that it rained."
    assert spoken(text, ("Many of her voters", "that it rained"), person="Jane Roe") == ["Many of Jane Roe’s voters"]


def test_what_ones_letter_says_one_says() -> None:
    """A document belongs to the person that its possessive pronoun refers to."""
    text = "Jane Roe resigned. Her letter said that it rained."
    assert spoken(text, ("Her letter", "that it rained"), person="Jane Roe") == ["Jane Roe"]


def test_the_summary_of_a_report_is_the_report() -> None:
    """And the report is not its summary when it is spoken of again."""
    text = "The report’s summary said that it rained. The report said that it snowed."
    said = (("The report’s summary", "that it rained"), ("The report", "that it snowed"))
    assert spoken(text, *said) == ["The report", "The report"]


def test_whoever_is_asked_answers() -> None:
    """After a question put to someone, "he" is not the one who asked."""
    text = "Paul Lind was asked by Mark Hale if it rained. He said that it snowed."
    said = (("Mark Hale", "if it rained"), ("He", "that it snowed"))
    found = spoken(text, *said, cue="was asked", person="Paul Lind|Mark Hale")
    assert found == ["Mark Hale", "Paul Lind"]


def test_companions_of_a_poll_are_not_the_poll() -> None:
    """A participle clause behind the head only tells more of it."""
    text = "A harbour poll, conducted jointly with Mill Research and Roe Research, shows that it rained."
    source = "A harbour poll, conducted jointly with Mill Research and Roe Research"
    assert spoken(text, (source, "that it rained"), organization="Mill Research|Roe Research") == ["A harbour poll"]


def test_who_follows_a_bracket_with_dots() -> None:
    """The seat in brackets does not part a name from its relative pronoun."""
    text = "Ada Okoro left. Sen. Jane Roe (D-Mo.), who praised that it rained, stayed."
    assert spoken(text, ("who", "that it rained"), person="Jane Roe|Ada Okoro") == ["Jane Roe"]


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("Tolls are wrong. I think that they hurt.\n\nJane Roe is a former mayor of Riverton.", "Jane Roe"),
        ("By Jane Roe\n\nTolls are wrong. I think that they hurt.", "Jane Roe"),
        ("Jane Roe is wrong. I think that they hurt.\n\nJane Roe is a former mayor of Riverton.", "author"),
    ],
)
def test_whoever_signs_is_the_first_person(text: str, speaker: str) -> None:
    """A byline, or a last line about a person named nowhere else, names the author."""
    assert spoken(text, ("I", "that they hurt"), person="Jane Roe") == [speaker]


def test_we_in_a_quote_is_whoever_spoke_beside_it() -> None:
    """Where no claim holds the pronoun, the quote's neighbour does."""
    text = "Jane Roe said that it rained. “It rained. But we believe that it was cold.”"
    assert spoken(text, ("Jane Roe", "that it rained"), ("we", "that it was cold"), person="Jane Roe")[1] == "Jane Roe"


def test_who_is_the_noun_right_before_it() -> None:
    """A plural further back is not the antecedent, and a restricted group is not a group spoken of before."""
    text = "Jane Roe, a candidate, met voters. It was their reply to the candidate who declared that it rained."
    assert spoken(text, ("who", "that it rained"), person="Jane Roe") == ["Jane Roe"]
    text = "Many voters say that it rained. It helps the voters who believe that it snowed."
    said = (("Many voters", "that it rained"), ("who", "that it snowed"))
    assert spoken(text, *said)[1] in {"voters", "the voters"}


def test_a_title_does_not_push_a_subject_back() -> None:
    """However long the title is, the name behind it opens the sentence; a name before a noun only modifies it."""
    text = "Ada Okoro left. Former state secretary of art Jane Roe, an Okoro supporter, met. She said that it rained."
    assert spoken(text, ("She", "that it rained"), person="Ada Okoro|Jane Roe|Okoro") == ["Jane Roe"]


def test_a_body_in_view_is_no_other_kind_of_body() -> None:
    """A party is not the court that comes up next, but a daily is the newspaper."""
    text = "The Mill Party met. The military court said that it rained."
    found = spoken(text, ("The military court", "that it rained"), organization="Mill Party")
    assert found == ["The military court"]
    text = "The Valley Daily came out. The newspaper said that it rained."
    assert spoken(text, ("The newspaper", "that it rained"), organization="Valley Daily") == ["Valley Daily"]


def test_a_party_rules_out_a_candidate_of_another() -> None:
    """The nearer candidate is not meant where the text gives her another party."""
    text = "Republican Jane Roe met Democrat Ada Okoro. Ms Okoro smiled. The Republican candidate said that it rained."
    people = "Jane Roe|Ada Okoro|Okoro"
    assert spoken(text, ("The Republican candidate", "that it rained"), person=people) == ["Jane Roe"]


def test_a_seat_in_brackets_tells_of_a_state() -> None:
    """Of two senators, the Ohio senator is the one with Ohio behind her name, named before the other."""
    text = "Sen. Jane Roe (D-Ohio) spoke. Sen. Paul Lind (R-Vt.) sang. The Ohio senator said that it rained."
    assert spoken(text, ("The Ohio senator", "that it rained"), person="Jane Roe|Paul Lind") == ["Jane Roe"]


def test_who_says_it_is_not_described_in_it() -> None:
    """A person described in a statement is not its speaker."""
    text = "Ada Okoro sat down. Jane Roe said that the chairman had promised that it holds."
    claim = ("Jane Roe~ said", "that the chairman had promised that it holds")
    who = spoken(text, claim, ("the chairman", "that it holds"), person="Jane Roe|Ada Okoro")
    assert who[1] != "Jane Roe"


def test_a_description_before_the_name_is_the_persons() -> None:
    """A description and the name behind its comma are one, however the sentence begins."""
    text = "On Monday the harbour's chief engineer, Jane Roe, left. Paul Lind came. The engineer said that it rained."
    assert spoken(text, ("The engineer", "that it rained"), person="Jane Roe|Paul Lind") == ["Jane Roe"]


def test_the_judges_are_those_whom_the_text_calls_so() -> None:
    """A plural role refers to the few people who each have it."""
    text = "Judge Jane Roe agreed. Mayor Ada Okoro wept. Judge Paul Lind did not write. The judges said that it holds."
    people = "Jane Roe|Ada Okoro|Paul Lind"
    assert spoken(text, ("The judges", "that it holds"), person=people) == ["Jane Roe and Paul Lind"]


def test_a_ministry_is_no_organization_that_is_called_a_party() -> None:
    """The body most in view is not meant where its own name says that it is something else."""
    text = "Riverton United won. The Harbour Ministry met the Harbour Ministry. The party said that it rained."
    who = spoken(text, ("The party", "that it rained"), organization="Harbour Ministry|Riverton United")
    assert who != ["Harbour Ministry"]


def test_some_within_a_body_are_not_the_body() -> None:
    """A quantity before a preposition is the head."""
    text = "The Harbour Party met. Some within the party said that it rained."
    assert spoken(text, ("Some within the party", "that it rained"), organization="Harbour Party") == [
        "Some within the party"
    ]


def test_a_title_with_an_acronym_in_brackets_describes_a_person() -> None:
    """The bracket inside a title does not cut it."""
    text = "Valley Workers Party (VWP) leader Jane Roe met Paul Lind. The VWP leader said that it rained."
    assert spoken(text, ("The VWP leader", "that it rained"), person="Jane Roe|Paul Lind") == ["Jane Roe"]


def test_a_verb_behind_a_title_ends_it() -> None:
    """A description before a verb belongs to its subject, not to its object."""
    text = "The harbour director slammed Ada Okoro. Director Jane Roe left. The director said that it rained."
    assert spoken(text, ("The director", "that it rained"), person="Jane Roe|Ada Okoro") == ["Jane Roe"]


def test_whom_the_text_calls_so_is_meant_before_whoever_is_in_view() -> None:
    """The phrase "the president" means the one with that title, however near another official is mentioned."""
    text = (
        "President Jane Roe spoke. Nobody heard. It rained. The wind blew. Senator Paul Lind praised the dam. "
        "Lind said that it holds, and that the president had promised more."
    )
    claim = ("Lind~ said", "that it holds, and that the president had promised more")
    who = spoken(text, claim, ("the president", "more"), person="Jane Roe|Paul Lind|Lind")
    assert who[1] == "Jane Roe"


def test_a_daughter_is_not_her_parent() -> None:
    """A relative is not the person in focus."""
    text = "Jane Roe loves the school. Her daughter said that it is fine."
    assert spoken(text, ("Her daughter", "that it is fine"), person="Jane Roe") == ["Jane Roe’s daughter"]


def test_an_indefinite_body_is_a_new_one() -> None:
    """A group is not one that was named before."""
    text = "The Harbour Alliance met. A group of parents said that it rained."
    assert spoken(text, ("A group of parents", "that it rained"), organization="Harbour Alliance") == [
        "A group of parents"
    ]


def test_a_campaign_is_told_apart_by_its_name() -> None:
    """Of two campaigns the one that is named so speaks."""
    text = "The Roe campaign said that it won. The Lind campaign said that it lost."
    said = (("The Roe campaign", "that it won"), ("The Lind campaign", "that it lost"))
    assert spoken(text, *said, person="Roe|Lind") == ["The Roe campaign", "The Lind campaign"]


def test_a_body_that_a_name_tells_apart_is_named() -> None:
    """A person's campaign is a body with a name, a friend's is not."""
    text = "The Roe campaign said that it won. A campaign said that it lost."
    said = (("The Roe campaign", "that it won"), ("A campaign", "that it lost"))
    assert [voice.kind for voice in voices(text, *said, person="Roe")] == [
        SpeakerKind.ORGANIZATION,
        SpeakerKind.UNNAMED,
    ]


def test_a_number_counts_those_who_are_meant() -> None:
    """Of three ministers, "the two" are those mentioned last."""
    text = (
        "Valley Minister Ada Okoro sang. Harbour Minister Jane Roe spoke. Harbour Minister Paul Lind left. "
        "A bird flew. The two Harbour ministers said that it holds."
    )
    people = "Ada Okoro|Jane Roe|Paul Lind"
    assert spoken(text, ("The two Harbour ministers", "that it holds"), person=people) == ["Jane Roe and Paul Lind"]


def test_a_reflexive_is_no_part_of_a_name() -> None:
    """Who says it herself says it."""
    text = "Zorrilla herself said that it rained."
    assert spoken(text, ("Zorrilla herself", "that it rained")) == ["Zorrilla"]


LETTERS = """Bridge vote divides readers.

LETTERS.

I drive over this bridge. The council told us nothing, and Mayor Okoro refuses to answer.

Marta Quist.

North Mill.

My father built it. Everything he built still stands.

Tom Havel.

Riverton, Vt.

TWITTER.

We asked what our followers think of the toll.

We don't care. Everything they say about it is a lie.

@millgirl77.

Nobody will pay that.

@tollfree.
"""


@pytest.mark.parametrize(
    ("source", "content", "writer"),
    [
        ("I", "The council told us nothing", "Marta Quist"),
        ("My", "Everything he built still stands", "Tom Havel"),
        ("We~ don't", "Everything they say about it is a lie", "@millgirl77"),
        ("@Nobody", "Nobody will pay that", "@tollfree"),
    ],
)
def test_letters_are_their_writers_own(source: str, content: str, writer: str) -> None:
    """On a page of letters, first persons and unattributed statements belong to the letter's signatory."""
    assert spoken(LETTERS, (source, content), person="Okoro|Marta Quist") == [writer]


def test_who_signs_is_listed_once() -> None:
    """Two claims of one post are one person's."""
    said = voices(LETTERS, ("We~ don't", "care"), ("@Everything", "they say about it"))
    assert [voice.name for voice in said] == ["@millgirl77"] * 2
    assert said[0].actor is said[1].actor


def test_names_that_head_what_follows_sign_nothing() -> None:
    """A name alone above its bearer's portrait is a heading, not a signature."""
    text = (
        "The candidates.\n\nI asked both what they want.\n\nMarta Quist.\n\nQuist says she wants the bridge.\n\n"
        "Tom Havel.\n\nHavel wants it gone, I hear.\n\nThe vote is on Sunday."
    )
    assert spoken(text, ("I", "asked both"), person="Marta Quist|Tom Havel|Quist|Havel") == ["author"]


@pytest.mark.parametrize(
    "line",
    ["Rep. Marta Quist, D-Vt., was an early backer of the bridge.", "Gov. Marta Quist, R-Vt., chairs the board."],
)
def test_line_on_the_writer_may_hold_title_and_state(line: str) -> None:
    """The last line says who writes even where it gives a title, a party and a state."""
    text = f"I built this bridge. I think it will hold.\n\nIt has to.\n\n{line}"
    assert spoken(text, ("I~ think", "it will hold"), person="Marta Quist") == ["Marta Quist"]


def test_what_is_described_twice_is_called_by_what_says_more() -> None:
    """A poll that the text goes on to call by its maker's name is listed under that name."""
    text = "A new poll released on Monday says tolls are hated. The Valley Herald poll says nobody pays."
    said = voices(text, ("A new poll released on Monday", "tolls are hated"), ("The Valley Herald poll", "nobody pays"))
    assert {voice.name for voice in said} == {"The Valley Herald poll"}
    assert {voice.kind for voice in said} == {SpeakerKind.DOCUMENT}


def test_polls_of_two_makers_are_two() -> None:
    """A poll with another maker's name is not the one before it."""
    text = "A Herald poll says tolls are hated. The Fox poll says nobody pays."
    assert len(set(spoken(text, ("A Herald poll", "tolls are hated"), ("The Fox poll", "nobody pays")))) == 2


@pytest.mark.parametrize(
    "phrase", ["An exhaustive study being released today", "A survey conducted by Roe", "a report"]
)
def test_a_participle_is_no_part_of_a_description(phrase: str) -> None:
    """What was done with a document comes after its noun and is not it."""
    (voice,) = voices(f"{phrase} says tolls are hated.", (phrase, "tolls are hated"))
    assert voice.kind is SpeakerKind.DOCUMENT


def test_places_are_not_they() -> None:
    """A country named in passing is not "they"."""
    assert spoken(
        "The mill left for Ruritania. They said it is cold.", ("They", "it is cold"), location="Ruritania"
    ) == ["They"]


def test_chief_of_staff_is_a_title() -> None:
    """A title's complement may be lower case before the name; a person who belongs to a name is someone else."""
    text = "Presidential chief of staff Jane Roe said it is late. The nephew of noted local author Ada Lind said no."
    said = (("Presidential chief of staff Jane Roe", "it is late"), ("The nephew of noted local author Ada Lind", "no"))
    assert spoken(text, *said, person="Jane Roe|Ada Lind") == ["Jane Roe", said[1][0]]


def test_a_chief_is_whoever_chairs() -> None:
    """Whom the text calls the chairman of a body is its chief later on."""
    text = "Opposition Mill Board (MB) Chairman Imran Lind left early. Paul Roe stayed. MB chief says tolls are wrong."
    said = voices(text, ("MB chief", "tolls are wrong"), person="Imran Lind|Paul Roe", organization="Mill Board|MB")
    assert [voice.name for voice in said] == ["Imran Lind"]


def test_a_former_wife_is_the_wife_that_was_named() -> None:
    """The phrase "the ex-wife" means the woman whom the text called the wife, not the judge."""
    text = (
        "Justice Frank Nervo kept the file of Don Roe's divorce from wife Iva Roe shut. Don Roe agreed. "
        "His ex-wife said it was private. The judge said so too."
    )
    said = (("His ex-wife", "it was private"), ("The judge", "so too"))
    assert spoken(text, *said, person="Frank Nervo|Don Roe|Iva Roe") == ["Iva Roe", "Frank Nervo"]


def test_a_trade_tells_who_is_meant() -> None:
    """A noun for a person's trade is a description like any other."""
    text = "Ben Carver spoke first. The retired neurosurgeon said it is late."
    assert spoken(text, ("The retired neurosurgeon", "it is late"), person="Ben Carver") == ["Ben Carver"]
