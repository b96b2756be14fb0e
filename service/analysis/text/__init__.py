"""An article to a document: main text of HTML, language, paragraphs, sentences and quotations. Imports `core` alone."""
