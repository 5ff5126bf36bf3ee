"""Words that every room shares: policy, tables, text, settings, errors, paths."""
