"""From settings to models that read."""

from pathlib import Path

from service.analysis.text import language
from service.core.errors import ArtifactError
from service.core.model import Model
from service.inference.artifact import load_model
from service.settings import ModelSettings


def open_models(settings: ModelSettings, *, warm: bool) -> list[Model]:
    """Verify and load the models that the settings name, the main one first. Blocks for seconds.

    Both at once, not one when its first article comes: to build a session holds the interpreter for seconds, in which a
    worker would lose its partitions, and what is ready must not turn out to have no model.

    Args:
        settings: Which models and which engine.
        warm: Whether to prepare every shape of input first, which costs two seconds a model and is worth it from the
            second dozen of articles on.

    Raises:
        ArtifactError: a file of a model is absent, changed or of another format, or it cannot tell who speaks.

    """
    further = settings.multilingual_directory
    beside = [] if further is None or further.resolve() == settings.directory.resolve() else [further]
    models = [_open(directory, settings, warm=warm) for directory in (settings.directory, *beside)]
    if warm and beside:
        language.prepare()
    return models


def _open(directory: Path, settings: ModelSettings, *, warm: bool) -> Model:
    model = load_model(
        directory,
        engine=settings.engine,
        threads=settings.threads,
        cache_dir=settings.cache_dir,
        warm=warm,
        reads_twice=settings.second_reading,
    )
    if not model.refers:
        raise ArtifactError(
            f"The model in {directory} has no reference head (references.safetensors), to tell who speaks. "
            "Use one of this release, or train it: `python -m training references`."
        )
    return model
