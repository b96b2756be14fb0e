"""Which model a test runs on.

Tests of what surrounds the model, and those that need many articles read, run on the small one, whatever the default
is: they are about kills, logs and hostile bytes, and a larger model would only make them slow. Tests of what users are
promised run on the default, and tests of artifacts on everything that is shipped.
"""

from service.settings import MODELS

SMALL = MODELS / "claimwire-en-small"
ON_SMALL = {  # environment of a process
    "CLAIMWIRE_MODEL__DIRECTORY": str(SMALL),
    "CLAIMWIRE_MODEL__MULTILINGUAL_DIRECTORY": "",
}
