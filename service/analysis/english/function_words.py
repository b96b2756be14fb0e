"""Pronouns, determiners and other words of the closed classes."""

from service.analysis.english.words import word_set

MASCULINE = word_set("he him his himself")

FEMININE = word_set("she her hers herself")

PLURAL = word_set("they them their theirs themselves")

NEUTER = word_set("it its itself")

RELATIVE = word_set("who whom whose which that")

FIRST_SINGULAR = word_set("i me my mine myself")

FIRST_PLURAL = word_set("we us our ours ourselves")

SECOND = word_set("you your yours yourself yourselves")

GENERIC = word_set("one nobody everyone everybody anyone anybody somebody someone none")

PRONOUNS = MASCULINE | FEMININE | PLURAL | NEUTER | RELATIVE | FIRST_SINGULAR | FIRST_PLURAL

POSSESSIVES = word_set("his her its their my our your")

DEFINITES = word_set("the this that these those same")

INDEFINITES = word_set("a an another one some many most several few other all both no any two three four five")
