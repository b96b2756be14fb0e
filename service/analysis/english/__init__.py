"""All that the stages know of English: closed word lists and the shape of a noun phrase. Imports `core` alone."""
