"""Read scripts: words, brackets, grammar, tree, and the mistakes on the way; and write them out again."""
