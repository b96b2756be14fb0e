"""The errors of the service, as a tree.

    ClaimwireError
    ├── ConfigurationError        a setting is wrong, or does not fit another: nothing starts
    ├── ArtifactError             the model on disk is absent, changed or of another format: nothing starts
    ├── TooSlowError              reading took longer than allowed: one article is given up, several are read one by one
    └── InfrastructureError       something outside failed; `retriable` says whether trying again can help
        ├── PublishUnknownError   no answer in time: the record may or may not be in the log
        ├── BrokerUnavailableError
        ├── RegistryUnavailableError  no schema registry answers, and one is configured: nothing starts
        ├── FencedError           another worker owns the partition now
        └── OverloadedError       a bounded queue is full

A bad article is none of these: it is a value, `Rejected`, and goes to the dead letters (or into an HTTP problem).
"""

from typing import ClassVar


class ClaimwireError(Exception):
    """The root. Its text is one sentence for a person: what, where, what to do."""

    code: ClassVar[str] = "internal"
    retriable: ClassVar[bool] = False


class ConfigurationError(ClaimwireError):
    """A setting is wrong."""

    code = "configuration"


class ArtifactError(ClaimwireError):
    """The model's files are absent, changed or of another format."""

    code = "model-artifact"


class TooSlowError(ClaimwireError):
    """Reading took longer than it may."""

    code = "too-slow"


class InfrastructureError(ClaimwireError):
    """Something outside the process failed."""

    code = "infrastructure"
    retriable = True


class BrokerUnavailableError(InfrastructureError):
    """No broker answers."""

    code = "broker-unavailable"


class PublishUnknownError(InfrastructureError):
    """A publish got no answer in time; the record may be in the log or not. Repeating it is safe."""

    code = "publish-unknown"


class RegistryUnavailableError(InfrastructureError):
    """No schema registry answers."""

    code = "registry-unavailable"


class FencedError(InfrastructureError):
    """A newer producer with the same transactional id exists: this worker must drop the partition."""

    code = "fenced"


class OverloadedError(InfrastructureError):
    """A bounded queue is full; try again later."""

    code = "overloaded"
