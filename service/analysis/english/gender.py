"""The gender that a text shows."""

from enum import StrEnum


class Gender(StrEnum):
    """The gender that a text's pronouns and titles show."""

    FEMALE = "female"
    MALE = "male"
