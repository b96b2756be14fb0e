"""Names, entities, acronyms, fixed phrases and source phrases, each on text of one sentence or two."""

import re
import time

import numpy as np
import pytest

from service.analysis.attributions.attribution import Attribution
from service.analysis.attributions.fixed_phrases import with_phrases, with_sayings
from service.analysis.attributions.join import attributions
from service.analysis.attributions.source_extent import whole
from service.analysis.attributions.subject_of_verb import Subjects
from service.analysis.coreference.mentions import Mentions
from service.analysis.coreference.pronouns import rank
from service.analysis.english.gender import Gender
from service.analysis.english.noun_phrase import Form, parse
from service.analysis.entities.acronyms import introduced
from service.analysis.entities.actor import Actor
from service.analysis.entities.cluster import cluster
from service.analysis.speakers.signature import letters
from service.analysis.text.document import segment
from service.core.frames import EntityType
from service.core.model import Links, Named, Pairs, Scored, Tagged
from service.core.span import Span


def named(text: str, **kinds: str) -> list[Named]:
    """Return every occurrence of the names, given as person="Jane Roe|John Doe", outside longer ones."""
    found = []
    for kind, names in kinds.items():
        for name in names.split("|"):
            at = text.find(name)
            while at >= 0:
                found.append(Named(span=Span(at, at + len(name)), type=EntityType(kind), confidence=0.9))
                at = text.find(name, at + len(name))
    longest = [n for n in found if not any(o.span != n.span and o.span.covers(n.span) for o in found)]
    return sorted(longest, key=lambda item: item.span)


def actors(text: str, **kinds: str) -> dict[str, Actor]:
    """Return the actors of a text by name."""
    return {actor.name: actor for actor in cluster(text, named(text, **kinds))}


def test_titles_and_possessives_are_no_part_of_a_name() -> None:
    """The bare name is what an entity is called."""
    assert list(actors("President Jane Roe’s plan failed.", person="President Jane Roe’s")) == ["Jane Roe"]


def test_a_surname_goes_to_the_bearer_of_its_gender() -> None:
    """The title "Ms" distinguishes two people of one surname."""
    found = actors("Jane Roe met Mark Roe. Ms Roe left.", person="Jane Roe|Mark Roe|Ms Roe")
    assert len(found["Jane Roe"].mentions) == 2
    assert len(found["Mark Roe"].mentions) == 1


def test_a_surname_is_his_who_is_never_named_in_full() -> None:
    """Where "Mr Roe" comes again and again, "Roe" is not the Jane Roe who is named once."""
    text = "Mr Roe spoke. Mr Roe sat. Jane Roe waved. Roe left. Mr Roe came back."
    found = actors(text, person="Jane Roe|Mr Roe|Roe")
    assert len(found["Jane Roe"].mentions) == 1
    assert len(found["Roe"].mentions) == 4


def test_accents_do_not_part_a_person() -> None:
    """One line's Fernández is the next line's Fernandez."""
    assert list(actors("René Fernández spoke. Fernandez left.", person="René Fernández|Fernandez")) == [
        "René Fernández"
    ]


def test_a_name_never_crosses_a_line() -> None:
    """What a tagger joins over a line break is cut."""
    assert list(actors("Harbour\nRiver Board met.", organization="Harbour\nRiver Board")) == ["River Board"]


def test_a_demonym_is_no_short_form_of_a_body() -> None:
    """The word "Rivertonian" stays apart from the Rivertonian Intelligence Service."""
    text = "The Rivertonian Intelligence Service met. Rivertonian officials left."
    found = cluster(text, named(text, organization="Rivertonian Intelligence Service", group="Rivertonian"))
    assert len({actor.name for actor in found}) == 2


def test_an_acronym_in_brackets_is_the_body() -> None:
    """Even where its letters do not spell the name."""
    text = "The Foreign Harbour Service (SVR) met. SVR officers left."
    found = actors(text, organization="Foreign Harbour Service|SVR")
    assert list(found) == ["Foreign Harbour Service"]
    assert len(found["Foreign Harbour Service"].mentions) == 3


