"""Who makes each attribution: an entity, somebody never named, or the author.

Imports `coreference`, `attributions` and below.
"""
