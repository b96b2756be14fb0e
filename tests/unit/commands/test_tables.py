"""An event as tables for people."""

from service.commands.tables import _said, _stances


def test_a_stance_that_the_model_doubts_is_marked() -> None:
    """What is less likely than not bears a question mark, what is likely none."""
    stances = [
        {"target": "e1", "label": "against", "confidence": 0.31},
        {"target": "e2", "label": "favor", "confidence": 0.9},
    ]
    assert _stances(stances, {"e1": "Orsania", "e2": "Keltia"}).plain == "− Orsania?, + Keltia"


def test_a_claim_of_two_pieces_is_shown_without_the_cue_between_them() -> None:
    """Offsets are the article's, the text is the hull's; an event without text shows positions."""
    claim = {"start": 100, "end": 137, "spans": [{"start": 100, "end": 108}, {"start": 122, "end": 137}]}
    text = "No mill,” Roe told us. “may turn it off"[:37]
    assert _said(claim | {"text": text}) == f"{text[:8]} … {text[22:]}"
    assert _said(claim | {"text": None}) == "100-137"
