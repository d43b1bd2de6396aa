"""Summaries of associations: shares by category, the strongest variables, and what the paper says in words."""
