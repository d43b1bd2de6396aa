"""Configs: `get_config(argument)` returns a locked ConfigDict; each header names command, hardware, time, result."""