def test_a_body_introduced_with_its_acronym_is_found_whole() -> None:
    """The long form is read backwards from the bracket, small words and all."""
    text = "members of the Harbour Association against Torture (HAAT) said"
    ((whole, acronym),) = introduced(text)
    assert whole.of(text) == "Harbour Association against Torture"
    assert acronym.of(text) == "HAAT"


def test_an_article_alone_is_no_name() -> None:
    """A name that is only an article is dropped."""
    found = cluster(
        "The Turkish government left.", [Named(span=Span(0, 3), type=EntityType.ORGANIZATION, confidence=0.9)]
    )
    assert found == []


def test_a_missed_mention_is_found_by_its_name() -> None:
    """Where the tagger saw a name once, its other occurrences count."""
    text = "The Mill Board met. Later the Mill Board left; a Mill Boarder stayed."
    (board,) = cluster(text, [Named(span=Span(4, 14), type=EntityType.ORGANIZATION, confidence=0.9)])
    assert [span.of(text) for span in board.mentions] == ["Mill Board", "Mill Board"]


@pytest.mark.parametrize(
    ("phrase", "form", "head"),
    [
        ("She", Form.PRONOUN, "she"),
        ("the analyst", Form.DEFINITE, "analyst"),
        ("The same statement", Form.DEFINITE, "statement"),
        ("his wife", Form.DEFINITE, "wife"),
        ("a senior official of the ministry", Form.INDEFINITE, "official"),
        ("local residents, who came early", Form.INDEFINITE, "residents"),
    ],
)
def test_a_source_phrase_has_form_and_head(phrase: str, form: Form, head: str) -> None:
    """The head is the last word before the first preposition, comma or relative."""
    parsed = parse(phrase)
    assert (parsed.form, parsed.head) == (form, head)


@pytest.mark.parametrize(
    ("text", "source", "clause"),
    [
        ("According to Jane Roe, a baker, the mill is lost.", "Jane Roe", "the mill is lost"),
        ("The mill is lost for good, according to Jane Roe.", "Jane Roe", "The mill is lost for good"),
        ("In his view, the mill was never safe.", "his", "the mill was never safe"),
    ],
)
def test_fixed_phrases_attribute(text: str, source: str, clause: str) -> None:
    """What the phrase opens or closes is the content, whom it names the source."""
    (found,) = with_phrases(segment(text), [], [])
    assert found.source is not None
    assert found.source.of(text) == source
    assert [span.of(text) for span in found.contents] == [clause]


def test_pronouns_agree_in_gender() -> None:
    """The pronoun "she" is never the one man in the text, however near."""
    text = "Jane Roe met John Doe. John Doe left. She stayed."
    people = cluster(text, named(text, person="Jane Roe|John Doe"))
    at = text.index("She")
    ranked = rank(Mentions(segment(text), people), Span(at, at + 3), "she")
    assert [actor.name for actor, _ in ranked] == ["Jane Roe"]
    assert ranked[0][0].gender is Gender.FEMALE


def test_many_offices_and_signatures_take_linear_time() -> None:
    """Thousands of offices with acronyms, people of one name, and lines that are nearly places take seconds."""
    text = " ".join(f"Chief Mill Commissioner (CMC) Jane Roe{n} met Ada{n} Poe." for n in range(2000))
    people = [
        Named(span=Span(*match.span()), type=EntityType.PERSON, confidence=0.9)
        for match in re.finditer(r"Jane Roe\d+|Ada\d+ Poe", text)
    ]
    lines = "A text.\n\n" + "\n\n".join(f"I said so{n}.\n\nAda Roe{n}.\n\n{'A' * 290}!" for n in range(2000))
    started = time.process_time()
    cluster(text, people)
    letters(segment(lines))
    assert time.process_time() - started < 10


