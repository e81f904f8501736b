"""The Jupyter server extension: every verb of the workspace over HTTP, without any logic of its own.

Nothing is imported here, so that ``mlnb.server.route`` can be used by a stage's route module without Tornado or Jupyter.
"""
