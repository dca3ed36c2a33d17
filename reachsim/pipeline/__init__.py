"""What a build contacts, read from its own files: buildspec, shell, Dockerfile, compose files, package managers.

Nothing is ever run and nothing is fetched. The way in is `reachsim.pipeline.contacts.contacts_of`.
"""