def test_many_names_take_linear_time() -> None:
    """Ten thousand different names cluster in seconds."""
    text = " ".join(f"Jane{n} Roe{n} met the River{n} Board." for n in range(5000))
    people = [
        Named(span=Span(at, at + 8), type=EntityType.PERSON, confidence=0.9) for at in range(0, len(text) - 8, 24)
    ]
    started = time.process_time()
    cluster(text, people)
    assert time.process_time() - started < 10


def test_a_phrase_takes_what_the_tagger_gave_a_name_inside_its_clause() -> None:
    """What a state doubts, according to a service, the service says: doubt and all."""
    text = "According to the Harbour Service, the Valley State doubts the safety of the old bridge over the wide river."
    doubt, holder = text.index("the safety"), text.index("the Valley State")
    tagged = Attribution(
        contents=(Span(doubt, len(text) - 1),), cue=None, source=Span(holder, holder + 16), confidence=0.9
    )
    (found,) = with_phrases(segment(text), [tagged], [])
    assert found.source is not None
    assert found.source.of(text) == "the Harbour Service"
    assert found.hull.of(text) == "the Valley State doubts the safety of the old bridge over the wide river"


@pytest.mark.parametrize(
    ("text", "source", "full"),
    [
        ("Valley Radio's host, Jane Roe, said it rained.", "Valley Radio", "Valley Radio's host, Jane Roe"),
        ("Valley Radio moderator Jane Roe said it rained.", "Valley Radio", "Valley Radio moderator Jane Roe"),
        ("Jane Roe supporters said it rained.", "Jane Roe", "Jane Roe supporters"),
        ("A weekly paper called “The Mill” said it rained.", "A weekly paper", "A weekly paper called “The Mill"),
        ("Jane Roe said the economist was wrong.", "Jane Roe", "Jane Roe"),
        ("She said officials knew.", "She", "She"),
        ("Jane Roe's plan said it.", "Jane Roe", "Jane Roe"),
        ("The two old ministers said it.", "old ministers", "The two old ministers"),
        ("Most of the ministers said it.", "ministers", "Most of the ministers"),
        ("The Mill Board said it.", "Mill Board", "Mill Board"),
        ("The Mill Board said it.", " ", " "),
    ],
)
def test_a_source_goes_to_the_end_of_its_noun_phrase(text: str, source: str, full: str) -> None:
    """A possessor or modifier takes in the person it belongs to; a verb ends the phrase."""
    assert whole(text, Span(text.index(source), text.index(source) + len(source))).of(text) == full


def subject(text: str, cue: str, source: str | None = None, **kinds: str) -> str | None:
    """Return the source that word order gives a cue, where a link may have given one already."""
    subjects = Subjects(
        segment(text), Tagged(sources=(), cues=(), contents=(), boilerplate=(), entities=tuple(named(text, **kinds)))
    )
    place = Span(text.index(cue), text.index(cue) + len(cue))
    given = Span(text.index(source), text.index(source) + len(source)) if source else None
    found = subjects.agent(place, ()) if subjects.asks(place, given) else given or subjects.of(place, ())
    return found.of(text) if found else None


def test_who_is_asked_does_not_ask() -> None:
    """The subject of a passive verb of asking is not a source; the phrase after "by" is."""
    people = "Jane Roe|Paul Lind"
    assert subject("Jane Roe was asked by Paul Lind whether it rained.", "was asked", "Jane Roe", person=people) == (
        "Paul Lind"
    )
    assert subject("Asked by Paul Lind if it rained, Jane Roe left.", "Asked", person=people) == "Paul Lind"
    assert subject("Jane Roe was pressed on the rain.", "was pressed", "Jane Roe", person=people) is None
    assert subject("Jane Roe, the mayor, told Paul Lind of it.", "told", "Jane Roe", person=people) == "Jane Roe"


