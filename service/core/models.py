"""The models of one process, and which of them reads an article."""

from collections.abc import Iterator

from service.core.model import Model, ModelInfo


class Models:
    """Several artifacts side by side, each for the languages that it knows.

    Everything that is asked about an article goes to the model that read it, whose thresholds and calibration are its
    own; so which other articles are in the batch, and in which languages, changes nothing.

    Args:
        main: answers for every language of its own, and for what shows no language.
        others: for the languages that none before them knows.
    """

    def __init__(self, main: Model, *others: Model) -> None:
        self._all = (main, *others)
        self._of: dict[str, Model] = {}
        for model in self._all:
            for language in model.info.languages:
                self._of.setdefault(language, model)

    def __iter__(self) -> Iterator[Model]:
        """Yield the models, the main one first."""
        return iter(self._all)

    @property
    def main(self) -> Model:
        """The model that reads what shows no language."""
        return self._all[0]

    @property
    def infos(self) -> tuple[ModelInfo, ...]:
        """Which models these are, the main one first."""
        return tuple(model.info for model in self._all)

    @property
    def languages(self) -> tuple[str, ...]:
        """All languages that are read, as ISO 639-1 codes; the main model's first."""
        return tuple(self._of)

    def of(self, language: str) -> Model | None:
        """Return the model that reads a language; None where nobody does."""
        return self._of.get(language)
