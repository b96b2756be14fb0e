"""The model: its files, tokenizer, encoder on two engines, and the heads in numpy. Imports `core` alone."""
