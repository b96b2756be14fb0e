"""The quotation marks that news is written with."""

DOUBLE = '"“”„‟«»'
SINGLE = "'‘’‚‛‹›"
MARKS = DOUBLE + SINGLE + "`"
OPENING = "\"“„‟«'‘‚‛‹"
CLOSING = "\"”»'’›"
