"""The playground: a local page on which a session unfolds slate by slate, under a policy or under a person.

`game.py` is what is played, `telling.py` what is told about it, `policies.py` who plays, `api.py` what can be asked
for, and `server.py` puts it on a port of this machine.
"""
