"""One training in several processes, on this machine or on the hosts of a pod: started, watched and stopped together.

`members.py` makes the command line of each process; `leash.py` runs beside each, so that none outlives its starter;
`supervision.py` starts them all, ends the others when one fails, and says which one and why.
"""
