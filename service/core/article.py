"""What goes through the service: an article in, and one of four outcomes out.

All offsets are Unicode code points into `Article.text`, end exclusive.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from service.core.frames import Enrichment
from service.core.model import ModelInfo

ArticleId = NewType("ArticleId", str)


class Status(StrEnum):
    """The publisher's word on the article, after IPTC's `pubstatus`."""

    USABLE = "usable"
    WITHHELD = "withheld"
    CANCELED = "canceled"


class BodyType(StrEnum):
    """The media type of the body as it was sent."""

    PLAIN = "text/plain"
    HTML = "text/html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A decoded article.

    `body` is as sent. For plain text it is what offsets point into; for HTML the `segment` stage replaces it by the
    extracted main text before anything else looks at it. `authors`, `tags` and `metadata` are passed through.
    """

    id: ArticleId
    version: int = 1
    status: Status = Status.USABLE
    title: str | None = None
    body: str
    body_type: BodyType = BodyType.PLAIN
    language: str | None = None
    published_at: datetime | None = None
    url: str | None = None
    source: str | None = None
    authors: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """How the text was taken out of HTML.

    `method` is `fragment` (all of it), `main-text`, `widened`, `recall` or `body`, each keeping more of a page than the
    one before; `share` is how much of the page's running text was kept, 0 to 1.
    """

    method: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Enriched:
    """The article was read by `model`: its frames, and the text that their offsets point into.

    Only HTML has an extraction.
    """

    article: Article
    text: str
    language: str
    model: ModelInfo
    enrichment: Enrichment
    extraction: Extraction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retracted:
    """The publisher withheld or canceled the article."""

    article: Article


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """The article is sound, but no model can read it; `reason` is a stable code, `detail` a sentence.

    `detected_language` is what the text was found to be in, None where the sender's word on it was taken.
    """

    article: Article
    reason: str
    detail: str
    detected_language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The input is not an article. `code` is stable, `message` one sentence that never repeats the input.

    `field` is a JSON pointer to what is wrong, where one field is. `article_id` is given where it could be read.
    """

    code: str
    message: str
    field: str | None = None
    article_id: str | None = None


Outcome = Enriched | Retracted | Skipped | Rejected
