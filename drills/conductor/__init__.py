"""The conductor: a process of its own that runs one drill from the first probe to the last way back.

It asks, injects, waits, measures and undoes; whatever it does is in the log before it does it. If it dies,
the worker starts another one, which finds in the log what was begun and goes the way back.
"""
