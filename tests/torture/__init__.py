"""Commands of a small study, killed and hindered at seeded moments, and run again: `python -m tests.torture --help`.

`micro_study` says what the study is, `steps` which commands are tried, `draws` what happens to which of them. `trouble`
is done inside a command's process, `trials` does one trial, `comparison` says what is wrong afterwards, and `log` keeps
what was found.
"""
