"""From settings to a model that reads."""

from service.core.errors import ArtifactError
from service.core.model import Model
from service.inference.artifact import load_model
from service.settings import ModelSettings


def open_model(settings: ModelSettings, *, warm: bool) -> Model:
    """Verify and load the model that the settings name. Blocks for seconds.

    Args:
        settings: Which model and which engine.
        warm: Whether to prepare every shape of input first, which costs two seconds and is worth it from the second
            dozen of articles on.

    Raises:
        ArtifactError: a file of the model is absent, changed or of another format, or it cannot tell who speaks.

    """
    model = load_model(
        settings.directory,
        engine=settings.engine,
        threads=settings.threads,
        cache_dir=settings.cache_dir,
        warm=warm,
        reads_twice=settings.second_reading,
    )
    if not model.refers:
        raise ArtifactError(
            f"The model in {settings.directory} has no reference head (references.safetensors), to tell who speaks. "
            "Use one of this release, or train it: `python -m training references`."
        )
    return model