def test_an_aside_does_not_part_a_subject_from_its_verb() -> None:
    """Whoever is named between two commas is not the subject of the verb behind them."""
    text = "Jane Roe, goaded by Paul Lind, came out against the tunnel."
    assert subject(text, "came out against", person="Jane Roe|Paul Lind") == "Jane Roe"


@pytest.mark.parametrize(
    "text",
    [
        "Monday on “The Hour,” while discussing the toll, Mayor Jane Roe said it must go.",
        "Mayor Jane Roe praised the bridge while discussing the toll with Paul Lind.",
    ],
)
def test_an_adjunct_shares_the_source_of_its_clause(text: str) -> None:
    """Who says something "while discussing" another thing discusses it, wherever in the sentence he is named."""
    roe = Span(text.index("Mayor Jane Roe"), text.index("Mayor Jane Roe") + len("Mayor Jane Roe"))
    tagged = Tagged(
        sources=(Scored(span=roe, confidence=0.9),),
        cues=(),
        contents=(),
        boilerplate=(),
        entities=tuple(named(text, person="Jane Roe|Paul Lind", other="The Hour")),
    )
    cue, toll = (Span(text.index(part), text.index(part) + len(part)) for part in ("discussing", "the toll"))
    assert Subjects(segment(text), tagged).of(cue, [toll]) == roe


@pytest.mark.parametrize(("mark", "source"), [("n", None), ("I", "I")])
def test_a_stray_letter_is_no_source(mark: str, source: str | None) -> None:
    """The remains of a bullet's font character carry no meaning."""
    text = f"Tolls rose. {mark} claim tolls are wrong."
    cue, content = (Span(text.index(part), text.index(part) + len(part)) for part in ("claim", "tolls are wrong"))
    tagged = Tagged(
        sources=(Scored(span=Span(12, 13), confidence=0.9),),
        cues=(Scored(span=cue, confidence=0.9),),
        contents=(Scored(span=content, confidence=0.9),),
        boilerplate=(),
        entities=(),
    )
    one = Pairs.of_table(np.ones((1, 1), dtype=np.float32))
    links = Links(content_cue=one, content_source=one, source_cue=one, content_content=one)
    (found,) = attributions(segment(text), tagged, links)
    assert (found.source.of(text) if found.source else None) == source


def test_somebody_named_in_passing_does_not_take_a_surname_over() -> None:
    """A namesake in a phrase beside is not the one who goes on to speak; one who comes to speak is."""
    text = "Ada Roe ran again. Roe wrote to the board, mentioning Ben Roe, a colleague. Roe said she was sure."
    found = actors(text, person="Ada Roe|Ben Roe|Roe")
    assert len(found["Ada Roe"].mentions) == 3
    text = "Ada Roe died at home. The lawyer was silent. “No,” said Ben Roe. “It is late,” Roe said."
    found = actors(text, person="Ada Roe|Ben Roe|Roe")
    assert len(found["Ben Roe"].mentions) == 2


def test_a_title_shows_no_gender_where_two_may_bear_the_name() -> None:
    """With two Roes of unknown gender, "Mrs. Roe" makes neither a woman."""
    found = actors("Azul Roe met Irem Roe. Mrs. Roe left.", person="Azul Roe|Irem Roe|Mrs. Roe")
    assert [actor.gender for actor in found.values()] == [None, None]


def test_the_acronym_of_an_office_is_whoever_holds_it() -> None:
    """An office abbreviated before its holder's name is the person; a body's acronym stays the body."""
    text = "Chief Mill Commissioner (CMC) Jane Roe of the Mill Board (MB) left. The CMC was tired, the MB was not."
    found = actors(text, person="Jane Roe", organization="Mill Board|MB|CMC")
    assert [span.of(text) for span in found["Jane Roe"].mentions] == [
        "Chief Mill Commissioner",
        "CMC",
        "Jane Roe",
        "CMC",
    ]
    assert len(found["Mill Board"].mentions) == 3


