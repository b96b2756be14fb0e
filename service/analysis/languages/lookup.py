"""Which facts are a language's."""

from service.analysis.languages.az import AZERBAIJANI
from service.analysis.languages.en import ENGLISH
from service.analysis.languages.hy import ARMENIAN
from service.analysis.languages.ka import GEORGIAN
from service.analysis.languages.language import Language
from service.analysis.languages.ru import RUSSIAN
from service.analysis.languages.tr import TURKISH

_KNOWN = {one.code: one for one in (ENGLISH, RUSSIAN, ARMENIAN, GEORGIAN, AZERBAIJANI, TURKISH)}


def language_of(code: str) -> Language:
    """Return the facts of the language with an ISO 639-1 code; of one that has no module, those that hold for any."""
    return _KNOWN.get(code) or Language(code=code)
