"""How near the lake comes to what was planted, subject by subject: `python -m sojourn.demo.score`.

Reads the truth, the landing days and the lake without Spark (deltalake: a dev dependency), by the key of the conf.
"""