def test_a_plural_surname_is_the_family() -> None:
    """The Roes are the two people of that name."""
    found = actors("Ada Roe met Ben Roe. The Roes left.", person="Ada Roe|Ben Roe|Roes")
    assert "Ada Roe and Ben Roe" in found


def test_pronouns_behind_a_name_tell_its_gender() -> None:
    """Two that agree are enough, one is not, and those inside quotes count for nothing."""
    text = (
        "Azul Roe lost her seat. Azul Roe says she knew. Irem Poe kept his. Uma Lee said “he is late” and “he is out”."
    )
    found = actors(text, person="Azul Roe|Irem Poe|Uma Lee")
    assert [found[name].gender for name in ("Azul Roe", "Irem Poe", "Uma Lee")] == [Gender.FEMALE, None, None]


def test_a_word_for_kin_before_a_name_tells_its_gender() -> None:
    """His wife is a woman, whatever her name."""
    assert actors("He came with his wife, Azul Roe.", person="Azul Roe")["Azul Roe"].gender is Gender.FEMALE


@pytest.mark.parametrize(
    ("run_together", "people"),
    [
        ("Jane Roe and Ada Poe", ["Jane Roe", "Ada Poe"]),
        ("Roe campaign manager Paul Lind", ["Paul Lind"]),
        ("Mill Board Director Paul Lind", ["Paul Lind"]),
        ("Jane Roe (D-Mo.), Paul Lind Jr. (R-Iowa)", ["Jane Roe", "Paul Lind Jr."]),
        ("Lind, Valley Radio’s Ada Poe and Uma Lee", ["Lind", "Ada Poe", "Uma Lee"]),
        ("Carla de la Cruz", ["Carla de la Cruz"]),
        ("Paul Lind, Jr.", ["Paul Lind, Jr."]),
    ],
)
def test_names_run_together_are_parted(run_together: str, people: list[str]) -> None:
    """Whatever one tagged span holds, each person is one, without what he is of."""
    found = list(actors(f"{run_together} came.", person=run_together))
    assert [name for name in found if name != "Valley Radio"] == people


def test_a_title_or_a_given_name_shows_a_person() -> None:
    """What a tagger took for neither person nor body is a person where its words tell."""
    found = cluster(text := "Sen. Lind met Jane Poe and the Jane Poe Prize.", named(text, other="Sen. Lind|Jane Poe"))
    assert {actor.type for actor in found} == {EntityType.PERSON}


def test_a_pronoun_is_no_name() -> None:
    """The word "he" is not a name, whatever the tagger says; an organisation in capitals is."""
    text = "He met WHO officials."
    assert list(actors(text, person="He", organization="WHO")) == ["WHO"]


def test_somebody_elses_pronoun_tells_no_gender() -> None:
    """After a woman's name, "her" may be hers, and says nothing of the name that follows."""
    text = "Jane Roe came. Azul Poe read her letter. Jane Roe left. Azul Poe kept her pen."
    assert actors(text, person="Jane Roe|Azul Poe")["Azul Poe"].gender is None


def test_a_namesake_is_found_by_the_given_name() -> None:
    """Where one of two people of a surname was tagged, the other's full name is a person's too."""
    found = actors("Jane Roe met Paul Roe. Paul Mill left.", person="Jane Roe")
    assert set(found) == {"Jane Roe", "Paul Roe"}


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("She added that it had cost 4.2 million crowns.", "that it had cost 4.2 million crowns"),
        ("They have also said that nobody asked them.", "that nobody asked them"),
        ("The mayor added that it had cost much.", None),
    ],
)
def test_she_added_that_is_an_attribution(text: str, content: str | None) -> None:
    """An unattributed sentence that begins like this continues her statement; any other is left alone."""
    found = with_sayings(segment(text), [], [])
    assert [item.contents[0].of(text) for item in found] == ([content] if content else [])
    assert all(item.source is not None for item in found)
    assert with_sayings(segment(text), found, []) == found
