"""Finished values turned into something to read. Nothing in here decides anything."""
