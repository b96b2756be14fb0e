"""`python -m benchmarks.comparison.claimwire_reader MODEL`: the service's pipeline as a child process.

Its direct quotations are its claims in quotation marks, direct and mixed; a claim that it leaves to the author has no
speaker.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.comparison.child import Reader, answer
from benchmarks.comparison.quotations import Quotation
from service.analysis.pipeline import Pipeline
from service.core.article import Article, ArticleId, Enriched
from service.core.frames import Claim, ClaimKind, SpeakerKind
from service.inference.artifact import load_model

_QUOTED = (ClaimKind.DIRECT_QUOTE, ClaimKind.MIXED_QUOTE)


def opened() -> tuple[str, Reader]:
    """Open the pipeline over the model that the command line names."""
    model = load_model(Path(sys.argv[1]))
    pipeline = Pipeline(model=model)

    def read(texts: Sequence[str]) -> list[list[Quotation]]:
        articles = [Article(id=ArticleId(str(i)), body=text, language="en") for i, text in enumerate(texts)]
        return [
            [_quotation(claim) for claim in outcome.enrichment.claims if claim.kind in _QUOTED]
            if isinstance(outcome, Enriched)
            else []
            for outcome in pipeline.process(articles)
        ]

    return f"{model.info.name} {model.info.version}", read


def _quotation(claim: Claim) -> Quotation:
    speaker = claim.speaker
    return Quotation(
        pieces=tuple((span.start, span.end) for span in claim.spans),
        speakers=() if speaker.kind is SpeakerKind.AUTHOR else (speaker.name,),
        source=(speaker.span.start, speaker.span.end) if speaker.span else None,
    )


if __name__ == "__main__":
    answer(opened)
