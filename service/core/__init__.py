"""The pure part: articles, frames and the stages between them. No input, no output, no clock, no client library."""
