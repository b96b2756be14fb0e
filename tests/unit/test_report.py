"""An event as tables for people."""

from service.report import _stances


def test_a_stance_that_the_model_doubts_is_marked() -> None:
    """What is less likely than not bears a question mark, what is likely none."""
    stances = [
        {"target": "e1", "label": "against", "confidence": 0.31},
        {"target": "e2", "label": "favor", "confidence": 0.9},
    ]
    assert _stances(stances, {"e1": "Orsania", "e2": "Keltia"}).plain == "− Orsania?, + Keltia"
