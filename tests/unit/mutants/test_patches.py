"""The planted bugs still fit the code, and name tests that are there."""

import re

import pytest

from tests.mutants.mutant import REPOSITORY, Mutant, all_mutants, apply

MUTANTS = all_mutants()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_patch_applies_to_the_code_as_it_is(mutant: Mutant) -> None:
    """Whoever changes the code under a mutant changes the mutant too, else it would test nothing."""
    apply(mutant, REPOSITORY, check=True)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_what_is_to_catch_a_mutant_is_there(mutant: Mutant) -> None:
    """Each test that a mutant names is in its file."""
    for test in mutant.tests:
        file, _, name = test.partition("::")
        text = (REPOSITORY / file).read_text(encoding="utf-8")
        assert not name or re.search(rf"^(async )?def {name}\(", text, re.MULTILINE), test
