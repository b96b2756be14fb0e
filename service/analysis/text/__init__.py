"""An article to a document: main text of HTML, language, paragraphs, sentences, quotes. Imports `core`, `english`."""
