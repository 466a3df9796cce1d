"""REST: the verbs over HTTP, on a unix socket behind Jupyter's proxy, or on TCP with `workbench serve`.

Nothing is imported here: `python -m workbench.api` passes through before it has decided anything. The app is
:func:`workbench.api.app.create_app`, the server for a team :func:`workbench.api.serve.serve`.
"""
