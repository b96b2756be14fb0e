"""Sources and cues that the tagger took for each other: in "said Said" the name is the one with the capital."""

from dataclasses import replace

from service.analysis.english.reporting_verbs import REPORTING
from service.core.model import Tagged


def upright(text: str, tagged: Tagged) -> Tagged:
    """Return the tags with every source that is a verb in small letters exchanged for the capitalised cue beside it."""
    beside = {item.span.start: at for at, item in enumerate(tagged.cues) if _is_name(item.span.of(text))}
    if not beside:
        return tagged
    sources, cues = list(tagged.sources), list(tagged.cues)
    for number, source in enumerate(sources):
        if source.span.of(text) not in REPORTING:
            continue
        at = beside.get(source.span.end + 1)  # behind the verb: where a sentence begins, every word has a capital
        if at is not None:
            sources[number] = replace(source, span=cues[at].span)
            cues[at] = replace(cues[at], span=source.span)
    return replace(
        tagged,
        sources=tuple(sorted(sources, key=lambda item: item.span)),
        cues=tuple(sorted(cues, key=lambda item: item.span)),
    )


def _is_name(cue: str) -> bool:
    return cue[0].isupper() and cue.isalpha() and cue.casefold() in REPORTING
